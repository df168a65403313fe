"""What a command is about: a network by name or sentence, or the best of a run."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path

from analysis.keeping import measure, weights_file, winner
from analysis.recipe import RecordError
from analysis.record import Run
from analysis.trial import Trial
from search.errors import UsageError
from space import Arch, parse


@dataclass(frozen=True)
class Subject:
    """A network and its name, its trained weights if there are any, and what is to be said of how it was chosen."""

    name: str
    arch: Arch
    weights: Path | None = None
    note: str = ""


def subject(words: str) -> Subject:
    """NAME, SENTENCE or RUN[:TRIAL]; a run is a folder, and a trial a setting of it (32x4d) or the start of a key."""
    for folder, trial in ((words, ""), words.rpartition(":")[::2]):
        if folder and _is_run(folder):
            return _of_run(folder, trial)
    if "/" in words and not re.search(r"[>*(]", words):
        raise UsageError(f"{words[:60]!r} is no run: there is no such folder")
    name = words.strip()
    arch = parse(name)
    return Subject(name if name.isidentifier() else "network", arch)


def _is_run(folder: str) -> bool:
    """A folder that says so, or is written like a path: one called resnet50 does not hide the network."""
    return (Path(folder) / "recipe.toml").exists() or ("/" in folder and Path(folder).is_dir())


def _of_run(folder: str, asked: str) -> Subject:
    try:
        run = Run.open(folder)
        trials = sorted(run.finished().values(), key=lambda trial: trial.metrics.get(measure(run), inf))
        best = winner(run)
    except RecordError as error:
        raise UsageError(str(error)) from None
    if not trials:
        raise UsageError(f"{folder}: no trial of the run is finished; let it end, or name a network")
    chosen = called(asked, trials, folder) if asked else best
    first = chosen[0]
    name = re.sub(r"[\W_]+", "_", f"network_{first.setting}")  # + warm-up
    there = [
        path for trial in chosen if trial.setting == first.setting and (path := weights_file(run, trial.key)).is_file()
    ]
    how = first.setting if asked else f"{first.setting}, of the lowest mean {measure(run).replace('_', ' ')}"
    if there:
        what = f"{how}: the proxy, as trained ({there[0].name})"
        return Subject(name, parse(first.proxy), there[0], what)
    what = f"{how}: the candidate, untrained; the run keeps no weights of it"
    return Subject(name, parse(first.sentence), None, what)


def called(word: str, trials: Sequence[Trial], folder: str) -> list[Trial]:
    """Those of a run that have the setting, or if none has, a key that begins so; one at least."""
    of_setting = [trial for trial in trials if trial.setting == word]  # a word as short as `a` may begin a key, too
    if found := of_setting or [trial for trial in trials if trial.key.startswith(word)]:
        return found
    settings = ", ".join(dict.fromkeys(trial.setting for trial in trials))
    raise UsageError(f"{folder}: {word[:40]!r} is no trial of the run; write a setting ({settings[:200]}) or a key")
