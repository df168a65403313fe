"""The papers' rules for a width that gives way."""

from collections.abc import Callable
from dataclasses import fields, replace

from space.arch import Stage
from space.axes.extent import at_width
from space.axes.grouping import agreed
from space.draft import Draft, stage_effect
from space.errors import SpaceError
from space.graph import Interface
from space.middle import middle, step, width, with_inner, with_middle
from space.ops import Shape
from space.parts import Block, NoGate

SLACK = 0.1  # of the base's block: a setting whose narrowest block costs more than this above it does not fit


def keep_block(base: Draft, moved: Draft, *, multiple: int = 1) -> Draft:
    """The rule of ResNeXt's Table 2: the integer width whose first-stage block costs most nearly what the base's does.

    A block is counted as it repeats, without attention or gate: C(256d + 9d² + 256d) of 256 output channels in C
    groups. So the width is the same for every radix (ResNeSt's ablation). It is the nearest multiple of `multiple` if
    one fits: even ones give Res2Net's 48w2s, 26w4s and 14w8s, where of all widths 25w4s would be nearer; multiples of
    four are what radix 2 and 4 split. Later stages keep the base's proportions.
    """
    own, block = base.body[0].block, moved.body[0].block
    target, it = block_macs(own), agreed(moved)

    def macs(d: int) -> int:
        return block_macs(with_inner(block, it.groups * d))

    grain = step(block) // it.groups // max(it.radix, 1)
    divides = grain == 1 and width(own) % multiple == 0
    by = multiple if divides and macs(multiple) <= (1 + SLACK) * target else grain
    if macs(grain) > (1 + SLACK) * target:
        axis, value = ("scale", it.scale) if it.scale > 1 else ("cardinality", it.cardinality)
        name = replace(it, radix=0).short(str(grain))
        raise SpaceError(
            f"{axis} {value} fits no width: even {name} costs {macs(grain)} multiply-adds a pixel, "
            f"the base's block {target}; choose a smaller {axis} or a dearer base"
        )
    return at_width(moved, by * nearest(lambda n: macs(by * n), target), base, by=by)


def keep_network(base: Draft, moved: Draft, macs: int) -> Draft:
    """The width at which the whole network costs most nearly `macs`: where depth moves, blocks cost another."""
    by = step(moved.body[0].block) // agreed(moved).groups
    return at_width(moved, by * nearest(lambda n: at_width(moved, by * n, base).macs(), macs), base)


def block_macs(block: Block) -> int:
    """Multiply-adds per pixel of a block that repeats, at radix 0 and without its gate."""
    bare = with_middle(block, replace(middle(block), radix=0))
    bare = replace(bare, **{f.name: NoGate() for f in fields(bare) if f.name == "gate"})
    pixel = Interface(Shape(1, 1, 1))
    return stage_effect(Stage(bare, 2), pixel).macs - stage_effect(Stage(bare, 1), pixel).macs


def nearest(macs: Callable[[int], int], target: int) -> int:
    """The positive integer at which the increasing `macs` is nearest to `target`; the smaller of two equally near."""
    low, high = 1, 2
    while macs(high) < target:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if macs(middle) < target else (low, middle)
    return min((low, high), key=lambda n: abs(macs(n) - target))
