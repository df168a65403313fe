"""Res2Net: a hierarchy of 3x3 convolutions within one bottleneck (Gao et al. 2019, arXiv:1904.01169)."""

from dataclasses import dataclass, replace
from typing import final

from space.arch import Arch, Head, Input
from space.errors import SpaceError
from space.families.resnet import (
    BOTTLENECK_DEPTHS,
    EXPANSION,
    WIDTHS,
    Bottleneck,
    ConvStem,
    DeepStem,
    Grouped,
    PooledProjection,
    stack,
)
from space.families.resnext import BASE_WIDTH
from space.families.senet import SqueezeExcite
from space.graph import Tensor, concat
from space.names import rule
from space.parts import Position, Spatial


@final
@dataclass(frozen=True)
class Hierarchical(Spatial):
    """The channels in `scale` equal chunks, each mixed together with the result of the chunk before, the last one kept.

    As published: where a stage opens, also at stride 1, the chunks are mixed side by side, and the last one is averaged
    over 3x3 instead (`pool`), or mixed like the others. What mixes a chunk is a spatial part in its turn: in groups it
    makes a Res2NeXt, with a radix split attention at every scale. Scale 1 is that part alone.
    """

    scale: int
    spatial: Spatial = Grouped(1)
    pool: bool = True

    def simpler(self) -> Spatial:
        return self.spatial if self.scale == 1 else self

    @property
    def complete(self) -> bool:
        return self.scale > 1 or self.spatial.complete

    def mix(self, x: Tensor, at: Position) -> Tensor:
        if self.scale < 1 or x.channels % self.scale:
            raise SpaceError(f"{self}: {x.channels} channels are not divisible by scale {self.scale}")
        if self.scale == 1:
            return self.spatial.mix(x, at)
        return self._side_by_side(x, at) if at.opens else self._chained(x, at)

    def _side_by_side(self, x: Tensor, at: Position) -> Tensor:
        *chunks, last = x.chunks(self.scale)
        mixed = [self.spatial.apply(chunk, at) for chunk in chunks]
        end = last.avg_pool(3, stride=at.stride, padding=1) if self.pool else self.spatial.apply(last, at)
        return concat([*mixed, end])

    def _chained(self, x: Tensor, at: Position) -> Tensor:
        first, *chunks, last = x.chunks(self.scale)
        mixed = [self.spatial.apply(first, at)]
        for chunk in chunks:
            mixed.append(self.spatial.apply(chunk + mixed[-1], at))
        return concat([*mixed, last])


def scaled_bottlenecks(width: int, scale: int, template: Bottleneck, cardinality: int = 1) -> tuple[Bottleneck, ...]:
    """The four bottlenecks of setting `cardinality`c x `width`w x `scale`s: `width` channels a group at width 64."""
    if width < 1 or scale < 1 or cardinality < 1:
        wrong, near = (
            f"{w}w{s}s" + ("" if cardinality == 1 else f"{c}c")
            for w, s, c in ((width, scale, cardinality), (max(1, width), max(1, scale), max(1, cardinality)))
        )
        raise SpaceError(f"{wrong}: width, scale and cardinality are at least 1; the nearest is {near}")
    inner = [scale * cardinality * (p * width // BASE_WIDTH) for p in WIDTHS]
    return tuple(replace(template, inner=w, out=EXPANSION * p) for w, p in zip(inner, WIDTHS, strict=True))


SETTINGS = ("48w2s", "26w4s", "14w8s", "26w6s", "26w8s")
"""The paper's: those that cost as much as ResNet-50, then those that cost more."""


@rule(
    "res2net{depth:50|101}_{width}w{scale}s",
    listed=(*(f"res2net50_{s}" for s in (*SETTINGS, "18w4s")), "res2net101_26w4s"),
)
def res2net(depth: int, width: int, scale: int) -> Arch:
    """Setting `width`w x `scale`s of the ImageNet network."""
    blocks = scaled_bottlenecks(width, scale, Bottleneck(1, 1, Hierarchical(scale)))
    return Arch(stem=ConvStem(64), stages=stack(blocks, BOTTLENECK_DEPTHS[depth]))


@rule("{width}w{scale}s", listed=())
def short(width: int, scale: int) -> Arch:
    """The paper's short form means Res2Net-50."""
    return res2net(50, width, scale)


@rule("res2net{depth:50|101}_v1b_{width}w{scale}s", listed=("res2net50_v1b_26w4s", "res2net101_v1b_26w4s"))
def res2net_v1b(depth: int, width: int, scale: int) -> Arch:
    """The released v1b: a deep stem and pooled projections, as in ResNet-D."""
    template = Bottleneck(1, 1, Hierarchical(scale), shortcut=PooledProjection())
    blocks = scaled_bottlenecks(width, scale, template)
    return Arch(stem=DeepStem(32), stages=stack(blocks, BOTTLENECK_DEPTHS[depth]))


@rule("res2next50_{width}w{scale}s{cardinality}c", listed=("res2next50_4w4s8c",))
def res2next(width: int, scale: int, cardinality: int) -> Arch:
    """Every 3x3 in `cardinality` groups."""
    blocks = scaled_bottlenecks(width, scale, Bottleneck(1, 1, Hierarchical(scale, Grouped(cardinality))), cardinality)
    return Arch(stem=ConvStem(64), stages=stack(blocks, BOTTLENECK_DEPTHS[50]))


@rule("{width}w{scale}s{cardinality}c", listed=())
def short_res2next(width: int, scale: int, cardinality: int) -> Arch:
    """The same with groups means Res2NeXt-50."""
    return res2next(width, scale, cardinality)


@rule("seres2net50_{width}w{scale}s", listed=("seres2net50_26w4s",))
def se_res2net(width: int, scale: int) -> Arch:
    """Squeeze and excitation right before every addition (section 3.2)."""
    blocks = scaled_bottlenecks(width, scale, Bottleneck(1, 1, Hierarchical(scale), gate=SqueezeExcite()))
    return Arch(stem=ConvStem(64), stages=stack(blocks, BOTTLENECK_DEPTHS[50]))


@rule(
    "res2next29_{cardinality}c{width}w{scale}s_cifar",
    listed=tuple(f"res2next29_{s}_cifar" for s in ("6c24w4s", "8c25w4s", "6c24w6s")),
)
def res2next_cifar(cardinality: int, width: int, scale: int) -> Arch:
    """The 29-layer CIFAR form, whose published sizes are met where the opening blocks mix every chunk (Table 4)."""
    template = Bottleneck(1, 1, Hierarchical(scale, Grouped(cardinality), pool=False))
    blocks = scaled_bottlenecks(width, scale, template, cardinality)[:3]
    stem = ConvStem(64, kernel=3, stride=1, pool=False)
    return Arch(stem=stem, stages=stack(blocks, (3, 3, 3)), head=Head(10), input=Input(3, 32))
