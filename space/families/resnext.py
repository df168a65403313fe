"""ResNeXt: the bottleneck's 3x3 in groups (Xie et al. 2017, arXiv:1611.05431; WSL sizes: Mahajan et al. 2018)."""

from space.arch import Arch, Head, Input
from space.errors import SpaceError
from space.families.resnet import DEPTHS, EXPANSION, WIDTHS, Bottleneck, ConvStem, Grouped, stack
from space.names import rule
from space.parts import Spatial

BASE_WIDTH = 64
"""The nominal channels at which a base width is said: `4d` means 4 channels a group at width 64, 8 at width 128."""


def cardinal_bottlenecks(
    cardinality: int, base_width: int, spatial: Spatial, **arguments: object
) -> tuple[Bottleneck, ...]:
    """The four bottlenecks of setting `cardinality`x`base_width`d."""
    if cardinality < 1 or base_width < 1:
        raise SpaceError(f"{cardinality}x{base_width}d: cardinality and width are at least 1")
    return tuple(
        Bottleneck(cardinality * (p * base_width // BASE_WIDTH), EXPANSION * p, spatial, **arguments)  # type: ignore[arg-type]
        for p in WIDTHS
    )


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
    blocks = cardinal_bottlenecks(cardinality, base_width, Grouped(cardinality))
    return Arch(stem=ConvStem(64), stages=stack(blocks, DEPTHS[depth]))


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
    blocks = cardinal_bottlenecks(cardinality, base_width, Grouped(cardinality))[:3]
    stem = ConvStem(64, kernel=3, stride=1, pool=False)
    return Arch(stem=stem, stages=stack(blocks, (3, 3, 3)), head=Head(10), input=Input(3, 32))
