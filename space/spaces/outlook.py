"""What bins know of the ways on from a beginning: whether one may end within limits, and whether one surely does."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray

from space.budget import Limit
from space.spaces.bins import Bins
from space.spaces.tables import MEASURES, Ints, Tables

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Outlook:
    """From a state before a place, after spending so much: (beginnings) and (beginnings, measures)."""

    tables: Tables
    binned: Bins

    def hopeful(self, index: int, state: Ints, spent: Ints, limits: Sequence[Limit]) -> Bools:
        """Whether bins know a way on from a state that may end within the limits."""
        return self._known(index, state, spent, limits, surely=False)

    def certain(self, index: int, state: Ints, spent: Ints, limits: Sequence[Limit]) -> Bools:
        """Whether bins know a way on that ends within the limits whatever has been rounded off."""
        return self._known(index, state, spent, limits, surely=True)

    def _known(self, index: int, state: Ints, spent: Ints, limits: Sequence[Limit], *, surely: bool) -> Bools:
        costs, corner = self.binned.costs, self._ways[index]
        base, slack = self._rests[index]
        below, above = (slack, 0 * slack) if surely else (0 * slack, slack)
        low, high = np.zeros((2, len(state), len(costs.measures)), np.int64)
        for i, measure in enumerate(costs.measures):
            column = spent[:, MEASURES.index(measure)] + base[i]
            lows, highs = ([getattr(x, end) for x in limits if x.measure == measure] for end in ("low", "high"))
            low[:, i] = np.clip(-((column + above[i] - max(lows)) // costs.unit[i]), 0, corner.shape[i + 1] - 1)
            high[:, i] = np.clip((min(highs) - below[i] - column) // costs.unit[i] + 1, 0, corner.shape[i + 1] - 1)
        high = np.maximum(low, high)
        ends = np.stack((low, high))
        found = np.zeros(len(state), np.int64)
        for which in product((0, 1), repeat=len(costs.measures)):
            at = tuple(ends[w, :, i] for i, w in enumerate(which))
            found += (-1) ** (len(which) - sum(which)) * corner[(state, *at)]
        return found > 0

    @cached_property
    def _ways(self) -> tuple[Ints, ...]:
        """By place: in how many bins below a corner there is a way to go on, by state."""
        found = []
        for ways in self.binned.ways:
            sums = (ways > 0).astype(np.int64)
            for axis in range(1, ways.ndim):
                sums = np.cumsum(sums, axis=axis)
            found.append(np.pad(sums, [(0, 0), *(((1, 0),) * (ways.ndim - 1))]))
        return tuple(found)

    @cached_property
    def _rests(self) -> tuple[tuple[Ints, Ints], ...]:
        """By place: the least that all places from there on cost, and the most that bins round off there."""
        costs = self.binned.costs
        columns = [MEASURES.index(measure) for measure in costs.measures]
        least = [place.cost[:, columns].min(axis=0) for place in self.tables.places]
        slack = [
            ((place.cost[:, columns] - one) % costs.unit).max(axis=0)
            for place, one in zip(self.tables.places, least, strict=True)
        ]
        nothing = np.zeros(len(columns), np.int64)
        return tuple((sum(least[i:], nothing), sum(slack[i:], nothing)) for i in range(len(self.tables.places) + 1))
