"""MobileNets: depthwise separable convolutions (Howard 2017, arXiv:1704.04861; Sandler 2018, arXiv:1801.04381)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import final

from space.arch import Arch, Head, Stage
from space.errors import SpaceError
from space.families.hardnet import Depthwise
from space.families.resnet import ConvStem
from space.graph import Tensor
from space.names import rule
from space.parts import Block, Gate, NoGate, Position, Spatial, Stem

SEPARABLE = ((64, 1, 1), (128, 2, 2), (256, 2, 2), (512, 6, 2), (1024, 2, 2))
"""Stages of the first network: channels, depth, stride."""

INVERTED = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""Stages of the second: expansion, channels, depth, stride."""


class Order(StrEnum):
    """Which of a separable convolution's two steps is the first."""

    DEPTHWISE_FIRST = "depthwise_first"
    POINTWISE_FIRST = "pointwise_first"  # the "extreme" Inception (Chollet 2017)


@final
@dataclass(frozen=True)
class Separable(Block):
    """A depthwise convolution and a 1x1 to `out` channels; with `between`, norm and ReLU stand between them too."""

    out: int
    spatial: Spatial = Depthwise()
    order: Order = Order.DEPTHWISE_FIRST
    between: bool = True
    gate: Gate = NoGate()

    def apply(self, x: Tensor, at: Position) -> Tensor:
        if self.order is Order.POINTWISE_FIRST:
            y = x.conv(self.out, 1)
            return self.gate.apply(self.spatial.apply(y.norm().relu() if self.between else y, at))
        y = self.spatial.apply(x, at) if self.between else self.spatial.mix(x, at)
        return self.gate.apply(y.conv_norm(self.out, 1).relu())


@final
@dataclass(frozen=True)
class InvertedResidual(Block):
    """1x1 to `expansion` times the input's channels, depthwise, 1x1 without activation; the sum where shapes agree."""

    out: int
    expansion: int
    spatial: Spatial = Depthwise()
    gate: Gate = NoGate()

    def apply(self, x: Tensor, at: Position) -> Tensor:
        if self.expansion < 1:
            raise SpaceError(f"{self}: an expansion is 1 or more, not {self.expansion}")
        y = x if self.expansion == 1 else x.conv_norm(self.expansion * x.channels, 1).relu6()
        y = self.spatial.mix(y, at)
        y = y if self.spatial.complete else y.norm().relu6()
        y = self.gate.apply(y).conv_norm(self.out, 1)
        return y.join(x) if at.stride == 1 and self.out == x.channels else y


@final
@dataclass(frozen=True)
class Pointwise(Block):
    """A 1x1 convolution, norm and ReLU6."""

    out: int

    def apply(self, x: Tensor, at: Position) -> Tensor:
        return x.conv_norm(self.out, 1, stride=at.stride).relu6()


@final
@dataclass(frozen=True)
class MobileStem(Stem):
    """One 3x3 convolution, norm and ReLU6."""

    width: int
    stride: int = 2

    def apply(self, x: Tensor) -> Tensor:
        return x.conv_norm(self.width, 3, stride=self.stride).relu6()


@rule("mobilenetv1")
def mobilenet_v1() -> Arch:
    """Thirteen separable convolutions."""
    stages = tuple(Stage(Separable(out), depth, stride) for out, depth, stride in SEPARABLE)
    return Arch(stem=ConvStem(32, kernel=3, pool=False), stages=stages)


@rule("mobilenetv2")
def mobilenet_v2() -> Arch:
    """Inverted residuals with linear bottlenecks."""
    stages = tuple(Stage(InvertedResidual(out, t), depth, stride) for t, out, depth, stride in INVERTED)
    return Arch(stem=MobileStem(32), stages=(*stages, Stage(Pointwise(1280), 1)), head=Head(1000, dropout=20))
