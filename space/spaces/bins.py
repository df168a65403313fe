"""Costs in bins: how many ways there are to go on from every state at every sum, as far as bins can tell.

Where a bin is no wider than the costs' common divisor it tells exactly; else the count lies between two bounds, and a
sampler that draws from the bins corrects itself by an acceptance step.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from space.budget import Limit
from space.errors import SpaceError
from space.spaces.sums import Scaled, scaled
from space.spaces.tables import Ints, Tables

CELLS = 1 << 13  # bins of a state, all measures together
MOST_CELLS = 1 << 26  # of all states
EXACT = 2**53  # what a float counts one by one
DOUBT = 1e-9  # relative: more than any sum of floats here is off

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Groups:
    """Options of a place that are alike: from one state to one state at one value. Those of a state stand together."""

    origin: Ints
    target: Ints
    value: Ints  # (groups, measures)
    first: Ints  # of its options, in `options`
    count: Ints
    options: Ints


@dataclass(frozen=True)
class Bins:
    """For every place and state the number of ways to go on, by the sum of values they add: (states, sums ...)."""

    costs: Scaled
    groups: tuple[Groups, ...]
    ways: tuple[Floats, ...]

    def bounds(self) -> tuple[int, int]:
        """The number of networks within the limits, from below and from above."""
        surely, possibly = (float(self.ways[0][0][self.window(surely=sure)].sum()) for sure in (True, False))
        if possibly < EXACT:
            return round(surely), round(possibly)
        return int(surely * (1 - DOUBT)), int(possibly * (1 + DOUBT)) + 1

    def window(self, *, surely: bool) -> tuple[slice, ...]:
        """The sums at which a path is within the limits."""
        low, high = self.costs.within(surely=surely)
        return tuple(slice(int(a), max(int(a), int(b) + 1)) for a, b in zip(low, high, strict=True))


def bins(tables: Tables, limits: Sequence[Limit], cells: int = CELLS) -> Bins:
    """Filled from the last place to the first; `SpaceError` where there are more ways than a float can say."""
    states = sum(len(place.interfaces) for place in tables.places)
    costs = scaled(tables, limits, max(1, min(cells, MOST_CELLS // states)))
    shape = tuple(int(high) + 1 for high in np.maximum(costs.within(surely=False)[1], 0))
    groups = tuple(map(_grouped, (p.origin for p in tables.places), (p.target for p in tables.places), costs.values))
    after = np.zeros((int(tables.places[-1].target.max()) + 1, *shape))
    after.reshape(len(after), -1)[:, 0] = 1.0
    ways = [after]
    with np.errstate(over="ignore"):
        for place, group in zip(reversed(tables.places), reversed(groups), strict=True):
            ways.append(_before(group, ways[-1], len(place.interfaces)))
        if not np.isfinite(ways[-1].sum()):
            raise SpaceError("the space has more than 1e308 sentences, too many for budgets; narrow its choices")
    return Bins(costs, groups, tuple(reversed(ways)))


def _before(groups: Groups, after: Floats, states: int) -> Floats:
    """The ways to go on from the states before."""
    found = np.zeros((states, *after.shape[1:]))
    limits = after.shape[1:]
    for origin, target, value, count in zip(groups.origin, groups.target, groups.value, groups.count, strict=True):
        if all(value < limits):
            to = tuple(slice(v, None) for v in value)
            found[origin][to] += (
                count * after[target][tuple(slice(None, n - v) for n, v in zip(limits, value, strict=True))]
            )
    return found


def _grouped(origin: Ints, target: Ints, value: Ints) -> Groups:
    order = np.lexsort((*value.T[::-1], target, origin))
    key = np.column_stack((origin, target, value))[order]
    first = np.flatnonzero(np.concatenate(([True], (key[1:] != key[:-1]).any(axis=1))))
    count = np.diff(np.concatenate((first, [len(order)])))
    return Groups(key[first, 0], key[first, 1], key[first, 2:], first, count, order)
