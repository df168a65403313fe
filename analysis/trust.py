"""How far the order of a fidelity's proxies is to be trusted, where that was measured; docs/evidence.md says how."""

from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd

from analysis.orders import tau_words
from analysis.recipe import Fidelity, Recipe
from analysis.statistics.intervals import Interval
from analysis.training import Training
from analysis.words import number

LIKE = 1.5  # times the study's multiply-adds, or one in so many
ASSUMPTION = (
    "Whether the order of proxies is the order of candidates is an assumption of this report, not a result of it. "
)
UNMEASURED = (
    "How far the order of these agrees with that of larger ones was not measured; train the same networks at both "
    "fidelities, and explore report RUN RUN says it."
)


def trust_words(recipe: Recipe) -> str:
    """One sentence on proxies that were trained like these, on these images."""
    found = measured(recipe.fidelity, recipe.data)
    if found is None or not _are_alike(recipe, found["proxy_macs"]):
        return UNMEASURED
    of = f"{found['networks']:.0f} networks, trained like these on {recipe.data} from {found['seeds']:.0f} seeds,"
    if not found["reference"]:
        return f"Whether larger proxies have the order of these was not measured: {of} are the costliest there are."
    seen = f"{number(found['ceiling'], 2)} could be seen if the orders were the same"
    costliest = f"the order of the costliest proxies ({found['reference']})"
    return f"Measured: {of} stood in {costliest} with Kendall's τ {measured_tau(found)}; {seen}."


def _are_alike(recipe: Recipe, macs: float) -> bool:
    """Whether its proxies are such as the study's, of so many multiply-adds, and trained as they were.

    Where blocks are counted along the axis or give way, proxies keep all of them and are narrow instead.
    """
    own = [setting.proxy_macs for setting in recipe.settings] or [recipe.sweep.proxy_macs if recipe.sweep else 0]
    is_small = all(1 / LIKE < one / macs < LIKE for one in own)
    return is_small and recipe.training == Training() and "depth" not in (*recipe.axis, recipe.against)


def measured(fidelity: Fidelity, data: str) -> "pd.Series[Any] | None":
    """The study's row of a fidelity as it came to be on these images, whatever it is called."""
    table = _table()
    same = (table["data"] == data) & table["resolution"].eq(fidelity.resolution)
    for name in ("width", "depth", "train_images", "epochs"):
        same &= (table[name] - getattr(fidelity, name)).abs() < 1e-6
    return table[same].iloc[0] if same.any() else None


def measured_tau(found: "pd.Series[Any]") -> str:
    """For a cell, of a row that is not the reference's own."""
    return tau_words(Interval(found["tau"], found["low"], found["high"], int(found["seeds"])))


@cache
def _table() -> pd.DataFrame:
    with files("analysis").joinpath("trust.csv").open(encoding="utf-8") as file:
        numbers = dict.fromkeys(("tau", "low", "high", "ceiling"), "")
        return pd.read_csv(file, keep_default_na=False, na_values=numbers)
