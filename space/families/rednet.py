"""RedNet: involution in place of every 3x3 convolution of a residual network (Li et al. 2021, arXiv:2103.06255)."""

from dataclasses import dataclass
from typing import final

from space.arch import Arch
from space.errors import SpaceError
from space.families.resnet import BOTTLENECK_DEPTHS, EXPANSION, WIDTHS, Bottleneck, stack
from space.graph import Tensor
from space.names import rule
from space.parts import Position, Spatial, Stem

DEPTHS = {n: BOTTLENECK_DEPTHS[n] for n in (50, 101, 152)} | {26: (1, 2, 4, 1), 38: (2, 3, 5, 2)}
"""Blocks per stage by the number of layers."""


@final
@dataclass(frozen=True)
class Involution(Spatial):
    """A kernel for every place, predicted from the map there and shared by `group_width` channels.

    Two 1x1 convolutions around a norm and ReLU predict it, the first to 1 / `reduction` of the channels. A strided
    one predicts from the averages of its strides, those at the border of an odd map being of what there is.
    """

    kernel: int
    group_width: int = 16
    reduction: int = 4

    def mix(self, x: Tensor, at: Position) -> Tensor:
        groups = self._groups(x)
        kernels = x.within("kernels", self._kernels, groups, at.stride)
        return x.involution(kernels, self.kernel, stride=at.stride, groups=groups)

    def _groups(self, x: Tensor) -> int:
        if self.kernel % 2 == 0:
            raise SpaceError(f"{self}: a kernel of {self.kernel} has no centre; write an odd one")
        if self.group_width < 1 or x.channels % self.group_width:
            raise SpaceError(f"{self}: {x.channels} channels are not divisible by group width {self.group_width}")
        if not 1 <= self.reduction <= x.channels:
            raise SpaceError(f"{self}: {x.channels} channels cannot be reduced {self.reduction} times")
        return x.channels // self.group_width

    def _kernels(self, x: Tensor, groups: int, stride: int) -> Tensor:
        """The kernels of every place of the result: groups x kernel² channels."""
        y = x.avg_pool(stride, stride=stride, ceil=True, count_padding=False) if stride > 1 else x
        y = y.conv_norm(x.channels // self.reduction, 1).relu()
        return y.conv(groups * self.kernel**2, 1, bias=True)


@final
@dataclass(frozen=True)
class InvolutionStem(Stem):
    """A deep stem with an involution in the middle: 3x3 to `width`, involution, 3x3 to twice the width."""

    width: int
    involution: Involution = Involution(3)
    stride: int = 2
    pool: bool = True

    def apply(self, x: Tensor) -> Tensor:
        y = x.conv_norm(self.width, 3, stride=self.stride).relu()
        y = self.involution.apply(y, Position())
        y = y.conv_norm(2 * self.width, 3).relu()
        return y.max_pool(3, stride=2, padding=1) if self.pool else y


@rule("rednet{depth:26|38|50|101|152}")
def rednet(depth: int) -> Arch:
    """The classifier as released: 3x3 in the stem, 7x7 in the bottlenecks."""
    blocks = tuple(Bottleneck(p, EXPANSION * p, Involution(7)) for p in WIDTHS)
    return Arch(stem=InvolutionStem(32), stages=stack(blocks, DEPTHS[depth]))
