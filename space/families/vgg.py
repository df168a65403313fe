"""VGG: plain stacks of 3x3 convolutions (Simonyan & Zisserman 2014, arXiv:1409.1556)."""

from dataclasses import dataclass
from typing import final

from space.arch import Arch, Stage
from space.families.inception import Normalisation
from space.graph import Tensor
from space.names import rule
from space.parts import Block, Gate, NoGate, Output, Position, Stem

WIDTHS = (64, 128, 256, 512, 512)

DEPTHS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
"""Convolutions of each width by the number of layers with weights, three of which are the head's."""

EPS = 1e-5


@final
@dataclass(frozen=True)
class Vgg(Block):
    """A 3x3 convolution with bias and ReLU, and a gate on that; where it strides, max pooling stands before it."""

    out: int
    normalisation: Normalisation = Normalisation.BIAS
    gate: Gate = NoGate()

    def apply(self, x: Tensor, at: Position) -> Tensor:
        x = x.max_pool(at.stride, stride=at.stride) if at.stride > 1 else x
        return self.gate.apply(self.normalisation.activate(x.conv(self.out, 3, bias=self.normalisation.biased), EPS))


@final
@dataclass(frozen=True)
class VggStem(Stem):
    """A 3x3 convolution with bias and ReLU."""

    width: int
    normalisation: Normalisation = Normalisation.BIAS

    def apply(self, x: Tensor) -> Tensor:
        return Vgg(self.width, self.normalisation).apply(x, Position())


@final
@dataclass(frozen=True)
class FullyConnected(Output):
    """A perceptron on the map averaged to `size` x `size` parts: at each `hidden` width a ReLU and dropout in percent.

    With `pool`, 2x2 max pooling comes first. At 224 pixels a VGG's map has the size already.
    """

    hidden: tuple[int, ...]
    size: int = 7
    dropout: int = 50
    pool: bool = False

    def apply(self, x: Tensor) -> Tensor:
        x = (x.max_pool(2, stride=2) if self.pool else x).global_pool(self.size)
        for width in self.hidden:
            x = x.linear(width).relu().dropout(self.dropout)
        return x.linear(self.classes)


@rule("vgg{depth:11|13|16|19}")
def vgg(depth: int) -> Arch:
    """As published: biases, no norm."""
    return _vgg(depth, Normalisation.BIAS)


@rule("vgg{depth:11|13|16|19}_bn")
def vgg_bn(depth: int) -> Arch:
    """Batch norm after every convolution, which keeps its bias."""
    return _vgg(depth, Normalisation.BIAS_AND_BATCH_NORM)


def _vgg(depth: int, how: Normalisation) -> Arch:
    first, *others = DEPTHS[depth]
    stages = [Stage(Vgg(WIDTHS[0], how), first - 1)] if first > 1 else []
    stages += [Stage(Vgg(width, how), n, 2) for width, n in zip(WIDTHS[1:], others, strict=True)]
    head = FullyConnected(1000, (4096, 4096), pool=True)
    return Arch(stem=VggStem(WIDTHS[0], how), stages=tuple(stages), head=head)
