"""From a budget and an axis to settings: one design dimension varies, another gives way, the cost holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

from space import solve
from space.arch import Arch, Stage
from space.budget import MEGA, Budget, shown
from space.cost import Cost, cost, part_cost
from space.errors import SpaceError
from space.families import resnest, resnet
from space.families.resnest import SplitAttention
from space.families.resnet import EXPANSION, Bottleneck, Grouped
from space.families.resnext import BASE_WIDTH
from space.graph import Interface
from space.ops import Shape
from space.parts import Spatial
from space.sentence import parse
from space.solve import bottleneck, cardinality, radix

Match = Literal["paper", "exact"]

EXACT = 0.001  # of the budget: what `exact` matching meets
SLACK = 0.1  # of the base's block: a setting whose narrowest block costs more than this above it does not fit


@dataclass(frozen=True)
class Axis:
    """What may vary, what gives way, the values asked by default, and the networks the budget chooses a base from."""

    name: str
    against: tuple[str, ...]  # the first is the default
    values: tuple[int, ...]
    ladder: tuple[str, ...]


_RESNETS = tuple(f"resnet{n}" for n in resnet.DEPTHS if n not in (18, 34))
_RESNESTS = tuple(f"resnest{n}_fast_1s1x64d" for n in resnest.DEPTHS)

AXES = {
    axis.name: axis
    for axis in (
        Axis("cardinality", ("width", "depth"), (1, 2, 4, 8, 16, 32), _RESNETS),
        Axis("width", ("depth",), (32, 48, 64, 80, 100, 128), _RESNETS),
        Axis("depth", ("width",), (26, 50, 101, 152), _RESNETS),
        Axis("radix", ("width",), (0, 1, 2, 4), _RESNESTS),
    )
}
PLANE_CARDINALITIES = (1, 2, 4)
"""What a radix is crossed with: ResNeSt's ablation lies on this grid."""


@dataclass(frozen=True)
class Setting:
    """One network of a plan; errors are fractions of the budget's and the base's multiply-adds."""

    value: int | tuple[int, int]
    name: str  # the papers' short form
    arch: Arch
    cost: Cost
    budget_error: float
    base_error: float


@dataclass(frozen=True)
class Plan:
    """The settings of an axis at a budget."""

    axis: tuple[str, ...]
    against: str
    match: Match
    budget: Budget
    base_name: str
    base: Arch
    settings: tuple[Setting, ...]


def plan(
    budget: Budget,
    axis: Sequence[str],
    *,
    against: str | None = None,
    base: str | None = None,
    values: Sequence[int] | None = None,
    match: Match = "paper",
    resolution: int | None = None,
) -> Plan:
    """Solve every setting of the axis; `SpaceError` names what does not fit. `resolution` is in pixels (None: 224)."""
    rules = axes(axis)
    main = rules[0]
    gives_way = yielding(main, against)
    name, arch = base_of(budget, main, base, resolution)
    points = _points(rules, tuple(values) if values else main.values)
    make = _maker(main.name, gives_way, arch)
    networks = [make(*point) for point in points]
    if match == "exact":
        networks = [solve.solve_widths(network, budget.macs, tolerance=EXACT) for network in networks]
    settings = tuple(
        _setting(point, network, budget, arch, main) for point, network in zip(points, networks, strict=True)
    )
    return Plan(tuple(r.name for r in rules), gives_way, match, budget, name, arch, settings)


def yielding(axis: Axis, against: str | None) -> str:
    """The dimension that gives way to the axis (None: its default)."""
    if against and against not in axis.against:
        raise SpaceError(f"{against!r} does not give way to {axis.name}; {' or '.join(axis.against)} does")
    return against or axis.against[0]


def axes(names: Sequence[str]) -> tuple[Axis, ...]:
    """The axes of those names; radix alone spans its plane with cardinality."""
    unknown = [name for name in names if name not in AXES]
    if unknown or not names:
        raise SpaceError(f"{(unknown or [''])[0]!r} is no axis; write {', '.join(AXES)}")
    if set(names) == {"radix"} or set(names) == {"radix", "cardinality"}:
        return AXES["radix"], AXES["cardinality"]
    if len(set(names)) > 1:
        raise SpaceError(f"{' x '.join(names)} is no plane; the plane is radix x cardinality")
    return (AXES[names[0]],)


def base_of(budget: Budget, axis: Axis, name: str | None, resolution: int | None) -> tuple[str, Arch]:
    """The network the settings start from: the ladder's nearest to the budget, unless named."""
    if name:
        return name, _at(parse(name), resolution)
    ladder = {rung: _at(parse(rung), resolution) for rung in axis.ladder}
    costs = {rung: cost(arch).macs for rung, arch in ladder.items()}
    cheapest, dearest = min(costs, key=costs.__getitem__), max(costs, key=costs.__getitem__)
    for rung, beyond, way in (
        (cheapest, budget.macs < costs[cheapest], "below the cheapest"),
        (dearest, budget.macs > costs[dearest], "above the dearest"),
    ):
        if beyond:
            raise SpaceError(
                f"{budget.text!r} is {way} base of the {axis.name} axis, {rung} at {shown(costs[rung])}; "
                f"write {_megas(costs[cheapest] + MEGA)} to {_megas(costs[dearest])}, or another resolution"
            )
    nearest = min(costs, key=lambda rung: abs(costs[rung] - budget.macs))
    return nearest, ladder[nearest]


def _megas(macs: int) -> str:
    """An amount that can be written as a budget, rounded down."""
    return f"{macs // MEGA}MFLOPs"


def _at(arch: Arch, resolution: int | None) -> Arch:
    return replace(arch, input=replace(arch.input, resolution=resolution)) if resolution else arch


def _points(rules: tuple[Axis, ...], values: tuple[int, ...]) -> list[tuple[int, ...]]:
    points = list(product(values, *[PLANE_CARDINALITIES] * (len(rules) - 1)))
    twice = next((v for i, v in enumerate(values) if v in values[:i]), None)
    if twice is not None:
        raise SpaceError(f"value {twice} is given twice; write each value once")
    return points


def _maker(axis: str, against: str, base: Arch) -> Callable[..., Arch]:
    """How one point of the axis becomes a network."""
    macs = cost(base).macs
    match axis, against:
        case "cardinality", "width":
            return lambda c: with_cardinality(base, c, radix(bottleneck(base.stages[0])))
        case "cardinality", "depth":
            return lambda c: solve.solve_depths(_split(base, c), macs)
        case "width", "depth":
            return lambda d: solve.solve_depths(_with_base_width(base, d), macs)
        case "depth", "width":
            return lambda layers: _nearest_width(_with_layers(base, layers), macs)
        case _:
            return lambda r, c: with_cardinality(base, c, r)


def with_cardinality(base: Arch, groups: int, splits: int) -> Arch:
    """The paper's rule: C groups of the integer width d whose first-stage block costs most nearly what the base's does.

    A block is counted at radix 1 without its attention, C(256d + 9d² + 256d) for 256 output channels; d is kept for
    every radix (Xie 2017, Table 2; ResNeSt's ablation).
    """
    if groups < 1:
        raise SpaceError(f"cardinality {groups} is not possible; it is 1 or more")
    block = bottleneck(base.stages[0])
    target = block_macs(block.inner, block.out, cardinality(block))
    narrowest = block_macs(groups, block.out, groups)
    if narrowest > (1 + SLACK) * target:
        raise SpaceError(
            f"cardinality {groups} fits no width: even {groups}x1d costs {narrowest} multiply-adds a pixel, "
            f"the base's block {target}; choose a smaller cardinality or a dearer --base"
        )
    width = nearest(lambda d: block_macs(groups * d, block.out, groups), target)
    return _with_base_width(base, width, _spatial(splits, groups))


def _spatial(splits: int, groups: int) -> Spatial:
    return SplitAttention(splits, groups) if splits else Grouped(groups)


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


def _with_base_width(arch: Arch, width: int, spatial: Spatial | None = None) -> Arch:
    """Every bottleneck at `width` channels a group, said at nominal width 64, around `spatial` (None: its own)."""
    if width < 1:
        raise SpaceError(f"width {width} is not possible; it is 1 or more channels")
    blocks = [replace(b, spatial=spatial or b.spatial) for b in map(bottleneck, arch.stages)]
    widths = [cardinality(b) * (b.out // EXPANSION * width // BASE_WIDTH) for b in blocks]
    return _with_blocks(arch, [replace(b, inner=w) for b, w in zip(blocks, widths, strict=True)])


def _split(base: Arch, groups: int) -> Arch:
    """The base with its 3x3 convolutions in `groups` groups, its widths and radix kept."""
    spatials = [_spatial(radix(b), groups) for b in map(bottleneck, base.stages)]
    return _with_blocks(
        base, [replace(bottleneck(s), spatial=new) for s, new in zip(base.stages, spatials, strict=True)]
    )


def _with_blocks(arch: Arch, blocks: Sequence[Bottleneck]) -> Arch:
    return replace(arch, stages=tuple(replace(s, block=b) for s, b in zip(arch.stages, blocks, strict=True)))


def _with_layers(base: Arch, layers: int) -> Arch:
    """The base with the depths of the published network of that many layers."""
    published = {n: depths for n, depths in resnet.DEPTHS.items() if n not in (18, 34)}
    if layers not in published:
        raise SpaceError(
            f"no published network of bottlenecks has {layers} layers; write {', '.join(map(str, published))}"
        )
    if len(base.stages) != len(published[layers]):
        raise SpaceError(
            f"the base has {len(base.stages)} stages; networks of {layers} layers have {len(published[layers])}"
        )
    return solve.with_depths(base, published[layers])


def _nearest_width(arch: Arch, macs: int) -> Arch:
    """The network at the base width whose cost is nearest to `macs`."""
    return _with_base_width(arch, nearest(lambda d: cost(_with_base_width(arch, d)).macs, macs))


def _setting(point: tuple[int, ...], arch: Arch, budget: Budget, base: Arch, axis: Axis) -> Setting:
    spent = cost(arch)
    return Setting(
        value=point if len(point) == 2 else point[0],
        name=_name(arch, axis, base),
        arch=arch,
        cost=spent,
        budget_error=spent.macs / budget.macs - 1,
        base_error=spent.macs / cost(base).macs - 1,
    )


def _name(arch: Arch, axis: Axis, base: Arch) -> str:
    """The papers' short form, `32x4d` or `2s2x40d`; depths stand in front where the axis moves them."""
    blocks = [bottleneck(s) for s in arch.stages]
    widths = [b.inner // cardinality(b) for b in blocks]
    regular = all(w == widths[0] * b.out // blocks[0].out for w, b in zip(widths, blocks, strict=True))
    width = str(widths[0]) if regular else "-".join(map(str, widths))
    splits = f"{radix(blocks[0])}s" if axis.name == "radix" or radix(blocks[0]) else ""
    deep = axis.name in ("depth", "width") or [s.depth for s in arch.stages] != [s.depth for s in base.stages]
    depths = "-".join(str(s.depth) for s in arch.stages) + " " if deep else ""
    return f"{depths}{splits}{cardinality(blocks[0])}x{width}d"
