"""Which choices decided a sweep: Optuna's importances, of a table that knows nothing of Optuna."""

import warnings
from collections.abc import Collection
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from pandas.api.types import is_bool_dtype, is_float_dtype, is_integer_dtype, is_numeric_dtype

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.importance import BaseImportanceEvaluator

Method = Literal["ped-anova", "fanova"]


def importances(
    parameters: pd.DataFrame,
    values: ArrayLike,
    *,
    method: Method = "ped-anova",
    logarithmic: Collection[str] = (),
    seed: int = 0,
) -> dict[str, float]:
    """The share of every column of `parameters` (a row a trial) in `values`, to be minimised; largest first.

    PED-ANOVA (Watanabe et al. 2023) asks what makes a trial one of the best tenth, in milliseconds; fANOVA (Hutter et
    al. 2014) asks by a random forest what makes all of them differ, in a minute for thousands. Columns named in
    `logarithmic` are judged on that scale. Columns that do not vary have no share, nor have those that some trials
    lack, as choices within a choice; trials without a value do not count.
    """
    counted = pd.Series(np.asarray(values, dtype=np.float64), index=parameters.index).dropna()
    rows = parameters.loc[counted.index].rename(columns=str)
    columns = {name: _choices(rows[name]) for name in rows.columns}
    varied = {name: column for name, column in columns.items() if column.notna().all() and len(set(column)) > 1}
    shares = _evaluated(varied, counted.tolist(), method, logarithmic, seed) if varied else {}
    return shares | {name: 0.0 for name in columns if name not in shares}


def _choices(column: pd.Series) -> pd.Series:
    """Numbers as they are, everything else by its name."""
    numbers = is_numeric_dtype(column) and not is_bool_dtype(column)
    return column if numbers else column.map(str)


def _evaluated(
    columns: dict[str, pd.Series], values: list[float], method: Method, logarithmic: Collection[str], seed: int
) -> dict[str, float]:
    import optuna  # here alone: a report whose importances are stored does without

    distributions = {name: _distribution(column, log=name in logarithmic) for name, column in columns.items()}
    trials = [
        optuna.trial.create_trial(params=dict(zip(columns, row, strict=True)), distributions=distributions, value=value)
        for *row, value in zip(*(column.tolist() for column in columns.values()), values, strict=True)
    ]
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        study = optuna.create_study()
        study.add_trials(trials)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            found = optuna.importance.get_param_importances(study, evaluator=_evaluator(method, seed))
    finally:
        optuna.logging.set_verbosity(verbosity)
    return {name: float(share) for name, share in found.items()}


def _evaluator(method: Method, seed: int) -> "BaseImportanceEvaluator":
    from optuna.importance import FanovaImportanceEvaluator, PedAnovaImportanceEvaluator

    return FanovaImportanceEvaluator(seed=seed) if method == "fanova" else PedAnovaImportanceEvaluator()


def _distribution(column: pd.Series, *, log: bool) -> "BaseDistribution":
    """Numbers between their least and largest, everything else one of what there is."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if is_integer_dtype(column):
        return IntDistribution(int(column.min()), int(column.max()), log=log)
    if is_float_dtype(column):
        return FloatDistribution(float(column.min()), float(column.max()), log=log)
    return CategoricalDistribution(sorted(column.unique()))
