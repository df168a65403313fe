"""EDFs, their bands, and what is the same between two spaces once complexity is."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats  # type: ignore[import-untyped]

from analysis.statistics.edf import edf, kolmogorov_smirnov, matching_weights

ERRORS = st.lists(st.floats(0, 100), min_size=1, max_size=40)


@given(ERRORS, st.floats(-1, 101))
def test_it_is_the_fraction_of_models_below(errors: list[float], at: float) -> None:
    assert float(edf(errors)(at)) == pytest.approx(sum(error < at for error in errors) / len(errors))


@given(ERRORS)
def test_it_rises_from_nothing_to_one(errors: list[float]) -> None:
    steps = edf(errors)(np.linspace(-1, 101, 500))
    assert steps[0] == 0
    assert steps[-1] == pytest.approx(1)
    assert (np.diff(steps) >= 0).all()


@given(st.integers(1, 2000))
def test_the_band_is_kolmogorovs_and_shorter_than_dkws(models: int) -> None:
    height = edf(np.arange(models)).half_height()
    assert height == pytest.approx(stats.kstwo.ppf(0.95, models), rel=1e-4)
    assert height <= math.sqrt(math.log(2 / 0.05) / (2 * models))


def test_a_band_stays_within_zero_and_one() -> None:
    low, high = edf([3.0, 5.0, 9.0]).band([0.0, 4.0, 10.0])
    assert low == pytest.approx([0, 0, 1 - 0.70760], abs=1e-5)
    assert high == pytest.approx([0.70760, 1, 1], abs=1e-5)


def test_a_diverged_model_is_worse_than_every_error() -> None:
    found = edf([10.0, math.nan, 20.0, math.inf])
    assert found([10.0, 10.1, 99.0, 1e9]) == pytest.approx([0, 0.25, 0.5, 0.5])


def test_no_models_have_no_edf() -> None:
    with pytest.raises(ValueError, match="an EDF needs at least one model; there is none"):
        edf([])


@given(ERRORS, ERRORS)
def test_the_distance_is_the_largest_between_two_edfs(a: list[float], b: list[float]) -> None:
    at = np.nextafter(np.array(a + b), np.inf)
    assert kolmogorov_smirnov(a, b).distance == pytest.approx(np.abs(edf(a)(at) - edf(b)(at)).max())


def test_the_p_value_is_scipys_and_by_hand() -> None:
    """Two samples of three that do not overlap: 2 of the 20 ways to divide six do as much."""
    found = kolmogorov_smirnov([1, 2, 3], [4, 5, 6])
    assert (found.distance, found.p_value) == (1, pytest.approx(0.1))


# complexity -----------------------------------------------------------------------------------------------------------


def test_matched_by_hand() -> None:
    """Two bins: three and one of ours, one and two of theirs; what is outside the shared range weighs nothing."""
    ours, theirs = matching_weights([0, 1, 1, 2, 9], [1, 4, 6, 9, 30], bins=2)
    assert ours == pytest.approx([0, 1 / 6, 1 / 6, 1 / 6, 1 / 2])
    assert theirs == pytest.approx([1 / 4, 1 / 4, 1 / 4, 1 / 4, 0])


@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_complexities_are_then_distributed_alike(seed: int, bins: int) -> None:
    chance = np.random.default_rng(seed)
    a, b = chance.beta(2, 1, 200), chance.beta(1, 2, 300)
    ours, theirs = matching_weights(a, b, bins=bins)
    assert ours.sum() == pytest.approx(1)
    assert theirs.sum() == pytest.approx(1)
    edges = np.linspace(max(a.min(), b.min()), min(a.max(), b.max()), bins + 1)[1:-1]
    assert edf(a, ours)(edges) == pytest.approx(edf(b, theirs)(edges), abs=1e-9)


def test_what_complexity_explains_is_gone() -> None:
    """Errors fall with complexity alike in both spaces, and one has the more complex models."""
    chance = np.random.default_rng(0)
    a, b = chance.beta(3, 1, 2000), chance.beta(1, 3, 2000)
    ours, theirs = matching_weights(a, b)
    at = np.linspace(-1, 1, 200)
    plain = np.abs(edf(-a)(at) - edf(-b)(at)).max()
    matched = np.abs(edf(-a, ours)(at) - edf(-b, theirs)(at)).max()
    assert plain > 0.5
    assert matched < 0.05


def test_nothing_in_common_is_said() -> None:
    with pytest.raises(ValueError, match="complexities from 1 to 2 and from 3 to 4 share none"):
        matching_weights([1, 2], [3, 4])
    with pytest.raises(ValueError, match="no bin of 4 holds models of both samples; use fewer bins"):
        matching_weights([0, 10], [3, 7.4, 12], bins=4)
