"""Stopping trials early: Ray Tune's schedulers, which begin where an interrupted sweep has stopped."""

from collections.abc import Iterable, Mapping
from math import log
from types import SimpleNamespace
from typing import Any

import numpy as np
from ray.tune.schedulers import AsyncHyperBandScheduler, FIFOScheduler, TrialScheduler

from analysis.recipe import Recipe
from analysis.sweep import REDUCTION
from analysis.trial import Trial
from search.seeds import seed_for


class KeyedBrackets(AsyncHyperBandScheduler):
    """Ray's, which knows a trial by its key, as the ledger does, and not by its attempts.

    Its random choice of a trial's bracket depends on the run's seed and the key; what an attempt has reported that then
    failed is forgotten, since the trial is tried again or was none.
    """

    def __init__(self, run_seed: int, **options: Any) -> None:  # noqa: ANN401 -- Ray's own
        super().__init__(**options)
        self.run_seed = run_seed

    def on_trial_add(self, tune_controller: Any, trial: Any) -> None:  # noqa: ANN401 -- Ray's own, here and below
        state = np.random.get_state()  # noqa: NPY002 -- Ray draws from numpy's global generator
        np.random.seed(seed_for("bracket", self.run_seed, trial.config["key"]) % 2**32)  # noqa: NPY002
        super().on_trial_add(tune_controller, _keyed(trial))
        np.random.set_state(state)  # noqa: NPY002

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:  # noqa: ANN401
        return super().on_trial_result(tune_controller, _keyed(trial), result)

    def on_trial_complete(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> None:  # noqa: ANN401
        if self._metric in result:
            super().on_trial_complete(tune_controller, _keyed(trial), result)
        else:  # it failed, and says why instead
            self.on_trial_error(tune_controller, trial)

    def on_trial_error(self, tune_controller: Any, trial: Any) -> None:  # noqa: ANN401
        del tune_controller
        self._trial_info.pop(trial.config["key"], None)
        for bracket in self._brackets:
            for _, recorded in bracket._rungs:  # noqa: SLF001 -- Ray forgets no trial by itself
                recorded.pop(trial.config["key"], None)

    def on_trial_remove(self, tune_controller: Any, trial: Any) -> None:  # noqa: ANN401
        super().on_trial_remove(tune_controller, _keyed(trial))


def _keyed(trial: Any) -> Any:  # noqa: ANN401 -- all that the scheduler reads of Ray's trial
    return SimpleNamespace(trial_id=trial.config["key"], config=trial.config)


def scheduler(recipe: Recipe, ended: Iterable[Trial]) -> TrialScheduler:
    """The recipe's, told of every trial that has ended before: asynchronous, so no trial ever waits for another.

    - `asha`: successive halving from the first epoch on (Li et al. 2020, arXiv:1810.05934).
    - `hyperband`: the same in brackets that begin later and later (Li et al. 2018), for curves that cross.
    """
    if not (recipe.sweep and recipe.sweep.stops_early):
        return FIFOScheduler()  # type: ignore[no-untyped-call]
    epochs = recipe.fidelity.epochs
    brackets = 1 + int(log(epochs) / log(REDUCTION)) if recipe.sweep.scheduler == "hyperband" else 1
    found = KeyedBrackets(
        recipe.seed,
        time_attr="epoch",
        metric=recipe.sweep.reading,
        mode="min",
        max_t=epochs,
        reduction_factor=REDUCTION,
        brackets=brackets,
    )
    for trial in ended:
        _replay(found, trial.key, trial.curve)
    return found


def _replay(scheduler: TrialScheduler, key: str, curve: Iterable[Mapping[str, float]]) -> None:
    trial: Any = SimpleNamespace(trial_id=key, config={"key": key})
    scheduler.on_trial_add(None, trial)  # type: ignore[arg-type]
    for reading in curve:
        scheduler.on_trial_result(None, trial, dict(reading))  # type: ignore[arg-type]
