"""Why no sentence of a space is within the budgets: the nearest there are, and which choice to widen."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from space.budget import Limit
from space.spaces.bins import bins
from space.spaces.counting import count
from space.spaces.listing import EffortError, nearest
from space.spaces.sampling import some_within
from space.spaces.tables import MEASURES, Tables
from space.written import excerpt

EFFORT = 2e7  # beginnings that a search for the nearest may try: seconds


def shortfall(tables: Tables, limits: Sequence[Limit]) -> str | None:
    """One line that proves it; None where some network is within all limits, or none has been shown not to be."""
    if bins(tables, limits).bounds()[0] or some_within(tables, limits):
        return None
    for a, b in combinations(limits, 2):
        if a.measure == b.measure and max(a.low, b.low) > min(a.high, b.high):
            return f"no network of any space is within {a} and {b}: no number of {a.measure} is both"
    for i, failing in enumerate(limits):
        if not count(tables, limits[: i + 1]).high:
            return _explained(tables, list(limits[:i]), failing)
    return None


def _explained(tables: Tables, met: list[Limit], failing: Limit) -> str:
    """With the nearest below and above, if they are soon found."""
    column = MEASURES.index(failing.measure)
    among = f"of the {count(tables, met)} within {' and '.join(map(str, met))} " if met else ""
    try:
        ends = [path for path in nearest(tables, met, failing, effort=EFFORT) if path is not None]
    except EffortError:
        return f"no network of the space is within {failing}; {among}none is: give it a larger --tolerance"
    shown = [f"{int(tables.costs(p)[0, column]):,} ({tables.sentences(p)[0]})" for p in ends]
    said = f"no network of the space is within {failing}; {among}the nearest in {failing.measure}: "
    said += " and ".join(shown)
    if len(ends) == 2:
        return f"{said}; give it a larger --tolerance, or finer choices"
    larger = "larger" if int(tables.costs(ends[0])[0, column]) < failing.low else "smaller"
    return f"{said}{_widening(tables, column, larger)}"


def _widening(tables: Tables, column: int, larger: str) -> str:
    """The place whose choices change the cost most."""
    number, widest = max(enumerate(tables.places), key=lambda place: int(np.ptp(place[1].cost[:, column])))
    if not np.ptp(widest.cost[:, column]):
        return ""
    scopes = ["input", "stem", *(f"stage{i}" for i in range(1, len(tables.places) - 2)), "head"]
    return f"; {larger} choices in {scopes[number]}, {excerpt(widest.element)}, would change it most"
