"""Every interval's coverage on known truth: a little always, more with -m many; tests/bench/coverage.py prints all."""

import math
from dataclasses import replace

import numpy as np
import pytest

from analysis.recipe import Recipe
from analysis.statistics.crossed import crossed_difference
from analysis.statistics.intervals import mean_interval
from tests.analysis.runs import a_plane, a_race, a_recipe
from tests.analysis.scores import World
from tests.bench.chosen import alarms
from tests.bench.coverage import (
    BY_IMAGE,
    NULL,
    SEEDS,
    WORLDS,
    bands,
    contrasts,
    familywise,
    normalised_bands,
    over_seeds,
    planned,
    planted,
    verdicts,
)

RECIPE = a_recipe()


@pytest.mark.parametrize("seeds", [2, 5])
def test_the_best_of_one_grid_alarm_hardly_oftener_and_of_other_tries_much(seeds: int) -> None:
    assert alarms([3] * 6, seeds, 500, is_grid=True) < 7 + spread(500)
    assert alarms([1, 2, 4, 8, 12, 20], seeds, 500, is_grid=False) > 15


def spread(simulations: int, level: float = 0.95) -> float:
    """Three standard errors of a coverage measured so often, in percent."""
    return 300 * math.sqrt(level * (1 - level) / simulations)


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize("world", WORLDS)
def test_intervals_of_means_differences_and_trends_cover(world: str, seeds: int) -> None:
    found = contrasts(WORLDS[world], seeds, 500, 200)
    for contrast in ("mean", "difference", "trend"):
        assert 95 - spread(200) < found[contrast, "crossed"].coverage < 96.6 + spread(200, 0.966)


@pytest.mark.many
@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(("images", "simulations"), [(500, 4000), (10_000, 200)])
def test_they_cover_95_to_97_percent_within_sampling_error(
    world: str, seeds: int, images: int, simulations: int
) -> None:
    found = contrasts(WORLDS[world], seeds, images, simulations, seed=1)
    for contrast in ("mean", "difference", "trend"):
        coverage = found[contrast, "crossed"].coverage
        assert 94.3 - spread(simulations) < coverage < 97 + spread(simulations, 0.97)


def test_seeds_alone_do_not_cover_what_other_images_would_say() -> None:
    found = contrasts(WORLDS["errors"], 10, 500, 200)
    assert found["mean", "seeds"].coverage < 60
    assert found["difference", "seeds"].coverage > 90


@pytest.mark.parametrize("seeds", SEEDS)
def test_students_t_covers_means_over_seeds(seeds: int) -> None:
    """Also of counts; skewness costs some of it, and cancels in differences."""
    found = over_seeds(seeds, 2000)
    for name in ("normal", "counts of 500", "difference, skewness 2"):
        assert 93 < found[name].coverage < 97.5
    assert found["skewness 1"].coverage > 91.5


@pytest.mark.parametrize("world", ["normal", "errors"])
def test_all_differences_to_the_first_cover_at_once(world: str) -> None:
    for seeds in (3, 10):
        assert familywise(WORLDS[world], seeds, 100, 300) > 95 - spread(300)


def test_bands_cover_everywhere() -> None:
    for models in (10, 100):
        assert bands(models, 1000) > 93
    assert normalised_bands(200, 500) > 93


def test_pairing_narrows_where_settings_share_and_costs_little_where_not() -> None:
    """Half widths of paired differences, over those of two independent samples of seeds."""
    chance = np.random.default_rng(0)
    for shared, at_most in ((1.0, 0.4), (0.0, 1.7)):  # on 5 seeds, 4 degrees of freedom stand against 8
        ratios = []
        for _ in range(200):
            a, b = shared * chance.normal(size=5) + 0.2 * chance.normal(size=(2, 5))
            pooled = 2.306 * math.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 5)
            ratios.append(mean_interval(a - b).half_width / pooled)
        assert np.median(ratios) < at_most


# verdicts -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recipe", [RECIPE, a_plane(), a_race(RECIPE, 5)], ids=["axis", "plane", "race"])
def test_no_trend_is_decided_in_one_of_twenty_runs_at_most(recipe: Recipe) -> None:
    """On scores like the committed runs', in which settings differ by seed and not by image."""
    assert verdicts(recipe, NULL, 200, 100)["decided"] < 5 + spread(100)


def test_where_settings_differ_by_image_seeds_alone_do_not_keep_it() -> None:
    found = verdicts(a_recipe(seeds=5), BY_IMAGE, 500, 150)
    assert found["decided"] < 5 + spread(150)
    assert found["alone"] > 2 * found["decided"]


@pytest.mark.many
@pytest.mark.parametrize("world", [NULL, BY_IMAGE], ids=["by seed", "by image"])
@pytest.mark.parametrize(
    "recipe",
    [RECIPE, a_recipe(seeds=5), a_plane(), a_race(RECIPE, 10), a_race(a_plane(), 5)],
    ids=["3 seeds", "5 seeds", "plane", "race", "race over a plane"],
)
def test_many_verdicts_without_an_effect_are_decided_in_at_most_5_percent(recipe: Recipe, world: World) -> None:
    assert verdicts(recipe, world, 500, 1000, seed=1)["decided"] < 5 + spread(1000)


@pytest.mark.parametrize(("step", "word"), [(-0.05, "falls"), (0.05, "rises")])
def test_a_verdict_says_the_direction_that_was_planted(step: float, word: str) -> None:
    """On ten seeds, nearly as often as predicted; on no scores the other one."""
    found = verdicts(a_recipe(seeds=10), replace(NULL, step=step), 500, 60)
    assert found["decided"] == found[word]
    assert found[word] > 60


@pytest.mark.parametrize("step", [-0.05, 0.05])
def test_a_planted_trend_is_found_with_its_sign_as_often_as_predicted(step: float) -> None:
    right, wrong, predicted = planted(step, 10, 500, 150)
    assert predicted > 60
    assert right == pytest.approx(predicted, abs=12)
    assert wrong == 0


def test_paired_differences_have_the_sign_that_was_planted() -> None:
    a, b = World(settings=2, step=1.0, images=2.0).draw(np.random.default_rng(0), 5, 400)
    assert crossed_difference(dict(enumerate(b)), dict(enumerate(a))).low > 0.8


def test_numbers_planned_with_the_upper_limit_hold_in_four_cases_of_five() -> None:
    _, reached = planned(3, 200, confidence=0.8)
    assert reached > 80 - spread(200, 0.8)
