"""Intervals in words, as in the cells of a table."""

import math

from analysis.statistics.intervals import Interval
from analysis.words import MISSING, decimals, number, signed


def interval_words(interval: Interval) -> str:
    """10.05 ± 0.62; a single seed stands without an interval, and says so."""
    return _no_interval(interval, number(interval.mean, 3)) or _plus_minus(interval.mean, interval.half_width)


def difference_words(interval: Interval) -> str:
    """-0.31 (-0.93 to +0.31)."""
    mean = signed(interval.mean, decimals(interval.half_width))
    return _no_interval(interval, signed(interval.mean, 2)) or f"{mean} ({low_to_high(interval)})"


def by_how_much(change: Interval) -> str:
    """0.31 ± 0.12, be it up or down."""
    return _plus_minus(abs(change.mean), change.half_width)


def low_to_high(interval: Interval) -> str:
    """-0.93 to +0.31."""
    places = decimals(interval.half_width)
    return f"{signed(interval.low, places)} to {signed(interval.high, places)}"


def _plus_minus(mean: float, half_width: float) -> str:
    places = decimals(half_width)
    return f"{number(mean, places)} ± {number(half_width, places)}"


def _no_interval(interval: Interval, mean: str) -> str:
    """What stands where there is no interval; nothing where there is one."""
    if not interval.n:
        return MISSING
    if not math.isfinite(interval.mean):
        return "not a number"
    if interval.n == 1:
        return f"{mean} (one seed)"
    return "" if interval.has_spread else f"{mean} (all seeds alike)"
