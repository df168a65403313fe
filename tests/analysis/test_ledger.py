"""Whatever happens to its writer, a ledger loses no trial that was on the disk."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from analysis import files, ledger
from analysis.record import Run
from tests.analysis.runs import a_recipe, a_trial


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(tmp_path / "runs" / "x", a_recipe())


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
