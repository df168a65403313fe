"""Fronts and their volume, against counting."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from analysis.statistics.pareto import hypervolume, pareto_front

GRID = st.integers(1, 4).flatmap(
    lambda objectives: st.lists(st.tuples(*[st.integers(0, 5)] * objectives), min_size=1, max_size=14)
)
FLAT = st.integers(1, 3).flatmap(
    lambda objectives: st.lists(st.tuples(*[st.integers(0, 6)] * objectives), min_size=1, max_size=10)
)


@given(GRID)
def test_the_front_is_what_nothing_dominates(rows: list[tuple[int, ...]]) -> None:
    def beats(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
        return all(a <= b for a, b in zip(one, other, strict=True)) and one != other

    assert pareto_front(rows).tolist() == [not any(beats(other, row) for other in rows) for row in rows]


@given(FLAT)
def test_the_volume_is_the_number_of_unit_cells_behind_the_front(rows: list[tuple[int, ...]]) -> None:
    corner = (5,) * len(rows[0])
    cells = itertools.product(range(5), repeat=len(corner))
    dominated = sum(any(all(a <= c for a, c in zip(row, cell, strict=True)) for row in rows) for cell in cells)
    assert hypervolume(rows, corner) == pytest.approx(dominated)


def test_by_hand() -> None:
    assert hypervolume([(1, 4), (2, 2), (4, 1)], (5, 5)) == 4 * 1 + 3 * 2 + 1 * 1
    assert hypervolume([(1, 2, 3), (3, 2, 1), (2, 2, 2)], (4, 4, 4)) == 2 * (3 + 2 + 1)
    assert hypervolume([(6, 1)], (5, 5)) == 0
    assert hypervolume([(math.nan, 1), (4, 4)], (5, 5)) == 1


def test_numbers_that_are_none_are_never_on_the_front() -> None:
    assert pareto_front([(1.0, math.nan), (2.0, 2.0), (2.0, 2.0), (3.0, 1.0)]).tolist() == [False, True, True, True]
    assert pareto_front(np.empty((0, 2))).tolist() == []


def test_a_reference_needs_a_value_for_each_objective() -> None:
    with pytest.raises(ValueError, match=r"2 reference values for trials of shape \(1, 3\)"):
        hypervolume([(1, 2, 3)], (4, 4))


def test_a_hundred_thousand_trials_are_no_burden() -> None:
    costs = np.random.default_rng(0).uniform(size=(100_000, 2))
    costs[:50_000, 1] = 1 - costs[:50_000, 0]  # half of them would be on a front of their own
    front = pareto_front(costs)
    assert 0 < hypervolume(costs, (1, 1)) < 1
    assert front.sum() > 1
