"""The networks of a space within budgets, one by one in the order of their cost; and those nearest to a budget."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf

import numpy as np

from space.budget import LARGEST, Limit
from space.spaces.bins import bins
from space.spaces.outlook import Outlook
from space.spaces.sampling import Paths, within
from space.spaces.tables import MEASURES, Ints, Tables

WINDOW = 20_000  # networks that are to be sorted at a time
MOST_SORTED = 500_000  # the same, where bins cannot tell
CHUNK = 1 << 18  # beginnings that are tried at a time


class EffortError(Exception):
    """A search has tried as many beginnings as it may."""


@dataclass
class Effort:
    """How many beginnings a search may still try."""

    left: float

    def spend(self, beginnings: int) -> None:
        """`EffortError` if it may not."""
        self.left -= beginnings
        if self.left < 0:
            raise EffortError


def networks(
    tables: Tables, limits: Sequence[Limit], *, descending: bool = False, effort: float = inf
) -> Iterator[Paths]:
    """Every network within the limits once, in the order of the first limit's measure (without: of multiply-adds).

    Of equal ones the order is that of the choices as written, or its reverse. `EffortError` after so many beginnings.
    """
    limits = tuple(limits) or (Limit("", "macs", 0, LARGEST),)
    lister = _Lister(tables, limits, Outlook(tables, bins(tables, limits)), Effort(effort))
    column = MEASURES.index(limits[0].measure)
    for low, high in lister.windows(descending=descending):
        yield from _sorted(lister, low, high, column, descending=descending)


def _sorted(lister: "_Lister", low: int, high: int, column: int, *, descending: bool) -> Iterator[Paths]:
    """The networks of a window in order; in halves, where it holds more than its bins said."""
    if low == high:  # as many as there are: they come in order
        yield from lister.between(low, high)
        return
    found: list[Paths] = []
    for paths in lister.between(low, high):
        found.append(paths)
        if sum(map(len, found)) > MOST_SORTED:
            middle = (low + high) // 2
            for ends in ((middle + 1, high), (low, middle)) if descending else ((low, middle), (middle + 1, high)):
                yield from _sorted(lister, *ends, column, descending=descending)
            return
    if found:
        paths = np.concatenate(found)
        order = np.argsort(lister.tables.costs(paths)[:, column], kind="stable")
        yield paths[order[::-1] if descending else order]


def nearest(
    tables: Tables, limits: Sequence[Limit], to: Limit, *, effort: float = inf
) -> tuple[Paths | None, Paths | None]:
    """Of the networks within `limits`, one of those next below `to` and one next above it; None where there is none."""
    below = networks(tables, (Limit("", to.measure, 0, to.low - 1), *limits), descending=True, effort=effort)
    above = networks(tables, (Limit("", to.measure, to.high + 1, LARGEST), *limits), effort=effort)
    return next((paths[:1] for paths in below if len(paths)), None), next((p[:1] for p in above if len(p)), None)


@dataclass(frozen=True)
class _Lister:
    """Continues beginnings, place by place, as long as some end within the limits may follow."""

    tables: Tables
    limits: tuple[Limit, ...]
    outlook: Outlook
    effort: Effort

    def windows(self, *, descending: bool) -> Iterator[tuple[int, int]]:
        """The range of the first limit in pieces that hold few networks each, the first ones fewest."""
        first, room, held = self.limits[0], 1, 0.0
        window: tuple[int, int] | None = None
        for start, end, networks in self._pieces(descending=descending):
            low, high = max(start, first.low), min(end, first.high)
            if high < low:
                continue
            if window and held + networks <= room:
                window, held = (min(low, window[0]), max(high, window[1])), held + networks
            else:
                if window:
                    yield window
                window, held, room = (low, high), networks, min(2 * room, WINDOW)
        if window:
            yield window

    def _pieces(self, *, descending: bool) -> Iterator[tuple[int, int, float]]:
        """The bins with about how many networks each holds; one that holds many, in several pieces."""
        costs, ways = self.outlook.binned.costs, self.outlook.binned.ways[0][0]
        base, unit = int(costs.base[0]), int(costs.unit[0])
        found = [*ways.sum(axis=tuple(range(1, ways.ndim))), 0.0]  # beyond the last bin: what was rounded off
        for i in range(len(found) - 1, -1, -1) if descending else range(len(found)):
            start, width = base + unit * i, unit if i < len(found) - 1 else int(costs.slack[0]) + 1
            pieces = int(min(max(found[i] // WINDOW, 1), width))
            for piece in range(pieces - 1, -1, -1) if descending else range(pieces):
                low, high = (start + width * (piece + end) // pieces for end in (0, 1))
                yield low, high - 1, found[i] / pieces

    def between(self, low: int, high: int) -> Iterator[Paths]:
        """The networks whose first measure is within the ends, in the order of their choices."""
        first, *others = self.limits
        limits = (Limit("", first.measure, low, high), *others)
        nothing = np.zeros((1, 0), np.int32)
        yield from self._continued(nothing, np.zeros(1, np.int64), np.zeros((1, len(MEASURES)), np.int64), limits)

    def _continued(self, paths: Paths, state: Ints, spent: Ints, limits: tuple[Limit, ...]) -> Iterator[Paths]:
        index = paths.shape[1]
        if index == len(self.tables.places):
            if len(paths := paths[within(spent, limits)]):
                yield paths
            return
        lengths = np.diff(self.tables.places[index].offsets)[state]
        pieces = np.flatnonzero(np.diff(np.cumsum(lengths) // CHUNK, prepend=-1))
        for start, end in pairwise([*pieces, len(state)]):
            longer = self._longer(paths[start:end], state[start:end], spent[start:end], limits)
            yield from self._continued(*longer, limits)

    def _longer(self, paths: Paths, state: Ints, spent: Ints, limits: tuple[Limit, ...]) -> tuple[Paths, Ints, Ints]:
        """The beginnings with every option more from which a way on may end within the limits."""
        place = self.tables.places[paths.shape[1]]
        self.effort.spend(int(np.diff(place.offsets)[state].sum()))
        options, which = place.options(state)
        costs = spent[which] + place.cost[options]
        kept = np.flatnonzero(self.outlook.hopeful(paths.shape[1] + 1, place.target[options], costs, limits))
        longer = np.column_stack((paths[which[kept]], options[kept].astype(np.int32)))
        return longer, place.target[options[kept]], costs[kept]
