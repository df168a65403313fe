"""Whatever happens to its writer, a ledger loses no trial that was on the disk."""

import errno
import os
import resource
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, strategies as st

from analysis import files, ledger
from analysis.recipe import RecordError
from analysis.record import Run
from analysis.trial import entry_from_line
from tests.analysis.runs import a_recipe, a_trial

LINES = tuple(a_trial(a_recipe(), index, 0, curve=()).to_line().encode() + b"\n" for index in range(3))


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
        assert ledger.mend(path) == tuple(f"{path}: {notice}" for notice in reading.notices)
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


@given(st.lists(st.binary(max_size=40), min_size=4, max_size=4))
def test_whatever_stands_between_lines_they_are_read_and_it_is_kept_beside(between: list[bytes]) -> None:
    trials = [a_trial(a_recipe(), index, 0, curve=()) for index in range(4)]
    garbage = [piece + b"\n" for piece in between]
    lines = [trial.to_line().encode() + b"\n" for trial in trials]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "trials.jsonl"
        path.write_bytes(b"".join(piece + line for piece, line in zip(garbage, lines, strict=True)))
        reading = ledger.read(path)
        assert reading.trials == tuple(trials)
        assert b"".join(one.line for one in reading.bad) == b"".join(garbage)
        ledger.mend(path)
        assert path.read_bytes() == b"".join(lines)
        assert path.with_name("trials.jsonl.quarantine").read_bytes() == b"".join(garbage)
        assert ledger.mend(path) == ()


@given(st.lists(st.sampled_from([b"nonsense\n", b"{}\n", b"\xff\n", *LINES]), max_size=12), st.data())
def test_what_is_known_is_read_on_from_whatever_has_become_of_the_file(lines: list[bytes], data: st.DataObject) -> None:
    known_to, torn = data.draw(st.integers(0, len(lines))), data.draw(st.binary(max_size=3))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "trials.jsonl"
        path.write_bytes(b"".join(lines[:known_to]) + torn.replace(b"\n", b""))
        known = ledger.read(path)
        now = lines if data.draw(st.booleans()) else data.draw(st.permutations(lines))
        path.write_bytes(b"".join(now))
        assert ledger.read(path, known) == ledger.read(path)


def test_a_line_that_is_known_is_not_parsed_again(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for index in range(3):
        run.append(a_trial(run.recipe, index, 0))
    reader, parsed = Run.open(run.folder), []
    run.append(a_trial(run.recipe, 3, 0))
    monkeypatch.setattr("analysis.ledger.entry_from_line", lambda line: parsed.append(line) or entry_from_line(line))
    assert len(reader.finished()) == len(reader.trials()) == 4
    assert len(parsed) == 1


def test_of_many_bad_lines_a_few_are_told(run: Run) -> None:
    run.append(a_trial(run.recipe, 0, 0))
    with (run.folder / "trials.jsonl").open("ab") as file:
        file.write(b"nonsense\n" * 100)
    notices = Run.open(run.folder).notices
    assert [notice.partition(": ")[2].partition(" (")[0] for notice in notices] == [
        *(f"line {number} is no trial and left out" for number in (2, 3, 4)),
        "97 more lines are no trials and left out",
    ]


FOREIGN = [
    b"\x89PNG\r\n\x1a\n\0\0\0",
    b"\0" * 5000,
    b"a,b\n1,2\n",
    b'{"x": 1}\n{"x": 2}\n',
    b"nonsense",
    b"\n",
    b"{}",
    b"[]\n",
]


@pytest.mark.parametrize("content", FOREIGN)
def test_a_file_that_is_no_ledger_is_no_empty_run_and_a_study_keeps_it_aside(run: Run, content: bytes) -> None:
    path = run.folder / "trials.jsonl"
    path.write_bytes(content)
    with pytest.raises(
        RecordError, match=r"trials\.jsonl is no ledger of this version: (none of its|its [\d,]+ bytes are no line)"
    ):
        Run.open(run.folder)
    run.append(a_trial(run.recipe, 0, 0))
    assert len(Run.open(run.folder).finished()) == 1
    if b"\n" in content:
        assert (run.folder / "trials.jsonl.quarantine").read_bytes() == content[: content.rindex(b"\n") + 1]


def test_a_ledger_whose_first_line_is_torn_is_an_empty_run(run: Run) -> None:
    line = a_trial(run.recipe, 0, 0).to_line().encode()
    for length in (*range(16), len(line) // 2, len(line) - 1):
        (run.folder / "trials.jsonl").write_bytes(line[:length])
        assert Run.open(run.folder).finished() == {}


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
        patch.setattr("analysis.files.write_synced", full)
        with pytest.raises(OSError, match="No space"):
            run.append(two)
    run.append(two)
    assert list(run.finished()) == [one.key, two.key]


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """The kernel cuts a write off there, as at the end of a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_is_full_at_any_byte_takes_no_trial_that_was_there(tmp_path: Path) -> None:
    path, recipe = tmp_path / "trials.jsonl", a_recipe({1: "1x64d", 2: "2x40d"})
    first, second = (a_trial(recipe, i, 0, curve=(), hyperparameters={}, versions={}) for i in (0, 1))
    lines = [trial.to_line().encode() + b"\n" for trial in (first, second)]
    for written in range(len(lines[1])):
        path.write_bytes(lines[0])
        with no_file_larger_than(len(lines[0]) + written), pytest.raises(OSError, match="File too large"):
            ledger.append(path, second)
        assert ledger.read(path).trials == (first,)
        ledger.append(path, second)
        assert path.read_bytes() == b"".join(lines)


@pytest.mark.parametrize("size", [0, 3, 100])
def test_a_disk_that_is_full_while_a_ledger_is_mended_changes_nothing_in_it(run: Run, size: int) -> None:
    run.append(a_trial(run.recipe, 0, 0))
    path = run.folder / "trials.jsonl"
    with path.open("ab") as file:
        file.write(b"nonsense\n")
    before = path.read_bytes()
    with no_file_larger_than(size), pytest.raises(OSError, match="File too large"):
        ledger.mend(path)
    assert path.read_bytes() == before
    ledger.mend(path)
    assert path.read_bytes() == before.removesuffix(b"nonsense\n")
    assert (run.folder / "trials.jsonl.quarantine").read_bytes().endswith(b"nonsense\n")


FULL = """
import errno, sys
from pathlib import Path
from analysis.record import Run
from tests.analysis.runs import a_recipe, a_trial
folder = Path(sys.argv[1])
(folder / "filler").write_bytes(b"0" * 8192)
run, kept = Run.create(folder / "run", a_recipe(seeds=1000)), []
try:
    for replicate in range(1000):
        trial = a_trial(run.recipe, 0, replicate)
        run.append(trial, scores=([0.5] * 100, [True] * 100))
        kept.append(trial.key)
except OSError as error:
    assert error.errno == errno.ENOSPC, error
assert list(Run.open(run.folder).finished()) == kept
(folder / "filler").unlink()
again = Run.open(run.folder)
again.append(trial, scores=([0.5] * 100, [True] * 100))
after = Run.open(run.folder)
assert list(after.finished()) == [*kept, trial.key]
assert after.notices == []
assert all(len(after.scores(key)[0]) == 100 for key in after.finished())
print("kept", len(kept))
"""
READ_ONLY = """
import errno, subprocess, sys
from pathlib import Path
from analysis.record import Run
from search.cli import main
from tests.analysis.runs import a_recipe, a_trial
folder = Path(sys.argv[1])
run = Run.create(folder / "run", a_recipe())
run.append(a_trial(run.recipe, 0, 0))
with (run.folder / "trials.jsonl").open("ab") as file:
    file.write(b'nonsense\\n{"torn')
before = (run.folder / "trials.jsonl").read_bytes()
subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
reader = Run.open(run.folder)
assert len(reader.finished()) == 1 and len(reader.notices) == 2
for refused in (lambda: reader.append(a_trial(run.recipe, 1, 0)), lambda: reader.lock().__enter__()):
    try:
        refused()
    except OSError as error:
        assert error.errno == errno.EROFS, error
    else:
        raise AssertionError
assert main(["report", str(run.folder)]) == 1
assert (run.folder / "trials.jsonl").read_bytes() == before
"""


def on_a_disk_of_its_own(size: str, code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The code, on a file system of a few pages that it alone sees."""
    unshare = shutil.which("unshare")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    alone = [unshare or "unshare", "--user", "--map-root-user", "--mount"]
    if unshare is None or subprocess.run([*alone, *mount], capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    script = f'{" ".join(mount)} && exec "$0" -c "$1" {folder}'
    here = Path(__file__).parents[2]
    command = [*alone, "sh", "-c", script, sys.executable, code]
    return subprocess.run(command, cwd=here, capture_output=True, text=True, check=False)


def test_a_full_disk_keeps_what_it_has_and_takes_more_once_there_is_room(tmp_path: Path) -> None:
    ended = on_a_disk_of_its_own("128k", FULL, tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout.split()[1]) > 1


def test_a_read_only_run_is_read_and_refused_in_one_line(tmp_path: Path) -> None:
    ended = on_a_disk_of_its_own("256k", READ_ONLY, tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.count("\n") == 1
    assert ended.stderr.endswith(f"cannot be read or written: {os.strerror(errno.EROFS)}\n")


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
