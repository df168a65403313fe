"""What a run has to do: one job for each trial, and the events a display is told of."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from analysis.recipe import Recipe, Setting
from analysis.record import trial_key


@dataclass(frozen=True)
class Job:
    """One trial to be: a setting's proxy, trained once from the seeds of one replicate."""

    key: str
    setting: Setting
    replicate: int


def jobs(recipe: Recipe) -> list[Job]:
    """Every trial of a run, replicate by replicate, so that a run stopped half-way has compared all settings."""
    return [
        Job(_key(recipe, setting, replicate), setting, replicate)
        for replicate in range(recipe.seeds)
        for setting in recipe.settings
    ]


def _key(recipe: Recipe, setting: Setting, replicate: int) -> str:
    return trial_key(setting.sentence, setting.proxy, asdict(recipe.training), recipe.fidelity, replicate)


@dataclass(frozen=True)
class Event:
    """What a progress display is told: a trial trained one epoch more, finished, is to be tried again, or failed."""

    kind: Literal["epoch", "finished", "again", "failed"]
    job: Job
    result: Mapping[str, Any]


Watch = Callable[[Event], None]
