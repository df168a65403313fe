"""Whether a network within budgets can still be reached from a beginning: proven, not estimated."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from space.budget import LARGEST, Limit
from space.spaces.bins import bins
from space.spaces.outlook import Bools, Outlook
from space.spaces.tables import Ints, Tables

CELLS = 1 << 16  # bins of a state, all measures together
MOST = 1 << 12  # beginnings that are tried at a time


@dataclass(frozen=True, eq=False)
class Reach:
    """Where bins cannot tell, some way on is searched for, depth first; what has been found is remembered."""

    limits: tuple[Limit, ...]
    outlook: Outlook
    proven: dict[tuple[int, int, bytes], bool] = field(default_factory=dict)

    def of(self, index: int, state: Ints, spent: Ints) -> Bools:
        """Of beginnings that end in a state before a place and have spent so much, (beginnings, measures)."""
        sure, open_ = self._known(index, state, spent)
        for i in open_:
            sure[i] = self._proven(index, state[i : i + 1], spent[i : i + 1])
        return sure

    def _known(self, index: int, state: Ints, spent: Ints) -> tuple[Bools, Ints]:
        """Which are sure to reach one, and which others may."""
        sure = self.outlook.certain(index, state, spent, self.limits)
        return sure, np.flatnonzero(~sure & self.outlook.hopeful(index, state, spent, self.limits))

    def _proven(self, index: int, state: Ints, spent: Ints) -> bool:
        """Of one beginning."""
        key = (index, int(state[0]), spent.tobytes())
        if key not in self.proven:
            self.proven[key] = self._some(index, state, spent)
        return self.proven[key]

    def _some(self, index: int, state: Ints, spent: Ints) -> bool:
        """Whether one of several does."""
        place = self.outlook.tables.places[index]
        options, which = place.options(state)
        after, costs = place.target[options], spent[which] + place.cost[options]
        sure, open_ = self._known(index + 1, after, costs)
        return bool(sure.any()) or any(self._some(index + 1, after[few], costs[few]) for few in _pieces(open_))


def _pieces(many: Ints) -> Iterator[Ints]:
    """One, then ever more at a time: where some way on is soon found, little has been tried in vain."""
    start, size = 0, 1
    while start < len(many):
        yield many[start : start + size]
        start, size = start + size, min(4 * size, MOST)


def reach(tables: Tables, limits: Sequence[Limit]) -> Reach:
    """Of networks within all the limits."""
    limits = tuple(limits) or (Limit("", "macs", 0, LARGEST),)
    return Reach(limits, Outlook(tables, bins(tables, limits, CELLS)))
