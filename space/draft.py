"""Networks on the way to be solved, which may not be possible yet, and what they cost, traced block by block."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from space.arch import Arch, Input, Stage
from space.cost import graph_cost, part_cost
from space.families.densenet import Transition
from space.graph import Interface, source
from space.parts import Block, Output, Position, Stem


class Effect(NamedTuple):
    """The multiply-adds of a part where it stands, and what it hands on."""

    macs: int
    after: Interface


@dataclass(frozen=True)
class Draft:
    """The parts of a network, not checked: a width in it may not be divisible by its groups."""

    stem: Stem
    stages: tuple[Stage, ...]
    head: Output
    input: Input

    @classmethod
    def of(cls, arch: Arch) -> "Draft":
        """The draft that is the network."""
        return cls(arch.stem, arch.stages, arch.head, arch.input)

    def arch(self) -> Arch:
        """The network; `SpaceError` where it is not possible."""
        return Arch(stem=self.stem, stages=self.stages, head=self.head, input=self.input)

    @property
    def body(self) -> tuple[Stage, ...]:
        """The stages, without the transitions between them."""
        return tuple(stage for stage in self.stages if not is_transition(stage))

    def moved(self, change: Callable[[Block], Block]) -> "Draft":
        """With other blocks in the stages of its body."""
        stages = (s if is_transition(s) else replace(s, block=change(s.block)) for s in self.stages)
        return replace(self, stages=tuple(stages))

    def deepened(self, depths: tuple[int, ...]) -> "Draft":
        """With other numbers of blocks in the stages of its body."""
        new = iter(depths)
        stages = (s if is_transition(s) else replace(s, depth=next(new)) for s in self.stages)
        return replace(self, stages=tuple(stages))

    def macs(self) -> int:
        """What it costs; `SpaceError` where it is not possible."""
        total, before = self.start()
        for stage in self.stages:
            macs, before = stage_effect(stage, before)
            total += macs
        return total + self.end(before)

    def start(self) -> Effect:
        """The stem's effect."""
        cost, after = part_cost(self.stem, Interface(self.input.shape()))
        return Effect(cost.macs, after)

    def end(self, before: Interface) -> int:
        """The head's multiply-adds."""
        return part_cost(self.head, before)[0].macs


def is_transition(stage: Stage) -> bool:
    """Whether the stage only leads from one to the next, so that it has no depth."""
    return isinstance(stage.block, Transition)


def stage_effect(stage: Stage, before: Interface) -> Effect:
    """The stage's; equal blocks that read the same are traced once."""
    known = _effects(stage.block, stage.stride, before)
    while len(known) < stage.depth:
        macs, reads = known[-1] if known else Effect(0, before)
        step = _block_effect(stage.block, Position() if known else Position(stage.stride, opens=True), reads)
        known.append(Effect(macs + step.macs, step.after))
    return known[stage.depth - 1]


@lru_cache(maxsize=1 << 14)
def _effects(block: Block, stride: int, before: Interface) -> list[Effect]:
    """Of the stage at depth 1, 2 and so on, as far as they have been asked for."""
    del block, stride, before
    return []


@lru_cache(maxsize=1 << 16)
def _block_effect(block: Block, at: Position, before: Interface) -> Effect:
    y = block.apply(source(before), at)
    return Effect(graph_cost(y.graph).macs, y.interface)
