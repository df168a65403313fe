"""Plain and residual networks: He et al. 2015 (arXiv:1512.03385); tweaks B, C, D: He et al. 2018 (arXiv:1812.01187)."""

from dataclasses import dataclass, replace
from typing import NoReturn, final

from space.arch import Arch, Head, Input, Stage
from space.errors import SpaceError
from space.graph import Tensor
from space.names import repeats, rule
from space.parts import Block, Downsampling, Gate, NoGate, Placement, Position, Shortcut, Spatial, Stem

BASIC_DEPTHS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3)}
"""Blocks per stage by the number of layers, two in each block."""

BOTTLENECK_DEPTHS = {
    14: (1, 1, 1, 1),
    26: (2, 2, 2, 2),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
    200: (3, 24, 36, 3),
}
"""Blocks per stage by the number of layers, three in each block."""

WIDTHS = (64, 128, 256, 512)
"""Nominal channels of the four stages."""

CIFAR_WIDTHS = (16, 32, 64)

EXPANSION = 4
"""Output channels of a bottleneck, over its stage's nominal ones."""


@final
@dataclass(frozen=True)
class ConvStem(Stem):
    """One convolution, norm and ReLU; then 3x3 max pooling where `pool` is set."""

    width: int
    kernel: int = 7
    stride: int = 2
    pool: bool = True

    def apply(self, x: Tensor) -> Tensor:
        y = x.conv_norm(self.width, self.kernel, stride=self.stride).relu()
        return y.max_pool(3, stride=2, padding=1) if self.pool else y


@final
@dataclass(frozen=True)
class DeepStem(Stem):
    """Three 3x3 convolutions to `width`, `width` and twice the width, the first striding (ResNet-C)."""

    width: int
    stride: int = 2
    pool: bool = True

    def apply(self, x: Tensor) -> Tensor:
        y = x.conv_norm(self.width, 3, stride=self.stride).relu()
        y = y.conv_norm(self.width, 3).relu()
        y = y.conv_norm(2 * self.width, 3).relu()
        return y.max_pool(3, stride=2, padding=1) if self.pool else y


@final
@dataclass(frozen=True)
class Projection(Shortcut):
    """Option B: the identity, or a 1x1 convolution with norm where the shape changes."""

    def join(self, branch: Tensor, x: Tensor, at: Position) -> Tensor:
        if at.stride == 1 and branch.channels == x.channels:
            return branch.join(x)
        return branch.join(x.within("shortcut", Tensor.conv_norm, branch.channels, 1, stride=at.stride))


@final
@dataclass(frozen=True)
class FullProjection(Shortcut):
    """Option C: a 1x1 convolution with norm on every block."""

    def simpler(self) -> Shortcut:
        return Projection()

    def join(self, branch: Tensor, x: Tensor, at: Position) -> Tensor:
        return branch.join(x.within("shortcut", Tensor.conv_norm, branch.channels, 1, stride=at.stride))


@final
@dataclass(frozen=True)
class PooledProjection(Shortcut):
    """ResNet-D: where the block strides, average pooling does, and the 1x1 convolution after it does not."""

    def simpler(self) -> Shortcut:
        return Projection()

    def join(self, branch: Tensor, x: Tensor, at: Position) -> Tensor:
        if at.stride == 1:
            return Projection().join(branch, x, at)
        return branch.join(x.within("shortcut", _pool_then_project, branch.channels, at.stride))


def _pool_then_project(x: Tensor, out: int, stride: int) -> Tensor:
    return x.avg_pool(stride, stride=stride, ceil=True, count_padding=False).conv_norm(out, 1)


@final
@dataclass(frozen=True)
class ZeroPadding(Shortcut):
    """Option A: no parameters; where the shape changes, every `stride`-th pixel and zeros for the new channels."""

    def join(self, branch: Tensor, x: Tensor, at: Position) -> Tensor:
        return branch.join(self.moved(x, branch.channels, at))

    def moved(self, x: Tensor, out: int, at: Position) -> Tensor:
        """`x` in the branch's shape."""
        x = x.subsample(at.stride) if at.stride > 1 else x
        return x.pad_channels(out) if out != x.channels else x


@final
@dataclass(frozen=True)
class NoShortcut(Shortcut):
    """None: a plain network."""

    def join(self, branch: Tensor, x: Tensor, at: Position) -> Tensor:
        del x, at
        return branch


@final
@dataclass(frozen=True)
class Grouped(Spatial):
    """A 3x3 convolution in `cardinality` groups (Xie 2017, arXiv:1611.05431); one group is the ordinary convolution."""

    cardinality: int

    def mix(self, x: Tensor, at: Position) -> Tensor:
        if self.cardinality < 1 or x.channels % self.cardinality:
            raise SpaceError(f"{self}: {x.channels} channels are not divisible by {self.cardinality} groups")
        return x.conv(x.channels, 3, stride=at.stride, groups=self.cardinality)


@final
@dataclass(frozen=True)
class Basic(Block):
    """Two 3x3 convolutions around a shortcut; `spatial` may stand in place of the second."""

    out: int
    spatial: Spatial = Grouped(1)
    gate: Gate = NoGate()
    shortcut: Shortcut = Projection()
    placement: Placement = Placement.STANDARD

    def apply(self, x: Tensor, at: Position) -> Tensor:
        y = self.placement.gated(self.gate, x, Placement.PRE)
        y = y.conv_norm(self.out, 3, stride=at.stride).relu()
        y = self.spatial.mix(y, Position())
        return completed(y if self.spatial.complete else y.norm(), x, at, self.gate, self.shortcut, self.placement)


@final
@dataclass(frozen=True)
class Bottleneck(Block):
    """1x1 to `inner` channels, a spatial part, 1x1 to `out` channels; what stands in the middle makes the family."""

    inner: int
    out: int
    spatial: Spatial = Grouped(1)
    downsampling: Downsampling = Downsampling.STRIDE_IN_3X3
    gate: Gate = NoGate()
    shortcut: Shortcut = Projection()
    placement: Placement = Placement.STANDARD

    def apply(self, x: Tensor, at: Position) -> Tensor:
        y = self.placement.gated(self.gate, x, Placement.PRE)
        y = narrowed(y, self.inner, self.spatial, self.downsampling, at)
        return completed(y.conv_norm(self.out, 1), x, at, self.gate, self.shortcut, self.placement)


def completed(branch: Tensor, x: Tensor, at: Position, gate: Gate, shortcut: Shortcut, placement: Placement) -> Tensor:
    """The branch's result and the block's input `x` past it, added, and the last ReLU; the gate in its place."""
    if placement is Placement.IDENTITY and gate != NoGate() and shortcut == NoShortcut():
        raise SpaceError(f"{gate}: {placement} stands on a shortcut; there is none")
    y = placement.gated(gate, branch, Placement.STANDARD)
    y = shortcut.join(y, placement.gated(gate, x, Placement.IDENTITY), at).relu()
    return placement.gated(gate, y, Placement.POST)


def narrowed(x: Tensor, inner: int, spatial: Spatial, where: Downsampling, at: Position) -> Tensor:
    """A bottleneck's way to its last 1x1: 1x1 to `inner` channels and the spatial part, each with norm and ReLU."""
    still = replace(at, stride=1)
    y = x.conv_norm(inner, 1, stride=at.stride if where is Downsampling.STRIDE_IN_1X1 else 1).relu()
    y = _pool(y, at.stride) if where is Downsampling.POOL_BEFORE else y
    y = spatial.apply(y, at if where is Downsampling.STRIDE_IN_3X3 else still)
    return _pool(y, at.stride) if where is Downsampling.POOL_AFTER else y


def _pool(x: Tensor, stride: int) -> Tensor:
    return x.avg_pool(3, stride=stride, padding=1) if stride > 1 else x


def stack(blocks: tuple[Block, ...], depths: tuple[int, ...]) -> tuple[Stage, ...]:
    """One stage of each block; all but the first halve the resolution."""
    return tuple(
        Stage(block, depth, 1 if i == 0 else 2) for i, (block, depth) in enumerate(zip(blocks, depths, strict=True))
    )


def bottlenecks(
    downsampling: Downsampling = Downsampling.STRIDE_IN_3X3, shortcut: Shortcut = Projection()
) -> tuple[Bottleneck, ...]:
    """The ImageNet family's four bottlenecks at their nominal widths."""
    return tuple(Bottleneck(p, EXPANSION * p, downsampling=downsampling, shortcut=shortcut) for p in WIDTHS)


def basics(shortcut: Shortcut = Projection(), widths: tuple[int, ...] = WIDTHS) -> tuple[Basic, ...]:
    """Basic blocks at their nominal widths."""
    return tuple(Basic(p, shortcut=shortcut) for p in widths)


@rule("plain{depth:18|34}")
def plain(depth: int) -> Arch:
    """The layers of a residual network without its shortcuts."""
    return _imagenet(depth, NoShortcut())


@rule("resnet{depth:14|18|26|34|50|101|152|200}")
def resnet(depth: int) -> Arch:
    """As torchvision and ResNeXt count it: the 3x3 strides."""
    return _imagenet(depth)


@rule("resnet{depth:50|101|152}a")
def resnet_a(depth: int) -> Arch:
    """The 2015 paper's: the first 1x1 strides."""
    blocks = bottlenecks(downsampling=Downsampling.STRIDE_IN_1X1)
    return Arch(stem=ConvStem(64), stages=stack(blocks, BOTTLENECK_DEPTHS[depth]))


@rule("resnet{depth:50|101|152}b")
def resnet_b(depth: int) -> Arch:
    """Bag of Tricks' B, another name for the plain one."""
    return resnet(depth)


@rule("{family:resnet|seresnet}{depth:18|34}{form:a|b}", listed=())
def no_first_1x1(family: str, depth: int, form: str) -> NoReturn:
    """Basic blocks come in one form alone."""
    what = f"{form} says whether a bottleneck strides in its first 1x1, and {depth} layers are basic blocks"
    raise SpaceError(f"{family}{depth}{form}: {what}; the nearest is {family}{depth}")


@rule("resnet{depth:18|34|50|101|152}c")
def resnet_c(depth: int) -> Arch:
    """Bag of Tricks' C: a deep stem."""
    return _imagenet(depth, stem=DeepStem(32))


@rule("resnet{depth:18|34|50|101|152}d")
def resnet_d(depth: int) -> Arch:
    """Bag of Tricks' D: a deep stem, and pooled projections."""
    return _imagenet(depth, PooledProjection(), stem=DeepStem(32))


@rule("resnet{depth:18|34|50}_shortcut_{option:a|b|c}")
def resnet_shortcut(depth: int, option: str) -> Arch:
    """The paper's comparison of shortcuts."""
    return _imagenet(depth, {"a": ZeroPadding(), "b": Projection(), "c": FullProjection()}[option])


def _imagenet(depth: int, shortcut: Shortcut = Projection(), stem: Stem = ConvStem(64)) -> Arch:
    if depth in BASIC_DEPTHS:
        return Arch(stem=stem, stages=stack(basics(shortcut), BASIC_DEPTHS[depth]))
    return Arch(stem=stem, stages=stack(bottlenecks(shortcut=shortcut), BOTTLENECK_DEPTHS[depth]))


@rule("plain{depth}_cifar", depth=(20, 32, 44, 56, 110))
def plain_cifar(depth: int) -> Arch:
    """The CIFAR form without shortcuts."""
    return _cifar("plain", depth, NoShortcut())


@rule("resnet{depth}_cifar", depth=(20, 32, 44, 56, 110, 1202))
def resnet_cifar(depth: int) -> Arch:
    """6n + 2 layers in three stages of basic blocks, shortcut A."""
    return _cifar("resnet", depth, ZeroPadding())


def _cifar(family: str, depth: int, shortcut: Shortcut) -> Arch:
    blocks = repeats(f"{family}{{}}_cifar", depth, 6, 2)
    stages = stack(basics(shortcut, CIFAR_WIDTHS), (blocks,) * 3)
    return Arch(stem=ConvStem(16, kernel=3, stride=1, pool=False), stages=stages, head=Head(10), input=Input(3, 32))
