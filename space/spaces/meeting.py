"""Meeting in the middle: all distinct sums of values from the left and from the right, and what pairs of them cost."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from space.budget import LARGEST
from space.spaces.sums import Scaled
from space.spaces.tables import Ints, Tables

MOST_SUMS = 50_000_000  # made on the way: more, and there is no meeting
MOST_LARGE_SUMS = 5_000_000  # of those counted in Python's integers
MOST_PAIRS = 500_000_000  # compared one by one, where a second measure is limited
CHUNK = 4_000_000

Counts = NDArray[np.int64] | NDArray[np.object_]  # Python's integers where int64 would not do
Half = tuple[Ints, Counts]  # distinct sums of values (sums, measures), in order, and how many paths have each


@dataclass(frozen=True)
class Halves:
    """The sums left and right of the states of one place, by state."""

    left: dict[int, Half]
    right: dict[int, Half]
    costs: Scaled

    def count(self) -> int | None:
        """The pairs within the limits; None where they are too many to compare."""
        states = self.left.keys() & self.right.keys()
        ranges = {state: self._reach(self.left[state][0], self.right[state][0]) for state in states}
        compared = sum(int((last - first).sum()) for first, last in ranges.values())
        if len(self.costs.measures) > 1 and compared > MOST_PAIRS:
            return None
        return sum(self._pairs(self.left[state], self.right[state], *ranges[state]) for state in states)

    def _reach(self, a: Ints, b: Ints) -> tuple[Ints, Ints]:
        """Which of the sums right, from the first to the last, meet the first limit together with each sum left."""
        low, high = (ends[0] for ends in self.costs.within(surely=True))
        first: Ints = np.searchsorted(b[:, 0], low - a[:, 0], "left")
        last: Ints = np.maximum(first, np.searchsorted(b[:, 0], high - a[:, 0], "right"))
        return first, last

    def _pairs(self, left: Half, right: Half, first: Ints, last: Ints) -> int:
        """The pairs that are within the limits of every measure."""
        (a, counts), (b, others) = left, right
        low, high = self.costs.within(surely=True)
        if len(low) == 1:
            sums = np.concatenate((np.zeros(1, others.dtype), np.cumsum(others)))
            return int((counts * (sums[last] - sums[first])).sum())
        found = 0
        for i, j in _ranges(first, last):
            sums = a[i, 1:] + b[j, 1:]
            fits = ((low[1:] <= sums) & (sums <= high[1:])).all(axis=1)
            found += int((counts[i[fits]] * others[j[fits]]).sum())
        return found


def _ranges(first: Ints, last: Ints) -> Iterator[tuple[Ints, Ints]]:
    """All pairs (i, j) with first[i] <= j < last[i], in pieces of bounded size."""
    lengths = last - first
    ends = np.cumsum(lengths)
    cuts = np.searchsorted(ends, np.arange(CHUNK, int(lengths.sum()) + CHUNK, CHUNK), "left") + 1
    start = 0
    for cut in cuts:
        n = lengths[start:cut]
        i = np.repeat(np.arange(start, start + len(n)), n)
        yield i, np.arange(len(i)) - np.repeat(np.cumsum(n) - n, n) + first[i]
        start = cut


def halves(tables: Tables, costs: Scaled, total: int) -> Halves | None:
    """Sums from both ends, always extended on the cheaper side, until they meet; None where they are too many.

    `total` is the number of the space's networks.
    """
    kind: type = np.int64 if total < LARGEST else object
    high = costs.within(surely=True)[1]
    ends = range(int(tables.places[-1].target.max()) + 1)
    forth = [_Rows(v, place.origin, place.target, high) for v, place in zip(costs.values, tables.places, strict=True)]
    back = [_Rows(rows.value, rows.target, rows.origin, high) for rows in forth]
    nothing: Half = (np.zeros((1, len(high)), np.int64), np.ones(1, kind))
    left, right, i, j = {0: nothing}, dict.fromkeys(ends, nothing), 0, len(forth)
    room = MOST_SUMS if kind is np.int64 else MOST_LARGE_SUMS
    while i < j:
        work = forth[i].work(left), back[j - 1].work(right)
        room -= min(work)
        if room < 0:
            return None
        if work[0] <= work[1]:
            left, i = forth[i].extended(left), i + 1
        else:
            right, j = back[j - 1].extended(right), j - 1
    return Halves(left, right, costs)


@dataclass(frozen=True)
class _Rows:
    """The options of a place: from which state to which, at what values; and what a sum may be at most."""

    value: Ints
    origin: Ints
    target: Ints
    high: Ints

    def work(self, halves: dict[int, Half]) -> int:
        """How many sums an extension makes before equal ones are one."""
        lengths = np.zeros(int(self.origin.max()) + 1, np.int64)
        for state, (sums, _) in halves.items():
            lengths[state] = len(sums)
        return int(lengths[self.origin].sum())

    def extended(self, halves: dict[int, Half]) -> dict[int, Half]:
        """The sums after one option more."""
        made: dict[int, list[Half]] = {}
        order = np.lexsort((self.target, self.origin))
        edges = np.column_stack((self.origin, self.target))[order]
        starts = np.flatnonzero(np.concatenate(([True], (edges[1:] != edges[:-1]).any(axis=1))))
        for (origin, target), values in zip(edges[starts], np.split(self.value[order], starts[1:]), strict=True):
            if origin in halves:
                made.setdefault(int(target), []).append(self._added(halves[origin], values))
        return {state: _merged(*map(np.concatenate, zip(*pieces, strict=True))) for state, pieces in made.items()}

    def _added(self, half: Half, values: Ints) -> Half:
        """The sums with each of the values more; no value is negative, so what is too large stays so."""
        (sums, counts), (values, ways) = half, np.unique(values, axis=0, return_counts=True)
        longer = (sums[:, None] + values).reshape(-1, len(self.high))
        kept = (longer <= self.high).all(axis=1)
        return _merged(longer[kept], (counts[:, None] * ways.astype(counts.dtype)).ravel()[kept])


def _merged(sums: Ints, counts: Counts) -> Half:
    """Equal sums as one."""
    if not len(sums):
        return sums, counts
    order = np.lexsort(sums.T[::-1])
    sums, counts = sums[order], counts[order]
    starts = np.flatnonzero(np.concatenate(([True], (sums[1:] != sums[:-1]).any(axis=1))))
    return sums[starts], np.add.reduceat(counts, starts)
