"""The words are true, whatever has finished."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from analysis.questions import progress
from analysis.recipe import Recipe
from analysis.statistics.intervals import fitted_changes, mean_interval
from analysis.table import trials_table
from analysis.trial import Trial
from analysis.verdict import Verdict, fit_words, verdict
from tests.analysis.runs import RADIX_PLANE, a_plane, a_recipe, a_trial, failed, trials

RECIPE = a_recipe()


def of(written: list[Trial], recipe: Recipe = RECIPE) -> Verdict:
    return verdict(recipe, trials_table(recipe, written))


def test_without_an_effect_it_decides_at_most_6_times_in_100() -> None:
    alarms = [of(trials(RECIPE, slope=0, seed=seed)).decided for seed in range(150)]
    assert np.mean(alarms) <= 0.06 + 2 * np.sqrt(0.05 * 0.95 / 150)  # the exact rate is tested on the interval itself


def test_two_looks_at_a_plane_alarm_no_oftener() -> None:
    recipe = a_plane()
    alarms = [of(trials(recipe, slope=0, seed=seed), recipe).decided for seed in range(80)]
    assert np.mean(alarms) <= 0.06 + 2 * np.sqrt(0.05 * 0.95 / 80)


def test_a_clear_fall_and_its_mirror() -> None:
    fall, rise = of(trials(RECIPE, slope=-0.8, noise=0.02)), of(trials(RECIPE, slope=0.8, noise=0.02))
    assert fall.decided
    assert fall.words == (
        "test error falls by 0.794 ± 0.054 points from 1x64d to 32x4d, and test loss falls by 0.0238 ± 0.0016 "
        "(fitted over all 5 settings; 3 seeds; 95 % intervals over seeds, not over test images)"
    )
    assert rise.decided
    assert rise.words.startswith("test error rises by 0.80")


def test_how_well_the_training_images_are_fitted_is_said_beside_the_plot() -> None:
    assert fit_words(RECIPE, trials_table(RECIPE, trials(RECIPE, slope=-0.8, noise=0.02))) == (
        "Deciding nothing, from 1x64d to 32x4d training loss falls by 0.0238 ± 0.0016 "
        "(fitted over all 5 settings; 3 seeds; 95 % intervals over seeds)."
    )
    plane = a_plane()
    of_axes = fit_words(plane, trials_table(plane, trials(plane)))
    assert of_axes.count("training loss changes by") == 2
    assert "97.5 % intervals over seeds" in of_axes
    race, one_seed = replace(RECIPE, race=True), trials(RECIPE, replicates=1)
    assert fit_words(race, trials_table(race, trials(race))) == fit_words(RECIPE, trials_table(RECIPE, one_seed)) == ""


def test_no_clear_change_is_undecided_with_its_interval() -> None:
    words = of(trials(RECIPE, slope=0.05)).words
    assert words.startswith(
        "undecided: from 1x64d to 32x4d test error changes by +0.11 points, 95 % interval −0.44 to +0.65; "
        "secondary and deciding nothing, test loss changes by +0.003, "
    )
    assert "3 seeds; 95 % intervals over seeds, not over test images" in words


def test_the_ends_are_of_the_axis_whatever_the_order_of_the_settings() -> None:
    turned = replace(RECIPE, settings=RECIPE.settings[::-1])
    assert of(trials(RECIPE), turned) == of(trials(RECIPE))


@pytest.mark.parametrize(
    ("finished", "words"),
    [
        (0, "undecided: no trial has finished (0 of 15)"),
        (4, "undecided: 4 of 15 trials finished, and no seed has all 5 settings; the same command continues"),
        (
            7,
            "undecided: 7 of 15 trials finished, and one seed alone has all its settings: no interval yet; the same",
        ),
    ],
)
def test_an_unfinished_run_says_how_far_it_is(finished: int, words: str) -> None:
    found = of(trials(RECIPE)[:finished])
    assert found.words.startswith(words)
    assert not found.decided


def test_large_counts_have_their_thousands_apart() -> None:
    recipe = a_recipe(seeds=20_000)
    assert of([], recipe).words == "undecided: no trial has finished (0 of 100,000)"
    assert of(trials(recipe, replicates=1), recipe).words.startswith("undecided: 5 of 100,000 trials finished, and one")
    assert progress(recipe, trials(recipe)).startswith("15 of 100,000 trials finished; ")


def test_unfinished_seeds_are_left_out_and_that_is_said() -> None:
    written = trials(RECIPE, noise=0.01)
    words = of([*written[:14], failed(written[14])]).words
    assert "2 of 3 seeds, the others not having finished every setting" in words


def test_one_seed_is_told_what_to_do() -> None:
    recipe = a_recipe(seeds=1)
    words = of(trials(recipe, replicates=1), recipe).words
    assert words.startswith("undecided: one seed has no interval; run again with --seeds 3 (on this seed test error")


def test_only_failures_are_no_answer() -> None:
    assert of([failed(trial) for trial in trials(RECIPE)]).words == "undecided: no trial has finished (0 of 15)"


def test_a_diverged_loss_is_said_and_a_diverged_error_decides_nothing() -> None:
    written = trials(RECIPE, noise=0.02)
    odd = replace(written[3], metrics={**written[3].metrics, "test_loss": float("nan")})
    found = of([*written[:3], odd, *written[4:]])
    assert found.decided
    assert "test loss is not a number in some trials" in found.words
    odd = replace(written[3], metrics={})
    assert of([*written[:3], odd, *written[4:]]).words == "undecided: a test error is not a number"


@settings(max_examples=25)
@given(error=st.floats(0, 100), make=st.sampled_from([a_recipe, a_plane]))
def test_errors_that_are_all_equal_change_by_nothing(error: float, make: Callable[..., Recipe]) -> None:
    recipe = make()
    found = of([a_trial(recipe, i, seed, error) for i in range(len(recipe.settings)) for seed in range(3)], recipe)
    assert not found.decided
    assert (
        "changes by 0.00 points on all 3 seeds alike, which may be chance and gives no spread to judge by"
        in found.words
    )


def test_seeds_that_agree_exactly_decide_nothing() -> None:
    recipe = a_recipe({1: "1x64d", 2: "2x40d"}, seeds=2)
    found = of([a_trial(recipe, i, seed, 10.1 + seed - 0.2 * i) for i in (0, 1) for seed in (0, 1)], recipe)
    assert not found.decided
    assert found.words.startswith("undecided: from 1x64d to 2x40d test error changes by −0.20 points on all 2 seeds")


@pytest.mark.parametrize("seeds", [2, 3])
@pytest.mark.parametrize("number", [2, 5])
@pytest.mark.parametrize("spread", [1.0, 2.0, 5.0])  # images of 500
def test_errors_counted_in_few_images_alarm_no_oftener(seeds: int, number: int, spread: float) -> None:
    """Without has_spread, two settings on two seeds alarm in 12 % of null runs at a spread of one image."""
    counts = np.rint(np.random.default_rng(0).normal(50, spread, (5000, seeds, number)))
    alarms = [mean_interval(changes).excludes_zero for changes in fitted_changes(counts / 5)]  # percent of 500 images
    assert np.mean(alarms) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 5000)


def test_the_loss_is_secondary_only_where_error_is_undecided() -> None:
    assert "secondary" not in of(trials(RECIPE, noise=0.02)).words
    assert of(trials(RECIPE, slope=0)).words.count("secondary and deciding nothing, test loss") == 1


def test_a_plane_speaks_of_both_axes_with_the_level_of_two_looks() -> None:
    recipe = a_plane()
    words = of(trials(recipe), recipe).words
    assert "from radix 0 to 4" in words
    assert "from cardinality 1 to 4" in words
    assert "97.5 % intervals over seeds, not over test images; both axes share 5 % of false alarms" in words


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        (a_recipe({}), "the run has no settings along an axis"),
        (a_recipe({1: "1x64d"}), "1x64d is the only setting; a trend needs two"),
        (
            a_recipe(dict(list(RADIX_PLANE.items())[:11]), axis=("radix", "cardinality")),
            "11 settings are no complete grid",
        ),
    ],
)
def test_settings_without_a_trend_say_why(recipe: Recipe, words: str) -> None:
    found = of(trials(recipe), recipe)
    assert not found.decided
    assert words in found.words
