"""Figures draw the numbers of their infos."""

import json

import plotly.graph_objects as go  # type: ignore[import-untyped]
import pytest

from analysis.figures.costs import costs, costs_info, deviations_info
from analysis.figures.curves import curves, curves_info
from analysis.figures.tradeoff import Metric, tradeoff, tradeoff_info
from analysis.recipe import Recipe
from analysis.table import trials_table
from analysis.trial import Trial
from tests.analysis.runs import a_plane, a_recipe, a_trial, failed, trials

HOSTILE = "</script><b>%{x}\" '🦊"


@pytest.mark.parametrize("metric", ["test_error", "test_loss", "train_loss"])
def test_the_tradeoff_holds_every_seed_and_its_interval(metric: Metric) -> None:
    recipe = a_recipe()
    written = trials(recipe)
    info = tradeoff_info(recipe, trials_table(recipe, written), metric)
    (line,) = info.lines
    assert info.ticks == ("1x64d", "2x40d", "4x24d", "8x14d", "32x4d")
    assert [point.position for point in line.points] == [0, 1, 2, 3, 4]
    for index, point in enumerate(line.points):
        expected = [written[5 * replicate + index].metrics[metric] for replicate in range(3)]
        assert list(point.seeds) == expected
        assert point.interval.mean == pytest.approx(sum(expected) / 3)


def test_published_values_stand_beside_error_only() -> None:
    recipe = a_recipe()
    table = trials_table(recipe, trials(recipe))
    error, loss = tradeoff_info(recipe, table), tradeoff_info(recipe, table, "test_loss")
    assert error.published == "ResNeXt Table 3"
    assert [point.published for point in error.lines[0].points] == [23.9, 23.0, 22.6, 22.3, 22.2]
    assert loss.published is None
    assert tradeoff(error).layout.yaxis2.title.text == "ImageNet top-1 error (%)"
    assert "yaxis2" not in tradeoff(loss).layout


def test_a_plane_has_a_line_for_each_cardinality() -> None:
    recipe = a_plane()
    info = tradeoff_info(recipe, trials_table(recipe, trials(recipe)))
    assert [line.name for line in info.lines] == ["cardinality 1", "cardinality 2", "cardinality 4"]
    assert info.ticks == ("0", "1", "2", "4")
    assert info.axis == "radix"
    assert all(len(line.points) == 4 for line in info.lines)
    positions = {point.position for line in info.lines for point in line.points}
    assert len(positions) == 12  # nothing hides behind anything else


def test_costs_are_the_recipes() -> None:
    macs, params, activations, proxies = costs_info(a_recipe()).panels
    assert (macs.unit, macs.line, macs.heights[-1]) == ("GFLOPs", 4, pytest.approx(4.23048))
    assert set(params.heights) == {25}
    assert set(activations.heights) == {11}
    assert (proxies.unit, proxies.heights[0]) == ("MFLOPs", pytest.approx(4.004089))


def test_deviations_are_around_zero_in_percent() -> None:
    """Proxies of 4.004089, 4.004125, 4.00416, 4.004267 and 4.00423 M: the mean is 4.0041742."""
    candidates, proxies = deviations_info(a_recipe()).panels
    assert candidates.heights == pytest.approx([2.2296064, 3.125, 4, 6.675, 5.762])
    assert proxies.heights[0] == pytest.approx(100 * (4.004089 / 4.0041742 - 1))
    assert sum(proxies.heights) == pytest.approx(0)
    figure = costs(deviations_info(a_recipe()))
    assert [axis.range[0] < 0 < axis.range[1] for axis in (figure.layout.yaxis, figure.layout.yaxis2)] == [False, True]
    assert figure.layout.yaxis.range[0] == 0
    assert figure.layout.yaxis2.range[1] > 0.4  # thousandths of a percent look like nothing
    assert list(figure.data[0].text) == ["+2.2", "+3.1", "+4.0", "+6.7", "+5.8"]


def test_curves_are_means_over_the_seeds_that_finished() -> None:
    recipe = a_recipe()
    written = [a_trial(recipe, 0, 0, 10.0), a_trial(recipe, 0, 1, 20.0), failed(a_trial(recipe, 1, 0))]
    (curve,) = curves_info(recipe, written)
    assert curve.setting == "1x64d"
    assert curve.epochs == (1, 2, 3, 4)
    assert curve.train_loss[0] == pytest.approx(0.03 * 15 + 1)
    assert curve.validation_loss[3] == pytest.approx(0.03 * 15 + 1.1 / 4)


@pytest.mark.parametrize(
    ("recipe", "count"),
    [(a_recipe(), 0), (a_recipe(), 6), (a_plane(), 1), (a_plane(), 36), (a_recipe({}), 0), (a_recipe({1: "1x64d"}), 1)],
)
def test_every_figure_draws_whatever_has_finished(recipe: Recipe, count: int) -> None:
    for written in (trials(recipe)[:count], [failed(trial) for trial in trials(recipe)[:count]]):
        for figure in drawn(recipe, written):
            assert json.loads(figure.to_json())["layout"]


def test_labels_are_text_and_no_markup() -> None:
    recipe = a_recipe({1: HOSTILE})
    for figure in drawn(recipe, [a_trial(recipe, 0, 0)]):
        written = figure.to_json()
        assert "<b>%{x" not in written
        assert "\\u003cb\\u003e%{x" not in written
        assert "&lt;b&gt;%" in written


def drawn(recipe: Recipe, written: list[Trial]) -> list[go.Figure]:
    table = trials_table(recipe, written)
    return [
        tradeoff(tradeoff_info(recipe, table)),
        tradeoff(tradeoff_info(recipe, table, "test_loss")),
        tradeoff(tradeoff_info(recipe, table, "core_seconds")),
        costs(costs_info(recipe)),
        costs(deviations_info(recipe)),
        curves(curves_info(recipe, written)),
    ]
