"""The trainer of a trial, as the trial's configuration has it."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.recipe import Recipe
from analysis.training import Training
from search.data import DataSet
from space import Arch, parse, trace
from space.counters import Term, counts

if TYPE_CHECKING:
    from torch import nn

    from search.shard import Shard
    from search.start import Start
    from search.train import Trainer


def trainer_of(
    trial: Mapping[str, Any], recipe: Recipe, data: DataSet, device: str, shard: "Shard | None" = None
) -> "tuple[Trainer, int]":
    """Of a trial as `search.jobs.config` has it; and its multiply-adds, as `checked_macs` has them."""
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
    """The multiply-adds of a sentence's network, whose layers fvcore measures as we declare them.

    `AssertionError` if it measures others; involutions, which it does not see, are as declared.
    """
    from search.counters import measured_macs
    from space.module import build

    arch = parse(proxy)
    declared = counts(trace(arch))
    measured = measured_macs(build(arch), arch.input.shape())
    said = f"{arch}: {declared[Term.LAYERS]} multiply-adds of layers declared, fvcore measures {measured}"
    assert declared[Term.LAYERS] == measured, said
    return measured + declared[Term.INVOLUTIONS]
