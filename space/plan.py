"""From a budget and an axis to settings: one design dimension varies, another gives way, the cost holds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

from space import solve
from space.arch import Arch
from space.axes import PLANE, Axis, axes, rule, yielding
from space.budget import MEGA, Budget, shown
from space.cost import Cost, cost
from space.errors import SpaceError
from space.sentence import parse
from space.solve import bottleneck, cardinality, radix

Match = Literal["paper", "exact"]

EXACT = 0.001  # of the budget: what `exact` matching meets
FARTHEST = 0.25  # of the base's multiply-adds: a setting farther off does not hold the budget


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
    """Solve every setting of the axis; `SpaceError` names what does not fit.

    `values` are those of the axis written first. `resolution` is in pixels (None: the base's own).
    """
    rules = axes(axis)
    main = rules[0]
    gives_way = yielding(main, against)
    if match == "exact" and gives_way == "depth":
        raise SpaceError("depth comes in whole blocks and cannot be matched exactly; write --match paper")
    name, arch = base_of(budget, main, base, resolution)
    make = rule(main.name, gives_way, arch)
    settings = []
    for point in _points(rules, axis[0], values):
        network = make(*point)
        if match == "exact":
            network = solve.solve_widths(network, budget.macs, tolerance=EXACT)
        settings.append(_setting(point, network, budget, arch, main))
    if values is None and match == "paper":  # of the usual values, those that hold this budget
        settings = [setting for setting in settings if abs(setting.base_error) <= FARTHEST]
    _check(settings, match)
    return Plan(tuple(r.name for r in rules), gives_way, match, budget, name, arch, tuple(settings))


def base_of(budget: Budget, axis: Axis, name: str | None, resolution: int | None) -> tuple[str, Arch]:
    """The network the settings start from: the ladder's nearest to the budget, unless named."""
    if name is not None:
        return name, _at(parse(name), resolution)
    ladder = {rung: _at(parse(rung), resolution) for rung in axis.ladder}
    costs = {rung: cost(arch).macs for rung, arch in ladder.items()}
    cheapest, dearest = min(costs, key=costs.__getitem__), max(costs, key=costs.__getitem__)
    for rung, beyond, way in (
        (cheapest, budget.macs < costs[cheapest], "below the cheapest"),
        (dearest, budget.macs > costs[dearest], "above the dearest"),
    ):
        if beyond:
            reach = f"{costs[cheapest] // MEGA + 1}MFLOPs to {costs[dearest] // MEGA}MFLOPs"
            raise SpaceError(
                f"{budget.text!r} is {way} base of the {axis.name} axis, {rung} at {shown(costs[rung])}; "
                f"write {reach}, or another resolution"
            )
    nearest = min(costs, key=lambda rung: abs(costs[rung] - budget.macs))
    return nearest, ladder[nearest]


def _at(arch: Arch, resolution: int | None) -> Arch:
    return replace(arch, input=replace(arch.input, resolution=resolution)) if resolution else arch


def _points(rules: tuple[Axis, ...], first: str, values: Sequence[int] | None) -> list[tuple[int, ...]]:
    """The values of the axis, or the grid of the plane; `values` take the place of the first axis's own."""
    twice = next((v for i, v in enumerate(values or ()) if v in (values or ())[:i]), None)
    if twice is not None:
        raise SpaceError(f"value {twice} is given twice; write each value once")
    own = PLANE if len(rules) > 1 else {rules[0].name: rules[0].values}
    return list(product(*(tuple(values) if values and name == first else own[name] for name in own)))


def _check(settings: Sequence[Setting], match: Match) -> None:
    """Every setting holds the budget, as far as its rule promises, and is another network than the others."""
    for setting in settings:
        if match == "exact" and abs(setting.budget_error) > EXACT:
            raise SpaceError(f"{setting.name} is the nearest network, {setting.budget_error:+.2%} of the budget off")
        if match == "paper" and abs(setting.base_error) > FARTHEST:
            off = f"the nearest, {setting.name}, costs {setting.base_error:+.0%} of the base"
            raise SpaceError(
                f"value {setting.value} does not hold the budget: {off}; choose values nearer to the base's"
            )
    twins = [(a, b) for i, a in enumerate(settings) for b in settings[:i] if a.arch == b.arch]
    if twins:
        (a, b), *_ = twins
        raise SpaceError(f"values {b.value} and {a.value} come to the same network, {a.name}; leave one out")


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
