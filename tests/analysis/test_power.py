"""Planned numbers of seeds decide as often as was said."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats  # type: ignore[import-untyped]

from analysis.statistics.crossed import Sources
from analysis.statistics.intervals import mean_interval
from analysis.statistics.power import power, seeds_to_decide


@pytest.mark.parametrize("n", [2, 3, 5, 10, 40])
@pytest.mark.parametrize("effect", [0.0, 0.4, 1.3])
def test_over_seeds_alone_it_is_the_noncentral_t(n: int, effect: float) -> None:
    t, shift = stats.t.ppf(0.975, n - 1), effect * math.sqrt(n)
    exact = stats.nct.sf(t, n - 1, shift) + stats.nct.cdf(-t, n - 1, shift)
    assert power(effect, Sources(1.0, 0.0, n), n) == pytest.approx(exact, abs=2e-4)


def test_it_is_how_often_intervals_exclude_zero() -> None:
    draws = np.random.default_rng(0).normal(1.0, 1.0, (4000, 5))
    decided = np.mean([mean_interval(row).excludes_zero for row in draws])
    assert power(1.0, Sources(1.0, 0.0, 5), 5) == pytest.approx(decided, abs=0.03)


@given(st.floats(0.2, 3), st.floats(0.1, 4), st.floats(0, 0.02))
def test_the_number_is_the_least(effect: float, seeds: float, images: float) -> None:
    found = Sources(seeds, images, 3)
    least = seeds_to_decide(effect, found)
    if least is None:
        assert power(effect, found, 1000) < 0.8
    else:
        assert power(effect, found, least) >= 0.8
        assert least == 2 or power(effect, found, least - 1) < 0.8


def test_textbook_numbers() -> None:
    """Cohen's one-sample t test at 80 % power: d = 0.5 needs 34, d = 0.8 needs 15, d = 0.2 needs 199."""
    assert [seeds_to_decide(d, Sources(1.0, 0.0, 3)) for d in (0.2, 0.5, 0.8)] == [199, 34, 15]


def test_no_number_of_seeds_makes_up_for_too_few_images() -> None:
    assert (seeds_to_decide(0.5, Sources(0.04, 0.15**2, 3)) or 0) < 10
    assert seeds_to_decide(0.5, Sources(0.04, 0.2**2, 3)) is None


def test_without_variance_any_effect_is_seen() -> None:
    assert power(0.1, Sources(0.0, 0.0, 3), 2) == 1
    assert power(0.0, Sources(0.0, 0.0, 3), 2) == 0
