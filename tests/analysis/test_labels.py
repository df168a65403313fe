"""Names stand beside their points, within the plot, and on no other name, on a phone as on a wide page."""

from itertools import combinations
from typing import get_args

import numpy as np
from hypothesis import given, strategies as st

from analysis.figures.labels import GAP, LINE, MARK, Plane, Point, Side, sides

PLANE = Plane(narrowest=260, readable=700, widest=1120, height=420)
ORDER: tuple[Side, ...] = get_args(Side)
POINT = st.tuples(st.floats(0, 1), st.floats(0, 1))
NAMES = st.lists(st.tuples(POINT, st.sampled_from(["resnet50", "vgg16", "resnext101_64x4d"])), max_size=12)


def edges(point: Point, name: str, side: Side, width: float) -> tuple[float, float, float, float]:
    """Left, right, top and bottom in pixels, from what Plotly's words mean."""
    x, y, long = point[0] * width, point[1] * PLANE.height, 6.6 * len(name)
    x += (GAP if "right" in side else -GAP - long) if "center" not in side else -long / 2
    y += -LINE / 2 if "middle" in side else GAP if "bottom" in side else -GAP - LINE
    return x, x + long, y, y + LINE


def are_apart(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    room = 1e-6
    return a[1] <= b[0] + room or b[1] <= a[0] + room or a[3] <= b[2] + room or b[3] <= a[2] + room


@given(NAMES, st.lists(POINT, max_size=20))
def test_no_name_touches_another_or_a_mark_and_all_are_within(
    names: list[tuple[Point, str]], marks: list[Point]
) -> None:
    found = sides(names, marks, PLANE, ORDER)
    for width in np.linspace(PLANE.narrowest, PLANE.widest, 25):
        placed = [edges(at, name, side, width) for (at, name), side in zip(names, found, strict=True) if side]
        assert all(are_apart(a, b) for a, b in combinations(placed, 2))
        for left, right, top, bottom in placed:
            assert left >= -1e-6
            assert right <= width + 1e-6
            assert top >= -1e-6
            assert bottom <= PLANE.height + 1e-6
        if width >= PLANE.readable:
            dots = [(x * width - MARK, x * width + MARK, y * 420 - MARK, y * 420 + MARK) for x, y in marks]
            assert all(are_apart(name, dot) for name in placed for dot in dots)


def test_the_first_free_side_is_taken_and_the_first_come_first() -> None:
    middle = (0.5, 0.5)
    assert sides([(middle, "resnet50")], [middle], PLANE, ("top right",)) == ("top right",)
    assert sides([((0.99, 0.5), "resnet50")], [], PLANE, ("top right", "top left")) == ("top left",)
    assert sides([(middle, "resnet50")] * 2, [], PLANE, ("top right",)) == ("top right", None)
    assert sides([(middle, "resnet50")], [(0.52, 0.48)], PLANE, ("top right",)) == (None,)


def test_between_two_points_the_page_may_grow() -> None:
    """On a phone the second name would stand left of the first; on a wider page it would cross it."""
    close = [((0.4, 0.5), "resnet50"), ((0.43, 0.5), "vgg16")]
    assert sides(close, [], PLANE, ("middle right", "middle left")) == ("middle right", None)
