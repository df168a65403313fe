"""Networks made wider or narrower with their proportions kept: all widths times one real factor."""

from dataclasses import fields, replace
from math import lcm, sqrt
from typing import NamedTuple, TypeVar

from space.arch import Stage
from space.budget import shown
from space.draft import Draft, is_transition, stage_effect
from space.errors import SpaceError
from space.graph import Interface
from space.middle import inner, step, with_inner
from space.ops import Shape
from space.parts import Block, Stem

CHANNELS = ("width", "out", "inner", "residual", "increment", "growth_rate")
"""The arguments of stems and blocks that are numbers of channels."""

SEARCH = 64  # multiples around the ideal width among which one must be possible
BISECTIONS = 24
WIDEST = 4_096  # times as wide as it is: no network is grown beyond
COARSE = 0.25  # of the multiply-adds: widths that come no nearer are too coarse

P = TypeVar("P", Stem, Block)


class Resized(NamedTuple):
    """A network with every width times the factor."""

    draft: Draft
    factor: float


def resized(draft: Draft, factor: float, multiple: int = 1) -> Draft:
    """Every width times the factor, rounded to the nearest that is possible; a transition's follows its input."""
    return replace(
        draft,
        stem=_scaled(draft.stem, factor, multiple),
        stages=tuple(_scaled_stage(stage, factor, multiple) for stage in draft.stages),
    )


def grown(draft: Draft, macs: int, multiple: int = 1) -> Resized:
    """The network resized by the factor that brings it nearest to `macs`."""

    def of(factor: float) -> int:
        try:
            return resized(draft, factor, multiple).macs()
        except SpaceError:  # too narrow, such as for a gate that reduces its channels
            return 0

    low, high = 1 / WIDEST, float(WIDEST)
    for _ in range(BISECTIONS):
        middle = sqrt(low * high)
        low, high = (middle, high) if of(middle) < macs else (low, middle)
    factor = min((low, high), key=lambda f: abs(of(f) - macs))
    if abs(of(factor) / macs - 1) > COARSE:
        raise SpaceError(f"and with every width x {factor:.4g} it is {shown(of(factor))}")
    return Resized(resized(draft, factor, multiple), factor)


def _scaled_stage(stage: Stage, factor: float, multiple: int) -> Stage:
    if is_transition(stage):
        return stage
    block = _scaled(stage.block, factor, multiple)
    try:
        by = lcm(step(stage.block), multiple)
        ideal = max(1.0, inner(stage.block) / by * factor)
    except SpaceError:  # a block without a middle
        return replace(stage, block=block)
    near = range(max(1, round(ideal) - SEARCH), round(ideal) + SEARCH)
    tried = sorted(near, key=lambda n: (abs(n - ideal), n != round(ideal)))
    found = next(filter(_possible, (with_inner(block, n * by) for n in tried)), None)
    if found is None:
        raise SpaceError(f"{stage.block} has no possible width near {ideal * by:.0f} channels")
    return replace(stage, block=found)


def _scaled(part: P, factor: float, multiple: int) -> P:
    """With all its numbers of channels scaled."""
    widths = {f.name: getattr(part, f.name) for f in fields(part) if f.name in CHANNELS}
    if not widths:
        raise SpaceError(f"{part} has no width to scale; write a base such as resnet50")
    return replace(part, **{name: scaled(n, factor, multiple) if n else n for name, n in widths.items()})


def scaled(count: int, factor: float, multiple: int = 1) -> int:
    """The nearest positive multiple."""
    return multiple * max(1, round(count * factor / multiple))


def _possible(block: Block) -> bool:
    try:
        stage_effect(Stage(block, 1), Interface(Shape(1, 1, 1)))
    except SpaceError:  # such as hidden channels that cardinality does not divide
        return False
    return True
