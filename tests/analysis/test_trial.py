"""A trial is one line, one key and one row."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from analysis.plain import PlainError
from analysis.record import Run, Trial, trial_key
from analysis.table import trials_table
from tests.analysis.runs import FIDELITY, a_plane, a_recipe, a_trial, failed, trials


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(tmp_path / "runs" / "x", a_recipe())


@given(reason=st.text(st.characters(exclude_categories=["Cs"])), error=st.floats(-1e38, 1e38))
def test_a_trial_is_one_line_that_round_trips(reason: str, error: float) -> None:
    trial = a_trial(a_plane(), 3, 1, error, reason=reason)
    assert "\n" not in trial.to_line()
    assert Trial.from_line(trial.to_line()) == trial


def test_a_diverged_loss_stays_no_number_in_strict_json() -> None:
    trial = a_trial(a_recipe(), 0, 0, metrics={"test_error": 90.0, "test_loss": float("inf")})
    assert '"test_loss": null' in trial.to_line()
    assert np.isnan(Trial.from_line(trial.to_line()).metrics["test_loss"])


@pytest.mark.parametrize(
    ("written", "instead", "why"),
    [
        (
            '"test_error": 10.0',
            '"test_error": 1e300',
            "metrics: 1e+300 is too large to be true; write a number up to 1e+39",
        ),
        ('"test_error": 10.0', '"test_error": -1e999', "metrics: -inf is too large to be true"),
        ('"epoch": 1,', f'"epoch": 1{400 * "0"},', "curve[0].epoch: 1000"),
        ('"replicate": 0', '"replicate": -1', "replicate: -1 is not possible; write a number of at least 0"),
        ('"replicate": 0', f'"replicate": {2**63}', "replicate: 9223372036854775808 is not possible"),
        ('"value": 1', f'"value": {10**30}', "value: 1000"),
        ('"seconds": 20.0', '"seconds": -1', "seconds: -1 is not possible; write a number of at least 0"),
    ],
)
def test_numbers_that_cannot_be_are_quoted(written: str, instead: str, why: str) -> None:
    line = a_trial(a_recipe(), 0, 0).to_line()
    assert written in line
    with pytest.raises(PlainError) as refused:
        Trial.from_line(line.replace(written, instead))
    assert str(refused.value).startswith(why)
    assert len(str(refused.value)) < 300


def test_what_would_be_refused_is_not_written() -> None:
    trial = a_trial(a_recipe(), 0, 0, metrics={"test_error": 1e300, "test_loss": 1e38})
    read = Trial.from_line(trial.to_line())
    assert np.isnan(read.metrics["test_error"])
    assert read.metrics["test_loss"] == 1e38


def test_a_key_is_of_all_that_makes_a_trial_and_of_nothing_else() -> None:
    parts = ("candidate", "proxy", {"lr": 0.1, "flip": True}, FIDELITY, 0)
    key = trial_key(*parts)
    assert len(key) == 16
    assert set(key) <= set("0123456789abcdef")
    assert trial_key("candidate", "proxy", {"flip": True, "lr": 0.1}, replace(FIDELITY), 0) == key
    others = [
        ("other", *parts[1:]),
        (parts[0], "other", *parts[2:]),
        (*parts[:2], {"lr": 0.05, "flip": True}, *parts[3:]),
        (*parts[:3], replace(FIDELITY, epochs=5), 0),
        (*parts[:4], 1),
    ]
    assert len({key, *(trial_key(*other) for other in others)}) == 6


def test_a_width_of_one_is_a_width_of_one_point_nought() -> None:
    keys = {trial_key("c", "p", {"lr": lr}, replace(FIDELITY, width=w), 0) for lr in (1, 1.0) for w in (1, 1.0)}
    assert len(keys) == 1


def test_the_key_of_old_runs_is_still_the_key() -> None:
    assert trial_key("candidate", "proxy", {"lr": 0.1}, FIDELITY, 0) == "baec3e4a6abafb5a"


# the table ------------------------------------------------------------------------------------------------------------


@given(order=st.permutations(range(15)))
def test_the_table_does_not_know_who_finished_first(order: list[int]) -> None:
    recipe = a_recipe()
    written = trials(recipe)
    table = trials_table(recipe, [written[index] for index in order])
    pd.testing.assert_frame_equal(table, trials_table(recipe, written))
    assert table["replicate"].tolist() == [0, 1, 2] * 5
    assert table["setting"].tolist() == [s.setting for s in recipe.settings for _ in range(3)]


def test_the_last_word_on_a_trial_counts_and_finished_is_the_last_word(run: Run) -> None:
    one, two = a_trial(run.recipe, 0, 0), a_trial(run.recipe, 1, 0)
    for trial in (failed(one, "first"), failed(one, "second"), two, failed(two)):
        run.append(trial)
    table = run.trials()
    assert table["state"].tolist() == ["failed", "finished"]
    assert table["reason"][0] == "second"
    assert list(run.finished()) == [two.key]
    run.append(one)
    assert run.trials()["state"].tolist() == ["finished", "finished"]


def test_dtypes_are_the_same_empty_failed_or_full(run: Run) -> None:
    empty = run.trials().dtypes
    run.append(failed(a_trial(run.recipe, 0, 0)))
    assert run.trials().dtypes.equals(empty)
    run.append(a_trial(run.recipe, 1, 0))
    assert run.trials().dtypes.equals(empty)
    assert run.trials()["macs"].tolist() == [setting.macs for setting in run.recipe.settings[:2]]


def test_a_trial_of_no_setting_comes_last_without_costs(run: Run) -> None:
    run.append(replace(a_trial(run.recipe, 0, 0), setting="none", sentence="elsewhere", key="k"))
    run.append(a_trial(run.recipe, 4, 2))
    table = run.trials()
    assert table["sentence"].tolist()[-1] == "elsewhere"
    assert pd.isna(table["macs"].iloc[-1])


def test_bytes_that_are_no_text_are_written_and_read_as_text() -> None:
    """A worker's error may name a file whose name is no UTF-8."""
    trial = failed(a_trial(a_recipe(), 0, 0), "no such file: '/data/\udcff'")
    read = Trial.from_line(trial.to_line().encode().decode())
    assert read.reason == r"no such file: '/data/\udcff'"
    assert Trial.from_line(trial.to_line().replace(r"\\udcff", r"\udcff")) == read
