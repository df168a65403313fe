"""Tables with scores: intervals over seeds and test images, and over seeds alone where any scores lack."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from analysis.image_scores import ImageScores
from analysis.measured import Summary, changes, intervals_words, summaries, trend
from analysis.outlook import outlook
from analysis.racing import race
from analysis.recipe import Recipe
from analysis.record import Run
from analysis.report import render
from analysis.statistics.crossed import against_first, axis_weights, crossed_contrast, crossed_mean, sources
from analysis.statistics.intervals import trend as trend_over_seeds
from analysis.statistics.power import power
from analysis.table import trials_table
from analysis.trial import Trial
from analysis.verdict import verdict
from tests.analysis.runs import a_plane, a_race, a_recipe, failed, trials
from tests.analysis.scores import ERRORS, MIXED, World, scored
from tests.racing import decided_at

RECIPE = a_recipe()
VALUES = [setting.value for setting in RECIPE.settings]
HARD = replace(MIXED, own_images=2.0)
SEEDS = st.integers(0, 10_000)


def without(scores: ImageScores, trial: Trial) -> ImageScores:
    """Had a trial lost its scores."""
    errors = {key: one for key, one in scores.errors.items() if key != trial.key}
    return ImageScores(errors, {key: one for key, one in scores.losses.items() if key in errors})


# laws -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recipe", [RECIPE, a_plane()], ids=["axis", "plane"])
def test_a_trend_is_the_crossed_one_of_the_scores(recipe: Recipe) -> None:
    written, scores = scored(recipe, HARD, 3, 200, seed=0)
    values = [setting.value for setting in recipe.settings]
    parts = [{t.replicate: scores.errors[t.key] for t in written if t.sentence == s.sentence} for s in recipe.settings]
    for axis in range(len(recipe.axis)):
        found = trend(trials_table(recipe, written), "test_error", scores, axis=axis, values=values)
        assert found.change == crossed_contrast(parts, axis_weights(values, axis))
        assert found.images == 200


@given(SEEDS, st.integers(0, 14))
def test_where_any_scores_lack_it_is_over_seeds_alone(seed: int, lost: int) -> None:
    written, scores = scored(RECIPE, HARD, 3, 50, seed)
    table = trials_table(RECIPE, written)
    assert trend(table, "test_error", without(scores, written[lost]), values=VALUES) == trend_over_seeds(
        table, "test_error", values=VALUES
    )


@settings(max_examples=20)
@given(SEEDS)
def test_scores_that_a_trend_does_not_rest_on_are_not_missed(seed: int) -> None:
    """Of a replicate in which not every setting has finished."""
    written, scores = scored(RECIPE, HARD, 3, 50, seed)
    table = trials_table(RECIPE, [*written[:-2], failed(written[-2]), written[-1]])
    assert trend(table, "test_error", without(scores, written[-1]), values=VALUES) == trend(
        table, "test_error", scores, values=VALUES
    )


@settings(max_examples=20)
@given(SEEDS)
def test_the_order_of_rows_is_irrelevant(seed: int) -> None:
    written, scores = scored(RECIPE, HARD, 3, 50, seed)
    table = trials_table(RECIPE, written)
    turned = table.iloc[::-1]
    assert verdict(RECIPE, turned, scores) == verdict(RECIPE, table, scores)
    assert summaries(RECIPE, turned, scores) == summaries(RECIPE, table, scores)


def test_other_images_are_not_paired() -> None:
    written, scores = scored(RECIPE, HARD, 3, 50, seed=0)
    errors = {**scores.errors, written[0].key: scores.errors[written[0].key][:49]}
    odd = ImageScores(errors, scores.losses)
    table = trials_table(RECIPE, written)
    assert trend(table, "test_error", odd, values=VALUES).images == 0
    assert {one.images for one in summaries(RECIPE, table, odd)} == {0}


def test_a_loss_that_is_no_number_is_said() -> None:
    written, scores = scored(RECIPE, World(kind="counts", centre=-1.5, step=-0.5), 3, 200, seed=0)
    losses = {key: np.full_like(one, np.nan) for key, one in scores.losses.items()}
    found = verdict(RECIPE, trials_table(RECIPE, written), ImageScores(scores.errors, losses))
    assert found.decided
    assert "test loss is not a number in some trials" in found.words


# the table ------------------------------------------------------------------------------------------------------------


def test_summaries_are_means_and_simultaneous_differences() -> None:
    written, scores = scored(RECIPE, HARD, 3, 200, seed=0)
    found = summaries(RECIPE, trials_table(RECIPE, written), scores)
    parts = [{t.replicate: scores.errors[t.key] for t in written if t.sentence == s.sentence} for s in RECIPE.settings]
    assert [one.error for one in found] == [crossed_mean(one) for one in parts]
    assert tuple(one.difference for one in found[1:]) == against_first(parts)
    assert {one.images for one in found} == {200}
    assert intervals_words(found) == (
        "Mean ± half the 95 % interval over seeds and test images; changes are paired by seed and test image, and "
        "their intervals hold all at once with 95 %."
    )


def test_summaries_are_of_every_setting_and_paired_to_the_first() -> None:
    numbers = summaries(RECIPE, trials_table(RECIPE, trials(RECIPE, noise=0)[:7]))
    assert [one.error.n for one in numbers] == [2, 2, 1, 1, 1]
    assert numbers[1].difference.mean == pytest.approx(-0.2)
    assert numbers[1].difference.half_width == pytest.approx(0, abs=1e-9)
    assert [one.error.n for one in summaries(RECIPE, trials_table(RECIPE, []))] == [0] * 5


def test_without_scores_changes_still_hold_at_once() -> None:
    """Student's t with two degrees of freedom at 98.75 %, for four changes."""
    written = trials(RECIPE, seed=1)
    table = trials_table(RECIPE, written)
    found: tuple[Summary, ...] = summaries(RECIPE, table)
    values = [t.metrics["test_error"] for t in written]
    differences = np.array(values).reshape(3, 5)[:, 1] - np.array(values).reshape(3, 5)[:, 0]
    assert found[1].difference.half_width == pytest.approx(8.8602 * differences.std(ddof=1) / np.sqrt(3), rel=1e-4)
    assert "over seeds; changes are paired by seed, and" in intervals_words(found)


# the verdict ----------------------------------------------------------------------------------------------------------


def test_words_say_what_the_intervals_are_over() -> None:
    written, scores = scored(RECIPE, World(kind="counts", centre=-1.5, step=-0.5), 3, 200, seed=0)
    table = trials_table(RECIPE, written)
    assert "95 % intervals over seeds and test images)" in verdict(RECIPE, table, scores).words
    broken = verdict(RECIPE, table, without(scores, written[3])).words
    assert "95 % intervals over seeds, not over test images)" in broken


def test_a_run_is_read_with_its_scores(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", RECIPE)
    written, scores = scored(RECIPE, World(kind="counts", centre=-1.5, step=-0.5), 3, 200, seed=0)
    for trial in written:
        run.append(trial, scores=(scores.losses[trial.key], scores.errors[trial.key] == 0))
    assert "intervals over seeds and test images" in render(run)
    (run.folder / "scores" / f"{written[0].key}.npz").write_bytes(b"PK\x03\x04" + bytes(100))
    page = render(run)
    assert "intervals over seeds, not over test images" in page
    assert "intervals that need these scores are over seeds alone" in page


# races ----------------------------------------------------------------------------------------------------------------


@settings(max_examples=20)
@given(seed=SEEDS, step=st.sampled_from([0.0, -0.1]), lost=st.none() | st.integers(0, 49))
def test_a_race_over_images_is_one_rule_whoever_looks(seed: int, step: float, lost: int | None) -> None:
    """Decided from a look on, never before; what came after it, and the scores of that, change nothing."""
    recipe = a_race(RECIPE)
    written, scores = scored(recipe, replace(MIXED, step=step), 10, 60, seed)
    if lost is not None:
        scores = without(scores, written[lost])
    end = decided_at(recipe, trials_table(recipe, written), scores)
    for n in range(11):
        seen = [trial for trial in written if trial.replicate < n]
        found = race(recipe, trials_table(recipe, seen), scores)
        assert found.decided == (end is not None and n >= end)
        if found.decided or n >= 3:
            assert verdict(recipe, trials_table(recipe, seen), scores).decided == found.decided


def test_a_race_says_that_it_is_over_images() -> None:
    recipe = a_race(RECIPE)
    written, scores = scored(recipe, MIXED, 10, 60, seed=0)
    words = verdict(recipe, trials_table(recipe, written), scores).words
    assert "99.25 % intervals over seeds and test images; all looks" in words


# the outlook ----------------------------------------------------------------------------------------------------------


def test_the_outlook_is_the_number_with_that_power() -> None:
    written, scores = scored(RECIPE, ERRORS, 3, 10_000, seed=1)
    table = trials_table(RECIPE, written)
    words = outlook(RECIPE, table, 0.95, scores)
    assert verdict(RECIPE, table, scores).outlook == words
    least = int(words.split("about ")[1].split()[0])
    found = sources(changes(table, "test_error", scores, values=VALUES))
    assert power(0.5, found, least) >= 0.8 > power(0.5, found, least - 1)
    assert words.endswith("): 3 seeds tell their spread only roughly")


def test_a_plane_has_an_outlook_for_each_axis() -> None:
    recipe = a_plane()
    words = outlook(recipe, trials_table(recipe, trials(recipe, slope=0, noise=0.6)), 0.975)
    assert " seeds along radix (perhaps " in words
    assert " seeds along cardinality (perhaps " in words


def test_few_images_have_no_outlook_on_any_number_of_seeds() -> None:
    written, scores = scored(RECIPE, HARD, 5, 100, seed=0)
    words = outlook(RECIPE, trials_table(RECIPE, written), 0.95, scores)
    assert "with more test images: with these no number of seeds is enough" in words


def test_enough_seeds_would_have_decided() -> None:
    written = trials(RECIPE, slope=0, noise=0.02, replicates=6)
    assert outlook(RECIPE, trials_table(RECIPE, written), 0.95) == (
        "a change of half a point would have been decided four times in five with these seeds"
    )


@pytest.mark.parametrize(
    ("recipe", "written"),
    [
        (a_race(RECIPE), trials(RECIPE, slope=0)),
        (RECIPE, trials(RECIPE, slope=0)[:5]),
        (RECIPE, trials(RECIPE, slope=0, noise=0)),
        (RECIPE, []),
    ],
    ids=["race", "one seed", "no spread", "nothing"],
)
def test_some_runs_have_no_outlook(recipe: Recipe, written: list[Trial]) -> None:
    assert verdict(recipe, trials_table(recipe, written)).outlook == ""


def test_a_decided_run_has_no_outlook() -> None:
    assert verdict(RECIPE, trials_table(RECIPE, trials(RECIPE, noise=0.02))).outlook == ""
