"""What becomes of workers: one that is silent for too long is ended, and why a trial lost its worker is known."""

import time
from collections.abc import Mapping
from typing import Any

import ray
from ray import tune
from ray.exceptions import OutOfMemoryError
from ray.tune.experiment import Trial

from analysis.recipe import Recipe
from analysis.sweep import levels

FLOOR = 600.0  # seconds that any worker may be silent: it starts, imports torch, tests on every test image
PATIENCE = 20.0  # as many times the longest epoch so far
SLOWEST = 1e8  # multiply-adds a second, slower than any core; judges an epoch before one has been seen
BACKWARD = 3  # passes of a training step: one forward, and a backward one that costs twice as much
DIED = "the worker process died"


class Heartbeat(tune.Callback):
    """Ray Tune's calls say when each trial was last heard of; one that hangs loses its worker.

    Ray itself waits for ever for a process that is there and does nothing.
    """

    def __init__(self, recipe: Recipe) -> None:
        known = [setting.proxy_macs for setting in recipe.settings]
        macs = max([*known, recipe.sweep.proxy_macs if recipe.sweep else 0])
        self.first = BACKWARD * macs * recipe.fidelity.train_images / SLOWEST
        # A teacher is trained before a trial's first word, and it is fine-tuned before its last.
        trainings = [recipe.training, *map(recipe.training_of, recipe.settings)]
        tuned = {one.field: levels(one) for one in recipe.sweep.tune} if recipe.sweep else {}
        fixing = max(map(int, tuned.get("fix_epochs", [one.fix_epochs for one in trainings])))
        is_taught = any(tuned.get("teacher", [one.teacher for one in trainings]))
        self.passes = 1 + fixing + (recipe.fidelity.epochs if is_taught else 0)
        self.longest = 0.0  # seconds of an epoch
        self.awake = 0.0  # seconds by a clock that stands still while the driver does, which then hears nothing
        self.looked = time.monotonic()
        self.heard: dict[str, tuple[Trial, float]] = {}  # by trial
        self.hung: dict[str, str] = {}  # why a trial's worker was ended

    @property
    def limit(self) -> float:
        """Seconds of silence that are too many."""
        return max(FLOOR, self.passes * (PATIENCE * self.longest if self.longest else self.first))

    def reason(self, trial_id: str) -> str:
        """Why the trial lost its worker."""
        if trial_id in self.hung:
            return self.hung[trial_id]
        trial, _ = self.heard.get(trial_id, (None, 0.0))
        is_memory = trial and isinstance(trial.get_pickled_error(), OutOfMemoryError)
        return "OutOfMemoryError: Ray ended the worker as its machine ran out of memory" if is_memory else DIED

    def on_step_begin(self, iteration: int, trials: list[Trial], **info: object) -> None:
        del iteration, trials, info
        now = time.monotonic()
        self.awake += min(now - self.looked, 1.0)
        self.looked = now
        for trial, heard in list(self.heard.values()):
            if self.awake - heard > self.limit and trial.trial_id not in self.hung:
                self._end(trial)

    def _end(self, trial: Trial) -> None:
        self.hung[trial.trial_id] = f"hung: no word from the worker for {self.limit:.0f} seconds; it was ended"
        if trial.temporary_state.ray_actor:
            ray.kill(trial.temporary_state.ray_actor)

    def on_trial_start(self, iteration: int, trials: list[Trial], trial: Trial, **info: object) -> None:
        del iteration, trials, info
        self.heard[trial.trial_id] = trial, self.awake

    def on_trial_result(
        self, iteration: int, trials: list[Trial], trial: Trial, result: Mapping[str, Any], **info: object
    ) -> None:
        del iteration, trials, info
        self.heard[trial.trial_id] = trial, self.awake
        self.longest = max(self.longest, result.get("seconds", 0.0))

    def on_trial_complete(self, iteration: int, trials: list[Trial], trial: Trial, **info: object) -> None:
        del iteration, trials, info
        self.heard.pop(trial.trial_id, None)

    def on_trial_error(self, iteration: int, trials: list[Trial], trial: Trial, **info: object) -> None:
        del iteration, trials, info
        self.heard.pop(trial.trial_id, None)
