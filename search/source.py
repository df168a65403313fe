"""Where a study's trials come from, and how Optuna hears of them: the settings of an axis, each from every seed."""

import math
import time
from collections.abc import Mapping, Set as AbstractSet
from typing import Protocol

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState

from analysis.image_scores import ImageScores, image_scores
from analysis.racing import race
from analysis.recipe import Recipe
from analysis.record import Run
from analysis.table import trials_table
from analysis.trial import Trial
from search.jobs import Job, jobs, left


class Source(Protocol):
    """What a study trains next, and whom it tells. All that it knows is rebuilt from the ledger."""

    slots: int  # trials that run at once

    @property
    def study(self) -> optuna.Study:
        """Optuna's, of what has been asked and told."""

    @property
    def notice(self) -> str | None:
        """What is to be said when there is no trial any more."""

    def next(self, running: int) -> Job | None:
        """The next trial to begin while so many run; None where there is none now."""

    def is_exhausted(self) -> bool:
        """Whether there is none any more, whatever becomes of those that run."""

    def read(self, job: Job, reading: Mapping[str, float]) -> None:
        """One epoch more of a trial that runs."""

    def end(self, job: Job, trial: Trial, *, again: bool) -> None:
        """How a trial ended that has begun, after it is in the ledger; `again` if it will be tried once more."""

    def known(self) -> dict[str, FrozenTrial]:
        """Optuna's trials that have ended, by names that are the same whenever the study is rebuilt."""

    def news(self) -> dict[str, FrozenTrial]:
        """Those that have changed since one last asked."""


class Listed:
    """The settings of an axis; every attempt is a trial of Optuna's."""

    def __init__(self, run: Run, until: float = float("inf")) -> None:
        """No trial begins after `until`, of `time.monotonic`."""
        self.run, self.until, self.slots = run, until, 1
        self.notice: str | None = None
        settled = run.settled()
        self.pending = left(run.recipe, settled)
        self.study = replay(run.recipe, settled)
        self.asked: dict[str, optuna.Trial] = {}  # by key
        self.changed: dict[str, FrozenTrial] = {}
        self.scores = ImageScores()
        self.is_over = self._is_over({job.key for job in self.pending})

    def next(self, running: int) -> Job | None:
        if self.is_exhausted() or (self.until < float("inf") and running >= self.slots):
            return None
        job = self.pending.pop(0)
        self.study.enqueue_trial(_parameters(job))
        self.asked[job.key] = self.study.ask(distributions(self.run.recipe))
        self._show(job)
        return job

    def is_exhausted(self) -> bool:
        return not self.pending or self.is_over or time.monotonic() > self.until

    def read(self, job: Job, reading: Mapping[str, float]) -> None:
        self.asked[job.key].report(reading["validation_loss"], int(reading["epoch"]))
        self._show(job)

    def end(self, job: Job, trial: Trial, *, again: bool) -> None:
        state, value = _outcome(trial)
        self.study.tell(self.asked[job.key], value, state)
        self._show(job)
        del self.asked[job.key]
        if again:
            self.pending.append(job)
        self.is_over = self._is_over(self.asked.keys() | {one.key for one in self.pending})

    def known(self) -> dict[str, FrozenTrial]:
        settled = self.run.settled()
        keys = (job.key for job in jobs(self.run.recipe) if job.key in settled)  # as they were replayed
        return dict(zip(keys, self.study.get_trials(deepcopy=False), strict=False))

    def news(self) -> dict[str, FrozenTrial]:
        changed, self.changed = self.changed, {}
        return changed

    def _show(self, job: Job) -> None:
        self.changed[job.key] = self.study.get_trials(deepcopy=False)[self.asked[job.key].number]

    def _is_over(self, awaited: AbstractSet[str]) -> bool:
        """Whether it is a race that needs no more seeds; what is still to be tried again has not failed yet."""
        if not self.run.recipe.race:
            return False
        ended = [trial for key, trial in self.run.latest().items() if trial.state != "failed" or key not in awaited]
        self.scores = image_scores(self.run, self.scores)
        return race(self.run.recipe, trials_table(self.run.recipe, ended), self.scores).over


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
            state, value = _outcome(trial)
            study.add_trial(
                optuna.trial.create_trial(
                    state=state,
                    params=_parameters(job),
                    distributions=distributions(recipe),
                    value=value,
                    intermediate_values=intermediate(trial),
                )
            )
    return study


def _outcome(trial: Trial) -> tuple[TrialState, float | None]:
    """Optuna's state and value; to it a trial has failed, too, whose line has no validation loss."""
    value = trial.metrics.get("validation_loss", math.nan)
    is_complete = trial.state == "finished" and math.isfinite(value)
    return (TrialState.COMPLETE, value) if is_complete else (TrialState.FAIL, None)


def intermediate(trial: Trial, reading: str = "validation_loss") -> dict[int, float]:
    """What a trial's curve says to Optuna, by epoch; but for the last of one that finished, which is its value."""
    curve = trial.curve if trial.state == "pruned" else trial.curve[:-1]
    return {int(one["epoch"]): one[reading] for one in curve}
