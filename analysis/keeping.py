"""The weights that a run keeps of its trials, and which of them someone would take home."""

from collections.abc import Container, Iterable, Sequence
from math import inf, isfinite
from pathlib import Path
from typing import Literal, TypeAlias

from analysis.files import make_folder, write_atomically
from analysis.record import Run
from analysis.searched import front, outcomes, ranked
from analysis.sweep import MEASURED_EACH_EPOCH
from analysis.trial import Trial

Which: TypeAlias = Literal["best", "all"]

_FOLDER, _SUFFIX = "weights", ".safetensors"


def weights_file(run: Run, key: str) -> Path:
    """Where a trial's weights are, if the run keeps them."""
    return run.folder / _FOLDER / f"{key}{_SUFFIX}"


def kept(run: Run) -> set[str]:
    """The keys of the trials whose weights are there."""
    return {path.stem for path in (run.folder / _FOLDER).glob(f"*{_SUFFIX}")}


def keep(run: Run, key: str, weights: bytes) -> None:
    """On the disk on return, whole or not at all."""
    path = weights_file(run, key)
    make_folder(path.parent)
    write_atomically(path, weights)


def drop_all_but_the_best(run: Run) -> None:
    """Remove the weights that are not `worth_keeping`, those of trials that never ended among them."""
    there = kept(run)
    for key in there - worth_keeping(run, there):
        weights_file(run, key).unlink(missing_ok=True)


def measure(run: Run) -> str:
    """The metric by which networks are told better from worse: of validation, since the test set chooses nothing."""
    objectives = run.recipe.sweep.objectives if run.recipe.sweep else ()
    return next((MEASURED_EACH_EPOCH[one] for one in objectives if one in MEASURED_EACH_EPOCH), "validation_error")


def winner(run: Run) -> list[Trial]:
    """The trials of the setting with the lowest mean, the best first; empty if none is finished.

    Of a sweep they are those of a proposal that was trained from every seed, if there is one.
    """
    whole = [_best_first(run, one.trials) for one in ranked(outcomes(run))]
    among = whole or _by_setting(run)
    return min(among, key=lambda trials: sum(_value(run, one) for one in trials) / len(trials), default=[])


def worth_keeping(run: Run, there: Container[str]) -> set[str]:
    """The keys, of those `there`, of every setting's best trial.

    Of a sweep, of every proposal's on its front, the winner's, and of those of which some seeds have not ended yet.
    """
    groups: Iterable[Sequence[Trial]] = _by_setting(run)
    if run.recipe.sweep:
        found = outcomes(run)
        going = (one for one in found if one.state == "running")
        groups = [*(_best_first(run, one.trials) for one in (*going, *front(found))), winner(run)]
    best = (next((trial.key for trial in trials if trial.key in there), None) for trials in groups)
    return {key for key in best if key}


def _by_setting(run: Run) -> list[list[Trial]]:
    """Each setting's finished trials, the best first."""
    found: dict[str, list[Trial]] = {}
    for trial in _best_first(run, run.finished().values()):
        found.setdefault(trial.setting, []).append(trial)
    return [*found.values()]


def _best_first(run: Run, trials: Iterable[Trial]) -> list[Trial]:
    """Those that are finished."""
    finished = (trial for trial in trials if trial.state == "finished")
    return sorted(finished, key=lambda one: (_value(run, one), one.replicate))


def _value(run: Run, trial: Trial) -> float:
    value = trial.metrics.get(measure(run), inf)
    return value if isfinite(value) else inf
