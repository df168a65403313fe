"""Networks made wider or narrower with their proportions kept: all widths times one real factor."""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from functools import lru_cache
from math import lcm, log, sqrt
from typing import NamedTuple, TypeVar

from space.arch import Stage
from space.budget import shown
from space.draft import Draft, is_transition, stage_effect
from space.errors import SpaceError
from space.graph import Interface
from space.middle import inner, step, with_inner
from space.ops import Shape
from space.parts import Block, Part
from space.solve import Lattice, Solved, least_distorted

CHANNELS = ("width", "widths", "out", "inner", "residual", "increment", "growth_rate")
"""The arguments of parts that are numbers of channels."""

REDUCTION = "reduction"
"""The argument of parts that squeeze their channels to so many times fewer."""

SEARCH = 64  # multiples around the ideal width among which one must be possible
NEAR = 4  # the same, where other multiples are tried, too
BISECTIONS = 24
FARTHEST = 2  # times as wide as in proportion a stage may be, or as narrow
WIDEST = 4_096  # times as wide as it is: no network is grown beyond
COARSE = 0.25  # of the multiply-adds: widths that come no nearer are too coarse

P = TypeVar("P", bound=Part)


class Resized(NamedTuple):
    """A network with every width times the factor."""

    draft: Draft
    factor: float


def resized(draft: Draft, factor: float, multiple: int = 1) -> Draft:
    """Every width times the factor, rounded to the nearest that is possible; a transition's follows its input."""
    return replace(
        draft,
        stem=resized_part(draft.stem, factor, multiple),
        stages=tuple(_resized_stage(stage, factor, multiple) for stage in draft.stages),
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


def stretched(draft: Draft, macs: int, *, tolerance: float) -> Solved:
    """The network with every stage resized by a factor of its own that costs `macs`, the least distorted one.

    A stage's integer is the largest of its numbers of channels, which the others follow in proportion; which network is
    taken is as in `solve_widths`. No stage is twice as wide as the ideal, or half as wide. The stem stays.
    """
    units = [0.0 if is_transition(s) else float(max(channels(s.block), default=0)) for s in draft.stages]

    def at(i: int, n: int, before: Interface) -> Stage:
        return _proportioned(draft.stages[i], n / units[i], before)

    return least_distorted(Lattice(draft, tuple(units), at), macs, tolerance * macs, log(FARTHEST))


def resized_part(part: P, factor: float, multiple: int = 1) -> P:
    """With all its numbers of channels scaled, and those of the parts within it."""
    if not any(channels(part)):
        raise SpaceError(f"{part} has no width to scale; write a base such as resnet50")
    return _changed(part, lambda name, n: scaled(n, factor, multiple) if n and name in CHANNELS else n)


def channels(part: Part) -> Iterator[int]:
    """All numbers of channels in it, and in the parts within it."""
    return (number for name, number in _numbers(part) if name in CHANNELS)


def scaled(count: int, factor: float, multiple: int = 1) -> int:
    """The nearest positive multiple."""
    return multiple * max(1, round(count * factor / multiple))


def _resized_stage(stage: Stage, factor: float, multiple: int) -> Stage:
    if is_transition(stage):
        return stage
    one, *others = _resized_blocks(stage.block, factor, multiple, SEARCH)
    if not others:  # a block without a middle
        return replace(stage, block=one)
    anywhere = Interface(Shape(1, 1, 1))
    found = next((block for block in (one, *others) if _possible(Stage(block, 1), anywhere)), None)
    if found is None:
        ideal = inner(stage.block) * factor
        raise SpaceError(f"{stage.block} has no possible width near {ideal:.0f} channels")
    return replace(stage, block=found)


def _resized_blocks(block: Block, factor: float, multiple: int, search: int) -> Iterator[Block]:
    """The block with all its widths scaled; of the inner one, those around its ideal, the nearest first."""
    wide = resized_part(block, factor, multiple)
    try:
        by = lcm(step(block), multiple)
        ideal = max(1.0, inner(block) / by * factor)
    except SpaceError:  # a block without a middle
        yield wide
        return
    near = range(max(1, round(ideal) - search), round(ideal) + search)
    tried = sorted(near, key=lambda n: (abs(n - ideal), n != round(ideal)))
    yield from (with_inner(wide, n * by) for n in tried)


@lru_cache(maxsize=1 << 16)
def _proportioned(stage: Stage, factor: float, before: Interface) -> Stage:
    """With every width times the factor, as nearly as is possible on what stands before it.

    Where one is too narrow to be squeezed so much, as by a gate, it is squeezed half as much, and so on. Else widths
    are multiples of the smallest number that will do.
    """
    multiples = ((stage.block, multiple) for multiple in range(2, SEARCH + 1))
    for one, multiple in (*((weaker, 1) for weaker in _squeezing_less(stage.block)), *multiples):
        stages = (replace(stage, block=block) for block in _resized_blocks(one, factor, multiple, NEAR))
        if found := next((stage for stage in stages if _possible(stage, before)), None):
            return found
    raise SpaceError(f"{stage.block} has no possible width near x {factor:.4g}")


def _squeezing_less(block: Block) -> Iterator[Block]:
    yield block
    while any(name == REDUCTION and number > 1 for name, number in _numbers(block)):
        block = _changed(block, lambda name, n: max(1, n // 2) if name == REDUCTION else n)
        yield block


def _possible(stage: Stage, before: Interface) -> bool:
    try:
        stage_effect(stage, before)
    except SpaceError:  # such as hidden channels that cardinality does not divide
        return False
    return True


def _numbers(value: object, name: str = "") -> Iterator[tuple[str, int]]:
    """The whole numbers in a part, in its lists and in the parts within it, with the arguments that they are."""
    match value:
        case Part():
            for field in fields(value):
                yield from _numbers(getattr(value, field.name), field.name)
        case tuple():
            for one in value:
                yield from _numbers(one, name)
        case int() if not isinstance(value, bool):
            yield name, value


def _changed(part: P, change: Callable[[str, int], int]) -> P:
    """The part with what `change` makes of these numbers."""
    return replace(part, **{f.name: _value(getattr(part, f.name), f.name, change) for f in fields(part)})


def _value(value: object, name: str, change: Callable[[str, int], int]) -> object:
    match value:
        case Part():
            return _changed(value, change)
        case tuple():
            return tuple(_value(one, name, change) for one in value)
        case int() if not isinstance(value, bool):
            return change(name, value)
    return value
