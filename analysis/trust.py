"""How far the order of a fidelity's proxies is to be trusted, where that was measured; docs/evidence.md says how."""

from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd

from analysis.orders import tau_words
from analysis.recipe import Fidelity, Recipe
from analysis.statistics import Interval
from analysis.training import Training
from analysis.words import number

UNMEASURED = (
    "How far the order of these agrees with that of larger ones was not measured; train the same networks at both "
    "fidelities, and explore report RUN RUN says it."
)


def trust_words(recipe: Recipe) -> str:
    """One sentence on proxies that were trained like these, on these images."""
    if recipe.training != Training():
        return UNMEASURED
    found = measured(recipe.fidelity, recipe.data)
    if found is None:
        return UNMEASURED
    of = f"{found['networks']:.0f} networks, trained like these on {recipe.data} from {found['seeds']:.0f} seeds,"
    if not found["reference"]:
        return f"The costliest proxies that were measured: {of} are what cheaper ones are held against."
    tau = tau_words(Interval(found["tau"], found["low"], found["high"], int(found["seeds"])))
    seen = f"{number(found['ceiling'], 2)} could be seen if the orders were the same"
    costliest = f"the order of the costliest proxies ({found['reference']})"
    return f"Measured: {of} stood in {costliest} with Kendall's τ {tau}; {seen}."


def measured(fidelity: Fidelity, data: str) -> "pd.Series[Any] | None":
    """The study's row of a fidelity as it came to be on these images, whatever it is called."""
    table = _table()
    same = (table["data"] == data) & table["resolution"].eq(fidelity.resolution)
    for name in ("width", "depth", "train_images", "epochs"):
        same &= (table[name] - getattr(fidelity, name)).abs() < 1e-6
    return table[same].iloc[0] if same.any() else None


@cache
def _table() -> pd.DataFrame:
    with files("analysis").joinpath("trust.csv").open(encoding="utf-8") as file:
        numbers = dict.fromkeys(("tau", "low", "high", "ceiling"), "")
        return pd.read_csv(file, keep_default_na=False, na_values=numbers)
