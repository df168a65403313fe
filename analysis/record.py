"""A run: the folder that holds a recipe, the ledger of its trials and their scores on every test image."""

import fcntl
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import IO, Self, TypeVar, cast

import pandas as pd
from numpy.typing import ArrayLike

from analysis import ledger, score_files
from analysis.files import exclusive, make_folder, sync_folder, write_atomically, write_synced
from analysis.recipe import Recipe, RecordError
from analysis.table import trials_table
from analysis.trial import Entry, Proposal, Trial, trial_key

__all__ = ["LockedError", "Run", "Trial", "trial_key"]

T = TypeVar("T")


class LockedError(RecordError):
    """Another process writes to the run; it can be waited for."""


class Run:
    """A run folder. Reading it changes nothing; `notices` says what in it could not be read, and what was mended."""

    def __init__(self, folder: Path | str) -> None:
        """The run that is there; `RecordError` if none is."""
        self.folder = Path(folder)
        self.notices: list[str] = []
        self.recipe = _read_recipe(self.folder)
        self._mended = False
        self._reading = ledger.Reading()
        self._known: dict[Hashable, object] = {}
        self._known_of: tuple[ledger.Reading, Recipe] = self._reading, self.recipe

    @classmethod
    def open(cls, folder: Path | str) -> Self:
        """The run that is there, to be read; `RecordError` if none is, or if none of its ledger is a trial."""
        run = cls(folder)
        if (reading := run._read()).is_foreign:
            raise RecordError(f"{run._ledger} is no ledger of this version: {reading.why_foreign}")
        return run

    @classmethod
    def create(cls, folder: Path | str, recipe: Recipe) -> Self:
        """A new run, or the one there if its recipe is the same; more may be asked of it, never anything else."""
        folder = Path(folder)
        _write_if_new(folder, recipe)
        run = cls(folder)  # read back: another explore may have been first
        run.refuse_another(recipe)
        run._grow(recipe)
        return run

    def refuse_another(self, asked: Recipe) -> None:
        """`RecordError` where one run cannot be both."""
        if lines := self.recipe.difference(asked):
            what = lines[0] + (f" (and {len(lines) - 1} more)" if len(lines) > 1 else "")
            msg = f"{self.folder} holds a run of another recipe: {what}; choose another --run folder"
            raise RecordError(msg)

    def _grow(self, asked: Recipe) -> None:
        """More seeds or more trials, with the command that asks for them: it makes the whole run again."""
        if self.recipe.grown(asked) == self.recipe:
            return
        with self.lock():  # a study that runs would go on to the number it has read
            self.recipe = _read_recipe(self.folder)  # again: another may have grown it since
            if (grown := self.recipe.grown(asked)) != self.recipe:
                self.recipe = replace(grown, command=asked.command)
                write_atomically(self.folder / "recipe.toml", self.recipe.to_toml().encode())

    @contextmanager
    def lock(self) -> Iterator[None]:
        """For as long as a study writes here; `LockedError` if another does. A killed study's lock dies with it."""
        with (self.folder / ".lock").open("w") as file:
            try:
                _take(file)
            except BlockingIOError:
                msg = (
                    f"{self.folder} is locked: another explore writes to it; wait for it or choose another --run folder"
                )
                raise LockedError(msg) from None
            yield

    @property
    def is_locked(self) -> bool:
        """Whether a study writes here now."""
        try:
            with (self.folder / ".lock").open() as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # released as the file closes
        except BlockingIOError:
            return True
        except OSError:  # it was never locked, or is not ours to read
            return False
        return False

    def append(self, entry: Entry, scores: tuple[ArrayLike, ArrayLike] | None = None) -> None:
        """On the disk on return. `scores`: for every test image the loss, and whether it was classified correctly."""
        if not self._mended:
            self._notice(ledger.mend(self._ledger))
            self._mended = True
        if scores is not None:
            assert isinstance(entry, Trial)
            entry = replace(entry, scores=self._write_scores(entry.key, *scores))
        ledger.append(self._ledger, entry)

    def finished(self) -> dict[str, Trial]:
        """The trials that were trained to their end, by key."""
        return {key: trial for key, trial in self.latest().items() if trial.state == "finished"}

    def settled(self) -> dict[str, Trial]:
        """The trials that need not be trained again, finished or stopped early, by key."""
        return {key: trial for key, trial in self.latest().items() if trial.state != "failed"}

    def latest(self) -> dict[str, Trial]:
        """By key, the last word on every trial: how it ended, whatever failed before or since."""
        trials: dict[str, Trial] = {}
        for trial in self._read().trials:
            if trial.state != "failed" or trial.key not in trials or trials[trial.key].state == "failed":
                trials[trial.key] = trial
        return trials

    def ordered(self) -> list[Trial]:
        """The last word on every trial, by setting and replicate, whichever ended first."""
        return sorted(self.latest().values(), key=lambda trial: (trial.setting, trial.replicate, trial.key))

    def proposals(self) -> tuple[Proposal, ...]:
        """What a sweep has proposed, by number."""
        return tuple(sorted(self._read().proposals, key=lambda proposal: proposal.number))

    def trials(self) -> pd.DataFrame:
        """One row for each trial, the same whatever the order in which they ended; costs joined from the recipe.

        Among the columns: `state`, `setting`, `value` on the axis (a tuple on a plane), `replicate`; `test_error` and
        `validation_error` in percent, losses in nats; `seconds` by the clock and `core_seconds` computed; `macs`,
        `params` and `activations` of the candidate, `proxy_macs`; and every hyperparameter that a sweep tunes.
        """
        return self.once(_table).copy()  # it is the caller's to change

    def once(self, reading: Callable[["Run"], T]) -> T:
        """What a function reads off the run; it is asked again only when ledger or recipe have changed."""
        now = self._read(), self.recipe
        if now[0] is not self._known_of[0] or now[1] is not self._known_of[1]:
            self._known, self._known_of = {}, now
        if reading not in self._known:
            self._known[reading] = reading(self)
        return cast("T", self._known[reading])

    def _read(self) -> ledger.Reading:
        self._reading = ledger.read(self._ledger, self._reading)  # what was read is not read again
        self._notice(tuple(f"{self._ledger}: {notice}" for notice in self._reading.notices))
        return self._reading

    def scores(self, key: str) -> score_files.Scored:
        """For every test image the loss, and whether it was classified correctly."""
        path = self.folder / "scores" / f"{key}.npz"
        try:
            return score_files.unpack(path.read_bytes())
        except FileNotFoundError:
            msg = f"{path} is missing: no scores were kept for trial {key!r}"
            raise RecordError(msg) from None
        except Exception as error:  # whatever zip, zlib and numpy raise of bytes that are not theirs
            msg = f"{path} is damaged ({error})"
            raise RecordError(msg) from error

    @property
    def _ledger(self) -> Path:
        return self.folder / "trials.jsonl"

    def _write_scores(self, key: str, losses: ArrayLike, correct: ArrayLike) -> str:
        folder = self.folder / "scores"
        make_folder(folder)
        write_synced(folder / f"{key}.npz", score_files.pack(losses, correct))
        sync_folder(folder)
        return f"scores/{key}.npz"

    def _notice(self, notices: tuple[str, ...]) -> None:
        self.notices += [notice for notice in notices if notice not in self.notices]

    def _repr_html_(self) -> str:
        from analysis import notebook  # draws with Plotly, which nothing else of a record needs

        return notebook.html(self)

    def _ipython_display_(self) -> None:
        from analysis import notebook

        notebook.display(self)


def _table(run: Run) -> pd.DataFrame:
    return trials_table(run.recipe, run.latest().values(), run.proposals())


def _take(file: IO[str]) -> None:
    """The lock, at once or within the moment for which somebody may look at it."""
    for _ in range(5):
        with suppress(BlockingIOError):
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        time.sleep(0.02)
    return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _read_recipe(folder: Path) -> Recipe:
    path = folder / "recipe.toml"
    if not folder.is_dir():
        what = "it is a file" if folder.exists() else "there is no such folder"
        raise RecordError(f"{folder} is no run folder: {what}")
    try:
        return Recipe.from_toml(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        msg = f"{folder} is no run folder: it has no recipe.toml"
        raise RecordError(msg) from None
    except UnicodeDecodeError:
        msg = f"{path}: not UTF-8"
        raise RecordError(msg) from None
    except RecordError as error:
        msg = f"{path}: {error}"
        raise RecordError(msg) from None


def _write_if_new(folder: Path, recipe: Recipe) -> None:
    """The first to come writes; whoever comes at the same time waits, and then finds the recipe there."""
    _refuse_orphan(folder)
    make_folder(folder)
    with exclusive(folder):
        if not (folder / "recipe.toml").exists():
            write_atomically(folder / "recipe.toml", recipe.to_toml().encode())


def _refuse_orphan(folder: Path) -> None:
    """Trials without their recipe: nobody could say whether they are of the recipe asked for."""
    if (folder / "trials.jsonl").exists() and not (folder / "recipe.toml").exists():
        msg = f"{folder} holds trials.jsonl but no recipe.toml; choose another --run folder"
        raise RecordError(msg)
