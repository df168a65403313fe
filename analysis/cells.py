"""Intervals in the cells of a table."""

import math

from analysis.statistics.intervals import Interval
from analysis.words import MISSING, decimals, number, signed


def interval_words(interval: Interval) -> str:
    """10.05 ± 0.62; a single seed stands without an interval, and says so."""
    if why := _no_mean(interval):
        return why
    if interval.n == 1:
        return f"{number(interval.mean, 3)} (one seed)"
    if not interval.has_spread:
        return f"{number(interval.mean, 3)} (all seeds alike)"
    places = decimals(interval.half_width)
    return f"{number(interval.mean, places)} ± {number(interval.half_width, places)}"


def difference_words(interval: Interval) -> str:
    """-0.31 (-0.93 to +0.31)."""
    if why := _no_mean(interval):
        return why
    if interval.n == 1:
        return f"{signed(interval.mean, 2)} (one seed)"
    if not interval.has_spread:
        return f"{signed(interval.mean, 2)} (all seeds alike)"
    places = decimals(interval.half_width)
    low, high = signed(interval.low, places), signed(interval.high, places)
    return f"{signed(interval.mean, places)} ({low} to {high})"


def _no_mean(interval: Interval) -> str:
    """What stands where there is no mean."""
    if not interval.n:
        return MISSING
    return "" if math.isfinite(interval.mean) else "not a number"
