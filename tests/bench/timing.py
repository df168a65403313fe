"""What the benchmarks share: time, and a line that holds what was found to its bound."""

import time
from collections.abc import Callable, Sequence
from math import inf
from statistics import median


def seconds(work: Callable[[], object]) -> float:
    """How long the work takes, once."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def per_second(work: Callable[[], object], number: int) -> float:
    """How many of so many things are done in a second."""
    return number / seconds(work)


def judge(what: str, value: str, spread: str, number: float, *, at_least: float = 0, at_most: float = inf) -> bool:
    """Print a line; whether the number is within its bounds."""
    met = at_least <= number <= at_most
    bound = f">= {at_least:,}" if at_least else f"<= {at_most:,}" if at_most < inf else ""
    said = ("met" if met else "MISSED") if bound else ""
    print(f"{what:48} {value:>13}  {bound:>12} {said:6}  ({spread})", flush=True)
    return met


def judge_speed(what: str, found: Sequence[float], *, at_least: float = 0) -> bool:
    """The fastest of several rounds, what other jobs on the machine disturb least, with their median and range."""
    spread = f"median {median(found):,.1f}, {min(found):,.1f} to {max(found):,.1f}, n={len(found)}"
    return judge(what, f"{max(found):,.1f}", spread, max(found), at_least=at_least)


def judge_ratio(what: str, ours: Sequence[float], other: Sequence[float], *, at_least: float = 0) -> bool:
    """The best speed over the best of the other, with the median and range over the rounds."""
    ratios = [a / b for a, b in zip(ours, other, strict=True)]
    spread = f"median {median(ratios):,.1f}, {min(ratios):,.1f} to {max(ratios):,.1f}, n={len(ratios)}"
    best = max(ours) / max(other)
    return judge(what, f"{best:,.1f}", spread, best, at_least=at_least)
