"""A run folder keeps what was once written, and says what it could not keep."""

import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from analysis import files, ledger
from analysis.recipe import RecordError
from analysis.record import Run, Trial, trial_key
from analysis.table import trials_table
from tests.analysis.runs import FIDELITY, a_plane, a_recipe, a_trial, failed, trials


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(tmp_path / "runs" / "x", a_recipe())


# trials ---------------------------------------------------------------------------------------------------------------


@given(reason=st.text(st.characters(exclude_categories=["Cs"])), error=st.floats(allow_nan=False, allow_infinity=False))
def test_a_trial_is_one_line_that_round_trips(reason: str, error: float) -> None:
    trial = a_trial(a_plane(), 3, 1, error, reason=reason)
    assert "\n" not in trial.to_line()
    assert Trial.from_line(trial.to_line()) == trial


def test_a_diverged_loss_stays_no_number_in_strict_json() -> None:
    trial = a_trial(a_recipe(), 0, 0, metrics={"test_error": 90.0, "test_loss": float("inf")})
    assert '"test_loss": null' in trial.to_line()
    assert np.isnan(Trial.from_line(trial.to_line()).metrics["test_loss"])


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


# the folder -----------------------------------------------------------------------------------------------------------


def test_what_is_appended_is_there_when_opened_again(run: Run) -> None:
    written = trials(run.recipe)
    for trial in written:
        run.append(trial)
    again = Run.open(run.folder)
    assert again.recipe == run.recipe
    assert again.finished() == {trial.key: trial for trial in written}
    assert again.notices == []


def test_the_same_command_continues(run: Run) -> None:
    run.append(a_trial(run.recipe, 0, 0))
    assert len(Run.create(run.folder, run.recipe).finished()) == 1


def test_more_seeds_may_be_asked_and_fewer_change_nothing(run: Run) -> None:
    more = Run.create(run.folder, replace(run.recipe, seeds=5, command="explore --seeds 5"))
    assert (more.recipe.seeds, more.recipe.command) == (5, "explore --seeds 5")
    assert Run.open(run.folder).recipe == more.recipe
    assert Run.create(run.folder, replace(run.recipe, seeds=1, command="x")).recipe == more.recipe


def test_another_recipe_is_refused_with_the_difference(run: Run) -> None:
    with pytest.raises(RecordError) as caught:
        Run.create(run.folder, replace(run.recipe, training=replace(run.recipe.training, lr=0.05)))
    expected = (
        f"{run.folder} holds a run of another recipe: training.lr: 0.1 here, 0.05 asked; choose another --run folder"
    )
    assert str(caught.value) == expected
    with pytest.raises(RecordError, match=r"match: paper here, exact asked \(and 1 more\);"):
        Run.create(run.folder, replace(run.recipe, training=replace(run.recipe.training, lr=0.05), match="exact"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "it has no recipe.toml"),
        (b"seed = ", "not TOML"),
        (b"", "missing"),
        (b"\xff", "not UTF-8"),
        (b"a = 1", "nearest"),
    ],
)
def test_a_damaged_folder_is_one_line(tmp_path: Path, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / "recipe.toml").write_bytes(content)
    with pytest.raises(RecordError, match=message) as caught:
        Run.open(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_folder_and_a_ledger_without_a_recipe_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="there is no such folder"):
        Run.open(tmp_path / "none")
    (tmp_path / "trials.jsonl").touch()
    with pytest.raises(RecordError, match=r"holds trials.jsonl but no recipe.toml"):
        Run.create(tmp_path, a_recipe())


def test_reading_changes_no_file(run: Run) -> None:
    run.append(a_trial(run.recipe, 0, 0))
    with (run.folder / "trials.jsonl").open("ab") as file:
        file.write(b'nonsense\n{"torn')
    before = {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()}
    reader = Run.open(run.folder)
    for read in (reader.trials, reader.finished, reader._repr_html_):
        read()
    assert {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()} == before
    assert len(reader.notices) == 2  # each told once, however often it is read


def test_a_second_study_is_kept_out_until_the_first_ends(run: Run) -> None:
    with run.lock():
        with pytest.raises(RecordError, match="is locked: another explore"), Run.open(run.folder).lock():
            pass
        run.append(a_trial(run.recipe, 0, 0))
    with Run.open(run.folder).lock():
        pass


# crashes --------------------------------------------------------------------------------------------------------------


def test_a_ledger_torn_at_any_byte_loses_only_the_torn_trial(tmp_path: Path) -> None:
    path, recipe = tmp_path / "trials.jsonl", a_recipe({1: "1x64d", 2: "2x40d"})
    first, second = (a_trial(recipe, i, 0, curve=(), hyperparameters={}, versions={}) for i in (0, 1))
    lines = [trial.to_line().encode() + b"\n" for trial in (first, second)]
    whole = b"".join(lines)
    for length in range(len(whole) + 1):
        path.write_bytes(whole[:length])
        kept = (length >= len(lines[0])) + (length >= len(whole))
        is_torn = length not in (0, len(lines[0]), len(whole))
        reading = ledger.read(path)
        assert reading.trials == (first, second)[:kept]
        assert len(reading.notices) == is_torn
        assert ledger.mend(path) == reading.notices
        ledger.append(path, second)
        assert path.read_bytes() == b"".join([*lines[:kept], lines[1]])


def test_a_torn_run_continues(run: Run) -> None:
    one, two = (a_trial(run.recipe, index, 0) for index in (0, 1))
    run.append(one)
    run.append(two)
    path = run.folder / "trials.jsonl"
    path.write_bytes(path.read_bytes()[:-1])
    after = Run.open(run.folder)
    assert list(after.finished()) == [one.key]  # not what the next append will cut off
    assert len(after.notices) == 1
    after.append(two)
    assert list(after.finished()) == [one.key, two.key]
    assert len(after.notices) == 1


@pytest.mark.parametrize("bad", [b"", b"null", b"{}", b"\xff", b"[" * 9999, b'{"state": "maybe"}', b"\0\0\0"])
def test_a_bad_line_in_the_middle_goes_to_quarantine(run: Run, bad: bytes) -> None:
    one, two, three = (a_trial(run.recipe, index, 0) for index in range(3))
    run.append(one)
    with (run.folder / "trials.jsonl").open("ab") as file:
        file.write(bad + b"\n")
    Run.open(run.folder).append(two)
    after = Run.open(run.folder)
    after.append(three)
    assert list(after.finished()) == [one.key, two.key, three.key]
    assert after.notices == []
    assert (run.folder / "trials.jsonl.quarantine").read_bytes() == bad + b"\n"


def test_mending_is_told(run: Run) -> None:
    (run.folder / "trials.jsonl").write_bytes(b'nonsense\n{"torn')
    run.append(a_trial(run.recipe, 0, 0))
    assert [notice.partition(": ")[2].partition(" (")[0] for notice in run.notices] == [
        "line 1 is no trial and left out",
        "the last line is torn after 6 bytes and left out; its trial is run again",
        "the lines that are no trials were moved here",
    ]


def test_a_line_torn_by_a_full_disk_is_cut_before_the_next(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = (a_trial(run.recipe, index, 0) for index in (0, 1))
    run.append(one)

    def full(path: Path, data: bytes, mode: str = "wb") -> None:
        with path.open(mode) as file:
            file.write(data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("analysis.ledger.write_synced", full)
        with pytest.raises(OSError, match="No space"):
            run.append(two)
    run.append(two)
    assert list(run.finished()) == [one.key, two.key]


def test_a_line_is_on_the_disk_only_after_its_scores(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []

    def noted(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)

    monkeypatch.setattr(os, "fsync", noted)
    trial = a_trial(run.recipe, 0, 0)
    run.append(trial, scores=([0.5], [True]))
    assert synced == ["x", f"{trial.key}.npz", "scores", "trials.jsonl", "x"]


def test_a_failed_atomic_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "recipe.toml"
    files.write_atomically(path, b"old")

    def broken(_fd: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="Input/output"):
        files.write_atomically(path, b"new")
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("recipe.toml", b"old")]
    assert stat.S_IMODE(path.stat().st_mode) & 0o444


WRITER = """
import sys
from analysis.record import Run
from tests.analysis.runs import a_trial
run = Run.open(sys.argv[1])
for replicate in range(20):
    run.append(a_trial(run.recipe, int(sys.argv[2]), replicate))
"""


def test_writers_at_once_lose_nothing(run: Run) -> None:
    here = Path(__file__).parents[2]
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(run.folder), str(i)], cwd=here) for i in (0, 1)]
    assert [writer.wait() for writer in writers] == [0, 0]
    reader = Run.open(run.folder)
    assert len(reader.finished()) == 40
    assert reader.notices == []


# scores ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("images", [0, 1, 8, 13])
def test_scores_come_back_in_half_precision_and_in_bits(run: Run, images: int) -> None:
    chance = np.random.default_rng(images)
    losses, correct = chance.exponential(size=images), chance.random(images) > 0.5
    trial = a_trial(run.recipe, 0, 0)
    run.append(trial, scores=(losses, correct))
    back = run.scores(trial.key)
    assert (back[0] == losses.astype(np.float16)).all()
    assert (back[1] == correct).all()
    assert run.finished()[trial.key].scores == f"scores/{trial.key}.npz"


def test_an_enormous_loss_stays_the_largest_half(run: Run) -> None:
    run.append(a_trial(run.recipe, 0, 0, key="k"), scores=([1e9, np.inf, 1.0], [0, 0, 1]))
    assert run.scores("k")[0].tolist() == [65504.0, 65504.0, 1.0]


def test_missing_or_damaged_scores_are_one_line(run: Run) -> None:
    with pytest.raises(RecordError, match="no scores were kept for trial 'k'"):
        run.scores("k")
    run.append(a_trial(run.recipe, 0, 0, key="k"), scores=([1.0], [True]))
    (run.folder / "scores" / "k.npz").write_bytes(b"PK")
    with pytest.raises(RecordError, match="is damaged"):
        run.scores("k")


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
    run.append(a_trial(run.recipe, 0, 0, sentence="elsewhere", key="k"))
    run.append(a_trial(run.recipe, 4, 2))
    table = run.trials()
    assert table["sentence"].tolist()[-1] == "elsewhere"
    assert pd.isna(table["macs"].iloc[-1])


def test_a_notebook_shows_hostile_reasons_as_text(run: Run) -> None:
    run.append(failed(a_trial(run.recipe, 0, 0), "<script>alert(1)</script>"))
    assert "<script>" not in run._repr_html_()
