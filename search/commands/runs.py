"""`explore runs`: the runs of a folder, how far each is and what it says."""

import json
from argparse import Namespace
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from analysis.questions import answer, asked, question
from analysis.recipe import RecordError
from analysis.record import Run
from analysis.words import plural
from search.errors import UsageError

SAID = 160  # characters of a verdict in the list; the whole of it is in the report


@dataclass(frozen=True)
class Line:
    """A run in the list, or why a folder is none."""

    run: str
    state: str
    question: str = ""
    verdict: str = ""
    decided: bool = False
    changed: str = ""  # when its ledger was last written, UTC


def run(options: Namespace) -> int:
    """Print the runs, the latest first."""
    folder = Path(options.folder)
    if not folder.is_dir():
        raise UsageError(f"runs: {options.folder!r} is no folder; give the one that holds the run folders")
    lines = sorted((_line(path) for path in sorted(folder.iterdir()) if is_run(path)), key=_age)
    if options.json:
        print(json.dumps([asdict(line) for line in lines], indent=1))
        return 0
    print("\n\n".join(map(_shown, lines)) or f"no run is in {folder}")
    return 0


def is_run(path: Path) -> bool:
    """Whether the folder is one, or was."""
    return any((path / name).exists() for name in ("recipe.toml", "trials.jsonl"))


def _line(path: Path) -> Line:
    changed = _changed(path)
    try:
        record = Run.open(path)
        said, state = answer(record), _state(record)
    except RecordError as error:
        return Line(str(path), f"not readable: {error}", changed=changed)
    state += "".join(f"; {notice}" for notice in record.notices)
    return Line(str(path), state, question(record.recipe), said.words, said.decided, changed)


def _state(record: Run) -> str:
    latest = record.latest().values()
    states = [trial.state for trial in latest]
    ended = len(states) - states.count("failed")
    wanted = asked(record.recipe)
    failed = f", {states.count('failed')} failed" if "failed" in states else ""
    most = "at most " if record.recipe.race else ""
    now = "running now, " if record.is_locked else ""
    if ended >= wanted:
        return f"{now}done, {plural(wanted, 'trial')}{failed}"
    return f"{now}{ended} of {most}{plural(wanted, 'trial')}{failed}"


def _changed(path: Path) -> str:
    files = [file for file in (path / "trials.jsonl", path / "recipe.toml") if file.exists()]
    return datetime.fromtimestamp(files[0].stat().st_mtime, UTC).isoformat(timespec="seconds")


def _age(line: Line) -> tuple[float, str]:
    return -datetime.fromisoformat(line.changed).timestamp(), line.run


def _shown(line: Line) -> str:
    words = line.verdict if len(line.verdict) <= SAID else f"{line.verdict[: SAID - 1].rstrip()}…"
    when = line.changed.replace("T", " ").removesuffix("+00:00")
    lines = [f"{line.run}: {line.state}; last written {when} UTC", f"  {line.question}", f"  {words}"]
    return "\n".join("".join(filter(str.isprintable, one)) for one in lines if one.strip())
