"""From a budget and an axis to settings: one design dimension varies, another gives way, the cost holds."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

from space import solve
from space.arch import Arch
from space.axes import Axis, axes, points, yielding
from space.axes.paper import keep_block, keep_network
from space.base import SPLIT, Base, base_of
from space.budget import Budget
from space.cost import Cost, cost
from space.draft import Draft
from space.errors import SpaceError
from space.families.densenet import DenseLayer
from space.middle import middle, width
from space.sentence import parse

Match = Literal["paper", "exact"]

EXACT = 0.001  # of the budget: what `exact` matching meets
FARTHEST = 0.25  # of what is to be met: a setting farther off does not hold the budget


@dataclass(frozen=True)
class Setting:
    """One network of a plan; errors are fractions of the budget's and the base's multiply-adds."""

    value: int | tuple[int, ...]
    name: str  # the papers' short form
    arch: Arch
    cost: Cost
    budget_error: float
    base_error: float
    proof: str = ""  # where exact matching comes no nearer: why


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
    left_out: tuple[str, ...] = ()  # of the usual values those that do not hold the budget, with the reason
    usual: bool = True  # whether all else is as it is by default


@dataclass(frozen=True)
class _Question:
    """What every setting of a plan has in common."""

    budget: Budget
    axes: tuple[Axis, ...]
    against: str
    match: Match
    base: Base
    multiple: int

    def setting(self, point: tuple[int, ...]) -> Setting:
        """The setting at a point of the axes; `SpaceError` where none holds the budget."""
        moved = Draft.of(self.base.arch)
        for axis, value in zip(self.axes, point, strict=True):
            moved = axis.put(moved, value)
        if self.match == "paper":
            return self._checked(point, self._by_the_papers(moved))
        by = solve.solve_depths if self.against == "depth" else self._widths
        solved = by(moved, self.budget.macs, tolerance=EXACT)
        every = f"every one whose {self.against}s are within x {solved.within:.2g} of the ideal"
        return self._checked(point, solved.arch, f"the nearest of {solved.among:,} networks, {every} among them")

    def _widths(self, moved: Draft, macs: int, *, tolerance: float) -> solve.Solved:
        return solve.solve_widths(moved, macs, tolerance=tolerance, multiple=self.multiple)

    def _by_the_papers(self, moved: Draft) -> Arch:
        base, names = Draft.of(self.base.arch), {axis.name for axis in self.axes}
        if self.against == "depth":
            return solve.round_depths(moved, base.macs())
        if "depth" in names:
            return keep_network(base, moved, base.macs()).arch()
        return keep_block(base, moved, multiple=SPLIT if "radix" in names else 2 if "scale" in names else 1).arch()

    def _checked(self, point: tuple[int, ...], arch: Arch, proof: str = "") -> Setting:
        """The setting, if it holds the budget as far as its rule promises."""
        spent, value = cost(arch), point if len(point) > 1 else point[0]
        off, of_base = spent.macs / self.budget.macs - 1, spent.macs / cost(self.base.arch).macs - 1
        name = _name(arch, {axis.name for axis in self.axes}, self.base.arch)
        if self.match == "exact" and abs(off) > (FARTHEST if self.against == "depth" else EXACT):
            raise SpaceError(f"{name} is the nearest network, {off:+.2%} of the budget off: {proof}")
        if self.match == "paper" and abs(of_base) > FARTHEST:
            nearest = f"the nearest, {name}, costs {abs(of_base):.0%} {'more' if of_base > 0 else 'less'} than the base"
            raise SpaceError(f"value {value} does not hold the budget: {nearest}; choose values nearer to the base's")
        return Setting(value, name, arch, spent, off, of_base, proof if abs(off) > EXACT else "")


def plan(
    budget: Budget,
    axis: Sequence[str],
    *,
    against: str | None = None,
    base: str | None = None,
    values: Sequence[int] | None = None,
    across: Sequence[int] | None = None,
    match: Match = "paper",
    resolution: int | None = None,
    multiple: int = 1,
) -> Plan:
    """Solve every setting of the axis; `SpaceError` names what does not fit.

    `values` are those of the axis written first, `across` those of a plane's other one; of the usual ones those stay
    that hold the budget. `resolution` is in pixels (None: the base's own). In exact matching widths are multiples of
    `multiple`, too.
    """
    asked = axes(axis)
    gives_way = yielding(asked, against)
    if multiple > 1 and (match, gives_way) != ("exact", "width"):
        raise SpaceError(f"widths are not solved exactly where {match} matching moves {gives_way}; leave multiples out")
    start = base_of(budget, asked[0], base, resolution, exact=match == "exact", multiple=multiple)
    question = _Question(budget, asked, gives_way, match, start, multiple)
    given = _given(asked, axis[0], values, across)
    chosen, usual = (points(asked, own, start.factor) for own in (given, {}))
    settings, left_out = _settings(question, chosen, all_of_them=bool(given))
    native = start.arch.input.resolution == parse(start.network).input.resolution
    return Plan(
        tuple(rule.name for rule in asked),
        gives_way,
        match,
        budget,
        start.name,
        start.arch,
        settings,
        left_out,
        usual=chosen == usual and not left_out and native and multiple == 1,
    )


def _given(
    asked: Sequence[Axis], first: str, values: Sequence[int] | None, across: Sequence[int] | None
) -> dict[str, Sequence[int]]:
    """Values by the axis they are of."""
    others = [axis.name for axis in asked if axis.name != first]
    if across and not others:
        raise SpaceError(f"{first} is one axis, and values are given for two; write those of {first} alone")
    return {name: own for name, own in ((first, values), *((other, across) for other in others)) if own}


def _settings(
    question: _Question, chosen: Sequence[tuple[int, ...]], *, all_of_them: bool
) -> tuple[tuple[Setting, ...], tuple[str, ...]]:
    """Those that hold the budget, and of the others why not; an error where all of them should, or none does."""
    settings, failures = [], []
    for point in chosen:
        try:
            settings.append(question.setting(point))
        except SpaceError as error:
            failures.append((" x ".join(map(str, point)), error))
            if all_of_them:
                break
    if failures and (all_of_them or not settings):
        raise failures[0][1]
    _refuse_twins(settings)
    whole = settings if all_of_them or len(question.axes) == 1 else _whole(settings, question.axes)
    left_out = [f"{point}: {error}" for point, error in failures]
    left_out += [f"{one.name}: where it stands the plane would have gaps" for one in settings if one not in whole]
    return tuple(whole), tuple(left_out)


def _whole(settings: list[Setting], asked: Sequence[Axis]) -> list[Setting]:
    """Of a plane a whole grid: of what has a gap that value goes which has fewest settings."""
    kept = {setting.value: setting for setting in settings if isinstance(setting.value, tuple)}
    while gaps := set(product(*map(dict.fromkeys, zip(*kept, strict=True)))) - kept.keys():
        lines = [[point for point in kept if point[axis] == gap[axis]] for gap in sorted(gaps) for axis in (0, 1)]
        for point in min(lines, key=len):
            del kept[point]
    if any(len(set(values)) < 2 for values in zip(*kept, strict=True)):
        both = " x ".join(axis.name for axis in asked)
        raise SpaceError(
            f"of the usual values of {both} those that hold the budget span no plane; write values of both"
        )
    return list(kept.values())


def _refuse_twins(settings: Sequence[Setting]) -> None:
    """Every setting is another network than the others."""
    twins = [(a, b) for i, a in enumerate(settings) for b in settings[:i] if a.arch == b.arch]
    if twins:
        (a, b), *_ = twins
        raise SpaceError(f"values {b.value} and {a.value} come to the same network, {a.name}; leave one out")


def _name(arch: Arch, moved: Container[str], base: Arch) -> str:
    """The papers' short form, `32x4d`, `2s2x40d`, `26w4s` or `k32`; depths stand in front where the axis moves them."""
    stages = Draft.of(arch).body
    deep = "depth" in moved or "width" in moved or [s.depth for s in arch.stages] != [s.depth for s in base.stages]
    depths = "-".join(str(s.depth) for s in stages) + " " if deep else ""
    blocks = [stage.block for stage in stages]
    it, first = middle(blocks[0]), blocks[0]
    if isinstance(first, DenseLayer):
        groups = (("radix", f" {it.radix}r"), ("scale", f" {it.scale}s"), ("cardinality", f" {it.cardinality}c"))
        return f"{depths}k{first.growth_rate}" + "".join(text for axis, text in groups if axis in moved)
    widths, outs = [width(b) for b in blocks], [getattr(b, "out", 1) for b in blocks]
    regular = all(w == widths[0] * out // outs[0] for w, out in zip(widths, outs, strict=True))
    return depths + it.short(str(widths[0]) if regular else "-".join(map(str, widths)), moved)
