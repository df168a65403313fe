"""A trial trained once more, from its line of a ledger and its run's recipe alone."""

from dataclasses import dataclass

from analysis.recipe import Recipe
from analysis.trial import Trial
from search.configured import trainer_of
from search.data import DataSet
from search.here import machine, versions

TIMED = "seconds"  # of an epoch's reading, what no two trainings have alike


@dataclass(frozen=True)
class Again:
    """What training the trial again gave."""

    trial: Trial
    metrics: dict[str, float]
    curve: tuple[dict[str, float], ...]  # one reading an epoch

    def differences(self) -> dict[str, tuple[float, float]]:
        """What the ledger has and what there is now, of all that is not the same to the last bit."""
        then, now = (_numbers(one.metrics, one.curve) for one in (self.trial, self))
        return {name: (then[name], now[name]) for name in then if name in now and then[name] != now[name]}

    def elsewhere(self) -> str:
        """What of the machine and the versions is not what the trial was trained with; nothing if all is."""
        here = {"machine": machine(), **versions()}
        there = {"machine": self.trial.host, **self.trial.versions}
        return ", ".join(
            f"{name} {there[name]} (here {here[name]})" for name in here if there.get(name, here[name]) != here[name]
        )


def again(trial: Trial, recipe: Recipe, data: DataSet) -> Again:
    """Train it, in this process, on the CPU; the recipe is its run's, and so are the images."""
    described = {
        "proxy": trial.proxy,
        "candidate": trial.sentence,
        "replicate": trial.replicate,
        "training": trial.hyperparameters,
    }
    trainer, _ = trainer_of(described, recipe, data, "cpu")
    for _ in range(recipe.fidelity.epochs):
        trainer.epoch()
    return Again(trial, trainer.finish().metrics, tuple(trainer.epochs))


def _numbers(metrics: dict[str, float], curve: tuple[dict[str, float], ...]) -> dict[str, float]:
    readings = (
        (f"{name} of epoch {epoch}", value)
        for epoch, reading in enumerate(curve, 1)
        for name, value in reading.items()
        if name != TIMED
    )
    return metrics | dict(readings)
