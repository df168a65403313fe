"""A trial as Ray Tune runs it: one step is one epoch; a worker process takes one trial after another."""

import gc
import os
import time
from dataclasses import replace
from functools import cache
from pathlib import Path
from platform import machine as architecture
from typing import TYPE_CHECKING, Any

from ray import tune

from analysis.recipe import Recipe
from analysis.training import Training
from search.allocator import return_freed
from search.data import DataSet
from space import cost, parse, trace

if TYPE_CHECKING:
    from torch import nn

    from search.train import Trainer


class ProxyTrainable(tune.Trainable):
    """Trains the proxy named in its configuration; what training raises becomes the reason the trial failed."""

    def setup(self, config: dict[str, Any], data: DataSet, recipe: Recipe, device: str) -> None:  # type: ignore[override]
        import search.train  # noqa: F401
        import space.module  # noqa: F401

        self.data, self.recipe, self.device, self.taken = data, recipe, device, 0
        self.reset_config(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
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
            return {"reason": f"{type(error).__name__}: {error}", "passing": may_pass(error), "done": True}

    def _epoch(self) -> dict[str, Any]:
        self.trainer = self.trainer or self._trainer()
        reading = self.trainer.epoch()
        if len(self.trainer.epochs) < self.recipe.fidelity.epochs:
            return dict(reading)
        outcome = self.trainer.finish()
        return {
            **reading,
            "done": True,
            "outcome": replace(outcome, metrics={**outcome.metrics, "fvcore_macs": self.measured, **self._latency()}),
            "curve": self.trainer.epochs,
            "trial_seconds": time.perf_counter() - self.started,
            "cpu_seconds": time.process_time() - self.computed if self.device == "cpu" else 0.0,
            "host": machine(),
        }

    def _latency(self) -> dict[str, float]:
        """Of the candidate itself, where a sweep asks for it."""
        if not (self.recipe.sweep and "latency" in self.recipe.sweep.objectives):
            return {}
        from search.measure import speed

        arch = parse(self.trial["candidate"])
        return {"latency_ms": 1000 * speed(arch, self.device, resolution=self.recipe.resolution).latency}

    def _trainer(self) -> "Trainer":
        # Here, so that the driver, which trains nothing, starts without torch.
        from search.train import Trainer
        from space.module import build, residual_norms

        arch, self.measured = parse(self.trial["proxy"]), checked_macs(self.trial["proxy"])
        training = Training(**self.trial["training"])
        return Trainer(
            build(arch),
            residual_norms(trace(arch)),
            self.data,
            self.recipe.fidelity,
            training,
            run_seed=self.recipe.seed,
            replicate=self.trial["replicate"],
            candidate=self.trial["candidate"],
            device=self.device,
            teacher=self._teacher(training),
        )

    def _teacher(self, training: Training) -> "nn.Module | None":
        if not training.teacher:
            return None
        from search.distillation import teacher

        seeds = {"run_seed": self.recipe.seed, "replicate": self.trial["replicate"]}
        return teacher(training, self.data, self.recipe.fidelity, device=self.device, **seeds)


@cache
def checked_macs(proxy: str) -> int:
    """The multiply-adds of a sentence's network as fvcore measures them; `AssertionError` if we declare others."""
    from search.counters import measured_macs
    from space.module import build

    arch = parse(proxy)
    declared, measured = cost(arch).macs, measured_macs(build(arch), arch.input.shape())
    assert declared == measured, f"{arch}: {declared} multiply-adds declared, fvcore measures {measured}"
    return measured


def may_pass(error: Exception) -> bool:
    """Whether trying again may help: memory and files have other users, while a loss diverges again."""
    words = ("out of memory", "can't allocate memory")  # torch's, of a GPU and of a CPU: plain RuntimeErrors
    return isinstance(error, OSError | MemoryError) or any(word in str(error) for word in words)


@cache
def machine() -> str:
    """The type of this machine: processor and cores, so that figures of one type can be compared."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), architecture())
    return f"{model}, {os.cpu_count()} cores"
