"""Integer problems with a budget: one integer for each stage, and of all that meet it the least distorted, proven.

A stage's integer is its bottleneck width, in steps of what its groups, splits and scales divide, or its depth. Its
ideal is the network's own integer times one real factor, the same for all stages, at which the network would cost
exactly the budget. The distortion of a network is the sum over its stages of ln(integer / ideal)².
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from math import ceil, exp, floor, lcm, log, prod, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from space.arch import Arch, Stage
from space.budget import shown
from space.draft import Draft, Effect, is_transition, stage_effect
from space.errors import SpaceError
from space.graph import Interface
from space.middle import inner, step, with_inner

MOST = 1_000_000  # networks enumerated at a time
LONGEST = 2_000  # integers of a stage
NEAREST, WIDER = 0.02, 1.25  # how far around the ideals at first, and from try to try: logarithms of factors
FEWEST = 4  # integers on each side of the largest ideal, at first
FARTHEST = {"width": log(16), "depth": log(2)}  # the same, at last
BISECTIONS = 40
REACH = 64  # integers in a row that may be impossible before a stage is said to have no larger size
LARGEST = 2**60 // 1_000  # multiply-adds of a stage, so that sums of them never wrap

Ints = NDArray[np.int64]


class Solved(NamedTuple):
    """A network, of how many it is the best, and the factor around the ideals within which they are all there are."""

    arch: Arch
    among: int
    within: float


def solve_widths(draft: Draft, macs: int, *, tolerance: float, multiple: int = 1) -> Solved:
    """The network with other bottleneck widths that costs `macs`; they are multiples of `multiple` too.

    Of all networks within `tolerance` (a fraction) of `macs` it is the least distorted, of equally distorted ones the
    nearest in cost, of equally near ones the first. Where none is within, of those enumerated it is the nearest in
    cost, and of equally near ones the least distorted.
    """
    steps = [0 if is_transition(s) else lcm(step(s.block), multiple) for s in draft.stages]

    def at(i: int, n: int, before: Interface) -> Stage:
        del before
        stage = draft.stages[i]
        return replace(stage, block=with_inner(stage.block, n * steps[i]))

    units = [inner(s.block) / by if by else 0.0 for s, by in zip(draft.stages, steps, strict=True)]
    return least_distorted(Lattice(draft, tuple(units), at), macs, tolerance * macs, FARTHEST["width"])


def solve_depths(draft: Draft, macs: int, *, tolerance: float) -> Solved:
    """The network with other depths that costs `macs`, by the same rule; no depth is beyond twice or half its ideal.

    That is, unless no whole number is nearer: the farthest is the root of ln(2)² and the nearest one's own share.
    """
    return least_distorted(_depths(draft), macs, tolerance * macs, FARTHEST["depth"])


def round_depths(draft: Draft, macs: int) -> Arch:
    """The network scaled in its depths: each stage's ideal rounded down or up, of these the nearest in cost."""
    lattice = _depths(draft)
    ideals = lattice.ideals(macs)
    integers = [[max(1, floor(x)), floor(x) + 1] if floor(x) else [1] for x in ideals]
    if prod(map(len, integers)) > MOST:
        raise SpaceError(f"a network of {len(ideals)} stages has too many depths to try; {MOST} at most are")
    best = _Box(lattice, ideals, lattice.possible(integers)).best(macs, 0)
    assert best is not None
    return best.arch


def _depths(draft: Draft) -> "Lattice":
    draft.arch()  # says where a block is not possible at any depth
    units = tuple(0.0 if is_transition(s) else float(s.depth) for s in draft.stages)
    return Lattice(draft, units, lambda i, n, _: replace(draft.stages[i], depth=n))


@dataclass(frozen=True, eq=False)
class Lattice:
    """The networks that differ from a draft in one integer of each stage.

    `at(i, n, before)` is stage i at the integer n, where that is what it reads.
    """

    draft: Draft
    units: tuple[float, ...]  # the draft's own integers, not always whole; 0 where the stage has none
    at: Callable[[int, int, Interface], Stage]
    known: dict[tuple[int, int, Interface], Effect | None] = field(default_factory=dict)

    def stage(self, i: int, n: int, before: Interface) -> Stage:
        return self.at(i, n, before) if self.units[i] else self.draft.stages[i]

    def effect(self, i: int, n: int, before: Interface) -> Effect | None:
        """Of stage i at the integer n; None where it is not possible."""
        key = (i, n, before)
        if key not in self.known:
            try:
                found = stage_effect(self.stage(i, n, before), before)
                self.known[key] = found if found.macs <= LARGEST else None
            except SpaceError:  # such as hidden channels that cardinality does not divide
                self.known[key] = None
        return self.known[key]

    def ideals(self, macs: int) -> list[float]:
        """The units times the real factor at which the network costs `macs`."""
        least = round(self.relaxed(0))
        if least >= macs:
            raise SpaceError(f"stem and head alone cost {shown(least)}, no less than the {shown(macs)} asked for")
        low, high = 0.0, 1.0
        while self.relaxed(high) < macs:
            low, high = high, 2 * high
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            low, high = (middle, high) if self.relaxed(middle) < macs else (low, middle)
        return [high * unit if unit else 1.0 for unit in self.units]

    def relaxed(self, factor: float) -> float:
        """The multiply-adds at real integers, taken as linear in each between two possible ones."""
        total, start = self.draft.start()
        relaxed, states = float(total), {start: 1.0}  # the shares of what may stand between two stages
        for i, unit in enumerate(self.units):
            after: dict[Interface, float] = {}
            ways = {before: self._between(i, factor * unit, before) for before in states}
            if not any(ways.values()):
                raise SpaceError(
                    f"stage{i + 1} is not possible at {int(factor * unit) + 1} or more, which the budget asks for"
                )
            possible = sum(share for before, share in states.items() if ways[before])
            for before, share in states.items():
                for part, effect in ways[before]:
                    relaxed += share / possible * part * effect.macs
                    after[effect.after] = after.get(effect.after, 0.0) + share / possible * part
            states = after
        return relaxed + sum(share * self.draft.end(before) for before, share in states.items())

    def _between(self, i: int, x: float, before: Interface) -> list[tuple[float, Effect]]:
        """The nearest possible integers below and above x, with their shares; nothing where none is possible."""
        if not self.units[i]:
            effect = self.effect(i, 0, before)
            return [(1.0, effect)] if effect else []
        above = self._first(i, range(int(x) + 1, int(x) + REACH), before)
        below = self._first(i, range(int(x), max(0, int(x) - REACH), -1), before)
        if above is None:
            return []
        high, effect = above
        low, least = below or (0, Effect(0, effect.after))
        part = (x - low) / (high - low)
        return [(1 - part, least), *([(part, effect)] if part else [])]

    def _first(self, i: int, integers: Iterable[int], before: Interface) -> tuple[int, Effect] | None:
        found = ((n, self.effect(i, n, before)) for n in integers)
        return next(((n, effect) for n, effect in found if effect), None)

    def possible(self, integers: Sequence[Sequence[int]]) -> list[list[int]]:
        """Those that are, after some of the stages before."""
        states, kept = {self.draft.start().after}, []
        for i, choices in enumerate(integers):
            effects = {n: [self.effect(i, n, before) for before in states] for n in choices}
            kept.append([n for n, found in effects.items() if any(found)])
            states = {effect.after for n in kept[-1] for effect in effects[n] if effect}
        return kept

    def gaps(self, ideals: Sequence[float]) -> list[float]:
        """No possible integer is nearer to its ideal than this: the logarithm of the factor between them.

        Once what a stage hands on depends on its integer, which integers are possible does too, and any may be.
        """
        gaps, before, certain = [], self.draft.start().after, True
        for i, x in enumerate(ideals):
            ways = (range(int(x), max(0, int(x) - REACH), -1), range(int(x) + 1, int(x) + REACH))
            found = [first for way in ways if (first := self._first(i, way, before))] if certain else []
            near = [n for n, _ in found] or [n for n in (int(x), int(x) + 1) if n]
            gaps.append(min(abs(log(n / x)) for n in near) if self.units[i] else 0.0)
            certain = len({effect.after for _, effect in found}) == 1
            before = found[0][1].after if certain else before
        return gaps

    def least(self) -> int:
        """The multiply-adds of the network whose integers are as small as they can be."""
        total, before = self.draft.start()
        for i in range(len(self.units)):
            _, effect = self._first(i, range(1, REACH), before) or (0, Effect(LARGEST, before))
            total, before = total + effect.macs, effect.after
        return total + self.draft.end(before)


class _Best(NamedTuple):
    draft: Draft
    distortion: float
    within: bool  # the tolerance
    among: int  # networks that are possible

    @property
    def arch(self) -> Arch:
        return self.draft.arch()


@dataclass(frozen=True)
class _Box:
    """All networks that take each stage's integer from a list."""

    lattice: Lattice
    ideals: Sequence[float]
    integers: Sequence[Sequence[int]]

    @property
    def size(self) -> int:
        return prod(map(len, self.integers))

    def best(self, macs: int, tolerance: float) -> _Best | None:
        """The least distorted within `tolerance`, of equals the nearest; where none is, the other way round."""
        if not self.size:
            return None
        costs, distortion = self.costs(), self.distortions()
        errors, among = np.abs(costs - macs), np.flatnonzero(costs < LARGEST)
        possible = len(among)
        if not possible:
            return None
        if len(near := np.flatnonzero(errors <= tolerance)):
            first, second, among = distortion, errors, near
        else:
            first, second = errors, distortion
        equal = among[first[among] <= first[among].min() * (1 + 1e-12)]
        index = int(equal[np.argmin(second[equal])])
        return _Best(self._draft(index), float(distortion[index]), within=first is distortion, among=possible)

    def _draft(self, index: int) -> Draft:
        chosen = np.unravel_index(index, [len(n) for n in self.integers])
        stages, before = [], self.lattice.draft.start().after
        for i, (integers, at) in enumerate(zip(self.integers, chosen, strict=True)):
            stages.append(self.lattice.stage(i, integers[int(at)], before))
            before = stage_effect(stages[-1], before).after
        return replace(self.lattice.draft, stages=tuple(stages))

    def distortions(self) -> NDArray[np.float64]:
        parts = [np.log(np.array(n) / ideal) ** 2 for n, ideal in zip(self.integers, self.ideals, strict=True)]
        return reduce(np.add.outer, parts).ravel()

    def costs(self) -> Ints:
        """The multiply-adds of all networks, the last stage's integer changing fastest."""
        lattice = self.lattice
        total, start = lattice.draft.start()
        costs, state, states = np.array([total]), np.array([0]), [start]
        for i, integers in enumerate(self.integers):
            effects = [[lattice.effect(i, n, before) or Effect(LARGEST, before) for n in integers] for before in states]
            numbers = {after: at for at, after in enumerate(dict.fromkeys(e.after for row in effects for e in row))}
            costs = (costs[:, None] + np.array([[e.macs for e in row] for row in effects])[state]).ravel()
            state = np.array([[numbers[e.after] for e in row] for row in effects])[state].ravel()
            states = list(numbers)
        ends: Ints = np.array([lattice.draft.end(before) for before in states])[state]
        return costs + ends


def least_distorted(lattice: Lattice, macs: int, tolerance: float, farthest: float) -> Solved:
    """Enumerate ever larger boxes around the ideals.

    No integer of a stage is nearer to its ideal than its nearest possible one, and a network outside the box has one
    that is farther by more than reach, in squares. So no network outside is less distorted than `proven`, and what is
    within the tolerance, and no more distorted than that, is the least distorted there is.
    """
    if (least := lattice.least()) > macs + tolerance:
        raise SpaceError(f"the smallest network costs {shown(least)}, more than the {shown(macs)} asked for")
    ideals = lattice.ideals(macs)
    gaps = lattice.gaps(ideals)
    few = min(FEWEST, (MOST ** (1 / max(1, sum(map(bool, lattice.units)))) - 1) / 2)  # or there would be too many
    best, among, within, reach = None, 0, 0.0, min(NEAREST, few / max(ideals))
    while within < farthest:
        radii = [sqrt(gap**2 + reach**2) for gap in gaps]
        integers = [_around(x, r) if u else range(1, 2) for x, r, u in zip(ideals, radii, lattice.units, strict=True)]
        if max(map(len, integers)) > LONGEST:
            break
        box = _Box(lattice, ideals, lattice.possible(integers))
        if box.size > MOST:
            break
        proven = sum(gap**2 for gap in gaps) + reach**2
        if found := box.best(macs, tolerance):
            best, among = found, found.among
            if found.within and found.distortion <= proven:
                break
        within, reach = reach, min(WIDER * reach, farthest)
    if best is None:
        raise SpaceError(
            f"no network near {shown(macs)} is possible: no integers near the ideals fit what divides them"
        )
    return Solved(best.arch, among, exp(within))


def _around(ideal: float, reach: float) -> range:
    return range(max(1, ceil(ideal * exp(-reach) - 1e-9)), floor(ideal * exp(reach) + 1e-9) + 1)
