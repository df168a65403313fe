"""Integer problems with a budget: the least distorted widths or depths whose cost meets it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, reduce
from math import floor
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from space.arch import Arch, Stage
from space.budget import shown
from space.cost import cost, part_cost
from space.errors import SpaceError
from space.families.resnest import SplitAttention
from space.families.resnet import Bottleneck, Grouped
from space.graph import Interface

Number = TypeVar("Number", np.int64, np.float64)

WINDOW = 6  # integers tried on each side of the ideal
BISECTIONS = 40
REACH = 64  # integers in a row that may be impossible before a stage is said to have no larger size


def bottleneck(stage: Stage) -> Bottleneck:
    """A stage's block, where it is a bottleneck."""
    if not isinstance(stage.block, Bottleneck):
        raise SpaceError(f"{stage.block} has no width to solve for; the axes move networks of bottlenecks")
    return stage.block


def cardinality(block: Bottleneck) -> int:
    """The number of groups its 3x3 has (of cardinal groups where it has a radix)."""
    if not isinstance(block.spatial, Grouped | SplitAttention):
        raise SpaceError(f"{block.spatial} has no cardinality; the axes move grouped convolutions and split attention")
    return block.spatial.cardinality


def radix(block: Bottleneck) -> int:
    """The radix of its split attention; 0 without one."""
    return block.spatial.radix if isinstance(block.spatial, SplitAttention) else 0


def divisor(block: Bottleneck) -> int:
    """What its bottleneck width is a multiple of: one channel for every split of every group."""
    return cardinality(block) * max(radix(block), 1)


def with_widths(arch: Arch, widths: Sequence[int]) -> Arch:
    """The network with other bottleneck widths, one for each stage."""
    stages = [replace(s, block=replace(bottleneck(s), inner=w)) for s, w in zip(arch.stages, widths, strict=True)]
    return replace(arch, stages=tuple(stages))


def with_depths(arch: Arch, depths: Sequence[int]) -> Arch:
    """The network with other numbers of blocks."""
    return replace(arch, stages=tuple(replace(s, depth=int(n)) for s, n in zip(arch.stages, depths, strict=True)))


def solve_widths(arch: Arch, macs: int, *, tolerance: float) -> Arch:
    """The network scaled in its bottleneck widths to cost `macs`, at its own resolution.

    Widths are multiples of what cardinality and radix divide. Among those within `tolerance` of `macs` the least
    distorted wins: the smallest sum over the stages of ln(width / ideal)², the ideal being the network's own widths
    times one real factor. Where none is within, the nearest in cost wins.
    """
    steps = [divisor(bottleneck(s)) for s in arch.stages]
    unit = [bottleneck(s).inner / step for s, step in zip(arch.stages, steps, strict=True)]

    def variant(stage: Stage, i: int, n: int) -> Stage:
        return replace(stage, block=replace(bottleneck(stage), inner=n * steps[i]))

    counts = _least_distorted(_choices(arch, variant, unit, macs, window=WINDOW), tolerance * macs)
    return with_widths(arch, [n * step for n, step in zip(counts, steps, strict=True)])


def solve_depths(arch: Arch, macs: int) -> Arch:
    """The network scaled in its depths to cost `macs`.

    Blocks come whole: each stage has its ideal depth rounded down or up; of these networks the nearest in cost wins.
    """

    def variant(stage: Stage, i: int, n: int) -> Stage:
        del i
        return replace(stage, depth=n)

    choices = _choices(arch, variant, [s.depth for s in arch.stages], macs, window=1)
    return with_depths(arch, _least_distorted(choices, 0))


@dataclass(frozen=True)
class _Choices:
    """Integers a stage may take, each with its multiply-adds, and the real number that would be ideal."""

    missing: int  # multiply-adds that the stages should have
    integers: tuple[tuple[int, ...], ...]
    macs: tuple[tuple[int, ...], ...]
    ideals: tuple[float, ...]


def _choices(
    arch: Arch, variant: Callable[[Stage, int, int], Stage], unit: Sequence[float], macs: int, *, window: int
) -> _Choices:
    """The integers around the ideal, `window` on each side; `variant(stage, i, n)` is stage i at the integer n."""
    inputs = _inputs(arch)

    @cache
    def stage_macs(i: int, n: int) -> int | None:
        try:
            return part_cost(variant(arch.stages[i], i, n), inputs[i])[0].macs
        except SpaceError:  # such as hidden channels that cardinality does not divide
            return None

    own = sum(part_cost(s, x)[0].macs for s, x in zip(arch.stages, inputs, strict=True))
    missing = macs - (cost(arch).macs - own)
    if missing <= 0:
        raise SpaceError(f"stem and head alone cost {shown(macs - missing)}, no less than the {shown(macs)} asked for")
    factor = _factor(stage_macs, unit, missing)
    ideals = [factor * u for u in unit]
    valid = [[n for n in _around(x, window) if stage_macs(i, n) is not None] for i, x in enumerate(ideals)]
    costs = tuple(tuple(stage_macs(i, n) or 0 for n in integers) for i, integers in enumerate(valid))
    return _Choices(missing, tuple(map(tuple, valid)), costs, tuple(ideals))


def _around(ideal: float, window: int) -> range:
    return range(max(1, floor(ideal) - window + 1), max(1, floor(ideal)) + window + 1)


def _least_distorted(choices: _Choices, tolerance: float) -> list[int]:
    """An integer for each stage: the least distorted within `tolerance`, else the nearest in cost."""
    if not all(choices.integers):
        raise SpaceError("no width near the ideal fits what cardinality and radix divide")
    errors = np.abs(_outer_sum([np.array(c) for c in choices.macs]) - choices.missing)
    parts = [np.log(np.array(n) / ideal) ** 2 for n, ideal in zip(choices.integers, choices.ideals, strict=True)]
    distortion = _outer_sum(parts)
    within = errors <= tolerance
    # Costs are integers: a millionth of the distortion only parts networks of equal cost.
    score = np.where(within, distortion, np.inf) if within.any() else errors + distortion / 1e6
    best = np.unravel_index(np.argmin(score), score.shape)
    return [integers[i] for integers, i in zip(choices.integers, best, strict=True)]


def _inputs(arch: Arch) -> list[Interface]:
    """What each stage reads."""
    found = [part_cost(arch.stem, Interface(arch.input.shape()))[1]]
    for stage in arch.stages:
        found.append(part_cost(stage, found[-1])[1])
    return found[:-1]


def _factor(stage_macs: Callable[[int, int], int | None], unit: Sequence[float], macs: int) -> float:
    """The real factor on `unit` at which the stages cost `macs`, costs between two integers taken as linear."""

    def between(i: int, x: float) -> float:
        low = next((n for n in range(int(x), 0, -1) if stage_macs(i, n) is not None), 0)
        high = next((n for n in range(int(x) + 1, int(x) + REACH) if stage_macs(i, n) is not None), 0)
        if not high:
            raise SpaceError(f"stage{i + 1} would have to grow beyond {int(x)} to cost enough, and cannot")
        below, above = (stage_macs(i, low) or 0) if low else 0, stage_macs(i, high) or 0
        return below + (x - low) / (high - low) * (above - below)

    def total(factor: float) -> float:
        return sum(between(i, factor * u) for i, u in enumerate(unit))

    low, high = 0.0, 1.0
    while total(high) < macs:
        low, high = high, 2 * high
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if total(middle) < macs else (low, middle)
    return high


def _outer_sum(terms: Sequence[NDArray[Number]]) -> NDArray[Number]:
    """One axis a stage: the sum of one entry of each."""
    return reduce(np.add.outer, terms)
