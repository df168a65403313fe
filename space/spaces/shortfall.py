"""Why no sentence of a space is within the budgets: the nearest there are, and which choice to widen."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from space.budget import Limit
from space.spaces.bins import bins
from space.spaces.listing import nearest, networks
from space.spaces.sampling import some_within
from space.spaces.tables import MEASURES, Tables
from space.written import excerpt


def shortfall(tables: Tables, limits: Sequence[Limit]) -> str | None:
    """One line that proves it; None where some sentence is within all limits."""
    if bins(tables, limits).bounds()[0] or some_within(tables, limits):
        return None
    for a, b in combinations(limits, 2):
        if a.measure == b.measure and max(a.low, b.low) > min(a.high, b.high):
            return f"no sentence of any space is within {a} and {b}: no number of {a.measure} is both"
    for i, failing in enumerate(limits):
        if next(networks(tables, limits[: i + 1]), None) is None:
            return _explained(tables, list(limits[:i]), failing)
    return None


def _explained(tables: Tables, met: list[Limit], failing: Limit) -> str:
    column = MEASURES.index(failing.measure)
    ends = [path for path in nearest(tables, met, failing) if path is not None]
    shown = [f"{int(tables.costs(p)[0, column]):,} ({tables.sentences(p)[0]})" for p in ends]
    among = f"of those within {' and '.join(map(str, met))} " if met else ""
    said = f"no sentence of the space is within {failing}; {among}the nearest in {failing.measure}: "
    said += " and ".join(shown)
    if len(ends) == 2:
        return f"{said}; give it a larger --tolerance, or finer choices"
    widest = max(tables.places, key=lambda place: int(np.ptp(place.cost[:, column])))
    larger = "larger" if int(tables.costs(ends[0])[0, column]) < failing.low else "smaller"
    return f"{said}; {larger} choices in {excerpt(widest.element)} would move it most"
