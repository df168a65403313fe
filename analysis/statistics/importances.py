"""Which choices decided a sweep: Optuna's importances, of a table that knows nothing of Optuna."""

import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from pandas.api.types import is_bool_dtype, is_float_dtype, is_integer_dtype, is_numeric_dtype

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.importance import BaseImportanceEvaluator
    from optuna.study import Study
    from optuna.trial import FrozenTrial

Method = Literal["ped-anova", "fanova"]
Kind = TypeVar("Kind", bound="BaseDistribution")

FEWEST = 20  # trials; the best of fewer are too few to have anything in common
BEST, BEST_LEAST = 0.1, 5  # trials that PED-ANOVA asks about: the best tenth, or the best five of fewer than fifty
FEW_VALUES = 20  # of a number: with no more it is a category
SHUFFLES = 19  # the largest of so many is exceeded by chance once in twenty


class NothingToJudgeError(ValueError):
    """Why there are no importances, in words."""


class Importance(NamedTuple):
    """Of one choice."""

    share: float  # of all choices' together, which is one
    chance: float | None = None  # the share that a choice of no effect exceeds once in twenty; of PED-ANOVA alone


def importances(
    parameters: pd.DataFrame,
    values: ArrayLike,
    *,
    method: Method = "ped-anova",
    logarithmic: Collection[str] = (),
    seed: int = 0,
) -> dict[str, Importance]:
    """How much every column of `parameters` (a row a trial) decided `values`, to be minimised; the largest first.

    PED-ANOVA (Watanabe et al. 2023) asks what the best trials have in common that the others have not, in seconds for a
    thousand; fANOVA (Hutter et al. 2014) asks by a random forest what makes all of them differ, in a minute. Columns
    named in `logarithmic` are judged on that scale. A number of few values is judged as a category: PED-ANOVA compares
    densities, and one that is smooth over few values changes with the number of trials, whatever decided. Columns that
    do not vary have no share, nor, by fANOVA, those that some trials lack, as choices within a choice. Trials without a
    value do not count. `NothingToJudgeError` where nothing can be told.
    """
    given = np.asarray(values, dtype=np.float64)
    told = np.isfinite(given)
    rows, given = parameters.loc[told].rename(columns=str), given[told]
    columns = {str(name): _choices(rows[name]) for name in rows.columns}
    varied = {name: one for name, one in columns.items() if _is_judged(one, method)}
    if why := _nothing(given, varied):
        raise NothingToJudgeError(why)
    found, chance = _evaluated(varied, given, method, logarithmic, seed)
    total = sum(found.values())
    if not total > 0:
        raise NothingToJudgeError(f"by {method} no choice made a difference")
    shares = {name: Importance(size / total, chance[name] / total if chance else None) for name, size in found.items()}
    unjudged = {name: Importance(0.0) for name in columns if name not in found}
    return dict(sorted((shares | unjudged).items(), key=lambda one: -one[1].share))


def _choices(column: pd.Series) -> pd.Series:
    """Numbers of many values as they are, everything else by its name."""
    numbers = is_numeric_dtype(column) and not is_bool_dtype(column)
    return column if numbers and column.nunique() > FEW_VALUES else column.map(str, na_action="ignore")


def _is_judged(column: pd.Series, method: Method) -> bool:
    return len(set(column.dropna())) > 1 and (method == "ped-anova" or bool(column.notna().all()))


def _nothing(values: NDArray[np.float64], varied: Collection[str]) -> str:
    if len(values) < FEWEST:
        return f"importances need {FEWEST} finished proposals, and there are {len(values)}"
    if np.ptp(values) == 0:
        return f"all {len(values)} finished proposals came to the same"
    return "" if varied else f"all {len(values)} finished proposals were chosen alike"


def _evaluated(
    columns: dict[str, pd.Series], values: NDArray[np.float64], method: Method, logarithmic: Collection[str], seed: int
) -> tuple[dict[str, float], dict[str, float]]:
    """Not yet shares: of the trials, and by PED-ANOVA the largest of them had their values been shuffled."""
    distributions = {name: _distribution(column, log=name in logarithmic) for name, column in columns.items()}
    chance = np.random.default_rng(seed)
    with _quiet():
        study = _study(columns, distributions)
        evaluator = _evaluator(method, seed, max(BEST, BEST_LEAST / len(values)))
        try:
            found = _of(study, evaluator, values)
            many = SHUFFLES if method == "ped-anova" else 0
            shuffled = [_of(study, evaluator, chance.permutation(values)) for _ in range(many)]
        except (ValueError, RuntimeError) as error:
            raise NothingToJudgeError(f"Optuna's {method} gives no importances ({error})") from None
    return found, {name: max(one[name] for one in shuffled) for name in columns} if shuffled else {}


def _of(study: "Study", evaluator: "BaseImportanceEvaluator", values: NDArray[np.float64]) -> dict[str, float]:
    from optuna.importance import get_param_importances

    def told(trial: "FrozenTrial") -> float:
        return float(values[trial.number])

    return get_param_importances(study, evaluator=evaluator, target=told, normalize=False)


def _study(columns: dict[str, pd.Series], distributions: "dict[str, BaseDistribution]") -> "Study":
    import optuna  # here alone: a report whose importances are stored does without

    study = optuna.create_study()
    trials = []
    for row in zip(*(column.tolist() for column in columns.values()), strict=True):
        params = {name: choice for name, choice in zip(columns, row, strict=True) if not pd.isna(choice)}
        kinds = {name: distributions[name] for name in params}
        trials.append(optuna.trial.create_trial(params=params, distributions=kinds, value=0.0))
    study.add_trials(trials)
    return study


@contextmanager
def _quiet() -> "Iterator[None]":
    """Without Optuna's log and its warnings, of what is experimental and of what is few."""
    import optuna

    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        optuna.logging.set_verbosity(verbosity)


def _evaluator(method: Method, seed: int, best: float) -> "BaseImportanceEvaluator":
    from optuna.importance import FanovaImportanceEvaluator, PedAnovaImportanceEvaluator

    if method == "fanova":
        return FanovaImportanceEvaluator(seed=seed)
    return PedAnovaImportanceEvaluator(target_quantile=best)


def _distribution(column: pd.Series, *, log: bool) -> "BaseDistribution":
    """Numbers between their least and largest, everything else one of what there is."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    there = column.dropna()
    if is_integer_dtype(there):
        return _shared(IntDistribution)(int(there.min()), int(there.max()), log=log)
    if is_float_dtype(there):
        return _shared(FloatDistribution)(float(there.min()), float(there.max()), log=log)
    return _shared(CategoricalDistribution)(sorted(there.unique()))


def _shared(kind: "type[Kind]") -> "type[Kind]":
    """One for all trials: a study copies it for each, and PED-ANOVA compares the copies, the most of its time."""
    return type(kind.__name__, (kind,), {"__deepcopy__": lambda self, _: self})
