"""Residual networks with norm and ReLU before every convolution (He et al. 2016, arXiv:1603.05027), and wide ones.

Wide residual networks: Zagoruyko & Komodakis 2016, arXiv:1605.07146.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

from space.arch import Arch, Input
from space.errors import SpaceError
from space.families.densenet import BareStem, NormHead
from space.families.resnet import (
    BASIC_DEPTHS,
    BOTTLENECK_DEPTHS,
    CIFAR_WIDTHS,
    EXPANSION,
    WIDTHS,
    Bottleneck,
    ConvStem,
    Grouped,
    NoShortcut,
    Projection,
    ZeroPadding,
    basics,
    narrowed,
    stack,
)
from space.graph import Tensor
from space.names import repeats, rule
from space.parts import Block, Downsampling, Gate, NoGate, Output, Position, Shortcut, Spatial

LEAST_FACTOR = 0.001
MAX_KERNELS = 16


@final
@dataclass(frozen=True)
class ConvHead(Output):
    """Norm, ReLU and global average pooling; the classifier is a 1x1 convolution, which CIO counts."""

    def apply(self, x: Tensor) -> Tensor:
        return x.norm().relu().global_pool().conv(self.classes, 1, bias=True)


@final
@dataclass(frozen=True)
class BareProjection(Shortcut):
    """The identity, or a 1x1 convolution without norm where the shape changes."""

    def join(self, branch: Tensor, x: Tensor, at: Position) -> Tensor:
        if at.stride == 1 and branch.channels == x.channels:
            return branch.join(x)
        return branch.join(x.within("shortcut", Tensor.conv, branch.channels, 1, stride=at.stride))


@final
@dataclass(frozen=True)
class ScaledShortcut(Shortcut):
    """The shortcut times one constant, and the branch times another (constant scaling: He 2016, arXiv:1603.05027)."""

    factor: float = 0.5
    branch: float = 1
    shortcut: Shortcut = Projection()

    def simpler(self) -> Shortcut:
        return self.shortcut

    def join(self, branch: Tensor, x: Tensor, at: Position) -> Tensor:
        _refuse_none(self, self.shortcut)
        return self.shortcut.join(self._scaled(branch, self.branch), self._scaled(x, self.factor), at)

    def _scaled(self, x: Tensor, factor: float) -> Tensor:
        if not LEAST_FACTOR <= factor <= 1:
            raise SpaceError(f"{self}: a factor is {LEAST_FACTOR} to 1, not {factor}")
        return x if factor == 1 else x.scale(factor)


@final
@dataclass(frozen=True)
class DropoutShortcut(Shortcut):
    """The shortcut with dropout in percent (He 2016, arXiv:1603.05027)."""

    percent: int = 50
    shortcut: Shortcut = Projection()

    def simpler(self) -> Shortcut:
        return self.shortcut

    def join(self, branch: Tensor, x: Tensor, at: Position) -> Tensor:
        _refuse_none(self, self.shortcut)
        return self.shortcut.join(branch, x.dropout(self.percent), at)


def _refuse_none(part: Shortcut, shortcut: Shortcut) -> None:
    if shortcut == NoShortcut():
        raise SpaceError(f"{part}: a shortcut is needed; there is none")


@final
@dataclass(frozen=True)
class GatedShortcut(Shortcut):
    """The shortcut times 1 - g, g a sigmoid of a 1x1 convolution of the block's input (He 2016).

    Exclusive gating, that of highway networks, weights the branch with g as well; shortcut-only gating does not. Where
    the shape changes, what is weighted is the parameter-free shortcut A.
    """

    exclusive: bool = True

    def join(self, branch: Tensor, x: Tensor, at: Position) -> Tensor:
        logits = x.within("gate", Tensor.conv, branch.channels, 1, stride=at.stride, bias=True)
        branch = branch * logits.sigmoid() if self.exclusive else branch
        kept = ZeroPadding().moved(x, branch.channels, at) * logits.scale(-1.0).sigmoid()  # 1 - g
        return branch.join(kept)


@final
@dataclass(frozen=True)
class PreBasic(Block):
    """Convolutions of `out` channels, each after norm and ReLU: B(3, 3), or other `kernels` (Zagoruyko 2016).

    The first convolution strides; `spatial` may stand in place of any other 3x3; dropout, in percent, stands before the
    last. Where the shape changes, the shortcut reads what the first norm and ReLU make.
    """

    out: int
    spatial: Spatial = Grouped(1)
    gate: Gate = NoGate()
    shortcut: Shortcut = BareProjection()
    kernels: tuple[int, ...] = (3, 3)
    dropout: int = 0

    def apply(self, x: Tensor, at: Position) -> Tensor:
        if not 1 <= len(self.kernels) <= MAX_KERNELS:
            raise SpaceError(f"{self}: a block has 1 to {MAX_KERNELS} kernels, not {len(self.kernels)}")
        return preactivated(x, at, self._branch, self.gate, self.shortcut)

    def _branch(self, x: Tensor, at: Position) -> Tensor:
        first, *others = self.kernels
        y = (x if others else x.dropout(self.dropout)).conv(self.out, first, stride=at.stride)
        complete = False
        for i, kernel in enumerate(others, 2):
            y = y if complete else y.norm().relu()
            y = y.dropout(self.dropout) if i == len(self.kernels) else y
            y = self.spatial.mix(y, Position()) if kernel == 3 else y.conv(self.out, kernel)
            complete = kernel == 3 and self.spatial.complete
        return y


@final
@dataclass(frozen=True)
class PreBottleneck(Block):
    """1x1 to `inner` channels, a spatial part, 1x1 to `out` channels, each after norm and ReLU.

    Where the shape changes, the shortcut reads what the first norm and ReLU make.
    """

    inner: int
    out: int
    spatial: Spatial = Grouped(1)
    downsampling: Downsampling = Downsampling.STRIDE_IN_3X3
    gate: Gate = NoGate()
    shortcut: Shortcut = BareProjection()

    def apply(self, x: Tensor, at: Position) -> Tensor:
        return preactivated(x, at, self._branch, self.gate, self.shortcut)

    def _branch(self, x: Tensor, at: Position) -> Tensor:
        return narrowed(x, self.inner, self.spatial, self.downsampling, at).conv(self.out, 1)


def preactivated(
    x: Tensor, at: Position, branch: Callable[[Tensor, Position], Tensor], gate: Gate, shortcut: Shortcut
) -> Tensor:
    """A branch that reads the block's input after norm and ReLU, unless it has just had its own, and its shortcut.

    They are the branch's alone where the shape stays, and shared with the shortcut where it changes.
    """
    active = x if x.activated else x.norm().relu()
    y = branch(active, at)
    changes = at.stride > 1 or y.channels != x.channels
    return shortcut.join(gate.apply(y), active if changes else x, at)


@rule("preresnet{depth:18|34|50|101|152|200}")
def preresnet(depth: int) -> Arch:
    """As in fb.resnet.torch: the stem keeps its norm and ReLU, the 3x3 strides.

    The classifier is written as timm does, whose CIO counts it, but in the 200 layers that only the former has.
    """
    blocks: tuple[Block, ...]
    if depth in BASIC_DEPTHS:
        blocks, depths = tuple(PreBasic(p) for p in WIDTHS), BASIC_DEPTHS[depth]
    else:
        blocks, depths = tuple(PreBottleneck(p, EXPANSION * p) for p in WIDTHS), BOTTLENECK_DEPTHS[depth]
    head = NormHead(1000) if depth == 200 else ConvHead(1000)
    return Arch(stem=ConvStem(64), stages=stack(blocks, depths), head=head)


@rule("preresnet{depth}_cifar", depth=(110, 164, 1001))
def preresnet_cifar(depth: int) -> Arch:
    """9n + 2 layers in three stages of bottlenecks whose first 1x1 strides."""
    where = Downsampling.STRIDE_IN_1X1
    blocks = tuple(PreBottleneck(p, EXPANSION * p, downsampling=where) for p in CIFAR_WIDTHS)
    return _cifar(blocks, repeats("preresnet{}_cifar", depth, 9, 2))


@rule(
    "wrn{depth}_{factor}_cifar",
    listed=tuple(
        f"wrn{s}_cifar" for s in ("40_1", "40_2", "40_4", "40_8", "28_10", "28_12", "22_8", "22_10", "16_8", "16_10")
    ),
)
def wrn_cifar(depth: int, factor: int) -> Arch:
    """6n + 4 layers, `factor` times as wide as the thin network."""
    if factor < 1:
        raise SpaceError(f"wrn{depth}_{factor}_cifar: the widening factor is 1 or more, not {factor}")
    blocks = tuple(PreBasic(factor * p) for p in CIFAR_WIDTHS)
    return _cifar(blocks, repeats(f"wrn{{}}_{factor}_cifar", depth, 6, 4))


@rule("wrn{depth:18|34}_{factor}", listed=("wrn18_2", "wrn34_2"))
def wrn_basic(depth: int, factor: int) -> Arch:
    """The ImageNet form: post-activation basic blocks, all of them `factor` times as wide."""
    return Arch(stem=ConvStem(64), stages=stack(basics(widths=tuple(factor * p for p in WIDTHS)), BASIC_DEPTHS[depth]))


@rule("wrn{depth:50|101}_2")
def wrn(depth: int) -> Arch:
    """The ImageNet form: post-activation bottlenecks, twice as wide within and as wide as ever without."""
    blocks = tuple(Bottleneck(2 * p, EXPANSION * p) for p in WIDTHS)
    return Arch(stem=ConvStem(64), stages=stack(blocks, BOTTLENECK_DEPTHS[depth]))


def _cifar(blocks: tuple[Block, ...], depth: int) -> Arch:
    return Arch(stem=BareStem(16), stages=stack(blocks, (depth,) * 3), head=NormHead(10), input=Input(3, 32))
