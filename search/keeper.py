"""The trained weights of a study's trials, on their way from the workers to the run folder."""

from typing import Any

from ray import tune
from ray.tune.experiment import Trial as RayTrial

from analysis.keeping import Which, drop_all_but_the_best, keep
from analysis.record import Run
from analysis.trial import Trial
from search.outcome import WEIGHTS


class Keeper(tune.Callback):
    """Takes weights out of results, of which Ray would hold every trial's last as long as the study goes on."""

    def __init__(self, run: Run, which: Which | None) -> None:
        self.run, self.which = run, which
        self.held: dict[str, bytes] = {}  # by Ray's trial, until that ends

    def on_trial_result(
        self, iteration: int, trials: list[RayTrial], trial: RayTrial, result: dict[str, Any], **info: object
    ) -> None:
        del iteration, trials, info
        if WEIGHTS in result:
            self.held[trial.trial_id] = result.pop(WEIGHTS)

    def keep(self, trial_id: str, trial: Trial) -> None:
        """Before the ledger says that it is finished: what that names is there, whoever is killed."""
        weights = self.held.pop(trial_id, None)
        if weights is not None and trial.state == "finished":
            keep(self.run, trial.key, weights)

    def tidy(self) -> None:
        """After the ledger has the trial: only then are others surpassed."""
        if self.which == "best":
            drop_all_but_the_best(self.run)
