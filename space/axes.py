"""The axes: what may vary, what gives way, and how one value becomes a network by the papers' rules."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from space import solve
from space.arch import Arch, Stage
from space.cost import cost, part_cost
from space.errors import SpaceError
from space.families.resnest import DEPTHS as RESNEST_DEPTHS, SplitAttention
from space.families.resnet import BOTTLENECK_DEPTHS, Bottleneck, Grouped
from space.graph import Interface
from space.ops import Shape
from space.parts import Spatial
from space.solve import bottleneck, cardinality, radix

SLACK = 0.1  # of the base's block: a setting whose narrowest block costs more than this above it does not fit


@dataclass(frozen=True)
class Axis:
    """A design dimension, those that may give way to it, its values by default, and the networks to start from."""

    name: str
    against: tuple[str, ...]  # the first is the default
    values: tuple[int, ...]
    ladder: tuple[str, ...]  # the budget chooses the base among them


_RESNETS = tuple(f"resnet{n}" for n in BOTTLENECK_DEPTHS)

AXES = {
    axis.name: axis
    for axis in (
        Axis("cardinality", ("width", "depth"), (1, 2, 4, 8, 16, 32), _RESNETS),
        Axis("width", ("depth",), (32, 48, 64, 80, 100, 128), _RESNETS),
        Axis("depth", ("width",), (26, 50, 101, 152), _RESNETS),
        Axis("radix", ("width",), (0, 1, 2, 4), tuple(f"resnest{n}_fast_1s1x64d" for n in RESNEST_DEPTHS)),
    )
}

PLANE = {"radix": AXES["radix"].values, "cardinality": (1, 2, 4)}
"""The values that radix and cardinality are crossed at: ResNeSt's ablation lies on this grid."""


def axes(names: Sequence[str]) -> tuple[Axis, ...]:
    """The axes of those names; radix alone spans its plane with cardinality."""
    unknown = [name for name in names if name not in AXES]
    if unknown or not names:
        raise SpaceError(f"{(unknown or [''])[0]!r} is no axis; write {', '.join(AXES)}")
    if set(names) == {"radix"} or set(names) == set(PLANE):
        return tuple(AXES[name] for name in PLANE)
    if len(set(names)) > 1:
        raise SpaceError(f"{' x '.join(names)} is no plane; the plane is {' x '.join(PLANE)}")
    return (AXES[names[0]],)


def yielding(axis: Axis, against: str | None) -> str:
    """The dimension that gives way to the axis (None: its default)."""
    if against is not None and against not in axis.against:
        raise SpaceError(f"{against!r} does not give way to {axis.name}; {' or '.join(axis.against)} does")
    return against or axis.against[0]


def rule(axis: str, against: str, base: Arch) -> Callable[..., Arch]:
    """How a point of the axis becomes a network that costs what the base does, as nearly as its integers allow."""
    macs = cost(base).macs
    if len({(cardinality(block), radix(block)) for block in map(bottleneck, base.stages)}) > 1:
        raise SpaceError("the base's stages differ in cardinality or radix; the axes move networks whose stages agree")
    match axis, against:
        case "cardinality", "width":
            return lambda c: with_cardinality(base, c, radix(bottleneck(base.stages[0])))
        case "cardinality", "depth":
            return lambda c: solve.solve_depths(_split(base, c), macs)
        case "width", "depth":
            return lambda d: solve.solve_depths(with_base_width(base, d), macs)
        case "depth", "width":
            return lambda layers: _nearest_width(_with_layers(base, layers), macs)
        case "radix", "width":
            return lambda r, c: with_cardinality(base, c, r)
        case _:
            raise AssertionError(axis, against)


def with_cardinality(base: Arch, groups: int, splits: int) -> Arch:
    """The paper's rule: C groups of the integer width d whose first-stage block costs most nearly what the base's does.

    A block is counted at radix 1 without its attention, C(256d + 9d² + 256d) for 256 output channels; d is kept for
    every radix (Xie 2017, Table 2; ResNeSt's ablation). Later stages keep the base's proportions.
    """
    if groups < 1:
        raise SpaceError(f"cardinality {groups} is not possible; it is 1 or more")
    block = bottleneck(base.stages[0])
    target = block_macs(block.inner, block.out, cardinality(block))
    narrowest = block_macs(groups, block.out, groups)
    if narrowest > (1 + SLACK) * target:
        raise SpaceError(
            f"cardinality {groups} fits no width: even {groups}x1d costs {narrowest} multiply-adds a pixel, "
            f"the base's block {target}; choose a smaller cardinality or a dearer base"
        )
    width = nearest(lambda d: block_macs(groups * d, block.out, groups), target)
    return with_base_width(base, width, _spatial(splits, groups))


def block_macs(inner: int, out: int, groups: int) -> int:
    """Multiply-adds per pixel of a repeating bottleneck, `out` channels to `out`."""
    return part_cost(Stage(Bottleneck(inner, out, Grouped(groups)), 1), Interface(Shape(out, 1, 1)))[0].macs


def nearest(macs: Callable[[int], int], target: int) -> int:
    """The positive integer at which the increasing `macs` is nearest to `target`; the smaller of two equally near."""
    low, high = 1, 2
    while macs(high) < target:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if macs(middle) < target else (low, middle)
    return min((low, high), key=lambda n: abs(macs(n) - target))


def with_base_width(arch: Arch, width: int, spatial: Spatial | None = None) -> Arch:
    """The network with `width` channels a group in its first stage, in later ones in proportion, around `spatial`."""
    if width < 1:
        raise SpaceError(f"width {width} is not possible; it is 1 or more channels")
    first = bottleneck(arch.stages[0])
    blocks = [replace(b, spatial=spatial or b.spatial) for b in map(bottleneck, arch.stages)]
    unit = first.inner // cardinality(first)
    own = [bottleneck(s).inner // cardinality(bottleneck(s)) for s in arch.stages]
    widths = [cardinality(b) * max(1, width * w // unit) for b, w in zip(blocks, own, strict=True)]
    return _with_blocks(arch, [replace(b, inner=w) for b, w in zip(blocks, widths, strict=True)])


def _spatial(splits: int, groups: int) -> Spatial:
    return SplitAttention(splits, groups) if splits else Grouped(groups)


def _split(base: Arch, groups: int) -> Arch:
    """The base with its 3x3 convolutions in `groups` groups, its widths and radix kept."""
    return _with_blocks(base, [replace(b, spatial=_spatial(radix(b), groups)) for b in map(bottleneck, base.stages)])


def _with_blocks(arch: Arch, blocks: Sequence[Bottleneck]) -> Arch:
    return replace(arch, stages=tuple(replace(s, block=b) for s, b in zip(arch.stages, blocks, strict=True)))


def _with_layers(base: Arch, layers: int) -> Arch:
    """The base with the depths of the published network of that many layers."""
    if layers not in BOTTLENECK_DEPTHS:
        known = ", ".join(map(str, BOTTLENECK_DEPTHS))
        raise SpaceError(f"no published network of bottlenecks has {layers} layers; write {known}")
    depths = BOTTLENECK_DEPTHS[layers]
    if len(base.stages) != len(depths):
        raise SpaceError(f"the base has {len(base.stages)} stages; networks of {layers} layers have {len(depths)}")
    return solve.with_depths(base, depths)


def _nearest_width(arch: Arch, macs: int) -> Arch:
    """The network at the base width whose cost is nearest to `macs`; a multiple of its radix."""
    step = max(radix(bottleneck(arch.stages[0])), 1)
    steps = nearest(lambda n: cost(with_base_width(arch, n * step)).macs, macs)
    return with_base_width(arch, steps * step)
