"""Where the named networks stand: accuracy of public weights and measured speed, from timm's published results."""

from functools import cache
from importlib.resources import files

import pandas as pd

SOURCE = "huggingface/pytorch-image-models@aa4b5850, results-imagenet.csv and benchmark-infer-*.csv"


@cache
def public_weights() -> pd.DataFrame:
    """A row for every set of weights: network `name`, `weights`, test `resolution`, `top1` and `top5` in percent."""
    return _read("imagenet_weights.csv")


@cache
def throughputs() -> pd.DataFrame:
    """A row for every network, `device` and resolution: inference `images_per_s` in batches of `batch`."""
    return _read("throughput.csv")


def error_bands() -> pd.DataFrame:
    """By network, `lowest`, `median` and `highest` top-1 error of its public weights in percent, and their number.

    Recipes differ by points on one network, so a band says what training makes of it and ranks nothing. Weights count
    once for each resolution they were tested at.
    """
    errors = public_weights().assign(error=lambda rows: 100 - rows["top1"]).groupby("name", sort=False)["error"]
    return pd.DataFrame(
        {"lowest": errors.min(), "median": errors.median(), "highest": errors.max(), "weights": errors.size()}
    )


def _read(name: str) -> pd.DataFrame:
    with files("analysis").joinpath(name).open(encoding="utf-8") as file:
        return pd.read_csv(file)
