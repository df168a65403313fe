"""The costs that limits are about, as one small integer an option: sums of these integers are sums of costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from space.budget import LARGEST, Limit
from space.spaces.tables import MEASURES, Ints, Tables


@dataclass(frozen=True)
class Scaled:
    """Costs by measure, in units above each place's least.

    A path costs `base` + `unit` · (the sum of its values) and up to `slack` more, by measure. With the greatest common
    divisor as unit there is no slack.
    """

    measures: tuple[str, ...]
    values: tuple[Ints, ...]  # by place: (options, measures)
    base: Ints
    unit: Ints
    slack: Ints
    low: Ints  # of the costs
    high: Ints

    @cached_property
    def largest(self) -> Ints:
        """The largest sum of values that a path may have, by measure."""
        found: Ints = np.add.reduce([values.max(axis=0) for values in self.values], dtype=np.int64)
        return found

    def within(self, *, surely: bool) -> tuple[Ints, Ints]:
        """The first and the last sum of values at which a path is within the limits: surely, or possibly."""
        low = self.low - self.base - (0 if surely else self.slack)
        high = self.high - self.base - (self.slack if surely else 0)
        return np.maximum(-(-low // self.unit), 0), np.minimum(high // self.unit, self.largest)


def scaled(tables: Tables, limits: Sequence[Limit], cells: int | None = None) -> Scaled:
    """In the exact unit of every measure; with `cells`, in multiples of it that leave at most so many sums."""
    measures = tuple(dict.fromkeys(limit.measure for limit in limits)) or ("macs",)
    costs = [place.cost[:, [MEASURES.index(m) for m in measures]] for place in tables.places]
    offsets = [cost.min(axis=0) for cost in costs]
    above = [cost - offset for cost, offset in zip(costs, offsets, strict=True)]
    base = np.sum(offsets, axis=0)
    low = np.array([max((x.low for x in limits if x.measure == m), default=0) for m in measures])
    high = np.array([min((x.high for x in limits if x.measure == m), default=LARGEST) for m in measures])
    unit = np.maximum(np.gcd.reduce(np.concatenate(above), axis=0), 1)
    if cells is not None:
        reach = np.minimum(np.sum([one.max(axis=0) for one in above], axis=0), np.maximum(high - base, 0))
        share = int(cells ** (1 / len(measures)))
        unit *= -(-(reach // unit + 1) // share)
    slack = np.sum([(one % unit).max(axis=0) for one in above], axis=0)
    return Scaled(measures, tuple(one // unit for one in above), base, unit, slack, low, high)
