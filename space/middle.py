"""What stands in the middle of a bottleneck, read off its block and put into it: groups, splits, scales, and width."""

from collections.abc import Container
from dataclasses import dataclass, replace

from space.errors import SpaceError
from space.families.densenet import DenseLayer
from space.families.dpn import DualPath
from space.families.preresnet import PreBottleneck
from space.families.res2net import Hierarchical
from space.families.resnest import SplitAttention
from space.families.resnet import Bottleneck, Grouped
from space.families.resnext import Aggregated
from space.families.senet import HalvedBottleneck
from space.parts import Block, Spatial


@dataclass(frozen=True)
class Middle:
    """`scale` chunks, each in `cardinality` groups of `radix` splits (0: no attention)."""

    cardinality: int = 1
    radix: int = 0
    scale: int = 1

    @property
    def groups(self) -> int:
        """How many times a channel of width stands in the bottleneck: once in every group of every chunk."""
        return self.cardinality * self.scale

    def short(self, width: str, moved: Container[str] = ()) -> str:
        """The papers' short form, which says all that is moved: `32x4d`, `2s2x40d`, `26w4s`, `4w4s8c`, `26w4s1c2r`."""
        splits = self.radix > 0 or "radix" in moved
        if self.scale == 1 and "scale" not in moved:
            return (f"{self.radix}s" if splits else "") + f"{self.cardinality}x{width}d"
        groups = f"{self.cardinality}c" if self.cardinality > 1 or splits or "cardinality" in moved else ""
        return f"{width}w{self.scale}s{groups}" + (f"{self.radix}r" if splits else "")


def middle(block: Block) -> Middle:
    """The block's."""
    match block:
        case Bottleneck() | PreBottleneck() | DualPath() | DenseLayer():
            return _read(block.spatial)
        case HalvedBottleneck() | Aggregated():
            return Middle(block.cardinality)
    raise SpaceError(f"{block} has no width to solve for; the axes move networks of bottlenecks, or of dense layers")


def with_middle(block: Block, new: Middle) -> Block:
    """The block with another middle, and as many channels in it."""
    match block:
        case Bottleneck() | PreBottleneck() | DualPath() | DenseLayer():
            return replace(block, spatial=_written(new, block.spatial))
        case HalvedBottleneck() if new == Middle(new.cardinality):
            return replace(block, cardinality=new.cardinality)
        case Aggregated() if new == Middle(new.cardinality):
            return replace(block, cardinality=new.cardinality, width=max(1, inner(block) // new.cardinality))
    raise SpaceError(f"{block} takes neither radix nor scale; write a base of bottlenecks such as resnet50")


def inner(block: Block) -> int:
    """The channels in the middle."""
    match block:
        case Bottleneck() | PreBottleneck() | DualPath() | HalvedBottleneck():
            return block.inner
        case Aggregated():
            return block.cardinality * block.width
    raise SpaceError(f"{block} has no width to solve for; the axes solve the widths of bottlenecks")


def with_inner(block: Block, channels: int) -> Block:
    """The block with so many channels in the middle."""
    match block:
        case Bottleneck() | PreBottleneck() | DualPath() | HalvedBottleneck():
            return replace(block, inner=channels)
        case Aggregated():
            return replace(block, width=channels // block.cardinality)
    raise SpaceError(f"{block} has no width to solve for; the axes solve the widths of bottlenecks")


def width(block: Block) -> int:
    """Channels a group: the papers' d, and Res2Net's w."""
    return inner(block) // middle(block).groups


def step(block: Block) -> int:
    """What the channels in the middle are a multiple of."""
    it = middle(block)
    return it.groups * max(it.radix, 1) * (2 if isinstance(block, HalvedBottleneck) else 1)


def _read(spatial: Spatial) -> Middle:
    match spatial:
        case Grouped(cardinality):
            return Middle(cardinality)
        case SplitAttention(radix, cardinality):
            return Middle(cardinality, radix)
        case Hierarchical(scale, within):
            return replace(_read(within), scale=scale)
    raise SpaceError(f"{spatial} has no cardinality; the axes move grouped convolutions, split attention and scales")


def _written(new: Middle, like: Spatial) -> Spatial:
    plain = SplitAttention(new.radix, new.cardinality) if new.radix else Grouped(new.cardinality)
    pool = like.pool if isinstance(like, Hierarchical) else True
    return Hierarchical(new.scale, plain, pool) if new.scale > 1 else plain
