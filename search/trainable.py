"""A trial as Ray Tune runs it: one step is one epoch; a worker process takes one trial after another."""

import gc
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import ray
from ray import tune

from analysis.recipe import Recipe
from search.allocator import return_freed
from search.configured import trainer_of
from search.data import DataSet
from search.devices import Kind, device_of, forget_peak, gpu_name, measured_peak
from search.here import machine
from search.outcome import WEIGHTS
from search.team import Team
from space import parse

if TYPE_CHECKING:
    from search.train import Trainer


class ProxyTrainable(tune.Trainable):
    """Trains the proxy named in its configuration; what training raises becomes the reason the trial failed."""

    def setup(  # type: ignore[override]
        self,
        config: dict[str, Any],
        data: DataSet,
        recipe: Recipe,
        device: Kind,
        processes: int = 1,
        *,
        keep: bool = False,
    ) -> None:
        import search.train  # noqa: F401
        import space.module  # noqa: F401

        self.data, self.recipe, self.kind, self.processes, self.taken = data, recipe, device, processes, 0
        self.keep = keep  # whether results have the weights
        if keep:
            import safetensors.torch  # noqa: F401 -- where it is missing nothing is trained in vain
        self.team: Team | None = None
        self.reset_config(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        self.cleanup()
        self.trial = new_config
        self.trainer: Trainer | None = None
        gc.collect()  # a network refers to itself: left to its own times, Python keeps eight of them and more
        if self.taken < 2:  # what was imported, and what the first trial imported, need not be looked through again
            gc.freeze()
        self.taken += 1
        return_freed()  # the next network's layers have other sizes
        self.started, self.computed = time.perf_counter(), time.process_time()
        return True

    def step(self) -> dict[str, Any]:
        try:
            return self._epoch()
        except Exception as error:  # noqa: BLE001 -- whatever training raises is a row of the ledger, with its reason
            first = (self.team and self.team.failure()) or error  # what one process fails of, the others feel, too
            self.cleanup()
            return {"reason": f"{type(first).__name__}: {first}", "passing": may_pass(first), "done": True}

    def cleanup(self) -> None:
        """The processes of other GPUs end with the trial, however that ends."""
        if self.team:
            self.team.end()
        self.team = None

    def _begin(self) -> "Trainer":
        self.device = device_of(self.kind)
        forget_peak(self.device)
        shard = None
        if self.processes > 1:
            from search.shard import Shard

            self.team = Team.gathered(self.processes, self.trial, self.recipe, self.data, self.kind)
            shard = Shard(0, self.processes)
        trainer, self.measured = trainer_of(self.trial, self.recipe, self.data, self.device, shard)
        return trainer

    def _epoch(self) -> dict[str, Any]:
        self.trainer = self.trainer or self._begin()
        reading = self.trainer.epoch()
        if len(self.trainer.epochs) < self.recipe.fidelity.epochs:
            return {**reading, **self._spent()}
        outcome = self.trainer.finish()
        beside = {"fvcore_macs": self.measured, **measured_peak(self.device, self._share()), **self._latency()}
        return {
            **reading,
            "done": True,
            "outcome": replace(outcome, metrics={**outcome.metrics, **beside}),
            "curve": self.trainer.epochs,
            **self._spent(),
            **self._weights(),
        }

    def _spent(self) -> dict[str, Any]:
        """So far, and on what: the trial may be stopped after this epoch."""
        return {
            "trial_seconds": time.perf_counter() - self.started,
            "cpu_seconds": time.process_time() - self.computed if self.device == "cpu" else 0.0,
            "host": ", ".join(filter(None, (machine(), gpu_name(self.device)))),
        }

    def _weights(self) -> dict[str, bytes]:
        """Of the network that was tested, where they are to be kept."""
        from search.packed import packed

        assert self.trainer
        return {WEIGHTS: packed(self.trainer.model, self.trial["proxy"])} if self.keep else {}

    def _share(self) -> float:
        """Of a GPU, at most all of it."""
        if self.kind == "cpu":
            return 1.0
        assigned = ray.get_runtime_context().get_assigned_resources()  # type: ignore[no-untyped-call]
        return min(1.0, float(assigned.get("GPU", 1.0)))

    def _latency(self) -> dict[str, float]:
        """Of the candidate itself, where a sweep asks for it."""
        if not (self.recipe.sweep and "latency" in self.recipe.sweep.objectives):
            return {}
        from search.measure import speed

        arch = parse(self.trial["candidate"])
        return {"latency_ms": 1000 * speed(arch, self.device, resolution=self.recipe.resolution).latency}


def may_pass(error: Exception) -> bool:
    """Whether trying again may help: memory and files have other users, while a loss diverges again."""
    return isinstance(error, OSError | MemoryError) or lacked_memory(str(error))


def lacked_memory(reason: str) -> bool:
    """Whether a trial failed for want of memory, by its reason."""
    # torch's, of a GPU and of a CPU: plain RuntimeErrors; Python's; Ray's
    words = ("out of memory", "can't allocate memory", "MemoryError")
    return any(word in reason for word in words)
