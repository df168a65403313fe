"""Exact matching at 4 GFLOPs: how far each setting is from the budget, and how long it takes to solve.

Run: `python -m tests.bench.solve`. Every setting is solved once, one after the other: what is remembered of
blocks helps those that follow. Prints the slowest; ends with status 1 if a bound is missed.
"""

import sys
import time
from collections.abc import Iterator
from itertools import product

from space.budget import budget
from space.plan import EXACT, plan
from tests.bench.timing import judge

FOUR = budget("4GFLOPs")


def questions() -> Iterator[tuple[str, dict[str, tuple[int, ...]]]]:
    """Every axis and value that exact matching promises, one setting each."""
    for axis, values in (
        ("cardinality", (1, 2, 4, 8, 16, 32)),
        ("scale", range(1, 9)),
        ("growth-rate", range(12, 49)),
    ):
        yield from ((axis, {"values": (value,)}) for value in values)
    yield from (("radix", {"values": (r,), "across": (c,)}) for r, c in product(range(5), range(1, 5)))


def main() -> int:
    times, errors = {}, {}
    for axis, given in questions():
        start = time.perf_counter()
        (setting,) = plan(FOUR, [axis], match="exact", **given).settings  # type: ignore[arg-type]
        what = f"{axis} {setting.value}: {setting.name}"
        times[what], errors[what] = time.perf_counter() - start, abs(setting.budget_error)
    slow, far = (max(found, key=found.__getitem__) for found in (times, errors))
    met = [
        judge("seconds to solve a setting, at most", f"{times[slow]:.3f}", slow, times[slow], at_most=1),
        judge("fraction of the budget it is off, at most", f"{errors[far]:.6f}", far, errors[far], at_most=EXACT),
        judge("settings", str(len(times)), f"{sum(times.values()):.1f} seconds together", len(times)),
    ]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
