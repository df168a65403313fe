"""The door from a ledger to statistics: trials as a table."""

from collections.abc import Iterable

import pandas as pd

from analysis.recipe import Recipe
from analysis.trial import Proposal, Trial

_METRICS = ("test_error", "test_loss", "validation_error", "validation_loss", "train_loss")
_COSTS = ("macs", "params", "activations", "proxy_macs")

DTYPES: dict[str, str] = {
    **dict.fromkeys(("state", "key"), "string"),
    "value": "object",  # an int, or a tuple for a plane
    **dict.fromkeys(("setting", "sentence", "proxy"), "string"),
    "replicate": "int64",
    "fidelity": "string",
    "epochs": "int64",  # trained; fewer than asked where a trial was stopped early
    **dict.fromkeys((*_METRICS, "seconds", "core_seconds"), "float64"),
    "reason": "string",
    **dict.fromkeys(_COSTS, "Int64"),  # nullable: a free search tries what its recipe does not list
}


def trials_table(recipe: Recipe, trials: Iterable[Trial], proposals: Iterable[Proposal] = ()) -> pd.DataFrame:
    """One row a trial, in the order of settings or proposals, then by replicate: independent of who finished first.

    A hyperparameter that a sweep tunes is a column under its name.
    """
    settings = (*recipe.settings, *(proposal.setting for proposal in proposals))
    position: dict[str, int] = {}
    for setting in settings:
        position.setdefault(setting.setting, len(position))
    ordered = sorted(trials, key=lambda t: (position.get(t.setting, len(position)), t.replicate, t.key))
    costs = {s.setting: {name: getattr(s, name) for name in _COSTS} for s in reversed(settings)}
    rows = [_row(trial) | costs.get(trial.setting, dict.fromkeys(_COSTS)) for trial in ordered]
    columns = {name: pd.Series([row[name] for row in rows], dtype=dtype) for name, dtype in DTYPES.items()}
    tuned = recipe.sweep.fields if recipe.sweep else ()
    return pd.DataFrame(columns | {name: pd.Series([t.hyperparameters.get(name) for t in ordered]) for name in tuned})


def _row(trial: Trial) -> dict[str, object]:
    row: dict[str, object] = {name: getattr(trial, name) for name in DTYPES if hasattr(trial, name)}
    metrics = {name: trial.metrics.get(name, float("nan")) for name in _METRICS}
    return row | metrics | {"epochs": len(trial.curve)}
