"""The axes by name, and the one or two that are asked for."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from itertools import product

from space.axes.axis import Axis
from space.axes.extent import DEPTH, WIDTH
from space.axes.grouping import CARDINALITY, RADIX, SCALE
from space.axes.growth import GROWTH_RATE
from space.errors import SpaceError

AXES = {axis.name: axis for axis in (CARDINALITY, WIDTH, DEPTH, RADIX, SCALE, GROWTH_RATE)}

ORDER = (GROWTH_RATE, RADIX, SCALE, CARDINALITY, WIDTH, DEPTH)
"""Of a plane: the ladder is the first one's, and the second one's values are its lines."""


def axes(names: Sequence[str]) -> tuple[Axis, ...]:
    """The axes of those names in the order of a plane; radix alone spans its plane with cardinality."""
    unknown = [name for name in names if name not in AXES]
    if unknown or not names:
        wrong = (unknown or [""])[0]
        (near,) = get_close_matches(wrong.lower(), AXES, n=1, cutoff=0)
        raise SpaceError(f"{wrong[:40]!r} is no axis; write {', '.join(AXES)} (the nearest is {near})")
    if len(set(names)) < len(names):
        raise SpaceError(f"{names[0]!r} is given twice; a plane has two axes")
    asked = {"radix", "cardinality"} if set(names) == {"radix"} else set(names)
    if len(asked) > 2:
        raise SpaceError(f"{' x '.join(dict.fromkeys(names))} is no plane; a plane has two axes")
    found = tuple(axis for axis in ORDER if axis.name in asked)
    if not _common(found):
        raise SpaceError(f"{' x '.join(a.name for a in found)} is no plane: no dimension gives way to both")
    return found


def yielding(asked: Sequence[Axis], against: str | None) -> str:
    """The dimension that gives way to the axes (None: their default)."""
    common = _common(asked)
    if against is not None and against not in common:
        what = " and ".join(axis.name for axis in asked)
        raise SpaceError(f"{against!r} does not give way to {what}; {' or '.join(common)} does")
    return against or common[0]


def _common(asked: Sequence[Axis]) -> list[str]:
    """What gives way to all of them and is none of them."""
    names = {axis.name for axis in asked}
    return [d for d in asked[0].against if d not in names and all(d in axis.against for axis in asked)]


def points(asked: Sequence[Axis], given: Mapping[str, Sequence[int]], factor: float = 1.0) -> list[tuple[int, ...]]:
    """The values of the axis, or the grid of the plane, each a tuple; those `given` by axis, of the others the usual.

    Where values are channels, those by default are `factor` times as many.
    """
    for values in given.values():
        twice = next((v for i, v in enumerate(values) if v in values[:i]), None)
        if twice is not None:
            raise SpaceError(f"value {twice} is given twice; write each value once")
    return list(product(*(given.get(axis.name) or _usual(axis, asked, factor) for axis in asked)))


def _usual(axis: Axis, asked: Sequence[Axis], factor: float) -> tuple[int, ...]:
    own = axis.grid if len(asked) > 1 else axis.values
    return tuple(dict.fromkeys(max(1, round(v * factor)) for v in own)) if axis.channels else own
