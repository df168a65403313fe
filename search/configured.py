"""The trainer of a trial, as the trial's configuration has it."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.recipe import Recipe
from analysis.training import Training
from search.data import DataSet
from space import Arch, cost, parse, trace

if TYPE_CHECKING:
    from torch import nn

    from search.shard import Shard
    from search.start import Start
    from search.train import Trainer


def trainer_of(
    trial: Mapping[str, Any], recipe: Recipe, data: DataSet, device: str, shard: "Shard | None" = None
) -> "tuple[Trainer, int]":
    """Of a trial as `search.jobs.config` has it; and its multiply-adds, which fvcore measures as they are declared."""
    # Here, so that the driver, which trains nothing, starts without torch.
    from search.shard import ALONE
    from search.train import Trainer
    from space.module import build, residual_norms

    arch, measured = parse(trial["proxy"]), checked_macs(trial["proxy"])
    training, seeds = Training(**trial["training"]), {"run_seed": recipe.seed, "replicate": trial["replicate"]}
    trainer = Trainer(
        build(arch),
        residual_norms(trace(arch)),
        data,
        recipe.fidelity,
        training,
        **seeds,
        candidate=trial["candidate"],
        device=device,
        teacher=_teacher(training, recipe, data, device, seeds),
        shard=shard or ALONE,
        start=_start(training, arch),
    )
    return trainer, measured


def _start(training: Training, arch: Arch) -> "Start | None":
    if not training.weights:
        return None
    from search.start import start_from

    return start_from(Path(training.weights), arch)


def _teacher(
    training: Training, recipe: Recipe, data: DataSet, device: str, seeds: dict[str, int]
) -> "nn.Module | None":
    if not training.teacher:
        return None
    from search.distillation import teacher

    return teacher(training, data, recipe.fidelity, device=device, **seeds)


@cache
def checked_macs(proxy: str) -> int:
    """The multiply-adds of a sentence's network as fvcore measures them; `AssertionError` if we declare others."""
    from search.counters import measured_macs
    from space.module import build

    arch = parse(proxy)
    declared, measured = cost(arch).macs, measured_macs(build(arch), arch.input.shape())
    assert declared == measured, f"{arch}: {declared} multiply-adds declared, fvcore measures {measured}"
    return measured
