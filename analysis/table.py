"""The door from a ledger to statistics: trials as a table."""

from collections.abc import Iterable

import pandas as pd

from analysis.recipe import Recipe
from analysis.trial import Trial

_METRICS = ("test_error", "test_loss", "validation_error", "validation_loss", "train_loss")
_COSTS = ("macs", "params", "activations", "proxy_macs")

DTYPES: dict[str, str] = {
    **dict.fromkeys(("state", "key"), "string"),
    "value": "object",  # an int, or a tuple for a plane
    **dict.fromkeys(("setting", "sentence", "proxy"), "string"),
    "replicate": "int64",
    "fidelity": "string",
    **dict.fromkeys((*_METRICS, "seconds"), "float64"),
    "reason": "string",
    **dict.fromkeys(_COSTS, "Int64"),  # nullable: a free search tries what its recipe does not list
}


def trials_table(recipe: Recipe, trials: Iterable[Trial]) -> pd.DataFrame:
    """One row a trial, in the recipe's order of settings, then by replicate: independent of who finished first."""
    position = {setting.sentence: index for index, setting in enumerate(recipe.settings)}
    ordered = sorted(trials, key=lambda t: (position.get(t.sentence, len(position)), t.replicate, t.key))
    costs = {s.sentence: {name: getattr(s, name) for name in _COSTS} for s in recipe.settings}
    rows = [_row(trial) | costs.get(trial.sentence, dict.fromkeys(_COSTS)) for trial in ordered]
    return pd.DataFrame({
        name: pd.Series([row[name] for row in rows], dtype=dtype)
        for name, dtype in DTYPES.items()
    })  # fmt: skip


def _row(trial: Trial) -> dict[str, object]:
    row: dict[str, object] = {name: getattr(trial, name) for name in DTYPES if hasattr(trial, name)}
    return row | {name: trial.metrics.get(name, float("nan")) for name in _METRICS}
