"""Heat map, times, distribution, parallel coordinates and courses draw the numbers of their infos."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

from analysis.figures.courses import MOST, courses, courses_info
from analysis.figures.distribution import STEPS, distribution, distribution_info
from analysis.figures.drawing import say_if_empty
from analysis.figures.grid import grid, grid_info
from analysis.figures.hovers import proposal_told
from analysis.figures.parallel import parallel, parallel_info
from analysis.figures.times import times, times_info
from analysis.figures.tradeoff import tradeoff, tradeoff_info
from analysis.measured import summaries
from analysis.plot import nothing_words
from analysis.plots import axis_plots, plots_of
from analysis.record import Run
from analysis.searched import outcomes, ranked
from analysis.statistics.intervals import mean_interval
from analysis.table import trials_table
from tests.analysis.runs import a_plane, a_recipe, a_sweep, failed, trials
from tests.analysis.scores import ERRORS, scored
from tests.analysis.test_searched import proposed

PLANE = a_plane()


def test_every_cell_of_the_heat_map_is_the_mean_of_its_seeds() -> None:
    table = trials_table(PLANE, trials(PLANE))
    info = grid_info(PLANE, table)
    assert (info.axes, info.columns, info.rows) == (("radix", "cardinality"), (0, 1, 2, 4), (1, 2, 4))
    heat = grid(info).data[0]
    for row, cardinality in enumerate(info.rows):
        for column, radix in enumerate(info.columns):
            errors = table[table["value"] == (radix, cardinality)]["test_error"].tolist()
            assert info.intervals[row][column] == mean_interval(errors)
            assert heat.z[row][column] == pytest.approx(np.mean(errors))
            assert heat.text[row][column].startswith(f"{np.mean(errors):.2f} ± ")


def test_a_cell_that_is_not_in_the_run_has_no_number() -> None:
    recipe = replace(PLANE, settings=PLANE.settings[1:])
    info = grid_info(recipe, trials_table(recipe, trials(recipe)))
    assert info.intervals[0][0].n == 0
    assert grid(info).data[0].z[0][0] is None
    assert grid(info).data[0].text[0][0] == ""


def test_every_finished_trial_has_its_time() -> None:
    recipe = a_recipe()
    written = [replace(trial, seconds=1.0 + place) for place, trial in enumerate(trials(recipe))]
    table = trials_table(recipe, [*written[:-1], failed(written[-1])])
    (line,) = tradeoff_info(recipe, table, "core_seconds").lines
    assert [list(point.seeds) for point in line.points] == [
        [1 + place, 6 + place, 11 + place][: 2 + (place < 4)] for place in range(5)
    ]
    doubled = [replace(one, hyperparameters={**one.hyperparameters, "threads": 2}) for one in written]
    (twice,) = tradeoff_info(recipe, trials_table(recipe, doubled), "core_seconds").lines
    assert twice.points[0].interval.mean == 2 * line.points[0].interval.mean == 12
    assert tradeoff(tradeoff_info(recipe, table, "core_seconds")).layout.yaxis.rangemode == "tozero"


@given(st.lists(st.floats(0, 100, width=32), min_size=1, max_size=60))
def test_the_stair_counts_models_with_no_larger_error(errors: list[float]) -> None:
    (sample,) = distribution_info({"a": errors})
    assert set(sample.errors) <= set(errors)
    for at, fraction, low, high in zip(sample.errors, sample.fractions, sample.low, sample.high, strict=True):
        assert fraction == pytest.approx(np.mean(np.array(errors) <= at))
        assert 0 <= low <= fraction <= high <= 1
    assert sample.fractions[-1] == pytest.approx(1)


def test_a_large_sample_is_drawn_in_few_steps_and_an_empty_one_not_at_all() -> None:
    chance = np.random.default_rng(0)
    (sample,) = distribution_info({"large": chance.normal(10, 1, 100_000).tolist(), "empty": []})
    assert sample.models == 100_000
    assert len(sample.errors) <= STEPS
    assert [trace.name for trace in distribution([sample]).data if trace.hovertemplate] == ["large, n = 100000"]
    assert say_if_empty(distribution([]), "nothing").layout.annotations[0].text == "nothing"


@pytest.mark.parametrize("samples", range(3, 8))
def test_of_many_samples_the_first_is_drawn_beside_each_of_the_others(samples: int) -> None:
    info = distribution_info({f"of {number}": [number, number + 1.5] for number in range(samples)})
    figure = distribution(info)
    stairs = [trace for trace in figure.data if trace.hovertemplate]
    panels = [[one.name for one in stairs if one.xaxis == axis] for axis in dict.fromkeys(one.xaxis for one in stairs)]
    names = [f"of {number}, n = 2" for number in range(samples)]
    assert panels == [[names[0], other] for other in names[1:]]
    assert [one.name for one in stairs if one.showlegend] == names
    for panel in range(samples - 1):  # both bands are behind both stairs
        drawn = [bool(trace.hovertemplate) for trace in figure.data[6 * panel : 6 * panel + 6]]
        assert drawn == [False] * 4 + [True] * 2


def test_models_without_a_number_keep_the_stair_below_one() -> None:
    (sample,) = distribution_info({"a": [1.0, 2.0, float("nan"), float("nan")]})
    assert (sample.errors, sample.fractions) == ((1.0, 2.0), (0.25, 0.5))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Four proposals, one stopped after its first epoch."""
    made = Run.create(tmp_path / "run", a_sweep(scheduler="asha"))
    for number, error in enumerate((12.0, 10.0, 11.0)):
        made.append(proposed(made, number, error, lr=0.1 * (number + 1)))
    stopped = proposed(made, 3, 9.0)
    made.append(replace(stopped, state="pruned", metrics={}, curve=stopped.curve[:1]))
    return made


def test_a_line_goes_through_what_each_proposal_chose_and_came_to(run: Run) -> None:
    found = outcomes(run)
    info = parallel_info(run.recipe, found)
    assert info.hovers == (proposal_told(run.recipe, ranked(found)[0]),)
    assert [axis.label for axis in info.axes] == ["lr", "validation loss (nats)"]
    assert info.axes[0].values == tuple(one.proposal.parameters["lr"] for one in ranked(found))
    assert info.axes[1].values == tuple(one.values[0] for one in ranked(found))
    others, best = parallel(info).data
    assert (best.name, list(best.x), best.y[2]) == ("the best tenth", [0, 1, None], None)
    assert list(best.y[:2]) == pytest.approx([0.5, 0])
    assert [*others.y[:2], *others.y[3:5]] == pytest.approx([1, 0.5, 0, 1])


def test_courses_end_where_trials_were_stopped(run: Run) -> None:
    info = courses_info(run.recipe, outcomes(run))
    assert (info.trials, info.rungs) == (4, (1, 3))
    assert [(len(course.epochs), course.stopped) for course in info.drawn] == [(4, False)] * 3 + [(1, True)]
    ended = next(trace for trace in courses(info).data if trace.name == "trained to the end")
    assert [loss for loss in ended.y if loss is not None] == [loss for c in info.drawn[:3] for loss in c.losses]
    assert list(ended.x).count(None) == 3


def test_of_many_courses_some_are_drawn(run: Run) -> None:
    (one, *_) = outcomes(run)
    many = [replace(one, trials=(replace(one.trials[0], key=f"{number}"),)) for number in range(3 * MOST + 1)]
    last = {**one.trials[0].curve[-1], "validation_loss": 0.001}
    many[1] = replace(one, trials=(replace(one.trials[0], key="1", curve=(*one.trials[0].curve[:-1], last)),))
    info = courses_info(run.recipe, many)
    assert 0.001 in [course.losses[-1] for course in info.drawn]
    assert info.trials == 3 * MOST + 1
    assert MOST / 2 < len(info.drawn) <= MOST


def test_the_time_of_a_proposal_is_its_trials_times_their_cores(run: Run) -> None:
    """20 s a trial, also of the one that was stopped."""
    one, *_ = outcomes(run)
    twice = replace(one.trials[0], hyperparameters={**one.trials[0].hyperparameters, "threads": 2}, key="other")
    info = times_info(run.recipe, [replace(one, trials=(twice, one.trials[0])), *outcomes(run)[1:]])
    assert sorted(info.seconds) == [20, 20, 30]
    assert (info.proposals, info.total) == (3, 40 + 20 + 20 + 20 + 20)
    assert set(info.activations) == {11_000_000}
    assert list(times(info).data[0].y) == list(info.seconds)


def test_trials_that_the_recipe_does_not_know_are_not_drawn() -> None:
    recipe, other = a_recipe(), a_recipe({3: "3x30d", 1: "1x64d"})
    table = trials_table(recipe, [*trials(recipe), *trials(other)[:1]])
    assert [len(point.seeds) for point in tradeoff_info(recipe, table).lines[0].points] == [3] * 5


def test_a_sweep_without_a_result_says_why_in_every_figure(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", a_sweep())
    for ended, words in ((0, "no trial has finished"), (1, "the only trial so far failed"), (2, "all 2 trials failed")):
        for number in range(ended):
            run.append(failed(proposed(run, number, 9.0), "Diverged: training loss is nan"))
        for plot in plots_of(run):
            assert [note.text for note in plot.figure.layout.annotations] == [words], plot.name


def test_an_axis_without_a_result_says_why_in_every_figure_of_measurements() -> None:
    recipe = a_recipe({1: "1x64d"})
    written = [failed(trial) for trial in trials(recipe)]
    for plot in axis_plots(recipe, written, trials_table(recipe, written)):
        notes = [note.text for note in plot.figure.layout.annotations]
        assert ("all 3 trials failed" in notes) is (plot.name not in ("budget", "costs", "placing")), plot.name


def test_those_that_ended_otherwise_are_counted() -> None:
    assert nothing_words([]) == "no trial has finished"
    assert nothing_words(["pruned", "failed", "pruned"]) == "no trial has finished: 2 stopped early, 1 failed"


def test_intervals_are_the_tables() -> None:
    table_of = {1: a_recipe(), 2: PLANE}
    for recipe in table_of.values():
        written, scores = scored(recipe, ERRORS, 3, 200, 0)
        table = trials_table(recipe, written)
        by_name = dict(zip(recipe.settings, summaries(recipe, table, scores), strict=True))
        assert {one.images for one in by_name.values()} == {200}
        points = [point for line in tradeoff_info(recipe, table, "test_error", scores).lines for point in line.points]
        assert sorted(point.interval.low for point in points) == sorted(one.error.low for one in by_name.values())
        assert "over seeds and test images" in axis_plots(recipe, written, table, scores)[0].caption
    cells = grid_info(PLANE, table, scores).intervals
    assert {cell.high for line in cells for cell in line} == {one.error.high for one in by_name.values()}
