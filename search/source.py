"""Where a study's trials come from, and how Optuna hears of them: the settings of an axis, each from every seed."""

import time
from collections.abc import Mapping
from typing import Protocol

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState

from analysis.racing import race
from analysis.recipe import Recipe
from analysis.record import Run
from analysis.table import trials_table
from analysis.trial import Trial
from search.jobs import Job, jobs, longest_first

Word = tuple[str, FrozenTrial]
"""Optuna's word on a trial, under a name that is the same whenever the study is rebuilt."""


class Source(Protocol):
    """What a study trains next, and whom it tells. All that it knows is rebuilt from the ledger."""

    study: optuna.Study

    @property
    def notice(self) -> str | None:
        """What is to be said when there is no trial any more."""

    def words(self) -> dict[str, FrozenTrial]:
        """All that Optuna's study holds."""

    def next(self, running: int) -> Job | None:
        """The next trial to begin while so many run; None where there is none now."""

    def is_exhausted(self) -> bool:
        """Whether there is none any more, whatever becomes of those that run."""

    def read(self, job: Job, reading: Mapping[str, float]) -> Word:
        """One epoch more of a trial that runs; Optuna's word on it."""

    def end(self, job: Job, trial: Trial) -> Word:
        """How a trial ended that has begun, after it is in the ledger; Optuna's word on it."""


class Listed:
    """The settings of an axis; every attempt is a trial of Optuna's."""

    def __init__(self, run: Run, until: float = float("inf")) -> None:
        """No trial begins after `until`, of `time.monotonic`."""
        self.run, self.until = run, until
        settled = run.settled()
        left = (job for job in jobs(run.recipe) if job.key not in settled)
        self.pending = longest_first(left, settled.values())
        self.study = replay(run.recipe, settled)
        self.asked: dict[str, optuna.Trial] = {}  # by key
        self.is_over = self._is_over()

    @property
    def notice(self) -> str | None:
        return None

    def words(self) -> dict[str, FrozenTrial]:
        settled = self.run.settled()
        keys = (job.key for job in jobs(self.run.recipe) if job.key in settled)  # as they were replayed
        return dict(zip(keys, self.study.get_trials(deepcopy=False), strict=False))

    def next(self, running: int) -> Job | None:
        del running  # all that is listed may run at once
        if self.is_exhausted():
            return None
        job = self.pending.pop(0)
        self.study.enqueue_trial(_parameters(job))
        self.asked[job.key] = self.study.ask(distributions(self.run.recipe))
        return job

    def is_exhausted(self) -> bool:
        return not self.pending or self.is_over or time.monotonic() > self.until

    def read(self, job: Job, reading: Mapping[str, float]) -> Word:
        self.asked[job.key].report(reading["validation_loss"], int(reading["epoch"]))
        return job.key, self._frozen(self.asked[job.key])

    def end(self, job: Job, trial: Trial) -> Word:
        asked = self.asked.pop(job.key)
        if trial.state == "failed":
            self.study.tell(asked, state=TrialState.FAIL)
            if trial.again:
                self.pending.append(job)
        else:
            self.study.tell(asked, trial.metrics["validation_loss"])
        self.is_over = self._is_over()
        return job.key, self._frozen(asked)

    def _frozen(self, asked: optuna.Trial) -> FrozenTrial:
        return self.study.get_trials(deepcopy=False)[asked.number]

    def _is_over(self) -> bool:
        """Whether it is a race that needs no more seeds; what is to be tried again has not ended."""
        if not self.run.recipe.race:
            return False
        ended = [trial for trial in self.run.latest().values() if not trial.again]
        return race(self.run.recipe, trials_table(self.run.recipe, ended)).over


def distributions(recipe: Recipe) -> dict[str, BaseDistribution]:
    """What Optuna's study of an axis is over."""
    return {
        "setting": CategoricalDistribution([setting.setting for setting in recipe.settings]),
        "replicate": IntDistribution(0, recipe.seeds - 1),
    }


def _parameters(job: Job) -> dict[str, str | int]:
    return {"setting": job.setting.setting, "replicate": job.replicate}


def replay(recipe: Recipe, settled: Mapping[str, Trial]) -> optuna.Study:
    """Optuna's study of an axis, rebuilt from the trials that need not be trained again."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction="minimize")
    for job in jobs(recipe):
        if trial := settled.get(job.key):
            study.add_trial(
                optuna.trial.create_trial(
                    params=_parameters(job),
                    distributions=distributions(recipe),
                    value=trial.metrics["validation_loss"],
                    intermediate_values=intermediate(trial),
                )
            )
    return study


def intermediate(trial: Trial) -> dict[int, float]:
    """What a trial's curve says to Optuna: the validation loss by epoch, but for the last, which is its value."""
    readings = trial.curve if trial.state == "pruned" else trial.curve[:-1]
    return {int(reading["epoch"]): reading["validation_loss"] for reading in readings}
