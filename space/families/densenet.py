"""DenseNet: every layer reads all that were made before it (Huang et al. 2017, arXiv:1608.06993)."""

from dataclasses import dataclass
from typing import final

from space.arch import Arch, Input, Stage
from space.errors import SpaceError
from space.families.resnet import ConvStem, Grouped
from space.graph import Tensor, concat
from space.names import repeats, rule
from space.parts import Block, Gate, NoGate, Output, Position, Spatial, Stem

DEPTHS = {
    121: (6, 12, 24, 16),
    169: (6, 12, 32, 32),
    201: (6, 12, 48, 32),
    161: (6, 12, 36, 24),
    264: (6, 12, 64, 48),
}
"""Layers of each dense block by the network's name; 264 is published so, though it has 265 by the others' count."""

LEAST_COMPRESSION = 0.001


@final
@dataclass(frozen=True)
class DenseLayer(Block):
    """`growth_rate` new channels beside the input's: norm, ReLU, 1x1 to `bottleneck` times as many; norm, ReLU, 3x3.

    Without a bottleneck (0) the 3x3 reads the input itself. A spatial part other than a convolution keeps its channels,
    so that a 1x1 to the new ones follows it. Dropout, in percent, follows every convolution. Where the layer strides,
    what it hands on of its input is averaged.
    """

    growth_rate: int
    bottleneck: int = 4
    spatial: Spatial = Grouped(1)
    gate: Gate = NoGate()
    dropout: int = 0

    def apply(self, x: Tensor, at: Position) -> Tensor:
        if self.growth_rate < 1:
            raise SpaceError(f"{self}: a layer that adds {self.growth_rate} channels is none; it adds at least 1")
        y = x.norm().relu()
        if self.bottleneck:
            y = y.conv(self.bottleneck * self.growth_rate, 1).dropout(self.dropout).norm().relu()
        y = self._grown(y, at).dropout(self.dropout)
        return concat([_averaged(x, at.stride), self.gate.apply(y)])

    def _grown(self, x: Tensor, at: Position) -> Tensor:
        """The new channels, of an activated map."""
        match plainest(self.spatial):
            case Grouped(groups):
                for channels in (x.channels, self.growth_rate):
                    if groups < 1 or channels % groups:
                        raise SpaceError(f"{self}: {channels} channels are not divisible by {groups} groups")
                return x.conv(self.growth_rate, 3, stride=at.stride, groups=groups)
            case spatial:
                return spatial.apply(x, at).conv(self.growth_rate, 1)


def plainest(spatial: Spatial) -> Spatial:
    """The plainest part that it amounts to: a convolution, if any."""
    simpler = spatial.simpler()
    return spatial if simpler == spatial or not isinstance(simpler, Spatial) else plainest(simpler)


def _averaged(x: Tensor, stride: int) -> Tensor:
    return x.avg_pool(stride, stride=stride, ceil=True, count_padding=False) if stride > 1 else x


@final
@dataclass(frozen=True)
class Transition(Block):
    """From one dense block to the next: norm, ReLU, 1x1 to `compression` of the channels, and average pooling."""

    compression: float = 0.5
    dropout: int = 0

    def apply(self, x: Tensor, at: Position) -> Tensor:
        out = int(x.channels * self.compression)
        if not LEAST_COMPRESSION <= self.compression <= 1 or not out:
            limits = f"at least 1, at a compression of {LEAST_COMPRESSION} to 1, is needed"
            raise SpaceError(f"{self}: {x.channels} channels compressed to {out}; {limits}")
        y = x.norm().relu().conv(out, 1).dropout(self.dropout)
        return y.avg_pool(at.stride, stride=at.stride) if at.stride > 1 else y


@final
@dataclass(frozen=True)
class BareStem(Stem):
    """One convolution, whose norm and ReLU are the first block's; then 3x3 max pooling where `pool` is set."""

    width: int
    kernel: int = 3
    stride: int = 1
    pool: bool = False

    def apply(self, x: Tensor) -> Tensor:
        y = x.conv(self.width, self.kernel, stride=self.stride)
        return y.max_pool(3, stride=2, padding=1) if self.pool else y


@final
@dataclass(frozen=True)
class NormHead(Output):
    """Norm and ReLU after the last block, global average pooling, and a linear classifier."""

    def apply(self, x: Tensor) -> Tensor:
        return x.norm().relu().global_pool().linear(self.classes)


def dense_stages(layer: DenseLayer, depths: tuple[int, ...], transition: Transition) -> tuple[Stage, ...]:
    """Dense blocks of so many layers, with a transition that halves the map between one and the next."""
    first, *others = (Stage(layer, depth) for depth in depths)
    return (first, *(stage for other in others for stage in (Stage(transition, 1, 2), other)))


@rule("densenet{depth:121|169|201|161|264}")
def densenet(depth: int) -> Arch:
    """The ImageNet networks, all DenseNet-BC: growth rate 32, or 48 for the 161-layer one."""
    return _imagenet(48 if depth == 161 else 32, DEPTHS[depth])


@rule("k{growth_rate}", listed=())
def short(growth_rate: int) -> Arch:
    """The papers' short form means a network of DenseNet-121's depths."""
    if growth_rate < 1:
        raise SpaceError(f"k{growth_rate}: the growth rate is at least 1; the nearest is k1")
    return _imagenet(growth_rate, DEPTHS[121])


def _imagenet(growth_rate: int, depths: tuple[int, ...]) -> Arch:
    stages = dense_stages(DenseLayer(growth_rate), depths, Transition())
    return Arch(stem=ConvStem(2 * growth_rate), stages=stages, head=NormHead(1000))


@rule(
    "densenet_l{depth}_k{growth_rate}_cifar",
    listed=("densenet_l40_k12_cifar", "densenet_l100_k12_cifar", "densenet_l100_k24_cifar"),
)
def densenet_cifar(depth: int, growth_rate: int) -> Arch:
    """3n + 4 layers without bottleneck or compression, after 16 channels as in the paper (the released code: 2k)."""
    layers = repeats(f"densenet_l{{}}_k{growth_rate}_cifar", depth, 3, 4)
    return _cifar(16, DenseLayer(growth_rate, bottleneck=0), layers, Transition(1))


@rule(
    "densenet_bc_l{depth}_k{growth_rate}_cifar",
    listed=tuple(
        f"densenet_bc_{setting}_cifar"
        for setting in ("l100_k12", "l250_k24", "l190_k40", "l40_k12", "l40_k24", "l40_k36", "l40_k48", "l40_k60")
    ),
)
def densenet_bc_cifar(depth: int, growth_rate: int) -> Arch:
    """6n + 4 layers with bottleneck and compression, after 2k channels."""
    layers = repeats(f"densenet_bc_l{{}}_k{growth_rate}_cifar", depth, 6, 4)
    return _cifar(2 * growth_rate, DenseLayer(growth_rate), layers, Transition())


def _cifar(width: int, layer: DenseLayer, layers: int, transition: Transition) -> Arch:
    stages = dense_stages(layer, (layers,) * 3, transition)
    return Arch(stem=BareStem(width), stages=stages, head=NormHead(10), input=Input(3, 32))
