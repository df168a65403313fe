"""HarDNet: dense blocks with few links, for little memory traffic (Chao et al. 2019, arXiv:1909.00948)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from math import prod
from typing import NamedTuple, final

from space.arch import Arch, Head, Stage
from space.errors import SpaceError
from space.families.densenet import plainest
from space.families.resnet import Grouped
from space.graph import Tensor, concat
from space.names import rule
from space.parts import Block, Gate, NoGate, Position, Spatial, Stem

MAX_LAYERS = 64  # of a block; the published ones have up to 16


class Reduction(StrEnum):
    """What halves the map."""

    MAX_POOL = "max_pool"
    DEPTHWISE_CONV = "depthwise_conv"  # 3x3, with a norm and no activation


class Links(StrEnum):
    """Which of the layers before it a layer reads; layer 0 is the block's input."""

    HARMONIC = "harmonic"  # 2^i back for every power of 2 that divides its number: HarDNet
    LOG_DENSE = "log_dense"  # 2^i back for every power of 2: what HarDNet thins out
    ALL_DENSE = "all_dense"  # all: DenseNet
    CHAINED = "chained"  # the last: a plain network


@cache
def sources(layer: int, links: Links = Links.HARMONIC) -> tuple[int, ...]:
    """The layers that `layer`, counted from 1, reads, in the order of their concatenation: nearest first."""
    powers = [2**i for i in range(layer.bit_length())]
    match links:
        case Links.HARMONIC:
            return tuple(layer - step for step in powers if layer % step == 0)
        case Links.LOG_DENSE:
            return tuple(layer - step for step in powers)
        case Links.ALL_DENSE:
            return tuple(reversed(range(layer)))
        case Links.CHAINED:
            return (layer - 1,)


class Setting(NamedTuple):
    """What the paper's table says of a network."""

    stem: int
    blocks: tuple[tuple[int, int, int], ...]  # layers, growth rate, channels handed on
    reduced: tuple[int, ...]  # the blocks before which the map is halved, counted from 0
    multiplier: float = 1.7
    dropout: int = 0  # percent, before the last 1x1
    head_dropout: int = 10


SETTINGS = {
    39: Setting(48, ((4, 16, 96), (16, 20, 320), (8, 64, 640), (4, 160, 1024)), (1, 2, 3), multiplier=1.6),
    68: Setting(64, ((8, 14, 128), (16, 16, 256), (16, 20, 320), (16, 40, 640), (4, 160, 1024)), (1, 3, 4)),
    85: Setting(
        96,
        ((8, 24, 192), (16, 24, 256), (16, 28, 320), (16, 36, 480), (16, 48, 720), (4, 256, 1280)),
        (1, 3, 5),
        dropout=10,
        head_dropout=20,
    ),
}


@final
@dataclass(frozen=True)
class HardBlock(Block):
    """`layers` linked 3x3 convolutions, of which the odd ones and the last are handed on through a 1x1 to `out`.

    A layer's width is `growth_rate`, times `multiplier` for every time 2 divides its number, made even. A spatial part
    in place of the 3x3 stands after a 1x1 that makes the width, and has a norm but no activation: `depthwise` gives
    the DS form. Where the block strides, its input is reduced. Dropout, in percent, stands before the last 1x1.
    """

    layers: int
    growth_rate: int
    out: int
    multiplier: float = 1.7
    spatial: Spatial = Grouped(1)
    links: Links = Links.HARMONIC
    reduction: Reduction = Reduction.MAX_POOL
    gate: Gate = NoGate()
    dropout: int = 0

    def apply(self, x: Tensor, at: Position) -> Tensor:
        if not 1 <= self.layers <= MAX_LAYERS:
            raise SpaceError(f"{self}: a block has 1 to {MAX_LAYERS} layers, not {self.layers}")
        made = [_reduced(x, at.stride, self.reduction) if at.stride > 1 else x]
        for layer in range(1, self.layers + 1):
            y = concat([made[i] for i in sources(layer, self.links)])
            made.append(self._layer(y, self.width(layer)))
        kept = made[1::2] if self.layers % 2 else [*made[1::2], made[-1]]
        return self.gate.apply(concat(kept).dropout(self.dropout).conv_norm(self.out, 1).relu6())

    def width(self, layer: int) -> int:
        """Channels of a layer, counted from 1."""
        twos = (layer & -layer).bit_length() - 1
        return int(prod([self.multiplier] * twos, start=self.growth_rate) + 1) // 2 * 2

    def _layer(self, x: Tensor, width: int) -> Tensor:
        spatial = plainest(self.spatial)
        if spatial == Grouped(1):
            return x.conv_norm(width, 3).relu6()
        y = spatial.mix(x.conv_norm(width, 1).relu6(), Position())
        return y if spatial.complete else y.norm()


def _reduced(x: Tensor, stride: int, reduction: Reduction) -> Tensor:
    if reduction is Reduction.MAX_POOL:
        return x.max_pool(stride, stride=stride)
    return x.conv_norm(x.channels, 3, stride=stride, groups=x.channels)


@final
@dataclass(frozen=True)
class Depthwise(Spatial):
    """A 3x3 convolution of every channel by itself: as many groups as channels."""

    def on(self, channels: int) -> Spatial:
        return Grouped(channels)

    def mix(self, x: Tensor, at: Position) -> Tensor:
        return x.conv(x.channels, 3, stride=at.stride, groups=x.channels)


@final
@dataclass(frozen=True)
class HardStem(Stem):
    """A striding 3x3 to half of `width`, a 3x3 to all of it, max pooling; or for the last two 1x1, depthwise 3x3."""

    width: int
    reduction: Reduction = Reduction.MAX_POOL

    def apply(self, x: Tensor) -> Tensor:
        y = x.conv_norm(self.width // 2, 3, stride=2).relu6()
        if self.reduction is Reduction.MAX_POOL:
            return y.conv_norm(self.width, 3).relu6().max_pool(3, stride=2, padding=1)
        return _reduced(y.conv_norm(self.width, 1).relu6(), 2, self.reduction)


@rule("hardnet{depth:68|85}")
def hardnet(depth: int) -> Arch:
    """The networks of 3x3 convolutions."""
    setting = SETTINGS[depth]
    blocks = [HardBlock(*size) for size in setting.blocks]
    blocks[-1] = replace(blocks[-1], dropout=setting.dropout)
    head = Head(1000, dropout=setting.head_dropout)
    return Arch(stem=HardStem(setting.stem), stages=_stages(blocks, setting), head=head)


@rule("hardnet{depth:39|68}ds")
def hardnet_ds(depth: int) -> Arch:
    """Depthwise separable ones, the 1x1 first."""
    setting, reduction = SETTINGS[depth], Reduction.DEPTHWISE_CONV
    blocks = [HardBlock(*size, setting.multiplier, Depthwise(), reduction=reduction) for size in setting.blocks]
    stages = _stages(blocks, setting)
    return Arch(stem=HardStem(setting.stem, reduction), stages=stages, head=Head(1000, dropout=5))


def _stages(blocks: Sequence[HardBlock], setting: Setting) -> tuple[Stage, ...]:
    return tuple(Stage(block, 1, 2 if i in setting.reduced else 1) for i, block in enumerate(blocks))
