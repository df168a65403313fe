"""What a run has to do: one job for each trial, and the events a display is told of."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from statistics import mean
from typing import Any, Literal

from analysis.recipe import Recipe, Setting
from analysis.training import Training
from analysis.trial import Trial, trial_key


@dataclass(frozen=True)
class Job:
    """One trial to be: a setting's proxy, trained once from the seeds of one replicate."""

    key: str
    setting: Setting
    replicate: int
    training: Training

    @classmethod
    def of(cls, recipe: Recipe, setting: Setting, replicate: int, training: Training | None = None) -> "Job":
        """The recipe's training, unless a sweep has chosen another."""
        training = training or recipe.training
        key = trial_key(setting.sentence, setting.proxy, asdict(training), recipe.fidelity, replicate)
        return cls(key, setting, replicate, training)


def config(job: Job, *, alone: bool = False) -> dict[str, Any]:
    """What a worker is told of the trial; one that is to be alone shares neither its GPU nor its machine."""
    return {
        "alone": alone,
        "key": job.key,
        "proxy": job.setting.proxy,
        "candidate": job.setting.sentence,
        "replicate": job.replicate,
        "training": asdict(job.training),
    }


def jobs(recipe: Recipe) -> list[Job]:
    """Every trial of an axis, replicate by replicate, so that a run stopped half-way has compared all settings."""
    return [
        Job.of(recipe, setting, replicate, recipe.training_of(setting))
        for replicate in range(recipe.seeds)
        for setting in recipe.settings
    ]


def left(recipe: Recipe, settled: Mapping[str, Trial]) -> list[Job]:
    """Those of an axis that are still to be trained, in the order in which they are."""
    return longest_first((job for job in jobs(recipe) if job.key not in settled), settled.values())


def longest_first(pending: Iterable[Job], ended: Iterable[Trial]) -> list[Job]:
    """Within each replicate the jobs in the order of their expected time, so that the last to end is not the longest.

    Expected is what the setting's trials have taken so far; before there is one, by its proxy's cost as others took.
    """
    pending, taken = list(pending), defaultdict[str, list[float]](list)
    for trial in ended:
        if trial.state == "finished":
            taken[trial.setting].append(trial.seconds)
    costs = {job.setting.setting: job.setting.proxy_macs for job in pending}
    paces = [mean(some) / costs[setting] for setting, some in taken.items() if setting in costs]
    pace = mean(paces) if paces else 1.0

    def expected(job: Job) -> float:
        some = taken.get(job.setting.setting)
        return mean(some) if some else pace * job.setting.proxy_macs

    return sorted(pending, key=lambda job: (job.replicate, -expected(job), -job.setting.proxy_macs))


@dataclass(frozen=True)
class Event:
    """What a progress display is told: a trial trained one epoch more, ended, is to be tried again, or failed."""

    kind: Literal["epoch", "finished", "pruned", "again", "failed"]
    job: Job
    result: Mapping[str, Any]


Watch = Callable[[Event], None]
