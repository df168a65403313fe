"""Rank agreement: SciPy's tau-b, and an interval that does not take noise for disagreement."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.stats import kendalltau, t  # type: ignore[import-untyped]

from analysis.statistics.agreement import agreement, reliability
from tests.bench.coverage import false_orders, orders, over_settings


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=12))
def test_tau_is_scipys(pairs: list[tuple[int, int]]) -> None:
    a, b = zip(*pairs, strict=True)
    found = agreement(a, b).tau
    assert found.mean == pytest.approx(kendalltau(a, b).statistic, nan_ok=True)
    assert math.isnan(found.low)


def test_by_hand() -> None:
    """One of six pairs is the other way round: (5 - 1) / 6; with a tie on one side, 5 / sqrt(5 * 6)."""
    assert agreement([1, 2, 3, 4], [1, 2, 4, 3]).tau.mean == pytest.approx(4 / 6)
    assert agreement([1, 2, 3, 3], [1, 2, 3, 4]).tau.mean == pytest.approx(5 / math.sqrt(30))


@given(st.integers(0, 2**32 - 1), st.integers(2, 5), st.integers(2, 8))
def test_the_interval_holds_what_was_seen(seed: int, seeds: int, settings: int) -> None:
    chance = np.random.default_rng(seed)
    a, b = chance.normal(size=(2, seeds, settings)) + np.arange(settings) * chance.uniform(0, 2)
    here, turned = agreement(a, b), agreement(a, -b)
    assert -1 <= here.tau.low <= here.tau.mean <= here.tau.high <= 1
    assert turned.tau.mean == pytest.approx(-here.tau.mean)
    assert here.settled == turned.settled <= here.pairs == math.comb(settings, 2)


def test_what_replicates_shift_alike_is_no_noise() -> None:
    true, shift = np.arange(5.0), np.array([[0.0], [100.0], [-40.0]])
    wiggle = 0.01 * np.random.default_rng(0).normal(size=(3, 5))
    found = agreement(true + shift + wiggle, true)
    assert (found.tau.mean, found.tau.low, found.tau.high, found.settled) == (1, 1, 1, 10)


def test_noise_alone_settles_nothing_and_rules_nothing_out() -> None:
    found = agreement(*np.random.default_rng(1).normal(size=(2, 3, 6)))
    assert (found.settled, found.tau.low, found.tau.high) == (0, -1, 1)


@pytest.mark.parametrize(("settings", "seeds"), [(2, 2), (2, 3), (3, 3), (4, 2), (6, 3)])
def test_settings_that_are_alike_are_seldom_said_to_be_in_an_order(settings: int, seeds: int) -> None:
    """Nominally in 5 % of experiments; three deviations of 400 of them are allowed for."""
    assert false_orders(settings, seeds, 400) < 5 + 300 * math.sqrt(0.05 * 0.95 / 400)


def test_settings_that_a_side_lacks_are_left_out() -> None:
    found = agreement([[1.0, 2.0, math.nan, 3.0], [1.1, 2.1, 0.0, 3.1]], [1, 2, 3, 4])
    assert (found.pairs, found.tau.mean, found.tau.n) == (3, 1, 2)
    assert agreement([[1.0], [2.0]], [1.0]).pairs == 0
    with pytest.raises(ValueError, match="3 settings against 2; both sides must have the same settings"):
        agreement([1, 2, 3], [1, 2])


@pytest.mark.parametrize("spread", [0.3, 0.7, 2.0])
@pytest.mark.parametrize("exact", [False, True])
def test_equal_orders_are_seen_as_alike_as_the_noise_ceiling_says(spread: float, *, exact: bool) -> None:
    """Of 14 settings on three seeds, which tell the ceiling itself only roughly: both are averaged over 300 pairs."""
    chance, seen, ceilings = np.random.default_rng(3), [], []
    for _ in range(300):
        true = spread * chance.normal(size=14)
        a, b = true + chance.normal(size=(2, 3, 14))
        found = agreement(a, true if exact else b)
        seen.append(found.tau.mean)
        ceilings.append(found.ceiling)
    assert np.mean(ceilings) == pytest.approx(np.mean(seen), abs=0.08)


@pytest.mark.parametrize("seeds", [3, 10])
def test_reliability_is_the_share_that_is_not_noise(seeds: int) -> None:
    chance = np.random.default_rng(5)
    found = [reliability(chance.normal(size=30) + chance.normal(size=(seeds, 30))) for _ in range(300)]
    assert np.mean(found) == pytest.approx(1 / (1 + 1 / seeds), abs=0.03)
    assert reliability([1.0, 2.0, 3.0]) == 1


def test_noise_alone_has_a_low_ceiling_and_exact_orders_none() -> None:
    chance = np.random.default_rng(4)
    assert np.mean([agreement(*chance.normal(size=(2, 3, 14))).ceiling for _ in range(300)]) < 0.15
    assert agreement([1, 2, 3], [3, 1, 2]).ceiling == 1


@pytest.mark.parametrize(("settings", "truly"), [(12, 0.0), (12, 0.8), (14, 0.5), (30, 0.9)])
def test_the_interval_over_settings_covers_the_tau_of_their_kind(settings: int, truly: float) -> None:
    assert over_settings(settings, truly, 600).coverage >= 92


def test_over_settings_is_scipys_jackknife() -> None:
    """Tau-b without each setting in turn; one seed is enough, and the interval is of no other level than asked."""
    a, b = np.random.default_rng(6).integers(0, 9, size=(2, 13)).astype(float)
    without = [kendalltau(np.delete(a, i), np.delete(b, i)).statistic for i in range(13)]
    for level in (0.9, 0.95):
        half = t.ppf((1 + level) / 2, 12) * math.sqrt(12 * np.var(without))
        found = agreement(a, b, level=level).over_settings
        assert (found.mean, found.n) == (pytest.approx(kendalltau(a, b).statistic), 13)
        assert (found.low, found.high) == (pytest.approx(found.mean - half), pytest.approx(found.mean + half))


def test_over_few_settings_or_equal_orders_there_is_no_interval() -> None:
    few, alike = agreement(range(11), [*range(10), -1]), agreement(range(12), range(12))
    for found in (few, alike):
        assert math.isnan(found.over_settings.low)
        assert found.in_a_study == found.tau
    assert alike.over_settings.mean == 1


@pytest.mark.parametrize(("spread", "truly"), [(0.5, 1.0), (2.0, 0.8), (2.0, 0.0)])
def test_the_interval_covers(spread: float, truly: float) -> None:
    assert orders(3, 5, spread, truly, 100).coverage >= 93
    assert orders(3, 5, spread, truly, 100, fixed=True).coverage >= 93
    assert orders(3, 5, spread, truly, 100, shared=0.9).coverage >= 93
