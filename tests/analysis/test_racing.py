"""A race ends where its recipe and its table say, and alarms in at most 5 % of null races."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from analysis.racing import FIRST_LOOK, LAST_LOOK, Race, looks, nominal_level, race
from analysis.recipe import Recipe
from analysis.record import Run
from analysis.report import render
from analysis.statistics.intervals import changes_by_replicate
from analysis.table import trials_table
from analysis.trial import Trial
from analysis.verdict import Verdict, verdict
from tests.analysis.runs import a_plane, a_race, a_recipe, a_trial, failed, trials
from tests.racing import (
    DISCRETE,
    alarms,
    counted,
    decided_at,
    decided_over_images,
    ends,
    false_alarm_rate,
    levels,
    planes,
)

AXIS = a_recipe()
RACE = a_race(AXIS)
PLANE = a_race(a_plane(), cap=5)
RACES = 10_000


def at_most(rate: float, races: int) -> float:
    """What a simulation of so many races exceeds in 1 of 1,000 cases if the rate is exactly that."""
    return rate + 3.09 * float(np.sqrt(rate * (1 - rate) / races))


def of(written: list[Trial], recipe: Recipe = RACE) -> Race:
    return race(recipe, trials_table(recipe, written))


def words(written: list[Trial], recipe: Recipe = RACE) -> Verdict:
    return verdict(recipe, trials_table(recipe, written))


def up_to(written: list[Trial], replicates: int) -> list[Trial]:
    return [trial for trial in written if trial.replicate < replicates]


# laws -----------------------------------------------------------------------------------------------------------------

SLOPES = st.sampled_from([0.0, -0.3, 0.6])
SEEDS = st.integers(0, 10_000)


@settings(max_examples=10)
@given(slope=SLOPES, seed=SEEDS, data=st.data())
def test_the_order_of_rows_is_irrelevant(slope: float, seed: int, data: st.DataObject) -> None:
    table = trials_table(RACE, trials(RACE, slope, replicates=8, seed=seed))
    order = data.draw(st.permutations(range(len(table))))
    assert race(RACE, table.iloc[order]) == race(RACE, table)
    assert verdict(RACE, table.iloc[order]) == verdict(RACE, table)


@settings(max_examples=10)
@given(seed=SEEDS, data=st.data())
def test_trials_beyond_the_decision_change_nothing(seed: int, data: st.DataObject) -> None:
    """Whatever workers that ran ahead have finished of them, or failed at."""
    written = trials(RACE, -0.6, replicates=10, seed=seed)
    found = of(written)
    if not found.decided:
        return
    needed = up_to(written, len(found.replicates))
    beyond = [trial for trial in written if trial.replicate >= len(found.replicates)]
    ahead = [failed(t) if data.draw(st.booleans()) else t for t in beyond if data.draw(st.booleans())]
    assert of(needed) == of([*needed, *ahead]) == found
    assert words(needed) == words([*needed, *ahead])


@given(slope=SLOPES, seed=SEEDS)
@settings(max_examples=10)
def test_a_race_is_undecided_before_it_is_decided_and_decided_from_then_on(slope: float, seed: int) -> None:
    """So it does not matter how often anyone looks: who looks once, late, finds the same look."""
    written = trials(RACE, slope, replicates=10, seed=seed)
    end = decided_at(RACE, trials_table(RACE, written))
    for n in range(11):
        found = of(up_to(written, n))
        assert found.decided == (end is not None and n >= end)
        assert found.over == (found.decided or n == 10)
        assert found.replicates == tuple(range(min(n, end or 10)))


@given(slope=SLOPES, seed=SEEDS)
@settings(max_examples=10)
def test_a_raised_cap_takes_nothing_back(slope: float, seed: int) -> None:
    written = trials(RACE, slope, replicates=10, seed=seed)
    found = [decided_at(a_race(AXIS, cap), trials_table(RACE, written)) for cap in (5, 10, 20)]
    assert found[1] == found[2]
    assert found[0] in (found[1], None)
    if found[1] is not None and found[1] <= 5:
        assert found[0] == found[1]


@given(slope=SLOPES, seed=SEEDS, images=st.sampled_from([500, 10_000]))
@settings(max_examples=10)
def test_arrays_and_tables_follow_one_rule(slope: float, seed: int, images: int) -> None:
    """What is simulated below is what is decided from a table."""
    recipe = a_race(a_recipe({1: "1x64d", 2: "2x40d"}), cap=20)
    rounded = [
        replace(t, metrics={**t.metrics, "test_error": round(t.metrics["test_error"] * images / 100) * 100 / images})
        for t in trials(recipe, slope, replicates=20, seed=seed)
    ]
    table = trials_table(recipe, rounded)
    found = levels([*changes_by_replicate(table, "test_error").values()])
    below = np.flatnonzero(found < nominal_level(1))
    assert decided_at(recipe, table) == (below[0] + FIRST_LOOK if below.size else None)


@given(st.integers(1, 100))
def test_looks_are_the_same_for_every_cap_but_for_where_they_end(cap: int) -> None:
    assert [*looks(a_race(AXIS, cap))] == [look for look in range(3, 21) if look <= cap]


# false alarms ---------------------------------------------------------------------------------------------------------


def test_repeated_tests_far_apart_alarm_as_was_published() -> None:
    """With many values between looks t is normal: Armitage, McPherson and Rowe (1969), Table 2."""
    found = levels(np.random.default_rng(0).normal(size=(RACES, 200)))
    for number, published in ((1, 0.05), (2, 0.083), (3, 0.107), (4, 0.126), (5, 0.142)):
        rate = alarms(found[:, 40 - FIRST_LOOK :: 40][:, :number], 0.05, cap=200).mean()
        assert rate == pytest.approx(published, abs=0.01)


@pytest.mark.parametrize("nominal", [0.05, 0.0075, 0.0034])
@pytest.mark.parametrize("last", [3, 5, LAST_LOOK])
def test_integration_and_simulation_agree(nominal: float, last: int) -> None:
    found = alarms(levels(np.random.default_rng(last).normal(size=(RACES, last))), nominal, last).mean()
    exact = false_alarm_rate(nominal, last)
    assert found == pytest.approx(exact, abs=4 * np.sqrt(exact / RACES))


@pytest.mark.parametrize("axes", [1, 2])
def test_the_nominal_levels_keep_5_percent_and_give_away_little(axes: int) -> None:
    assert 0.0485 <= axes * false_alarm_rate(nominal_level(axes)) <= 0.05


def test_more_axes_and_more_looks_alarm_no_oftener() -> None:
    assert nominal_level(2) < nominal_level(1) / 2
    rates = [false_alarm_rate(nominal_level(1), last) for last in range(4, LAST_LOOK + 1)]
    assert rates == sorted(rates)


def test_looking_again_and_again_at_a_fixed_sample_test_does_not_keep_5_percent() -> None:
    """What a race must not do: 23 % over 18 looks."""
    found = levels(np.random.default_rng(0).normal(size=(RACES, LAST_LOOK)))
    assert alarms(found, 0.05).mean() == pytest.approx(0.23, abs=0.01)


@pytest.mark.parametrize("cap", [5, 10, 20])
def test_null_races_alarm_in_at_most_5_percent(cap: int) -> None:
    one, other = (levels(np.random.default_rng((cap, axis)).normal(size=(RACES, LAST_LOOK))) for axis in (0, 1))
    assert alarms(one, nominal_level(1), cap).mean() <= at_most(0.05, RACES)
    plane = alarms(one, nominal_level(2), cap) | alarms(other, nominal_level(2), cap)
    assert plane.mean() <= at_most(0.05, RACES)


@pytest.mark.parametrize(("images", "spread", "number"), DISCRETE)
def test_errors_counted_in_images_alarm_no_oftener(images: int, spread: float, number: int) -> None:
    found = levels(counted(images, spread, number, RACES // 2, seed=0))
    assert alarms(found, nominal_level(1)).mean() <= at_most(0.05, RACES // 2)


def test_planes_counted_in_images_alarm_no_oftener() -> None:
    one, other = planes(500, 1.0, RACES // 4, seed=0)
    found = alarms(levels(one), nominal_level(2)) | alarms(levels(other), nominal_level(2))
    assert found.mean() <= at_most(0.05, RACES // 4)


@pytest.mark.parametrize("images", [0.0, 0.01, 0.1, 1.0, 10.0])
def test_races_over_images_alarm_no_oftener(images: float) -> None:
    """The images' variance in units of a seed's; they are the same at all looks, so looking again adds little."""
    null = np.random.default_rng(0).normal(size=(RACES, LAST_LOOK))
    for axes in (1, 2):
        found = decided_over_images(null, images, nominal_level(axes), seed=1)
        for cap in (5, 10, 20):
            assert found[:, : cap - FIRST_LOOK + 1].any(1).mean() <= at_most(0.05 / axes, RACES)


@pytest.mark.parametrize("truth", [0.0, 0.5, 1.0, 2.0])
def test_the_interval_a_race_ends_with_covers_the_truth_95_times_in_100(truth: float) -> None:
    """As all its intervals do together (Jennison and Turnbull 1989)."""
    draws = np.random.default_rng(0).normal(truth, 1, (RACES, LAST_LOOK))
    last = (ends(levels(draws), nominal_level(1)) - FIRST_LOOK)[:, None]
    missed = np.take_along_axis(levels(draws - truth), last, 1)
    assert (missed < nominal_level(1)).mean() <= at_most(0.05, RACES)


@pytest.mark.many
@pytest.mark.parametrize("cap", [5, 10, 20])
def test_many_null_races_alarm_in_at_most_5_percent(cap: int) -> None:
    races = 250_000
    found = levels(np.random.default_rng(cap).normal(size=(races, cap)))
    assert alarms(found, nominal_level(1), cap).mean() <= at_most(0.05, races)
    for index, case in enumerate(DISCRETE):
        found = levels(counted(*case, races=races // 2, seed=index))
        assert alarms(found, nominal_level(1), cap).mean() <= at_most(0.05, races // 2), case
    pair = [levels(changes) for changes in planes(500, 2.0, races // 10, seed=cap)]
    assert np.any([alarms(one, nominal_level(2), cap) for one in pair], axis=0).mean() <= at_most(0.05, races // 10)


@pytest.mark.many
@pytest.mark.parametrize("recipe", [a_race(AXIS), PLANE], ids=["axis", "plane"])
def test_null_races_from_tables_alarm_in_at_most_5_percent(recipe: Recipe) -> None:
    found = [words(trials(recipe, 0, replicates=recipe.seeds, seed=seed), recipe).decided for seed in range(1000)]
    assert 0.002 < np.mean(found) <= at_most(0.05, 1000)


# power ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cap", "effect", "power", "seeds"),
    [(5, 2.0, 0.51, 4.6), (5, 4.0, 0.98, 3.9), (10, 1.0, 0.53, 8.5), (10, 2.0, 0.99, 5.6), (20, 1.0, 0.94, 10.8)],
)
def test_planted_effects_are_found_as_often_as_documented(cap: int, effect: float, power: float, seeds: float) -> None:
    found = levels(np.random.default_rng(cap).normal(effect, 1, (RACES, cap)))
    assert alarms(found, nominal_level(1), cap).mean() == pytest.approx(power, abs=0.015)
    assert ends(found, nominal_level(1), cap).mean() == pytest.approx(seeds, abs=0.1)


def test_what_stopped_early_overstates() -> None:
    draws = np.random.default_rng(0).normal(1, 1, (RACES, 10))
    seeds = ends(levels(draws), nominal_level(1), 10)
    means = np.take_along_axis(draws.cumsum(1), seeds[:, None] - 1, 1)[:, 0] / seeds
    assert means[seeds < 10].mean() == pytest.approx(1.3, abs=0.05)


# examples -------------------------------------------------------------------------------------------------------------


def test_two_seeds_are_no_look_however_clear() -> None:
    written = trials(RACE, -5, noise=0.01, replicates=3)
    assert of(up_to(written, 2)) == Race((0, 1), decided=False, over=False)
    assert of(written) == Race((0, 1, 2), decided=True, over=True)


def test_a_seed_that_others_overtook_is_waited_for() -> None:
    written = trials(RACE, -5, noise=0.01, replicates=6)
    behind = [trial for trial in written if (trial.replicate, trial.value) != (1, 32)]
    assert of(behind) == Race((0,), decided=False, over=False)


def test_a_seed_with_a_failed_trial_is_left_out_and_the_next_counts() -> None:
    written = trials(RACE, -5, noise=0.01, replicates=4)
    broken = [failed(t) if (t.replicate, t.value) == (1, 32) else t for t in written]
    assert of(broken) == Race((0, 2, 3), decided=True, over=True)
    assert of(up_to(broken, 3)) == Race((0, 2), decided=False, over=False)
    tried_again = [trial for trial in broken if trial.state != "failed"]
    assert of(tried_again) == Race((0,), decided=False, over=False)


def test_a_race_ends_at_20_seeds_whatever_its_cap() -> None:
    recipe = a_race(AXIS, cap=40)
    written = [a_trial(recipe, i, r, 10 + (-1) ** (i + r)) for r in range(40) for i in range(5)]
    assert of(up_to(written, 19), recipe) == Race(tuple(range(19)), decided=False, over=False)
    assert of(written, recipe) == Race(tuple(range(20)), decided=False, over=True)


def test_seeds_that_agree_exactly_decide_nothing() -> None:
    recipe = a_race(AXIS, cap=5)
    agreed = [a_trial(recipe, i, r, 10 - 0.2 * i) for r in range(5) for i in range(5)]
    assert of(agreed, recipe) == Race((0, 1, 2, 3, 4), decided=False, over=True)


@pytest.mark.parametrize("recipe", [a_race(a_recipe({})), a_race(a_recipe({1: "1x64d"}))])
def test_without_a_question_nothing_is_decided(recipe: Recipe) -> None:
    table = trials_table(recipe, trials(recipe, replicates=10))
    assert decided_at(recipe, table) is None
    assert not verdict(recipe, table).decided


# words ----------------------------------------------------------------------------------------------------------------


def test_a_decided_race_says_where_it_stopped_and_what_that_does_to_its_size() -> None:
    found = words(trials(RACE, -0.8, replicates=9, seed=7))
    assert found.decided
    assert found.words == (
        "test error falls by 0.87 ± 0.55 points from 1x64d to 32x4d, and test loss falls by 0.026 ± 0.016 "
        "(fitted over all 5 settings; seeds were added until this was decided, at 5 of at most 10: stopped early, "
        "so its size is likely overstated; 99.25 % intervals over seeds, not over test images; "
        "all looks of the race share 5 % of false alarms)"
    )


def test_a_race_decided_at_its_cap_did_not_stop_early() -> None:
    found = words(trials(RACE, -0.8, noise=0.02), a_race(AXIS, cap=3))
    assert found.decided
    assert "seeds were added until this was decided, at 3 of at most 3; 99.25 % intervals" in found.words
    assert "overstated" not in found.words


def test_a_race_that_goes_on_says_so() -> None:
    found = words(trials(RACE, 0, replicates=4))
    assert found.words.startswith("undecided: from 1x64d to 32x4d test error changes by ")
    assert "seeds are added until this is decided, 4 of at most 10 so far; the same command continues" in found.words
    assert "all looks of the race share 5 % of false alarms" in found.words


def test_a_race_that_reached_its_cap_says_so() -> None:
    written = trials(RACE, 0, replicates=10)
    assert "(fitted over all 5 settings; seeds were added up to the cap of 10; 99.25 %" in words(written).words
    broken = words([failed(written[7]), *written[:7], *written[8:]]).words
    assert "up to the cap of 10, of which 9 have finished every setting" in broken


def test_a_plane_shares_its_alarms_between_looks_and_axes() -> None:
    found = words(trials(PLANE, -3, noise=0.05), PLANE)
    assert found.decided
    assert found.words.endswith(
        "99.66 % intervals over seeds, not over test images; "
        "all looks at both axes of the race share 5 % of false alarms)"
    )


@pytest.mark.parametrize(
    ("recipe", "replicates", "said"),
    [
        (RACE, 0, "and 0 of at most 10 have; the same command continues"),
        (RACE, 2, "and 2 of at most 10 have; the same command continues"),
        (a_race(AXIS, cap=2), 2, "and this one ends at 2 seeds; run again with --seeds 10"),
    ],
)
def test_before_the_first_look_nothing_is_said_of_changes(recipe: Recipe, replicates: int, said: str) -> None:
    found = words(trials(recipe, -5, noise=0.01, replicates=replicates), recipe)
    assert found.words == f"undecided: a race is first looked at when 3 seeds have all 5 settings, {said}"


def test_a_race_with_too_few_seeds_left_asks_for_more() -> None:
    recipe = a_race(AXIS, cap=3)
    written = trials(recipe)
    found = words([failed(written[0]), *written[1:]], recipe)
    assert found.words.endswith("and of 3 only 2 have; run again with more --seeds")


def test_the_report_of_a_race_claims_no_fixed_sample(tmp_path: Path) -> None:
    run = Run.create(tmp_path, AXIS)
    for trial in trials(RACE, replicates=4):
        run.append(trial)
    assert "hold for a number of seeds fixed beforehand" in render(run)
    run.recipe = RACE
    assert "hold for a number of seeds fixed beforehand" not in render(run)
    assert "20 of at most 50 trials finished" in render(run)
