"""Squeeze-and-excitation: channels weighted by what their maps average to (Hu et al. 2018, arXiv:1709.01507)."""

from dataclasses import dataclass, replace
from typing import final

from space.arch import Arch, Head, Stage
from space.errors import SpaceError
from space.families.resnet import (
    BOTTLENECK_DEPTHS,
    EXPANSION,
    WIDTHS,
    Basic,
    Bottleneck,
    DeepStem,
    Projection,
    completed,
    resnet,
    resnet_a,
    stack,
)
from space.families.resnext import resnext
from space.graph import Tensor
from space.names import rule
from space.parts import Block, Gate, NoGate, Placement, Position, Shortcut


@final
@dataclass(frozen=True)
class SqueezeExcite(Gate):
    """Each channel's mean, through a 1x1 convolution to 1 / `reduction` of them, ReLU, one back and a sigmoid."""

    reduction: int = 16

    def apply(self, x: Tensor) -> Tensor:
        if not 1 <= self.reduction <= x.channels:
            raise SpaceError(f"{self}: {x.channels} channels cannot be reduced {self.reduction} times")
        return x * x.within("se", self._weights)

    def _weights(self, x: Tensor) -> Tensor:
        squeezed = x.global_pool().conv(x.channels // self.reduction, 1, bias=True).relu()
        return squeezed.conv(x.channels, 1, bias=True).sigmoid()


@final
@dataclass(frozen=True)
class SpatialProjection(Shortcut):
    """SENet-154's: a 3x3 convolution with norm where the block strides, a 1x1 where only its channels change."""

    def join(self, branch: Tensor, x: Tensor, at: Position) -> Tensor:
        if at.stride == 1:
            return Projection().join(branch, x, at)
        return branch.join(x.within("shortcut", Tensor.conv_norm, branch.channels, 3, stride=at.stride))

    def simpler(self) -> Shortcut:
        return Projection()


@final
@dataclass(frozen=True)
class HalvedBottleneck(Block):
    """SENet-154's: the first 1x1 makes half the `inner` channels, the 3x3 in `cardinality` groups all of them."""

    inner: int
    out: int
    cardinality: int
    gate: Gate = NoGate()
    shortcut: Shortcut = Projection()
    placement: Placement = Placement.STANDARD

    def apply(self, x: Tensor, at: Position) -> Tensor:
        if self.inner % 2 or self.cardinality < 1 or self.inner // 2 % self.cardinality:
            half = f"half of {self.inner} channels is not divisible by {self.cardinality} groups"
            raise SpaceError(f"{self}: {half}")
        y = self.placement.gated(self.gate, x, Placement.PRE).conv_norm(self.inner // 2, 1).relu()
        y = y.conv_norm(self.inner, 3, stride=at.stride, groups=self.cardinality).relu()
        return completed(y.conv_norm(self.out, 1), x, at, self.gate, self.shortcut, self.placement)


def excited(arch: Arch, gate: Gate = SqueezeExcite()) -> Arch:
    """The residual network with a gate in every block."""
    return replace(arch, stages=tuple(replace(stage, block=_gated(stage, gate)) for stage in arch.stages))


def _gated(stage: Stage, gate: Gate) -> Block:
    assert isinstance(stage.block, Basic | Bottleneck), stage
    return replace(stage.block, gate=gate)


@rule("seresnet{depth:18|34|50|101|152}")
def seresnet(depth: int) -> Arch:
    """ResNet, its 3x3 striding, with a gate in every block."""
    return excited(resnet(depth))


@rule("seresnet{depth:50|101|152}a")
def seresnet_a(depth: int) -> Arch:
    """As released: the first 1x1 strides."""
    return excited(resnet_a(depth))


@rule(
    "seresnext{depth:50|101}_{cardinality}x{base_width}d",
    listed=("seresnext50_32x4d", "seresnext101_32x4d"),
)
def seresnext(depth: int, cardinality: int, base_width: int) -> Arch:
    """ResNeXt with a gate in every block."""
    return excited(resnext(depth, cardinality, base_width))


@rule("senet154", listed=("senet154",))
def senet154() -> Arch:
    """The challenge network: a deep stem, 64 groups of twice the channels, dropout of 20 % before the classifier."""
    template = HalvedBottleneck(1, 1, 64, SqueezeExcite(), SpatialProjection())
    blocks = tuple(replace(template, inner=EXPANSION * p, out=EXPANSION * p) for p in WIDTHS)
    return Arch(stem=DeepStem(64), stages=stack(blocks, BOTTLENECK_DEPTHS[152]), head=Head(1000, dropout=20))
