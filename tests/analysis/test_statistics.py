"""Intervals cover what they say they cover."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats  # type: ignore[import-untyped]

from analysis.recipe import Recipe
from analysis.statistics.intervals import (
    Interval,
    as_tuple,
    contrast,
    fitted_changes,
    is_grid,
    mean_interval,
    trend,
)
from analysis.table import trials_table
from tests.analysis.runs import a_plane, a_recipe, a_trial, failed, trials

NUMBER = st.floats(-1e3, 1e3)
VALUES = st.lists(NUMBER, min_size=2, max_size=8)
DRAWS = 20_000


def close(one: Interval, other: Interval) -> bool:
    pairs = ((one.mean, other.mean), (one.low, other.low), (one.high, other.high))
    return one.n == other.n and all(math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-8) for a, b in pairs)


# laws -----------------------------------------------------------------------------------------------------------------


@given(VALUES, NUMBER)
def test_moving_the_values_moves_the_interval(values: list[float], by: float) -> None:
    here = mean_interval(values)
    moved = Interval(here.mean + by, here.low + by, here.high + by, here.n)
    assert close(mean_interval([value + by for value in values]), moved)


@given(VALUES)
def test_turning_the_sign_turns_the_interval(values: list[float]) -> None:
    here = mean_interval(values)
    assert close(mean_interval([-value for value in values]), Interval(-here.mean, -here.high, -here.low, here.n))


@given(VALUES)
def test_an_interval_is_what_scipy_says(values: list[float]) -> None:
    here = mean_interval(values, 0.9)
    scale = stats.sem(values)
    if scale > 0:
        low, high = stats.t.interval(0.9, len(values) - 1, np.mean(values), scale)
        assert close(here, Interval(float(np.mean(values)), low, high, len(values)))


@given(st.integers(2, 40))
def test_the_contrast_is_least_squares(settings: int) -> None:
    metric = np.random.default_rng(settings).normal(size=settings)
    slope = np.polyfit(np.arange(settings), metric, 1)[0]
    assert fitted_changes(metric) == pytest.approx(slope * (settings - 1))
    assert contrast(settings).sum() == pytest.approx(0, abs=1e-12)


@given(st.permutations(range(15)))
def test_a_trend_does_not_know_the_order_of_rows(order: list[int]) -> None:
    table = trials_table(a_recipe(), trials(a_recipe()))
    assert trend(table.iloc[order], "test_error") == trend(table, "test_error")


@pytest.mark.parametrize("n", [3, 5])
def test_a_95_percent_interval_of_a_mean_covers_it_95_times_in_100(n: int) -> None:
    draws = np.random.default_rng(n).normal(10, 2, size=(DRAWS, n))
    intervals = [mean_interval(draw) for draw in draws]
    assert 0.93 < np.mean([one.low <= 10 <= one.high for one in intervals]) < 0.97


@pytest.mark.parametrize("n", [3, 5])
@pytest.mark.parametrize("truth", [0.0, -0.8])
def test_a_95_percent_interval_of_a_trend_covers_it_95_times_in_100(n: int, truth: float) -> None:
    chance, settings = np.random.default_rng(n), 5
    line = truth * np.arange(settings) / (settings - 1)
    errors = line + chance.normal(0, 5, (DRAWS, n, 1)) + chance.normal(0, 0.3, (DRAWS, n, settings))
    intervals = [mean_interval(changes) for changes in fitted_changes(errors)]
    assert 0.93 < np.mean([one.low <= truth <= one.high for one in intervals]) < 0.97
    if truth == 0:
        assert np.mean([one.excludes_zero for one in intervals]) <= 0.06


# examples -------------------------------------------------------------------------------------------------------------


def test_without_two_values_there_is_no_interval() -> None:
    none, one = mean_interval([]), mean_interval([3.0])
    assert (none.n, one.n, one.mean) == (0, 1, 3.0)
    assert all(math.isnan(edge) for edge in (none.mean, one.low, one.high, one.half_width))
    assert not one.excludes_zero


def test_a_straight_line_is_found_exactly() -> None:
    recipe = a_recipe()
    table = trials_table(recipe, trials(recipe, slope=-0.8, noise=0))
    found = trend(table, "test_error")
    assert found.change.mean == pytest.approx(-0.8)
    assert found.change.half_width == pytest.approx(0, abs=1e-9)
    assert (found.levels, found.change.n, found.left_out) == ((1, 2, 4, 8, 32), 3, 0)


def test_positions_are_of_the_settings_and_not_of_their_values() -> None:
    recipe = a_recipe({1: "1x64d", 2: "2x40d", 1000: "1000x1d"})
    table = trials_table(recipe, [a_trial(recipe, i, 0, error) for i, error in enumerate((1.0, 2.0, 3.0))])
    assert trend(table, "test_error").change.mean == pytest.approx(2)


def test_only_replicates_with_every_setting_count() -> None:
    recipe = a_recipe()
    written = trials(recipe)
    broken = [*written[:7], failed(written[7]), *written[8:]]
    found = trend(trials_table(recipe, broken), "test_error")
    assert (found.change.n, found.left_out) == (2, 1)
    values = [setting.value for setting in recipe.settings]
    assert trend(trials_table(recipe, written[:4]), "test_error", values=values).change.n == 0


@pytest.mark.parametrize(("axis", "change", "levels"), [(0, 3.0, (0, 1, 2, 4)), (1, -1.0, (1, 2, 4))])
def test_a_plane_has_a_trend_for_each_axis(axis: int, change: float, levels: tuple[int, ...]) -> None:
    recipe = a_plane()
    steps = {0: 0, 1: 1, 2: 2, 4: 3}
    errors = [
        10 + steps[radix] - steps[cardinality] / 2
        for radix, cardinality in (as_tuple(s.value) for s in recipe.settings)
    ]
    table = trials_table(recipe, [a_trial(recipe, i, r, e + r) for r in (0, 1) for i, e in enumerate(errors)])
    found = trend(table, "test_error", axis=axis)
    expected = change if axis == 0 else -np.polyfit([0, 1, 2], [1, 2, 3], 1)[0]
    assert found.change.mean == pytest.approx(expected)
    assert found.levels == levels


def test_a_plane_with_holes_has_no_trend() -> None:
    recipe = a_plane()
    assert is_grid([setting.value for setting in recipe.settings])
    table = trials_table(recipe, trials(recipe)[:11])
    with pytest.raises(ValueError, match="the plane's 11 settings are no complete grid"):
        trend(table, "test_error")


@pytest.mark.parametrize("make", [a_recipe, a_plane])
def test_an_empty_table_has_no_trend_but_no_accident_either(make: Callable[[], Recipe]) -> None:
    recipe = make()
    values = [setting.value for setting in recipe.settings]
    assert trend(trials_table(recipe, []), "test_error", values=values).change.n == 0
