"""ResNeSt: split attention over the radix of each cardinal group (Zhang et al. 2020, arXiv:2004.08955)."""

from dataclasses import dataclass, replace
from typing import final

from space.arch import Arch, Input
from space.errors import SpaceError
from space.families.resnet import BOTTLENECK_DEPTHS, Bottleneck, DeepStem, Grouped, PooledProjection, stack
from space.families.resnext import cardinal_bottlenecks
from space.graph import Tensor, total
from space.names import rule
from space.parts import Downsampling, Position, Spatial

DEPTHS = {n: BOTTLENECK_DEPTHS[n] for n in (14, 26, 50, 101, 200)} | {269: (3, 30, 48, 8)}
"""Blocks per stage by the number of layers."""

REDUCTION = 4
MIN_HIDDEN = 32


@final
@dataclass(frozen=True)
class SplitAttention(Spatial):
    """A 3x3 convolution to `radix` splits of every channel, summed with weights that all splits of a group decide on.

    Radix-major, as published: the convolution has radix x cardinality groups; its `radix` chunks are summed, pooled and
    sent through two grouped 1x1 convolutions to one weight per split and channel: a softmax over the radix, or a
    sigmoid at radix 1. Radix 0 is the grouped convolution alone.
    """

    radix: int
    cardinality: int

    def simpler(self) -> Spatial:
        return self if self.radix else Grouped(self.cardinality)

    @property
    def complete(self) -> bool:
        return self.radix > 0

    def mix(self, x: Tensor, at: Position) -> Tensor:
        if self.radix == 0:
            return Grouped(self.cardinality).mix(x, at)
        groups = self._groups(x)
        y = x.conv_norm(x.channels * self.radix, 3, stride=at.stride, groups=groups).relu()
        splits = y.chunks(self.radix) if self.radix > 1 else [y]
        weights = total(splits).within("attention", self._weights)
        if self.radix == 1:
            return y * weights
        return total([split * weight for split, weight in zip(splits, weights.chunks(self.radix), strict=True)])

    def _groups(self, x: Tensor) -> int:
        groups = self.radix * self.cardinality
        if self.cardinality < 1 or x.channels % groups:
            raise SpaceError(
                f"{self}: {x.channels} channels are not divisible by {groups} groups "
                f"(radix {self.radix} × cardinality {self.cardinality})"
            )
        return groups

    def _weights(self, x: Tensor) -> Tensor:
        """One weight for each split of each channel, radix-major; `x` is the sum of the splits."""
        hidden = max(x.channels * self.radix // REDUCTION, MIN_HIDDEN)
        if hidden % self.cardinality:
            raise SpaceError(f"{self}: {hidden} hidden channels are not divisible by cardinality {self.cardinality}")
        y = x.global_pool().conv(hidden, 1, groups=self.cardinality, bias=True).norm().relu()
        y = y.conv(x.channels * self.radix, 1, groups=self.cardinality, bias=True)
        return y.softmax(self.radix, self.cardinality) if self.radix > 1 else y.sigmoid()


RESOLUTIONS = {50: 224, 101: 256, 200: 320, 269: 416}
"""Pixels a side of the main networks."""


@rule("resnest{depth:50|101|200|269}")
def resnest(depth: int) -> Arch:
    """The main networks, 2s1x64d: average pooling stands after the 3x3."""
    template = Bottleneck(1, 1, SplitAttention(2, 1), Downsampling.POOL_AFTER, shortcut=PooledProjection())
    return replace(_imagenet(depth, 1, 64, template), input=Input(3, RESOLUTIONS[depth]))


@rule(
    "resnest{depth:14|26|50|101|200|269}_fast_{radix}s{cardinality}x{base_width}d",
    listed=tuple(
        f"resnest50_fast_{s}d" for s in ("1s1x64", "2s1x64", "4s1x64", "1s2x40", "2s2x40", "4s2x40", "1s4x24")
    ),
)
def resnest_fast(depth: int, radix: int, cardinality: int, base_width: int) -> Arch:
    """The ablation's setting RsCxWd: average pooling stands before the 3x3."""
    template = Bottleneck(
        1, 1, SplitAttention(radix, cardinality), Downsampling.POOL_BEFORE, shortcut=PooledProjection()
    )
    return _imagenet(depth, cardinality, base_width, template)


def _imagenet(depth: int, cardinality: int, base_width: int, template: Bottleneck) -> Arch:
    blocks = cardinal_bottlenecks(cardinality, base_width, template)
    return Arch(stem=DeepStem(32 if depth <= 50 else 64), stages=stack(blocks, DEPTHS[depth]))


@rule("{radix}s{cardinality}x{base_width}d", listed=())
def short(radix: int, cardinality: int, base_width: int) -> Arch:
    """The paper's short form means ResNeSt-50-fast."""
    return resnest_fast(50, radix, cardinality, base_width)
