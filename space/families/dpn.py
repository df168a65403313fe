"""Dual path networks: a residual and a dense path through the same blocks (Chen et al. 2017, arXiv:1707.01629)."""

from dataclasses import dataclass
from typing import NamedTuple, final

from space.arch import Arch
from space.errors import SpaceError
from space.families.resnet import Grouped, stack
from space.graph import Tensor, concat
from space.names import rule
from space.parts import Block, Gate, NoGate, Output, Position, Spatial, Stem

EPS = 1e-3
"""Every norm's, as published."""


class Setting(NamedTuple):
    """What the paper's table says of a network."""

    stem: tuple[int, int]  # width, kernel
    residual: int  # channels of the residual path in the first stage; they double, as `inner` does
    inner: int
    cardinality: int
    increments: tuple[int, ...]  # channels each unit adds to the dense path
    depths: tuple[int, ...]


SETTINGS = {
    68: Setting((10, 3), 64, 128, 32, (16, 32, 32, 64), (3, 4, 12, 3)),
    92: Setting((64, 7), 256, 96, 32, (16, 32, 24, 128), (3, 4, 20, 3)),
    98: Setting((96, 7), 256, 160, 40, (16, 32, 32, 128), (3, 6, 20, 3)),
    131: Setting((128, 7), 256, 160, 40, (16, 32, 32, 128), (4, 8, 28, 3)),
    107: Setting((128, 7), 256, 200, 50, (20, 64, 64, 128), (4, 8, 20, 3)),
}


@final
@dataclass(frozen=True)
class DualPathStem(Stem):
    """A striding convolution, norm and ReLU, then 3x3 max pooling."""

    width: int
    kernel: int = 7

    def apply(self, x: Tensor) -> Tensor:
        return x.conv_norm(self.width, self.kernel, stride=2, eps=EPS).relu().max_pool(3, stride=2, padding=1)


@final
@dataclass(frozen=True)
class DualPath(Block):
    """A pre-activated bottleneck whose result is added to one path and appended to another.

    What goes from block to block is one tensor: the `residual` first channels are the residual path, the others the
    dense one. The bottleneck reads both; `residual` channels of its result are added to the first path and `increment`
    appended to the second. The block that opens a stage makes both anew with a 1x1 convolution. Increment 0 leaves a
    pre-activated residual block, residual 0 a dense layer. `split` writes the last 1x1 as two: another way to the same.
    The gate stands before it, on what both paths are made of.
    """

    inner: int
    residual: int
    increment: int
    spatial: Spatial = Grouped(1)
    gate: Gate = NoGate()
    split: bool = False

    def apply(self, x: Tensor, at: Position) -> Tensor:
        if min(self.residual, self.increment) < 0 or self.residual + self.increment < 1:
            raise SpaceError(f"{self}: paths of {self.residual} and {self.increment} channels; at least 1 is needed")
        before = x.within("shortcut", self._opened, at.stride) if at.opens else x
        y = _activated(_activated(x).conv(self.inner, 1))
        y = self.spatial.mix(y, at)
        y = self.gate.apply(y if self.spatial.complete else _activated(y))
        added, appended = self._results(y)
        kept, dense = self._paths(before)
        joined = [branch.join(path) for branch, path in zip(added, kept, strict=True)]
        return concat([*joined, *dense, *appended])

    def _opened(self, x: Tensor, stride: int) -> Tensor:
        """Both paths of a stage's first block."""
        return _activated(x).conv(self.residual + 2 * self.increment, 1, stride=stride)

    def _results(self, y: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """What is added to the residual path, and what is appended to the dense one; nothing where there is none."""
        if not self.split:
            return self._paths(y.conv(self.residual + self.increment, 1))
        added, appended = ([y.conv(out, 1)] if out else [] for out in (self.residual, self.increment))
        return added, appended

    def _paths(self, x: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """The residual and the dense path of a tensor that is both; nothing where there is none."""
        if self.residual in (0, x.channels):
            return ([x], []) if self.residual else ([], [x])
        return [x.narrow(0, self.residual)], [x.narrow(self.residual, x.channels)]


def _activated(x: Tensor) -> Tensor:
    return x.norm(EPS).relu()


@final
@dataclass(frozen=True)
class DualPathHead(Output):
    """Norm, ReLU, global average pooling; the classifier is a 1x1 convolution, which CIO counts."""

    def apply(self, x: Tensor) -> Tensor:
        return _activated(x).global_pool().conv(self.classes, 1, bias=True)


@rule("dpn{depth:68|92|98|131|107}")
def dpn(depth: int) -> Arch:
    """The published networks."""
    return _imagenet(SETTINGS[depth])


@rule("dpn68b")
def dpn68b() -> Arch:
    """DPN-68 in its other writing, which needs no slices of the last 1x1's result."""
    return _imagenet(SETTINGS[68], split=True)


def _imagenet(setting: Setting, *, split: bool = False) -> Arch:
    blocks = tuple(
        DualPath(setting.inner * 2**i, setting.residual * 2**i, increment, Grouped(setting.cardinality), split=split)
        for i, increment in enumerate(setting.increments)
    )
    return Arch(stem=DualPathStem(*setting.stem), stages=stack(blocks, setting.depths), head=DualPathHead(1000))
