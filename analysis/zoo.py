"""Where the named networks stand: accuracy of public weights and measured speed, from timm's published results."""

import re
from collections import Counter
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import pandas as pd

from space import cost, parse

SOURCE = "huggingface/pytorch-image-models@aa4b5850, results-imagenet.csv and benchmark-infer-*.csv"


class Known(NamedTuple):
    """A named network at a resolution at which public weights of it were tested.

    Its costs and speeds are at that resolution. Errors are top-1 on ImageNet-1K, in percent. Recipes differ by points
    on one network, and some weights saw more than ImageNet-1K, so a band says what training makes of it and ranks
    nothing.
    """

    name: str
    family: str
    resolution: int  # pixels
    macs: int
    params: int
    activations: int
    speeds: dict[str, float]  # images/s by device
    lowest: float
    median: float
    highest: float
    weights: int  # sets of them


@cache
def public_weights() -> pd.DataFrame:
    """A row for every set of weights: network `name`, `weights`, test `resolution`, `top1` and `top5` in percent."""
    return _read("imagenet_weights.csv")


@cache
def throughputs() -> pd.DataFrame:
    """A row for every network, `device` and resolution: inference `images_per_s` in batches of `batch`."""
    return _read("throughput.csv")


@cache
def known_networks() -> tuple[Known, ...]:
    """All with public weights, a network at several resolutions several times, in the order of the weights' table."""
    errors = public_weights().assign(error=lambda rows: 100 - rows["top1"]).groupby(["name", "resolution"], sort=False)
    speeds = throughputs().groupby(["name", "resolution"])
    return tuple(_known(rows, speeds.get_group(at)) for at, rows in errors)


def _known(tests: pd.DataFrame, speeds: pd.DataFrame) -> Known:
    name, resolution, errors = str(tests["name"].iloc[0]), int(tests["resolution"].iloc[0]), tests["error"]
    spent = cost(parse(name), resolution)
    measured = dict(zip(speeds["device"], speeds["images_per_s"], strict=True))
    band = (float(errors.min()), float(errors.median()), float(errors.max()), len(errors))
    return Known(name, family(name), resolution, spent.macs, spent.params, spent.activations, measured, *band)


def families() -> tuple[str, ...]:
    """Of the known networks, those with most of them first."""
    names = {one.name: one.family for one in known_networks()}
    return tuple(name for name, _ in Counter(names.values()).most_common())


def resolutions() -> tuple[int, ...]:
    """At which weights were tested, in pixels."""
    return tuple(sorted({one.resolution for one in known_networks()}))


def devices() -> tuple[str, ...]:
    """Those that speed was measured on."""
    return tuple(throughputs()["device"].unique())


def family(name: str) -> str:
    """`seresnext` of seresnext50_32x4d, `res2net` of res2net50_26w_4s: what stands before the depth."""
    found = re.match(r"[a-z]+2[a-z]+|[a-z]+(?:_[a-z]+)*", name)
    return found[0] if found else name


def _read(name: str) -> pd.DataFrame:
    with files("analysis").joinpath(name).open(encoding="utf-8") as file:
        return pd.read_csv(file)
