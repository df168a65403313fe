"""Optuna's side of a sweep: how a proposal comes of what its study answers, or a grid, and what it is told."""

import warnings
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from itertools import islice, pairwise, product
from typing import Any, cast

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.trial import FrozenTrial, TrialState

from analysis.recipe import Recipe, Setting
from analysis.sweep import Between, Sweep, Tunable, levels
from analysis.trial import Proposal
from search.candidates import Candidates
from search.ceiling import OverError
from search.samplers import Mended
from space.errors import SpaceError
from space.spaces.choices import Parameter, Value

TRIES = 20  # candidates in a row that take too long, of which most are only predicted to
MOST_MISSING = 100_000  # numbers between two proposals of a ledger


class Asker:
    """A sweep's study. Each of its trials is a proposal of the ledger, or failed because nothing could be trained."""

    def __init__(self, recipe: Recipe, candidates: Candidates) -> None:
        assert recipe.sweep
        self.recipe, self.sweep, self.candidates = recipe, recipe.sweep, candidates
        self.sampler = Mended(self.sweep.sampler, recipe.seed)
        self.storage = optuna.storages.InMemoryStorage()
        self.study = _study(self.storage, self.sweep, self.sampler)
        self.refused: list[str] = []  # why candidates have no proxy
        self.over: list[OverError] = []  # those that take too long
        self.grid: Iterator[dict[str, Any]] | None = None
        self.grid_ended = False

    @property
    def asked(self) -> int:
        """How many trials the study has."""
        return len(self.study.get_trials(deepcopy=False))

    def trial(self, number: int) -> FrozenTrial:
        """Optuna's own, as it is now."""
        return self.study.get_trials(deepcopy=False)[number]

    def ask(self) -> Proposal | None:
        """One trial more of Optuna's; None where the grid has ended, or what was chosen cannot be trained."""
        for _ in range(TRIES):
            if self.sweep.sampler == "grid" and not self._enqueue():
                return None
            trial = self.study.ask()
            try:
                return self._proposal(trial, self.candidates.choose(partial(self._suggested, trial), trial.number))
            except SpaceError as error:  # its number stays empty in the ledger
                self.study.tell(trial, state=TrialState.FAIL)
                if not isinstance(error, OverError):
                    self.refused.append(str(error))
                    return None
                self.over.append(error)
        return None

    def _proposal(self, trial: optuna.Trial, setting: Setting) -> Proposal:
        tuned = {one.field: _tuned(trial, one) for one in self.sweep.tune}
        kept = {k: v for k, v in self.trial(trial.number).system_attrs.items() if isinstance(v, int | float | str)}
        return Proposal(
            number=trial.number,
            parameters=trial.params,
            setting=setting,
            hyperparameters=asdict(self.recipe.training) | tuned,
            attributes=kept,
        )

    def replay(self, proposal: Proposal) -> None:
        """Optuna's trial as it was when it was asked for; `ValueError` where this sweep cannot have asked it."""
        if not self.asked <= proposal.number <= self.asked + MOST_MISSING:
            raise ValueError(f"its number comes after {self.asked} others")
        while self.asked < proposal.number:
            self.study.add_trial(optuna.trial.create_trial(state=TrialState.FAIL))  # it came to nothing
        known = {parameter.name: distribution(parameter) for parameter in self.candidates.parameters}
        known |= {one.field: prior(one) for one in self.sweep.tune}
        if strange := sorted(proposal.parameters.keys() - known):
            raise ValueError(f"{strange[0]} is no parameter of it")
        self.study.add_trial(
            optuna.trial.create_trial(
                state=TrialState.RUNNING,
                params=proposal.parameters,
                distributions={name: known[name] for name in proposal.parameters},
                system_attrs=dict(proposal.attributes),
            )
        )

    def tell(self, number: int, state: TrialState, values: list[float] | None, readings: dict[int, float]) -> None:
        """How it ended, with every intermediate value; of Optuna's own objects, only what `ask` made could report."""
        study = self.storage.get_study_id_from_name(self.study.study_name)
        trial = self.storage.get_trial_id_from_study_id_trial_number(study, number)
        for step, value in readings.items():
            self.storage.set_trial_intermediate_value(trial, step, value)
        self.study.tell(number, values, state)

    def _suggested(self, trial: optuna.Trial, parameter: Parameter, possible: tuple[Value, ...]) -> Value:
        """Optuna's wish, mended."""
        self.sampler.possible = {parameter.name: (parameter, possible)}
        match distribution(parameter):
            case IntDistribution() as among:
                return trial.suggest_int(parameter.name, among.low, among.high, step=among.step)
            case _:
                return cast("Value", trial.suggest_categorical(parameter.name, parameter.values))

    def _enqueue(self) -> bool:
        """The grid's next point; every trial before has been one."""
        self.grid = self.grid or islice(self._points(), self.asked, None)
        point = next(self.grid, None)
        self.grid_ended = point is None
        if point is not None:
            self.study.enqueue_trial(point)
        return point is not None

    def _points(self) -> Iterator[dict[str, Any]]:
        """Every candidate with every combination of the tuned values, ends and middle of those between two.

        The settings of an axis, which are few, are all asked for with one combination before the next, so that they are
        tried alike at any time.
        """
        combinations = [
            dict(zip(self.sweep.fields, values, strict=True)) for values in product(*map(levels, self.sweep.tune))
        ]
        if self.sweep.space:
            yield from (answers | tuned for answers in self.candidates.listed() for tuned in combinations)
        else:
            yield from (answers | tuned for tuned in combinations for answers in self.candidates.listed())


def _study(storage: optuna.storages.BaseStorage, sweep: Sweep, sampler: Mended) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(storage=storage, sampler=sampler, directions=["minimize"] * len(sweep.objectives))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)  # names are what a dashboard shows
        study.set_metric_names(list(sweep.objectives))
    return study


def distribution(parameter: Parameter) -> BaseDistribution:
    """What Optuna knows of a parameter: whole numbers at equal distances are a range, all else is a choice."""
    values = parameter.values
    steps = {b - a for a, b in pairwise(values)} if parameter.ordered else set()  # type: ignore[operator]
    if len(steps) == 1 and min(steps) > 0 and all(type(value) is int for value in values):
        return IntDistribution(values[0], values[-1], step=steps.pop())  # type: ignore[arg-type]
    return CategoricalDistribution(values)


def prior(tunable: Tunable) -> BaseDistribution:
    """What Optuna knows of a hyperparameter."""
    if isinstance(tunable, Between):
        return FloatDistribution(tunable.low, tunable.high, log=tunable.log)
    return CategoricalDistribution(tunable.values)


def _tuned(trial: optuna.Trial, tunable: Tunable) -> bool | float | str:
    if isinstance(tunable, Between):
        return trial.suggest_float(tunable.field, tunable.low, tunable.high, log=tunable.log)
    return cast("bool | float | str", trial.suggest_categorical(tunable.field, tunable.values))
