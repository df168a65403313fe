"""Networks by name are compared with the first, in no order, and no more is said than the trials carry."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.comparison.pairs import comparison
from analysis.comparison.plots import overlays
from analysis.comparison.sides import shared_points, sides
from analysis.figures.tradeoff import tradeoff, tradeoff_info
from analysis.measured import summaries
from analysis.named import named_verdict
from analysis.plain import PlainError
from analysis.questions import answer, question
from analysis.recipe import Recipe
from analysis.record import Run
from analysis.report import render
from analysis.table import trials_table
from analysis.text import text
from analysis.trial import Trial
from tests.analysis.runs import a_trial, by_name

RECIPE = by_name({1: "plain", 2: "better", 4: "alike", 8: "worse"})
ERRORS = (20.0, 18.0, 20.0, 21.0)


def trials(recipe: Recipe, errors: tuple[float, ...] = ERRORS, seeds: int = 5, noise: float = 0.1) -> list[Trial]:
    """Seeds differ by an offset that all networks share, and by noise that they do not."""
    chance = np.random.default_rng(0)
    offsets = chance.normal(0, 3, seeds)
    return [
        a_trial(recipe, k, r, error + float(offsets[r] + chance.normal(0, noise)))
        for r in range(seeds)
        for k, error in enumerate(errors)
    ]


def written(folder: Path, recipe: Recipe = RECIPE, errors: tuple[float, ...] = ERRORS) -> Run:
    run = Run.create(folder, recipe)
    for trial in trials(recipe, errors):
        run.append(trial)
    return run


def test_each_is_told_against_the_first() -> None:
    said = named_verdict(RECIPE, trials_table(RECIPE, trials(RECIPE)))
    lower, higher, still = said.words.split("; ")[:3]
    assert lower.startswith("test error is lower than with plain: with better by ")
    assert higher.startswith("test error is higher than with plain: with worse by 0.945")
    assert still.startswith("undecided: alike (")
    assert "differences to plain in points" in said.words
    assert "hold all at once with 95 %" in said.words
    assert said.decided


def test_without_a_difference_it_is_undecided() -> None:
    table = trials_table(RECIPE, trials(RECIPE, (20.0,) * 4, noise=1.0))
    said = named_verdict(RECIPE, table)
    assert said.words.startswith("undecided: better (")
    assert not said.decided


@pytest.mark.parametrize("seeds", [0, 1])
def test_one_seed_judges_nothing(seeds: int) -> None:
    said = named_verdict(RECIPE, trials_table(RECIPE, trials(RECIPE, seeds=seeds)))
    assert said.words.startswith(f"undecided: {4 * seeds} of 12 trials finished")
    assert not said.decided


def test_more_networks_have_wider_intervals() -> None:
    """The more is compared, the more often chance would decide something: all of it together may with 5 % only."""

    few = replace(RECIPE, settings=RECIPE.settings[:2])
    ended = trials(RECIPE)
    two, four = (summaries(recipe, trials_table(recipe, ended))[1].difference for recipe in (few, RECIPE))
    assert two.mean == four.mean
    assert two.half_width < four.half_width


def test_a_plot_joins_nothing_and_the_axis_of_a_run_everything() -> None:
    info = tradeoff_info(RECIPE, trials_table(RECIPE, trials(RECIPE)))
    assert info.ticks == ("plain", "better", "alike", "worse")
    assert {trace.mode for trace in tradeoff(info).data} == {"markers"}


def test_runs_share_a_network_wherever_each_has_it(tmp_path: Path) -> None:
    """Its place in a list of names says nothing."""
    settings = tuple(replace(one, value=place) for place, one in enumerate(reversed(RECIPE.settings)))
    turned = replace(RECIPE, settings=settings)
    a, b = sides([written(tmp_path / "a"), written(tmp_path / "b", turned, ERRORS[::-1])])
    pairs = shared_points(a, b)
    assert len(pairs) == 4
    assert all(one.setting.sentence == other.setting.sentence for one, other in pairs)
    (errors, _) = overlays(comparison([a.run, b.run]))
    positions = [{mark[0]: x for mark, x in zip(t.customdata, t.x, strict=True)} for t in errors.figure.data]
    assert all(abs(positions[0][name] - positions[1][name]) < 0.5 for name in positions[0])


def test_what_it_asks_and_says_is_on_page_and_terminal(tmp_path: Path) -> None:
    run = written(tmp_path / "run")
    assert question(RECIPE) == "How far are the test errors of 3 networks from that of resnet50?"
    assert question(by_name(equal=True)).endswith(" once all cost the same?")
    page = render(run)
    assert "all reduced alike, trained on" in page
    assert "proxies that all cost the same" in render(written(tmp_path / "equal", replace(RECIPE, match="equal")))
    assert answer(run).words[1:] in text(run, width=10_000)


@pytest.mark.parametrize("change", [{"race": True, "seeds": 10}])
def test_there_is_no_race_among_them(change: dict[str, object]) -> None:
    with pytest.raises(PlainError, match="axis: network is neither raced along nor swept"):
        replace(RECIPE, **change)  # type: ignore[arg-type]
