"""The trials in a page: all, or of many the ones to look at, and where the others are."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.listing import MOST, listing
from analysis.record import Run
from analysis.sheets import LAST, deviation, large, measured, row, words
from analysis.trial import Trial
from tests.analysis.runs import a_recipe, a_sweep, a_trial, failed, trial_of

AXIS = a_recipe()


def a_run(folder: Path, recipe: object = AXIS) -> Run:
    return Run.create(folder / "my run", recipe)  # type: ignore[arg-type]


def many(count: int) -> list[Trial]:
    """Of one setting; the later the seed, the earlier its end."""
    model = a_trial(AXIS, 0, 0)
    return [
        replace(model, replicate=i, key=f"{i:016}", finished_at=f"2026-01-02T{(count - i) / 1e5:.5f}")
        for i in range(count)
    ]


def test_all_trials_of_a_small_run_are_in_their_order(tmp_path: Path) -> None:
    trials = [a_trial(AXIS, i, seed) for i in (3, 4) for seed in range(3)]  # 8x14d before 32x4d
    found = listing(a_run(tmp_path), trials[::-1], AXIS.settings)
    assert [(one.name, one.cells[0].text) for one in found.sheet.rows] == [
        (t.setting, str(t.replicate)) for t in trials
    ]
    assert found.more == ""
    assert {len(one.cells) + 1 for one in found.sheet.rows} == {len(found.sheet.columns)}


def test_every_trial_has_its_key_and_a_finished_one_the_command_that_trains_it_again(tmp_path: Path) -> None:
    run, trials = a_run(tmp_path), [failed(a_trial(AXIS, 0, 0)), a_trial(AXIS, 1, 0)]
    found = listing(run, trials, AXIS.settings)
    assert found.sheet.columns[-1] == "key"
    assert [one.cells[-1].text for one in found.sheet.rows] == [trial.key for trial in trials]
    assert found.repeat == f"explore repeat 'my run' {trials[1].key}"
    assert listing(run, trials[:1], AXIS.settings).repeat == ""


def test_of_many_trials_on_an_axis_the_last_to_end_are_there_and_the_others_are_a_command_away(tmp_path: Path) -> None:
    trials = many(MOST + 7)
    found = listing(a_run(tmp_path), trials, AXIS.settings)
    assert [one.cells[0].text for one in found.sheet.rows] == [str(i) for i in range(MOST)]
    assert found.note.startswith("1,000 of 1,007 trials, those that ended last.")
    assert found.more == "explore report 'my run' --table trials --output trials.csv"


def test_of_many_trials_of_a_search_the_best_are_there(tmp_path: Path) -> None:
    recipe = a_sweep(trials=1)
    model = trial_of(recipe, AXIS.settings[0], {"lr": 0.1}, 0, 10.0)
    losses = [math.nan, *(1 + i / MOST for i in range(MOST))]
    trials = [replace(model, replicate=i, metrics={"validation_loss": loss}) for i, loss in enumerate(losses)]
    found = listing(a_run(tmp_path, recipe), trials[::-1], AXIS.settings)
    assert [one.cells[0].text for one in found.sheet.rows] == [str(i) for i in range(1, MOST + 1)]
    assert "lr" in found.sheet.columns


def test_what_was_not_measured_is_a_dash_that_is_sorted_last(tmp_path: Path) -> None:
    trial = replace(failed(a_trial(AXIS, 0, 0)), seconds=0.0, setting="none", sentence="of no setting")
    (one,) = listing(a_run(tmp_path), [trial], AXIS.settings).sheet.rows
    dashes = [
        name for name, cell in zip(("", *a_columns(tmp_path)), (words(""), *one.cells), strict=True) if cell.text == "–"
    ]
    assert {"test error (%)", "validation loss (nats)", "seconds", "FLOPs", "params"} <= set(dashes)
    assert {cell.value for cell in one.cells if cell.text == "–"} == {LAST}


def a_columns(folder: Path) -> tuple[str, ...]:
    return listing(a_run(folder), [], ()).sheet.columns[1:]


@pytest.mark.parametrize(
    ("small", "great"),
    [
        (measured(-0.5), measured(0.25)),
        (large(999_000), large(1_000_000)),
        (large(4_089_184_256), large(4_089_184_257)),
        (deviation(-0.021), deviation(0.0)),
    ],
)
def test_cells_are_sorted_by_their_numbers_whatever_is_written(small: object, great: object) -> None:
    assert float(small.value) < float(great.value)  # type: ignore[attr-defined]


def test_a_name_that_is_cut_is_whole_in_its_title() -> None:
    long = "n" * 100
    assert row(long, ()).title == long
    assert len(row(long, ()).name) == 60
    assert row("32x4d", ()).title == ""
