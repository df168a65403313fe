"""A sweep's trials: Optuna proposes, the ledger keeps what it proposed, and what is known is not trained again."""

import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import partial
from itertools import islice, pairwise, product
from math import sqrt
from typing import Any, cast

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.trial import FrozenTrial, TrialState

from analysis.recipe import Setting, Training
from analysis.record import Run
from analysis.searched import objective_value
from analysis.sweep import Between, Objective, Tunable
from analysis.trial import Proposal, Trial
from search.candidates import Candidates
from search.jobs import Job
from search.samplers import Mended
from search.source import Word, intermediate
from space.errors import SpaceError
from space.spaces.choices import Parameter, Value

KNOWN = 50  # proposals in a row of what has been trained before, after which a sweep ends


class Proposer:
    """The source of a sweep's trials: a proposal is one trial of Optuna's, trained from every seed of the recipe."""

    def __init__(self, run: Run, candidates: Candidates, slots: int, until: float = float("inf")) -> None:
        """At most `slots` trials run at once; none begins after `until`, of `time.monotonic`."""
        assert run.recipe.sweep
        self.run, self.sweep = run, run.recipe.sweep
        self.candidates, self.slots, self.until = candidates, slots, until
        self.sampler = Mended(self.sweep.sampler, run.recipe.seed)
        self.storage = optuna.storages.InMemoryStorage()
        self.study = _study(self.storage, self.sweep.objectives, self.sampler)
        self.ended = {key: trial for key, trial in run.latest().items() if not trial.again}
        self.proposed: dict[int, tuple[Setting, tuple[Job, ...]]] = {}  # by number
        self.numbers: dict[str, list[int]] = {}  # of the proposals that a key is of
        self.distinct = 0  # proposals
        self.pending: list[Job] = []
        self.repeated = 0  # proposals in a row
        for proposal in run.proposals():
            self._replay(proposal)
        self.grid = islice(self._grid(), len(self.study.get_trials(deepcopy=False)), None)
        self.grid_ended = False

    def words(self) -> dict[str, FrozenTrial]:
        return {str(trial.number): trial for trial in self.study.get_trials(deepcopy=False)}

    def next(self, running: int) -> Job | None:
        if not self.pending and not (self.sweep.is_adaptive and running >= self.slots):
            while not self.pending and self._may_propose():
                self._propose()
        return self.pending.pop(0) if self.pending and not self._is_late() else None

    def is_exhausted(self) -> bool:
        return self._is_late() or not (self.pending or self._may_propose())

    @property
    def notice(self) -> str | None:
        """Why there are fewer proposals than were asked for, if the reason is neither time nor an interruption."""
        if self.distinct >= self.sweep.trials:
            return None
        if self.grid_ended:
            return f"the grid has {self.distinct} points, and {self.sweep.trials} were asked for"
        known = f"{KNOWN} proposals in a row were known or had no proxy"
        return f"the sweep ends with {self.distinct} proposals: {known}" if self.repeated >= KNOWN else None

    def read(self, job: Job, reading: Mapping[str, float]) -> Word:
        number = self.numbers[job.key][0]
        if len(self.sweep.objectives) == 1 and self.run.recipe.seeds == 1:
            self._note(number, {int(reading["epoch"]): reading["validation_loss"]})
        return str(number), self._frozen(number)

    def end(self, job: Job, trial: Trial) -> Word:
        numbers = self.numbers[job.key]
        if trial.again:
            self.pending.append(job)
        else:
            self.ended[job.key] = trial
            for number in numbers:  # another proposal may have been of the same trial
                self._tell(number)
        return str(numbers[0]), self._frozen(numbers[0])

    def _frozen(self, number: int) -> FrozenTrial:
        return self.study.get_trials(deepcopy=False)[number]

    def _note(self, number: int, values: Mapping[int, float]) -> None:
        """Intermediate values, by step; of Optuna's own objects, only those that `ask` has made can report them."""
        study = self.storage.get_study_id_from_name(self.study.study_name)
        trial = self.storage.get_trial_id_from_study_id_trial_number(study, number)
        for step, value in values.items():
            self.storage.set_trial_intermediate_value(trial, step, value)

    def _is_late(self) -> bool:
        return time.monotonic() > self.until

    def _may_propose(self) -> bool:
        wanted = self.distinct < self.sweep.trials and not self._is_late()
        return wanted and self.repeated < KNOWN and not self.grid_ended

    def _propose(self) -> None:
        """One trial more of Optuna's; in the ledger before anything comes of it."""
        if self.sweep.sampler == "grid":
            point = next(self.grid, None)
            self.grid_ended = point is None
            if point is None:
                return
            self.study.enqueue_trial(point)
        trial = self.study.ask()
        try:
            setting = self.candidates.choose(partial(self._suggested, trial), trial.number)
        except SpaceError:  # too small to train a proxy of: its number stays empty in the ledger
            self.study.tell(trial, state=TrialState.FAIL)
            self.repeated += 1
            return
        tuned = {one.field: _tuned(trial, one) for one in self.sweep.tune}
        kept = {k: v for k, v in self._frozen(trial.number).system_attrs.items() if isinstance(v, int | float | str)}
        proposal = Proposal(
            number=trial.number,
            parameters=trial.params,
            setting=setting,
            hyperparameters=asdict(self.run.recipe.training) | tuned,
            attributes=kept,
        )
        self.run.append(proposal)
        self._open(proposal)

    def _suggested(self, trial: optuna.Trial, parameter: Parameter, possible: tuple[Value, ...]) -> Value:
        """Optuna's wish, mended."""
        self.sampler.possible = {parameter.name: (parameter, possible)}
        match distribution(parameter):
            case IntDistribution() as among:
                return trial.suggest_int(parameter.name, among.low, among.high, step=among.step)
            case _:
                return cast("Value", trial.suggest_categorical(parameter.name, parameter.values))

    def _open(self, proposal: Proposal) -> None:
        """Its trials wait to be trained, but for those that did before; told at once where all of them did."""
        setting, training = proposal.setting, Training(**proposal.hyperparameters)  # type: ignore[arg-type]
        recipe = self.run.recipe
        jobs = tuple(Job.of(recipe, setting, replicate, training) for replicate in range(recipe.seeds))
        self.proposed[proposal.number] = setting, jobs
        is_new = jobs[0].key not in self.numbers
        self.repeated = 0 if is_new else self.repeated + 1
        self.distinct += is_new
        self.pending += [job for job in jobs if job.key not in self.numbers and job.key not in self.ended]
        for job in jobs:
            self.numbers.setdefault(job.key, []).append(proposal.number)
        self._tell(proposal.number)

    def _tell(self, number: int) -> None:
        """What the proposal came to, once all its trials have ended."""
        setting, jobs = self.proposed[number]
        ended = [self.ended[job.key] for job in jobs if job.key in self.ended]
        if len(ended) < len(jobs) or self._frozen(number).state.is_finished():
            return
        state, values = _outcome(self.sweep.objectives, setting, ended)
        if len(self.sweep.objectives) == 1 and len(jobs) == 1:
            self._note(number, intermediate(ended[0]))
        self.study.tell(number, values, state)

    def _replay(self, proposal: Proposal) -> None:
        """Optuna's trial as it was when it was asked for, and then as it ended, if it did."""
        while len(self.study.get_trials(deepcopy=False)) < proposal.number:
            self.study.add_trial(optuna.trial.create_trial(state=TrialState.FAIL))  # it came to nothing
        asked = {parameter.name: distribution(parameter) for parameter in self.candidates.parameters}
        asked |= {one.field: prior(one) for one in self.sweep.tune}
        self.study.add_trial(
            optuna.trial.create_trial(
                state=TrialState.RUNNING,
                params=proposal.parameters,
                distributions={name: asked[name] for name in proposal.parameters},
                system_attrs=dict(proposal.attributes),
            )
        )
        self._open(proposal)

    def _grid(self) -> Iterator[dict[str, Any]]:
        """Every candidate with every combination of the tuned values, ends and middle of those between two."""
        fields = [one.field for one in self.sweep.tune]
        for answers in self.candidates.listed():
            for values in product(*map(_points, self.sweep.tune)):
                yield {**answers, **dict(zip(fields, values, strict=True))}


def _study(storage: optuna.storages.BaseStorage, objectives: tuple[Objective, ...], sampler: Mended) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(storage=storage, sampler=sampler, directions=["minimize"] * len(objectives))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)  # names are what a dashboard shows
        study.set_metric_names(list(objectives))
    return study


def distribution(parameter: Parameter) -> BaseDistribution:
    """What Optuna knows of a parameter: whole numbers at equal distances are a range, all else is a choice."""
    values = parameter.values
    steps = {b - a for a, b in pairwise(values)} if parameter.ordered else set()  # type: ignore[operator]
    if len(steps) == 1 and all(type(value) is int for value in values):
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


def _points(tunable: Tunable) -> tuple[bool | float | str, ...]:
    if isinstance(tunable, Between):
        low, high = tunable.low, tunable.high
        return low, sqrt(low * high) if tunable.log else (low + high) / 2, high
    return tunable.values


def _outcome(
    objectives: tuple[Objective, ...], setting: Setting, trials: list[Trial]
) -> tuple[TrialState, list[float] | None]:
    """Optuna's state and values: means over the seeds of what was measured, and what is known of the candidate."""
    states = {trial.state for trial in trials}
    if states != {"finished"}:
        return TrialState.FAIL if "failed" in states else TrialState.PRUNED, None
    return TrialState.COMPLETE, [objective_value(objective, setting, trials) for objective in objectives]
