"""From a recipe to a run with nothing left to train: its folder, its lock, Ray, and what is shown meanwhile."""

import errno
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.recipe import Recipe, RecordError
from analysis.record import LockedError, Run
from analysis.words import plural
from search.data import DataSet
from search.devices import overdrawn
from search.errors import FailedError, UsageError
from search.jobs import left
from search.means import Means
from search.memory import taught_by, trial_memory
from search.named_files import files_digest
from search.progress import progress
from search.reducing import reduction
from search.reporting import reporting
from search.telling import tell
from space.sentence import parse

if TYPE_CHECKING:
    from search.cluster import Resources
    from search.mirror import Mirror
    from search.source import Source


def conclude(folder: Path, recipe: Recipe, data: DataSet, means: Means) -> int:
    """Train what is left, report, and say the command that goes on where something failed or was interrupted."""
    recipe = replace(recipe, files_digest=files_digest(recipe))
    try:
        record = _trained(folder, recipe, data, means)
    except KeyboardInterrupt:
        kept = f"every finished trial is kept in {folder}" if folder.exists() else "no trial was started"
        raise KeyboardInterrupt(f"interrupted; {kept}; continue with: {recipe.command}") from None
    tell(record)
    trials = record.trials()  # in the order of settings, whichever ended first
    failed = trials[trials["state"] == "failed"]
    if len(failed) and (not recipe.sweep or len(failed) == len(trials)):
        first = f"{failed['setting'].iloc[0]}: {failed['reason'].iloc[0]}"
        what = f"{len(failed):,} of {plural(len(trials), 'trial')} failed, {first}"
        how = f"the others are kept in {record.folder}; try again with: {recipe.command}"
        raise FailedError(f"{what}; {how}")
    return 0


def _trained(folder: Path, recipe: Recipe, data: DataSet, means: Means) -> Run:
    """A new run's folder is made once Ray is there to fill it; a ledger is read once no other study can add to it."""
    until = time.monotonic() + means.seconds
    is_new = not any((folder / name).exists() for name in ("recipe.toml", "trials.jsonl"))
    if is_new:
        _refuse_unmakeable(folder)
    with ExitStack() as held:
        record = None if is_new else held.enter_context(_locked(folder, recipe))
        source = _source(record, data, until) if record else None  # before Ray: a space's tables take their time
        if record and source and source.is_exhausted():
            return record
        from search.cluster import cluster  # here: it takes seconds, and a finished run needs no Ray
        from search.study import execute

        size = sum(part.travelling for part in (data.train, data.test))
        watch = held.enter_context(progress(_left(record, recipe), recipe.fidelity.epochs))
        there = held.enter_context(cluster(resources(recipe, data, means), size))
        record = record or held.enter_context(_locked(folder, recipe))
        source = source or _source(record, data, until)
        source.slots = there.slots
        mirror = held.enter_context(_mirrored(means.storage, record, source))
        watch = held.enter_context(reporting(record, watch))
        execute(record, source, data, there, watch, means.retries, mirror, means.keep)
        notices = source.notice, overdrawn(record.latest().values())
        record.notices.extend(notice for notice in notices if notice)
    return record


def resources(recipe: Recipe, data: DataSet, means: Means) -> "Resources":
    """What each trial of the recipe is to have; a sweep's trials differ in what they need, and have a whole GPU."""
    from search.cluster import Resources

    settings = () if recipe.sweep or means.gpus_per_trial is not None else recipe.settings
    each = ((parse(one.proxy), recipe.training_of(one)) for one in settings)
    needs = (trial_memory(proxy, training, taught_by(training, recipe.fidelity, data)) for proxy, training in each)
    need = max(needs, default=0)
    return Resources(means.address, recipe.training.threads, means.gpus_per_trial, need)


def _left(record: Run | None, recipe: Recipe) -> int:
    """How many trials are still to be trained, at most."""
    recipe = record.recipe if record else recipe
    if not recipe.sweep:
        return len(left(recipe, record.settled() if record else {}))
    ended = [trial for trial in record.latest().values() if not trial.passing] if record else []
    return max(0, recipe.sweep.trials * recipe.seeds - len(ended))


def _source(record: Run, data: DataSet, until: float) -> "Source":
    from search.candidates import candidates  # here: they and Optuna take their time to be imported
    from search.proposals import Proposer
    from search.source import Listed

    if not record.recipe.sweep:
        return Listed(record, until)
    chosen = candidates(record.recipe, reduction(record.recipe.fidelity, data), record.folder)
    return Proposer(record, chosen, until)


@contextmanager
def _mirrored(storage: str | None, record: Run, source: "Source") -> "Iterator[Mirror | None]":
    """The storage that follows the study, told of what there is; what it lacks in the end is said."""
    if storage is None:
        yield None
        return
    from search.mirror import Mirror

    study, digest = source.study, hashlib.sha256(str(record.folder).encode()).hexdigest()[:6]
    name = f"{record.folder.name}-{digest}"  # runs in other folders may have the same name
    mirror = Mirror(storage, name, study.directions, study.metric_names or (), source.known())
    try:
        yield mirror
    finally:
        lacks = mirror.close()
        if mirror.notice:
            record.notices.append(f"{mirror.notice}; it lacks {plural(lacks, 'trial')}")


@contextmanager
def _locked(folder: Path, recipe: Recipe) -> Iterator[Run]:
    """The run of the recipe in the folder, to which no other study writes meanwhile."""
    with ExitStack() as held:
        try:
            record = Run.create(folder, recipe)
            held.enter_context(record.lock())
        except LockedError as error:
            raise FailedError(str(error)) from None
        except RecordError as error:
            raise UsageError(f"--run: {error}") from None
        yield record


def _refuse_unmakeable(folder: Path) -> None:
    """Before Ray is started for it."""
    there = next(place for place in (folder, *folder.parents) if place.exists())
    code = errno.ENOTDIR if not there.is_dir() else 0 if os.access(there, os.W_OK | os.X_OK) else errno.EACCES
    if code:
        raise OSError(code, os.strerror(code), str(folder))
