"""A run that goes on has a report, and neither waits for it nor fails with it."""

import os
import subprocess
import sys
from pathlib import Path
from signal import SIGTERM
from threading import Event as Ended
from typing import Any

import pytest

from analysis.going import REFRESH
from analysis.record import Run
from search.jobs import Event, Watch, jobs
from search.reporting import SHARE, Writer, reporting
from search.telling import tell
from tests.analysis.runs import a_recipe

GOES_ON = "This run goes on: 0 of 15 trials finished."


class Process:
    """One that ends when the test says so."""

    def __init__(self) -> None:
        self.code: int | None = None
        self.said, self.ended, self.over = b"", False, Ended()

    @property
    def returncode(self) -> int | None:
        return self.code

    @returncode.setter
    def returncode(self, code: int) -> None:
        self.code = code
        self.over.set()

    def wait(self) -> int | None:
        self.over.wait()
        return self.code

    def poll(self) -> int | None:
        return self.returncode

    def communicate(self, **_: float) -> tuple[bytes, bytes]:
        return b"", self.said

    def terminate(self) -> None:
        self.returncode, self.ended = -15, True


class Moments:
    """A writer whose clock and processes are the test's."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.now, self.begun = 1000.0, []  # type: tuple[float, list[Process]]
        monkeypatch.setattr("search.reporting.subprocess.Popen", self._start)
        self.writer = Writer(folder, lambda: self.now)

    def _start(self, *_: Any, **__: Any) -> Process:
        self.begun.append(Process())
        return self.begun[-1]

    def ends(self, seconds: float) -> None:
        """The last one is written, after so long; nobody looks."""
        self.now = 1000.0 + seconds
        self.begun[-1].returncode = 0
        self.writer._waiter.join()

    def at(self, seconds: float, *, news: bool) -> int:
        """How many reports were begun until then."""
        self.now = 1000.0 + seconds
        self.writer.look(news=news)
        return len(self.begun)

    def written(self, seconds: float, code: int = 0, said: bytes = b"") -> None:
        """The last one is, after so long; a look collects it."""
        self.begun[-1].returncode, self.begun[-1].said = code, said
        self.at(seconds, news=False)


@pytest.fixture
def moments(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Moments:
    return Moments(monkeypatch, tmp_path)


def test_a_report_is_begun_at_once_then_every_thirty_seconds_and_only_where_something_is_new(moments: Moments) -> None:
    assert REFRESH == 30
    assert moments.at(0, news=True) == 1
    moments.written(1)
    assert moments.at(29.9, news=True) == 1
    assert moments.at(30, news=False) == 2  # what ended before is still new
    moments.written(31)
    assert moments.at(100, news=False) == 2
    assert moments.at(101, news=True) == 3


def test_only_one_is_written_at_a_time(moments: Moments) -> None:
    moments.at(0, news=True)
    assert [moments.at(seconds, news=True) for seconds in (40, 400, 4000)] == [1, 1, 1]
    moments.begun[0].returncode = 0
    assert moments.at(4001, news=False) == 1  # it took so long
    assert moments.at(4001 * SHARE, news=False) == 2


def test_how_long_it_took_is_when_it_ended_and_not_when_that_was_seen(moments: Moments) -> None:
    """Between events are minutes where epochs are long."""
    moments.at(0, news=True)
    moments.ends(3)
    assert moments.at(60, news=True) == 2
    assert moments.writer.took == 3
    moments.ends(64)
    assert moments.at(89, news=True) == 2
    assert moments.at(60 + 10 * 4, news=False) == 3


def test_the_last_failure_is_kept_until_a_report_is_written(moments: Moments) -> None:
    moments.at(0, news=True)
    moments.written(1, 1, b"Traceback\nOSError: no space\n")
    assert moments.writer.failure == "OSError: no space"
    moments.at(60, news=True)
    moments.written(61, -9)
    assert moments.writer.failure == "its process ended with -9"
    moments.at(120, news=True)
    moments.written(121)
    assert moments.writer.failure == ""


def test_a_report_that_is_being_written_at_the_end_is_given_up(moments: Moments) -> None:
    moments.at(0, news=True)
    moments.writer.end()
    assert moments.begun[0].ended
    assert moments.writer.failure == ""


def test_where_no_process_can_be_started_the_run_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("search.reporting.subprocess.Popen", refuse)
    writer = Writer(tmp_path)
    writer.look(news=True)
    writer.end()
    assert writer.failure == "Resource temporarily unavailable"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(tmp_path / "run", a_recipe())


def event(run: Run, kind: Any = "finished") -> Event:
    (job, *_) = jobs(run.recipe)
    return Event(kind, job, {"test_error": 1.0})


def page(run: Run) -> str:
    return (run.folder / "report.html").read_text()


def files(run: Run) -> set[str]:
    return {path.name for path in run.folder.iterdir()}


def test_a_report_is_there_while_the_run_goes_on_and_says_how_far_it_is(run: Run) -> None:
    writer = Writer(run.folder)
    writer.look(news=True)
    assert writer.process
    writer.process.wait()
    writer.end()
    assert writer.failure == ""
    assert GOES_ON in page(run)
    assert '<meta http-equiv="refresh" content="30">' in page(run)
    assert files(run) == {"recipe.toml", "report.html"}


def interrupt(run: Run, watch: Watch) -> None:
    with reporting(run, watch) as passing:
        passing(event(run))
        passing(event(run, "epoch"))
        raise KeyboardInterrupt


def test_the_report_of_an_interrupted_run_no_longer_goes_on(run: Run) -> None:
    seen: list[Event] = []
    with pytest.raises(KeyboardInterrupt):
        interrupt(run, seen.append)
    assert [one.kind for one in seen] == ["finished", "epoch"]
    assert 'http-equiv="refresh' not in page(run)
    assert "0 of 15 trials finished" in page(run)
    assert {name for name in files(run) if not name.startswith(".lock")} == {"recipe.toml", "report.html"}


def test_a_report_that_cannot_be_written_is_said_once_and_in_the_end(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    (run.folder / "report.html").mkdir()
    early: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        interrupt(run, lambda _: early.append(capsys.readouterr().err))
    assert early == ["", ""]
    said = capsys.readouterr().err
    assert said.startswith("explore: the report could not be written as trials ended (IsADirectoryError: ")
    assert said.count("\n") == 1


def test_who_asks_for_the_report_of_a_run_that_goes_on_gets_one_that_does(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    with run.lock():
        tell(Run.open(run.folder))
    assert GOES_ON in page(run)
    assert "the run goes on, and so does its report" in capsys.readouterr().out
    tell(Run.open(run.folder))
    assert GOES_ON not in page(run)
    assert "goes on" not in capsys.readouterr().out


@pytest.fixture
def stuck(run: Run) -> Run:
    """A run whose ledger nobody can read to its end."""
    os.mkfifo(run.folder / "trials.jsonl")
    return run


def test_nothing_waits_for_a_report(stuck: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """Were anything to, this would never end."""
    with reporting(stuck, lambda _: None) as watch:
        for _ in range(100):
            watch(event(stuck))
    assert "report.html" not in files(stuck)
    assert capsys.readouterr().err == ""


def test_the_writer_ends_with_the_one_that_started_it(stuck: Run) -> None:
    command = [sys.executable, "-P", "-m", "search.reporting", str(stuck.folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin
        process.stdin.close()
        assert process.wait(60) in (0, -SIGTERM)  # the latter while it is still starting
        assert process.stderr
        assert process.stderr.read() == b""
