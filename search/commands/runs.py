"""`explore runs`: the runs of a folder, how far each is and what it says."""

import json
import os
import shutil
from argparse import Namespace
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from analysis.questions import answer, asked, question
from analysis.recipe import RecordError
from analysis.record import Run
from analysis.states import state
from analysis.terminal import filled
from analysis.words import plural, shown
from search.errors import UsageError

LINES = 3  # of a verdict in the list; the whole of it is in the report
NARROWEST = 40


@dataclass(frozen=True)
class Line:
    """A run in the list, or why a folder is none."""

    run: str
    state: str  # running, interrupted, finished or failed; or unreadable
    progress: str  # 7 of 15 trials, 1 failed; or why it is unreadable
    changed: str  # when its last trial ended, or its files were written, UTC
    question: str = ""
    verdict: str = ""
    brief: str = ""  # of the verdict
    decided: bool = False
    notices: tuple[str, ...] = ()


def run(options: Namespace) -> int:
    """Print the runs, the latest first."""
    folder = Path(options.folder)
    if not folder.is_dir():
        raise UsageError(f"runs: {options.folder!r} is no folder; give the one that holds the run folders")
    folders = [folder] if is_run(folder) else filter(is_run, sorted(folder.iterdir()))
    lines = sorted(map(_line, folders), key=lambda line: line.changed, reverse=True)
    if options.json:
        print(json.dumps([asdict(line) for line in lines], indent=1))
        return 0
    width = max(NARROWEST, shutil.get_terminal_size().columns)
    print("\n\n".join(_shown(line, width) for line in lines) or f"no run is in {shown(str(folder))}")
    return 0


def is_run(path: Path) -> bool:
    """Whether the folder is one, or was; what may not be looked into is none."""
    return any(os.path.isfile(path / name) for name in ("recipe.toml", "trials.jsonl"))  # noqa: PTH113 -- never raises


def _line(path: Path) -> Line:
    try:
        record = Run.open(path)
        said = answer(record)
        words = (question(record.recipe), said.words, said.brief or said.words)
        return Line(
            str(path), state(record), _progress(record), _changed(path, record), *words, said.decided,
            tuple(record.notices),
        )  # fmt: skip
    except RecordError as error:
        return Line(str(path), "unreadable", str(error), _changed(path))
    except Exception as error:  # noqa: BLE001 -- whatever stands in a folder from elsewhere, it hides no other run
        return Line(str(path), "unreadable", f"{type(error).__name__}: {error}", _changed(path))


def _progress(record: Run) -> str:
    latest = record.latest().values()
    failures = sum(trial.state == "failed" for trial in latest)
    ended, wanted = len(latest) - failures, asked(record.recipe)
    failed = f", {failures:,} failed" if failures else ""
    most = "at most " if record.recipe.race else ""
    return f"{'' if ended == wanted else f'{ended:,} of {most}'}{plural(wanted, 'trial')}{failed}"


def _changed(path: Path, record: Run | None = None) -> str:
    """By the ledger, as a copy has files of its own date; else by the files."""
    ended = [trial.finished_at for trial in record.latest().values()] if record else []
    dates = [date for date in map(_utc, ended) if date]
    files = [file.stat().st_mtime for name in ("trials.jsonl", "recipe.toml") if (file := path / name).is_file()]
    date = max(dates) if dates else datetime.fromtimestamp(files[0] if files else 0, UTC)
    return date.isoformat(timespec="seconds")


def _utc(written: str) -> datetime | None:
    try:
        date = datetime.fromisoformat(written)
        return date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _shown(line: Line, width: int) -> str:
    when = line.changed.replace("T", " ")[:16]
    words = [f"{line.state}, {line.progress}; {when} UTC", line.question, line.brief, *line.notices]
    said = [filled(one, width - 2, most=LINES) for one in words if one]
    return "\n".join([shown(line.run), *said]).replace("\n", "\n  ")
