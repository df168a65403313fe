"""Of many points those are drawn that tell something, and of the others a sample."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from analysis.figures.front import front_info
from analysis.figures.progress import progress_info
from analysis.figures.tradeoff import tradeoff_info
from analysis.plots import axis_plots
from analysis.record import Run
from analysis.searched import front, outcomes, ranked
from analysis.sweep_plots import sweep_plots
from analysis.table import trials_table
from analysis.thinning import MOST, extremes, thinned, thinned_words
from tests.analysis.synthetic import axis, sweep


@given(count=st.integers(0, 300), most=st.integers(2, 100), data=st.data())
def test_as_many_are_drawn_as_may_be_and_the_telling_ones_first(count: int, most: int, data: st.DataObject) -> None:
    telling = data.draw(st.lists(st.integers(0, count - 1), max_size=40)) if count else []
    drawn = thinned(count, telling, most)
    assert drawn == sorted(set(drawn))
    assert len(drawn) == min(count, most)
    assert set(drawn) <= set(range(count))
    assert set(telling) <= set(drawn) or len(set(telling)) > most
    assert thinned(count, telling, most) == drawn


def test_of_too_many_telling_ones_some_are_taken_evenly() -> None:
    assert thinned(1000, range(900), 4) == [0, 300, 599, 899]


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=30))
def test_extremes_are_of_the_numbers(values: list[float]) -> None:
    finite = [value for value in values if math.isfinite(value)]
    assert [values[place] for place in extremes(values)] == ([min(finite), max(finite)] if finite else [])


def test_the_caption_says_how_many_and_only_where_it_must() -> None:
    assert thinned_words(5, 5, "the best") == ""
    assert thinned_words(2000, 100_000, "the best") == (
        " 2,000 of 100,000 points are drawn: the best, and a random sample of the others."
    )


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Run:
    made = sweep(MOST + 500, objectives=("error", "macs"))
    return made.write(tmp_path_factory.mktemp("run") / "run")


def test_a_large_sweep_keeps_its_best_its_front_and_its_ends(large: Run) -> None:
    found = outcomes(large)
    values = {one.proposal.number: one.values for one in ranked(found)}
    steps, points = progress_info(large.recipe, found), front_info(large.recipe, found)
    assert len(steps.numbers) == len(steps.hovers) == len(points.x) == len(points.hovers) == MOST
    assert (steps.proposals, points.proposals) == (MOST + 500, MOST + 500)
    places = np.searchsorted(steps.numbers, range(MOST + 500), side="right") - 1  # the last one drawn before each
    so_far = np.minimum.accumulate([values[number][0] for number in range(MOST + 500)])
    assert np.array_equal(np.array(steps.best)[places], so_far)
    assert sum(points.on_front) == len(front(found))
    assert {min(points.x), max(points.x)} == {pick(v[1] for v in values.values()) for pick in (min, max)}
    captions = [plot.caption for plot in sweep_plots(large, found)[:2]]
    assert all("2,000 of 2,500 points are drawn" in caption for caption in captions)


def test_many_seeds_are_drawn_in_part_and_their_intervals_are_of_all() -> None:
    made = axis(500)
    table = trials_table(made.recipe, made.trials)
    (line,) = tradeoff_info(made.recipe, table).lines
    for place, point in enumerate(line.points):
        errors = [t.metrics["test_error"] for t in made.trials if t.sentence == made.recipe.settings[place].sentence]
        assert len(point.seeds) == MOST // 5
        assert (min(point.seeds), max(point.seeds)) == (min(errors), max(errors))
        assert point.interval.n == 500
        assert point.interval.mean == pytest.approx(np.mean(errors))
    words = " 2,000 of 2,500 points are drawn: the least and the largest of every setting, and a random sample of the"
    told = [plot.name for plot in axis_plots(made.recipe, list(made.trials), table) if words in plot.caption]
    assert told == ["error", "loss", "training", "times"]
