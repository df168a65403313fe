"""Names beside the points of a plot that is as wide as its page: where they touch neither names nor points."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

Side = Literal[
    "bottom left", "bottom center", "bottom right", "middle left", "middle right", "top left", "top center", "top right"
]  # of its point, as Plotly has them
CHARACTER, LINE = 6.6, 14.0  # pixels of a letter of 11 pixels, and of a line
GAP, MARK = 6.0, 4.0  # pixels from a point to its name, and of the radius of its mark

Point = tuple[float, float]  # fractions of the plot's width and height, from its upper left corner


class Plane(NamedTuple):
    """A plot whose height is fixed, and whose width is what its page has; all in pixels."""

    narrowest: float
    readable: float  # from this width on no name lies on a mark; on less there is no room for that
    widest: float
    height: float


class _Box(NamedTuple):
    """Edges in pixels from a point; y grows downwards."""

    left: float
    right: float
    top: float
    bottom: float


_DOT = _Box(-MARK, MARK, -MARK, MARK)


def sides(
    names: Sequence[tuple[Point, str]], marks: Sequence[Point], plane: Plane, order: Sequence[Side]
) -> tuple[Side | None, ...]:
    """For every name the first free side of its point, or none; the first named come first.

    No two names touch at any width from the narrowest to the widest, and each is within the plot.
    """
    placed: list[tuple[Point, _Box]] = []
    found: list[Side | None] = []
    for point, name in names:
        free = (side for side in order if _is_free(point, _box(name, side), placed, marks, plane))
        side = next(free, None)
        found.append(side)
        if side:
            placed.append((point, _box(name, side)))
    return tuple(found)


def _box(text: str, side: Side) -> _Box:
    """Where Plotly puts a name of one line."""
    width = CHARACTER * len(text)
    rise, _, turn = side.partition(" ")
    left = {"left": -GAP - width, "center": -width / 2, "right": GAP}[turn]
    top = {"top": -GAP - LINE, "middle": -LINE / 2, "bottom": GAP}[rise]
    return _Box(left, left + width, top, top + LINE)


def _is_free(
    point: Point, name: _Box, placed: Iterable[tuple[Point, _Box]], marks: Iterable[Point], plane: Plane
) -> bool:
    at, down = point[0] * plane.narrowest, point[1] * plane.height
    within = at + name.left >= 0 and at + name.right <= plane.narrowest
    within = within and down + name.top >= 0 and down + name.bottom <= plane.height
    return (
        within
        and not any(_touch(point, name, *other, plane, plane.narrowest) for other in placed)
        and not any(_touch(point, name, mark, _DOT, plane, plane.readable) for mark in marks)
    )


def _touch(at: Point, one: _Box, to: Point, other: _Box, plane: Plane, narrowest: float) -> bool:
    """At some width, as what is between two points only grows or only shrinks with it."""
    down = (to[1] - at[1]) * plane.height
    if not one.top - other.bottom < down < one.bottom - other.top:
        return False
    near, far = sorted(((to[0] - at[0]) * narrowest, (to[0] - at[0]) * plane.widest))
    return near < one.right - other.left and far > one.left - other.right
