"""The report on a terminal says what the page says, within eighty columns."""

import math
import re
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from rich.cells import cell_len

from analysis.cells import interval_words
from analysis.measured import summaries
from analysis.questions import answer
from analysis.recipe import Recipe
from analysis.record import Run
from analysis.statistics.intervals import Interval
from analysis.text import LEVELS, line, span, sparkline, text
from analysis.words import amount
from tests.analysis.runs import a_plane, a_recipe, a_sweep, a_trial, failed, trials
from tests.analysis.test_searched import proposed
from tests.committed import RUNS

numbers = st.floats(-1e6, 1e6)


def squeezed(words: str) -> str:
    return re.sub(r"\s+", " ", words)


def holding(folder: Path, recipe: Recipe, **changes: object) -> Run:
    run = Run.create(folder / "run", recipe)
    for trial in trials(recipe, **changes):  # type: ignore[arg-type]
        run.append(trial)
    return run


@pytest.mark.parametrize("recipe", [a_recipe(), a_plane()], ids=["axis", "plane"])
@pytest.mark.parametrize("replicates", [0, 1, 3])
def test_it_has_the_verdict_and_every_interval(recipe: Recipe, replicates: int, tmp_path: Path) -> None:
    run = holding(tmp_path, recipe, replicates=replicates)
    said = text(run)
    assert answer(run).words[1:] in squeezed(said)
    for setting, summary in zip(recipe.settings, summaries(recipe, run.trials()), strict=True):
        (row,) = re.findall(rf"^{setting.setting} .*[GM].*$", said, re.MULTILINE)
        assert interval_words(summary.error) in row
        assert f" {amount(setting.macs)} ".replace("\N{NO-BREAK SPACE}", " ") in row
    assert max(map(len, said.splitlines())) <= 80


@pytest.mark.parametrize("folder", RUNS, ids=[folder.name for folder in RUNS])
def test_committed_runs_fit_an_old_terminal(folder: Path) -> None:
    assert max(map(len, text(Run.open(folder), 80).splitlines())) <= 80


@given(st.lists(st.tuples(numbers, st.floats(0, 1e3)), min_size=1, max_size=8), st.integers(10, 90))
def test_every_interval_is_drawn_on_the_common_scale(values: list[tuple[float, float]], width: int) -> None:
    intervals = [Interval(mean, mean - half, mean + half, 3) for mean, half in values]
    low, high = span(intervals)
    cell = (high - low) / (width - 1)
    for interval in intervals:
        drawn = line(interval, low, high, width)
        assert len(drawn) == width
        assert drawn.count("●") == 1
        if high > low:
            assert abs(low + drawn.index("●") * cell - interval.mean) <= cell
            first, last = len(drawn) - len(drawn.lstrip()), len(drawn.rstrip()) - 1
            assert abs(low + first * cell - interval.low) <= cell
            assert abs(low + last * cell - interval.high) <= cell


def test_what_has_no_interval_is_a_point_and_what_has_no_number_is_nothing() -> None:
    assert line(Interval(1.0, math.nan, math.nan, 1), 0.0, 2.0, 5) == "  ●  "
    assert line(Interval(math.nan, math.nan, math.nan, 0), 0.0, 2.0, 5) == ""
    assert line(Interval(1.0, 0.0, 2.0, 3), 0.0, 2.0, 5) == "├─●─┤"


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=16), min_size=1, max_size=200))
def test_a_sparkline_keeps_the_order(values: list[float]) -> None:
    drawn = sparkline(sorted(values))
    assert list(drawn) == sorted(drawn, key=LEVELS.index)
    assert len(drawn) <= 40


def test_a_sparkline_by_hand() -> None:
    assert sparkline([8.0, 5.0, math.nan, 1.0]) == "█▅ ▁"
    assert sparkline([1.0, 1.0]) == "▁▁"
    assert sparkline([math.nan]) == sparkline([]) == ""


def test_a_sweep_shows_the_best_and_its_course(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", a_sweep())
    for number, error in enumerate((12.0, 10.0, 11.0)):
        run.append(proposed(run, number, error))
    run.append(failed(proposed(run, 3, 9.0), "Diverged: training loss is nan"))
    said = text(run)
    assert [row.split()[0] for row in said.splitlines() if re.match(r"#\d ", row)] == ["#1", "#2", "#0"]
    assert re.search("proposal by proposal: █▁[▄▅]$", said, re.MULTILINE)
    assert f"#1: {run.proposals()[1].setting.sentence}" in said
    assert "#3, seed 0: Diverged: training loss is nan" in said


def test_a_sweep_without_a_result_says_so(tmp_path: Path) -> None:
    assert "Undecided: 0 of 6 proposals trained to the end" in text(Run.create(tmp_path / "run", a_sweep()))


NAMES = {
    1: "\x1b[2J\x1b]0;owned\x07🦊", 2: "a\nb", 3: "表" * 60, 4: "x" * 10_000, 5: "<script>alert(1)</script>",
    6: "\u202eevil", 7: "e\u0301" * 50,
}  # fmt: skip


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_nothing_in_a_record_commands_the_terminal_or_overruns_it(width: int, tmp_path: Path) -> None:
    recipe = a_recipe(NAMES)
    run = holding(tmp_path, recipe)
    run.append(failed(a_trial(recipe, 0, 4), "a reason\x1b[31m\r\nof two lines" + "表" * 5000))
    said = text(run, width)
    assert not [character for character in said if not character.isprintable() and character != "\n"]
    assert max(map(cell_len, said.splitlines())) <= max(width, 40)
    assert r"seed 4: a reason\x1b[31m\r\nof two lines表" in said.replace("\n  ", " ")
    assert len(said) < 10_000


@pytest.mark.parametrize("width", [40, 80])
def test_a_sweep_of_many_objectives_fits_an_old_terminal(width: int, tmp_path: Path) -> None:
    recipe = a_sweep(objectives=("loss", "macs", "activations"))
    run = Run.create(tmp_path / "run", recipe)
    for number in range(3):
        run.append(proposed(run, number, 10.0 + number))
    said = text(run, width)
    assert max(map(cell_len, said.splitlines())) <= width
    squeezed_sentences = squeezed(said)
    for one in run.proposals():
        assert one.setting.sentence in squeezed_sentences
