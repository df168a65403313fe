"""What a command is about: a network by name or sentence, or the best of a run."""

import re
from dataclasses import dataclass
from pathlib import Path

from analysis.recipe import RecordError
from analysis.record import Run
from analysis.trial import Trial
from search.errors import UsageError
from space import Arch, parse

WEIGHTS = "weights"
"""The folder of a run in which its trials' weights are kept, by key."""


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
        trials = sorted(run.finished().values(), key=_validation_error)
    except RecordError as error:
        raise UsageError(str(error)) from None
    if not trials:
        raise UsageError(f"{folder}: no trial of the run is finished; let it end, or name a network")
    chosen = [trial for trial in trials if asked in ("", trial.setting) or trial.key.startswith(asked)]
    if not chosen:
        settings = ", ".join(dict.fromkeys(trial.setting for trial in trials))
        raise UsageError(f"{folder}: {asked!r} is no trial of the run; write a setting ({settings}) or a key")
    best = chosen[0] if asked else _best(trials)
    kept = [path for trial in chosen if trial.setting == best.setting and (path := _kept(run, trial)).is_file()]
    name = re.sub(r"[\W_]+", "_", f"network_{best.setting}")  # + warm-up
    how = best.setting if asked else f"{best.setting}, of the lowest mean validation error"
    if kept:
        return Subject(name, parse(best.proxy), kept[0], f"{how}: the proxy, as trained ({kept[0].name})")
    return Subject(name, parse(best.sentence), None, f"{how}: the candidate, untrained; the run keeps no weights")


def _kept(run: Run, trial: Trial) -> Path:
    return run.folder / WEIGHTS / f"{trial.key}.safetensors"


def _best(trials: list[Trial]) -> Trial:
    """The best trial of the setting whose mean validation error is lowest."""
    errors: dict[str, list[float]] = {}
    for trial in trials:
        errors.setdefault(trial.setting, []).append(_validation_error(trial))
    best = min(errors, key=lambda setting: sum(errors[setting]) / len(errors[setting]))
    return next(trial for trial in trials if trial.setting == best)


def _validation_error(trial: Trial) -> float:
    return trial.metrics.get("validation_error", float("inf"))
