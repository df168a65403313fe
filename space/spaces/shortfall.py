"""Why no sentence of a space is within the budgets: the nearest there are, and which choice to widen."""

from collections.abc import Sequence

import numpy as np

from space.budget import Limit
from space.spaces.bins import bins
from space.spaces.listing import nearest, networks
from space.spaces.tables import MEASURES, Tables
from space.written import excerpt


def shortfall(tables: Tables, limits: Sequence[Limit]) -> str | None:
    """One line that proves it; None where some sentence is within all limits."""
    if bins(tables, limits).bounds()[0]:
        return None
    for i, failing in enumerate(limits):
        if next(networks(tables, limits[: i + 1]), None) is None:
            return _explained(tables, list(limits[:i]), failing)
    return None


def _explained(tables: Tables, met: list[Limit], failing: Limit) -> str:
    column = MEASURES.index(failing.measure)
    found = [path for path in nearest(tables, met, failing) if path is not None]
    shown = [f"{int(tables.costs(p)[0, column]):,} ({tables.sentences(p)[0]})" for p in found]
    among = f"of those within {' and '.join(map(str, met))} " if met else ""
    said = f"no sentence of the space is within {failing}; {among}the nearest in {failing.measure}: "
    said += " and ".join(shown)
    if len(found) == 2:
        return f"{said}; give it a larger --tolerance, or finer choices"
    widest = max(tables.places, key=lambda place: int(np.ptp(place.cost[:, column])))
    larger = "larger" if int(tables.costs(found[0])[0, column]) < failing.low else "smaller"
    return f"{said}; {larger} choices in {excerpt(widest.element)} would move it most"
