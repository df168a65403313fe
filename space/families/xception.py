"""Xception: Inception taken to depthwise separable convolutions (Chollet 2017, arXiv:1610.02357)."""

from dataclasses import dataclass
from typing import final

from space.arch import Arch, Head, Input, Stage
from space.errors import SpaceError
from space.families.hardnet import Depthwise
from space.families.mobilenet import Separable
from space.families.resnet import Projection
from space.graph import Tensor
from space.names import rule
from space.parts import Block, Gate, NoGate, Position, Shortcut, Spatial, Stem


@final
@dataclass(frozen=True)
class Xception(Block):
    """Separable convolutions to each of `widths`, ReLU before and norm after each; max pooling where it strides."""

    widths: tuple[int, ...]
    spatial: Spatial = Depthwise()
    gate: Gate = NoGate()
    shortcut: Shortcut = Projection()

    def apply(self, x: Tensor, at: Position) -> Tensor:
        if not self.widths:
            raise SpaceError(f"{self}: a block has at least 1 separable convolution, not 0")
        y = x
        for out in self.widths:
            y = self.spatial.mix(y if y.activated else y.relu(), Position()).conv_norm(out, 1)
        y = y.max_pool(3, stride=at.stride, padding=1) if at.stride > 1 else y
        return self.shortcut.join(self.gate.apply(y), x, at)


@final
@dataclass(frozen=True)
class XceptionStem(Stem):
    """3x3 convolutions to `width` and twice the width, neither padded, the first striding."""

    width: int
    stride: int = 2

    def apply(self, x: Tensor) -> Tensor:
        y = x.conv_norm(self.width, 3, stride=self.stride, padded=False).relu()
        return y.conv_norm(2 * self.width, 3, padded=False).relu()


@rule("xception")
def xception() -> Arch:
    """Entry flow, eight blocks of middle flow, exit flow."""
    stages = (
        *(Stage(Xception((out, out)), 1, 2) for out in (128, 256, 728)),
        Stage(Xception((728, 728, 728)), 8),
        Stage(Xception((728, 1024)), 1, 2),
        *(Stage(Separable(out, between=False), 1) for out in (1536, 2048)),
    )
    return Arch(stem=XceptionStem(32), stages=stages, head=Head(1000), input=Input(3, 299))
