"""The workers of a run, who train a few steps of every proxy before the run is begun."""

import resource
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import RayError

from analysis.recipe import Recipe
from search.cluster import Cluster, last_line
from search.data import DataSet
from search.devices import Kind, device_memory, device_of
from search.errors import FailedError
from search.timing import Timing, prepared, timed

KIBI = 1024 if sys.platform == "linux" else 1  # of ru_maxrss


@dataclass(frozen=True)
class Rehearsal:
    """What the workers found: the parts of each trial, in order; and what a worker is before it trains."""

    timings: tuple[Timing, ...]
    workers: int
    begun: float  # of `time.perf_counter`, when the workers were ready
    cold: float  # seconds that a worker's first trial takes more than another
    process: int  # bytes of a worker that has all it imports
    memory: int  # bytes that the trials on a device have in common, of the smallest
    device: str  # torch's name


class _Worker:
    """As a trial's: the same share of a machine, the same imports, the one copy of the images."""

    def __init__(self, data: DataSet, recipe: Recipe, kind: Kind) -> None:
        import search.train  # noqa: F401
        import space.module  # noqa: F401 -- what takes time to be imported

        self.data, self.recipe, self.device = data, recipe, device_of(kind)

    def ready(self) -> tuple[int, int, str]:
        """Bytes that this process has grown to, those of its device, and what that is."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIBI, device_memory(self.device), self.device

    def measure(self, trials: Sequence[Mapping[str, Any]]) -> tuple[float, list[Timing]]:
        """Of each trial in turn; and what it takes more to prepare the first of them for the first time."""
        cold = prepared(trials[0], self.recipe, self.data, self.device)
        found = [timed(trial, self.recipe, self.data, self.device) for trial in trials]
        return max(0.0, cold - found[0].setup), found


def rehearse(trials: Sequence[Mapping[str, Any]], recipe: Recipe, data: DataSet, there: Cluster) -> Rehearsal:
    """Every trial, as `search.jobs.config` has it, is timed by a worker while the others time others.

    That is how they will train. Where there are more workers than trials, some are timed by several.
    """
    workers, resources = there.slots, there.resources
    share = {"num_cpus": resources.threads, "num_gpus": resources.gpus_per_trial or 0}
    turns = [[i % len(trials) for i in range(w, max(len(trials), w + 1), workers)] for w in range(workers)]
    images, actor = ray.put(data), ray.remote(_Worker)
    try:
        hired: list[Any] = [actor.options(**share).remote(images, recipe, there.device) for _ in range(workers)]
        found = ray.get([worker.ready.remote() for worker in hired])
        begun = time.perf_counter()
        asked = [worker.measure.remote([trials[i] for i in turn]) for worker, turn in zip(hired, turns, strict=True)]
        measured = ray.get(asked)
    except RayError as error:
        raise FailedError(f"--estimate: the proxies cannot be timed ({last_line(str(error))})") from None
    timings: dict[int, list[Timing]] = {}
    for turn, (_, some) in zip(turns, measured, strict=True):
        for i, timing in zip(turn, some, strict=True):
            timings.setdefault(i, []).append(timing)
    typical = (sorted(timings[i], key=lambda one: one.step)[len(timings[i]) // 2] for i in range(len(trials)))
    processes, memories, devices = zip(*found, strict=True)
    cold = max(one for one, _ in measured)
    return Rehearsal(tuple(typical), workers, begun, cold, max(processes), min(memories), devices[0])
