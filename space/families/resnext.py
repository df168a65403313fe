"""ResNeXt: the bottleneck's 3x3 in groups (Xie et al. 2017, arXiv:1611.05431; WSL sizes: Mahajan et al. 2018)."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import final

from space.arch import Arch, Head, Input
from space.errors import SpaceError
from space.families.resnet import BOTTLENECK_DEPTHS, EXPANSION, WIDTHS, Bottleneck, ConvStem, Grouped, Projection, stack
from space.graph import Tensor, concat, total
from space.names import rule
from space.parts import Block, Gate, NoGate, Position, Shortcut, Spatial

BASE_WIDTH = 64
"""The nominal channels at which a base width is said: `4d` means 4 channels a group at width 64, 8 at width 128."""


class Merge(StrEnum):
    """How the branches of a split-transform-merge become one map (figure 3 of the paper)."""

    SUMMED = "summed"  # form a: a 1x1 convolution for each, one norm after their sum
    CONCATENATED = "concatenated"  # form b: one 1x1 convolution of all


@final
@dataclass(frozen=True)
class Aggregated(Block):
    """ResNeXt's forms a and b: `cardinality` separate bottlenecks of `width` channels, merged before the shortcut.

    Form c, which computes the same, is a bottleneck with a grouped convolution; its parameters and multiply-adds are
    equal, but the separate branches read their input and write their outputs each for itself.
    """

    cardinality: int
    width: int
    out: int
    merge: Merge = Merge.SUMMED
    spatial: Spatial = Grouped(1)
    gate: Gate = NoGate()
    shortcut: Shortcut = Projection()

    def simpler(self) -> Block:
        one = self.cardinality == 1
        return Bottleneck(self.width, self.out, self.spatial, gate=self.gate, shortcut=self.shortcut) if one else self

    def apply(self, x: Tensor, at: Position) -> Tensor:
        if self.cardinality < 1:
            raise SpaceError(f"{self}: a block has at least 1 branch, not {self.cardinality}")
        branches = [self._branch(x, at) for _ in range(self.cardinality)]
        y = total(branches) if self.merge is Merge.SUMMED else concat(branches).conv(self.out, 1)
        return self.shortcut.join(self.gate.apply(y.norm()), x, at).relu()

    def _branch(self, x: Tensor, at: Position) -> Tensor:
        y = self.spatial.apply(x.conv_norm(self.width, 1).relu(), at)
        return y.conv(self.out, 1) if self.merge is Merge.SUMMED else y


def cardinal_bottlenecks(cardinality: int, base_width: int, template: Bottleneck) -> tuple[Bottleneck, ...]:
    """The four bottlenecks of setting `cardinality`x`base_width`d, in all else like the template."""
    if cardinality < 1 or base_width < 1:
        near = f"{max(1, cardinality)}x{max(1, base_width)}d"
        what = f"{cardinality}x{base_width}d: cardinality and width are at least 1"
        raise SpaceError(f"{what}; the nearest is {near}")
    inner = [cardinality * (p * base_width // BASE_WIDTH) for p in WIDTHS]
    return tuple(replace(template, inner=w, out=EXPANSION * p) for w, p in zip(inner, WIDTHS, strict=True))


@rule(
    "resnext{depth:14|26|50|101|152|200}_{cardinality}x{base_width}d",
    listed=(
        *("resnext50_1x64d", "resnext50_2x40d", "resnext50_4x24d", "resnext50_8x14d", "resnext50_32x4d"),
        *("resnext101_1x64d", "resnext101_2x40d", "resnext101_4x24d", "resnext101_8x14d", "resnext101_32x4d"),
        *("resnext101_2x64d", "resnext101_64x4d", "resnext101_1x100d"),
        *("resnext101_32x8d", "resnext101_32x16d", "resnext101_32x32d", "resnext101_32x48d"),
    ),
)
def resnext(depth: int, cardinality: int, base_width: int) -> Arch:
    """Setting CxWd of the ImageNet network."""
    blocks = cardinal_bottlenecks(cardinality, base_width, Bottleneck(1, 1, Grouped(cardinality)))
    return Arch(stem=ConvStem(64), stages=stack(blocks, BOTTLENECK_DEPTHS[depth]))


@rule(
    "resnext{depth:50|101}_{cardinality}x{base_width}d_form_{form:a|b}",
    listed=("resnext50_32x4d_form_a", "resnext50_32x4d_form_b"),
)
def resnext_form(depth: int, cardinality: int, base_width: int, form: str) -> Arch:
    """The same network with separate branches: summed (form a), or concatenated (form b)."""
    merge = {"a": Merge.SUMMED, "b": Merge.CONCATENATED}[form]
    wide = cardinal_bottlenecks(cardinality, base_width, Bottleneck(1, 1))
    blocks = tuple(Aggregated(cardinality, b.inner // cardinality, b.out, merge) for b in wide)
    return Arch(stem=ConvStem(64), stages=stack(blocks, BOTTLENECK_DEPTHS[depth]))


@rule("{cardinality}x{base_width}d", listed=())
def short(cardinality: int, base_width: int) -> Arch:
    """The paper's short form means ResNeXt-50."""
    return resnext(50, cardinality, base_width)


@rule(
    "resnext29_{cardinality}x{base_width}d_cifar",
    listed=tuple(f"resnext29_{s}d_cifar" for s in ("1x64", "2x64", "4x64", "8x64", "32x4", "1x128", "16x64")),
)
def resnext_cifar(cardinality: int, base_width: int) -> Arch:
    """The 29-layer CIFAR form: three stages of three blocks."""
    blocks = cardinal_bottlenecks(cardinality, base_width, Bottleneck(1, 1, Grouped(cardinality)))[:3]
    stem = ConvStem(64, kernel=3, stride=1, pool=False)
    return Arch(stem=stem, stages=stack(blocks, (3, 3, 3)), head=Head(10), input=Input(3, 32))
