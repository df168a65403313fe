"""How many networks of a space are within budgets: exactly by meeting in the middle, else between two bounds."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from space.budget import Limit
from space.spaces.bins import bins
from space.spaces.meeting import halves
from space.spaces.sums import scaled
from space.spaces.tables import Tables

CELLS = 1 << 16  # bins of a state: the more, the closer the bounds


@dataclass(frozen=True)
class Count:
    """A number of networks, or what it lies between."""

    low: int
    high: int

    def __str__(self) -> str:
        return f"{self.low:,}" if self.exact else f"{self.low:,} to {self.high:,}"

    @property
    def exact(self) -> bool:
        return self.low == self.high


def size(tables: Tables) -> int:
    """The number of networks of the space."""
    ways = [1] * (int(tables.places[-1].target.max()) + 1)
    for place in reversed(tables.places):
        after = [ways[target] for target in place.target]
        ways = [sum(after[a:b]) for a, b in pairwise(place.offsets)]
    return ways[0]


def count(tables: Tables, limits: Sequence[Limit]) -> Count:
    """The number of networks within all the limits: exact where the sums of two halves are few enough to be listed."""
    total = size(tables)
    if not limits:
        return Count(total, total)
    costs = scaled(tables, limits)
    if (costs.within(surely=True)[0] > costs.within(surely=True)[1]).any():
        return Count(0, 0)
    met = halves(tables, costs, total)
    exact = met.count() if met else None
    return Count(*bins(tables, limits, CELLS).bounds()) if exact is None else Count(exact, exact)
