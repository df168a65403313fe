"""Intervals over seeds and test images: paired by both, and as wide as both make them."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.typing import NDArray

from analysis.statistics.crossed import (
    Scores,
    Sources,
    against_first,
    axis_weights,
    crossed_contrast,
    crossed_difference,
    crossed_interval,
    crossed_mean,
    half_width,
    shared_level,
    sources,
)
from analysis.statistics.intervals import fitted_changes, mean_interval
from analysis.statistics.power import power
from tests.analysis.scores import ERRORS, NORMAL, World

SIZES = st.tuples(st.integers(2, 6), st.integers(2, 30), st.integers(0, 2**32 - 1))


def drawn(size: tuple[int, int, int]) -> NDArray[np.float64]:
    seeds, images, seed = size
    return np.random.default_rng(seed).normal(size=(seeds, images))


def by_seed(setting: NDArray[np.float64]) -> Scores:
    return dict(enumerate(setting))


# laws -----------------------------------------------------------------------------------------------------------------


@given(SIZES)
def test_the_sources_are_the_two_way_layouts(size: tuple[int, int, int]) -> None:
    """Against the mean squares of the textbook, summed cell by cell."""
    scores = drawn(size)
    n, m = scores.shape
    seeds, images = scores.mean(1, keepdims=True), scores.mean(0, keepdims=True)
    between = m * ((seeds - scores.mean()) ** 2).sum() / (n - 1)
    across = n * ((images - scores.mean()) ** 2).sum() / (m - 1)
    rest = ((scores - seeds - images + scores.mean()) ** 2).sum() / ((n - 1) * (m - 1))
    found = sources(scores)
    assert found.seeds == pytest.approx(between / m)
    assert found.images == pytest.approx(max(0, across - rest) / (n * m), abs=1e-12)


@given(SIZES, st.sampled_from([0.5, 0.95, 0.9966]))
def test_it_is_not_shorter_than_over_seeds_alone(size: tuple[int, int, int], level: float) -> None:
    """So it alarms where seeds alone do, or not at all."""
    scores = drawn(size)
    alone = mean_interval(scores.mean(axis=1), level)
    assert crossed_interval(scores, level).half_width >= (1 - 1e-9) * alone.half_width


SHARES = np.linspace(0, 1, 21)  # of seeds in the variance


def missed(seeds: int, level: float) -> list[float]:
    """How often intervals miss the truth, by integration, where the variance of images is known."""
    return [power(0.0, Sources(seeds * share, 1 - share, seeds), seeds, level) for share in SHARES]


@pytest.mark.parametrize("level", [0.9, 0.95, 0.975, 0.99, 0.9925, 0.9966])
@pytest.mark.parametrize("seeds", [2, 3, 5, 10, 20])
def test_whatever_the_shares_it_covers_its_level(level: float, seeds: int) -> None:
    assert max(missed(seeds, level)) <= 1 - level + 1e-4


@pytest.mark.parametrize(("seeds", "most"), [(3, 0.966), (5, 0.956), (10, 0.952)])
def test_it_covers_little_more_than_95_percent(seeds: int, most: float) -> None:
    assert 1 - min(missed(seeds, 0.95)) < most


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=8).filter(lambda values: np.ptp(values) > 1e-6))
def test_one_number_a_seed_is_students_t(values: list[float]) -> None:
    here, student = crossed_interval(np.array(values)[:, None]), mean_interval(values)
    assert (here.low, here.high) == pytest.approx((student.low, student.high))


@given(SIZES, st.data())
def test_what_a_seed_or_an_image_shifts_alike_cancels(size: tuple[int, int, int], data: st.DataObject) -> None:
    a, b = drawn(size), drawn((*size[:2], size[2] ^ 1))
    shift = data.draw(st.floats(-100, 100)) * drawn((size[0], 1 + size[1], size[2] ^ 2))
    moved = shift[:, :1] + shift[:1, 1:]
    here, there = crossed_difference(by_seed(a), by_seed(b)), crossed_difference(by_seed(a + moved), by_seed(b + moved))
    assert (here.mean, here.low, here.high) == pytest.approx((there.mean, there.low, there.high), abs=1e-6)


def test_pairing_by_image_and_seed_narrows_the_difference() -> None:
    """Against two independent intervals; where settings share nothing there is nothing to gain."""
    world = replace(ERRORS, settings=2, shared=0.1)
    ratios = []
    for seed in range(50):
        a, b = world.draw(np.random.default_rng(seed), 5, 500)
        apart = math.hypot(crossed_interval(a).half_width, crossed_interval(b).half_width)
        ratios.append(crossed_difference(by_seed(a), by_seed(b)).half_width / apart)
    assert np.median(ratios) < 0.45
    assert max(ratios) < 1


def test_a_trend_is_the_fitted_change_of_the_means() -> None:
    scores = World(settings=5, images=2.0).draw(np.random.default_rng(0), 3, 40)
    found = crossed_contrast([by_seed(setting) for setting in scores], axis_weights((1, 2, 4, 8, 32)))
    assert found.mean == pytest.approx(fitted_changes(scores.mean(axis=(1, 2))))
    assert found.n == 3


def test_a_plane_averages_over_the_other_axis() -> None:
    cells = [(radix, cardinality) for cardinality in (1, 2, 4) for radix in (0, 1, 2, 4)]
    metric = np.array([3.0 * [0, 1, 2, 4].index(r) - 5.0 * [1, 2, 4].index(c) for r, c in cells])
    assert axis_weights(cells, 0) @ metric == pytest.approx(9)
    assert axis_weights(cells, 1) @ metric == pytest.approx(-10)
    with pytest.raises(ValueError, match="the plane's 11 settings are no complete grid"):
        axis_weights(cells[:11], 0)


@given(st.floats(0.5, 0.999), st.integers(1, 50))
def test_shared_levels_add_up(level: float, looks: int) -> None:
    assert looks * (1 - shared_level(level, looks)) == pytest.approx(1 - level)


# examples -------------------------------------------------------------------------------------------------------------


def test_by_hand() -> None:
    """Seeds' means 2 and 4, images' 1 and 5, no rest: variances 2 of a seed's mean, 8 / 2 of the images."""
    scores = [[0.0, 4.0], [2.0, 6.0]]
    assert sources(scores) == Sources(seeds=2.0, images=4.0, n=2)
    half = (12.7062047**4 * 1**2 + 1.95996398**4 * (2 * 1 * 4 + 4**2)) ** (1 / 4)
    found = crossed_interval(scores)
    assert (found.mean, found.half_width, found.n) == (3.0, pytest.approx(half), 2)


def test_seeds_that_agree_by_chance_are_not_taken_to_have_no_spread() -> None:
    """Each of three seeds has two images of four wrong, but not the same two."""
    wrong = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1]], dtype=float)
    found = sources(wrong)
    assert found.seeds == pytest.approx(((wrong - wrong.mean(0)) ** 2).sum() / (2 * 3) / 4)
    assert crossed_interval(wrong).has_spread


def test_without_two_seeds_there_is_no_interval() -> None:
    assert crossed_mean({}).n == 0
    one = crossed_mean({4: [1.0, 3.0]})
    assert (one.mean, one.n) == (2.0, 1)
    assert math.isnan(one.low)
    assert crossed_difference({0: [1.0]}, {1: [2.0]}).n == 0


def test_only_replicates_of_all_settings_count() -> None:
    a = {0: [1.0, 2.0], 1: [3.0, 4.0], 2: [100.0, 100.0]}
    assert crossed_difference(a, {1: [1.0, 1.0], 0: [0.0, 0.0]}).n == 2


def test_other_images_cannot_be_paired() -> None:
    with pytest.raises(ValueError, match=r"shapes \(2,\), \(3,\); pairing by image needs the same test images"):
        crossed_difference({0: [1.0, 2.0]}, {0: [1.0, 2.0, 3.0]})


def test_differences_to_the_first_share_the_errors() -> None:
    scores = [by_seed(setting) for setting in replace(NORMAL, settings=6).draw(np.random.default_rng(0), 5, 50)]
    found = against_first(scores)
    assert len(found) == 5
    assert found[2] == crossed_difference(scores[3], scores[0], 0.99)
    assert against_first(scores[:1]) == ()


def test_more_seeds_shorten_what_seeds_leave_and_not_what_images_leave() -> None:
    found = Sources(seeds=1.0, images=0.25, n=3)
    halves = [half_width(found, seeds) for seeds in (3, 10, 100, 100_000)]
    assert halves == sorted(halves, reverse=True)
    assert halves[-1] == pytest.approx(1.96 * 0.5, rel=1e-3)
    assert found.no_more_than(0.8).seeds == pytest.approx(2 / 0.446287, rel=1e-4)
