"""Uniform samples of a space within budgets, by construction: every choice is drawn with the ways to go on from it.

Costs are drawn in bins, so an acceptance step keeps what is within the budgets exactly; what is kept is uniform.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from space.budget import Limit
from space.errors import SpaceError
from space.spaces.bins import Bins, Floats, Groups, bins
from space.spaces.tables import MEASURES, Ints, Tables

CELLS = 1 << 9  # bins of a state, times four for every measure: fewer are faster drawn from, and less often within
BATCH = 1 << 16  # drawn at a time: part of what a seed means
MOST_WEIGHTS = 1 << 21  # held at a time
HOPELESS = 50  # batches in a row without a network within the budgets
FEW = 4  # batches that are quicker drawn than a search is begun

Paths = NDArray[np.int32]  # (networks, places): the option taken at each place


def samples(tables: Tables, limits: Sequence[Limit], count: int, seed: int) -> Iterator[Paths]:
    """`count` networks within the limits, drawn independently and uniformly, in batches: the same for the same seed."""
    binned = bins(tables, limits, CELLS << 2 * len({limit.measure for limit in limits}))
    if not binned.bounds()[1]:
        raise SpaceError("no sentence of the space is within the budgets")
    rng, missing, in_vain = np.random.default_rng(seed), count, 0
    while missing:
        drawn = _drawn(binned, rng)
        kept = drawn[within(tables.costs(drawn), limits)][:missing]
        missing -= len(kept)
        in_vain = 0 if len(kept) else in_vain + 1
        if in_vain == HOPELESS:
            raise SpaceError(
                f"none of {HOPELESS * BATCH} draws near the budgets is within them; give them a larger --tolerance"
            )
        if len(kept):
            yield kept


def some_within(tables: Tables, limits: Sequence[Limit]) -> bool:
    """Whether some of a few draws are within the limits: a proof if so, and none if not."""
    binned, rng = bins(tables, limits, CELLS << 2 * len({limit.measure for limit in limits})), np.random.default_rng(0)
    if not binned.bounds()[1]:
        return False
    return any(within(tables.costs(_drawn(binned, rng)), limits).any() for _ in range(FEW))


def within(costs: Ints, limits: Sequence[Limit]) -> NDArray[np.bool_]:
    """Which costs (networks, measures) are within all limits."""
    fits = np.ones(len(costs), dtype=bool)
    for limit in limits:
        column = costs[:, MEASURES.index(limit.measure)]
        fits &= (limit.low <= column) & (column <= limit.high)
    return fits


def _drawn(binned: Bins, rng: np.random.Generator) -> Paths:
    """A batch of paths that may be within the limits."""
    rest, state = _totals(binned, rng), np.zeros(BATCH, np.int64)
    columns = []
    for groups, after in zip(binned.groups, binned.ways[1:], strict=True):
        chosen = _Draw(groups, after).groups(state, rest, rng.random(BATCH))
        member = (rng.random(BATCH) * groups.count[chosen]).astype(np.int64)
        columns.append(groups.options[groups.first[chosen] + member])
        rest = rest - groups.value[chosen]
        state = groups.target[chosen]
    return np.column_stack(columns).astype(np.int32)


def _totals(binned: Bins, rng: np.random.Generator) -> Ints:
    """The sum of values that each path of a batch is to have: (networks, measures)."""
    window = binned.window(surely=False)
    ways = binned.ways[0][0][window]
    sums = np.cumsum(ways.ravel())
    picked = np.searchsorted(sums, rng.random(BATCH) * sums[-1], "right")
    corner = np.array([one.start for one in window])
    drawn: Ints = np.column_stack(np.unravel_index(picked, ways.shape)) + corner
    return drawn


@dataclass(frozen=True)
class _Draw:
    """One step: from a state with a sum still to spend to one of the state's groups of options."""

    options: Groups
    after: Floats

    def groups(self, state: Ints, rest: Ints, uniform: Floats) -> Ints:
        """A group for each path, at random by the ways to go on after it."""
        shape = self.after.shape
        where = np.ravel_multi_index((state, *rest.T), (int(self.options.origin.max()) + 1, *shape[1:]))
        distinct, which = np.unique(where, return_inverse=True)
        order = np.argsort(which, kind="stable")
        ends = np.searchsorted(which[order], np.arange(len(distinct)), "right")
        starts = np.searchsorted(self.options.origin, np.arange(int(self.options.origin.max()) + 2))
        states, *spent = np.unravel_index(distinct, (int(self.options.origin.max()) + 1, *shape[1:]))
        lengths = (starts[1:] - starts[:-1])[states]
        found = np.empty(len(state), np.int64)
        cuts = np.flatnonzero(np.diff(np.cumsum(lengths) // MOST_WEIGHTS, prepend=-1))
        for a, b in zip(cuts, [*cuts[1:], len(distinct)], strict=True):
            sums, groups, ends_of = self._sums(starts[states[a:b]], lengths[a:b], np.column_stack(spent)[a:b])
            mine = order[ends[a - 1] if a else 0 : ends[b - 1]]
            picked = np.searchsorted(sums, which[mine] - a + uniform[mine], "right")
            found[mine] = groups[np.clip(picked, *ends_of[:, which[mine] - a])]
        return found

    def _sums(self, start: Ints, length: Ints, rest: Ints) -> tuple[Floats, Ints, Ints]:
        """For each of several states, sums of the weights of its groups, scaled to end at 1, 2, 3 ...; and the groups.

        With the places, for each state, of its first and last group that is possible: rounding must not pass them.
        """
        which, starts = np.repeat(np.arange(len(start)), length), np.cumsum(length) - length
        places = np.arange(len(which))
        group = places - starts[which] + start[which]
        left = rest[which] - self.options.value[group]
        possible = (left >= 0).all(axis=1)
        weight = np.zeros(len(group))
        at = (self.options.target[group[possible]], *left[possible].T)
        weight[possible] = self.options.count[group[possible]] * self.after[at]
        total = np.add.reduceat(weight, starts)
        first = np.minimum.reduceat(np.where(weight > 0, places, len(places)), starts)
        last = np.maximum.reduceat(np.where(weight > 0, places, -1), starts)
        return np.cumsum(weight / total[which]), group, np.stack((first, last))
