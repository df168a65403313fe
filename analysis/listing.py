"""The trials of a run in its page: all of them, or of many the ones that a reader would look for."""

import math
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from analysis.recipe import Setting
from analysis.record import Run
from analysis.searched import METRICS
from analysis.sheets import Cell, Row, Sheet, large, measured, none, row, words
from analysis.sweep import Sweep
from analysis.trial import Trial
from analysis.words import brief

MOST = 1000  # rows: a page of more is slow to open, and nobody reads it
COLUMNS = (
    "setting", "seed", "state", "test error (%)", "test loss (nats)", "validation error (%)",
    "validation loss (nats)", "train loss (nats)", "epochs", "seconds",
)  # fmt: skip
_PLACES = {"test_error": 2, "test_loss": 4, "validation_error": 2, "validation_loss": 4, "train_loss": 4}


class Listing(NamedTuple):
    """The table, what it holds, and the command that gets what it does not hold."""

    note: str
    more: str
    repeat: str  # the command that trains one of them again; nothing where none is finished
    sheet: Sheet


def listing(run: Run, trials: Sequence[Trial], settings: Iterable[Setting]) -> Listing:
    """In the order of the settings, of a search the best first; `settings` are the trials', with their costs."""
    folder = shlex.quote(run.folder.resolve().name)
    recipe, costs = run.recipe, {setting.setting: setting for setting in settings}
    shown, which = _best(recipe.sweep, trials) if recipe.sweep else _last(trials, list(costs))
    note, more = f"Every trial that has ended: {len(trials):,}." if trials else "No trial has ended.", ""
    if len(shown) < len(trials):
        note = f"{MOST:,} of {len(trials):,} trials, {which}. All are in a file by this command, given beside the run:"
        more = f"explore report {folder} --table trials --output trials.csv"
    tuned = recipe.sweep.fields if recipe.sweep else ()
    columns = (*COLUMNS, *tuned, "FLOPs", "params", "ended (UTC)", "key")
    rows = tuple(_row(trial, tuned, costs) for trial in shown)
    finished = next((trial.key for trial in shown if trial.state == "finished"), "")
    repeat = f"explore repeat {folder} {finished}" if finished else ""
    return Listing(note, more, repeat, Sheet("trials", "Table of the trials", columns, rows))


def _last(trials: Sequence[Trial], order: list[str]) -> tuple[list[Trial], str]:
    """Along an axis, where the best are but the luckiest."""
    last = sorted(trials, key=lambda trial: trial.finished_at)[-MOST:]
    place = {name: index for index, name in enumerate(order)}
    last.sort(key=lambda trial: (place.get(trial.setting, len(place)), trial.replicate, trial.key))
    return last, "those that ended last"


def _best(sweep: Sweep, trials: Sequence[Trial]) -> tuple[list[Trial], str]:
    metric = METRICS.get(sweep.objectives[0], "validation_loss")
    best = sorted(trials, key=lambda trial: _or_infinite(trial.metrics.get(metric, math.nan)))[:MOST]
    return best, f"those of the least {metric.replace('_', ' ')}"


def _or_infinite(value: float) -> float:
    return value if math.isfinite(value) else math.inf


def _row(trial: Trial, tuned: tuple[str, ...], costs: Mapping[str, Setting]) -> Row:
    setting = costs.get(trial.setting)
    cells = [
        words(str(trial.replicate)),
        words("stopped early" if trial.state == "pruned" else trial.state),
        *(measured(trial.metrics.get(name, math.nan), places) for name, places in _PLACES.items()),
        words(str(len(trial.curve))),
        measured(trial.seconds, 1) if trial.seconds else none(),
        *(chosen(trial.hyperparameters.get(name)) for name in tuned),
        *((large(setting.macs), large(setting.params)) if setting else (none(), none())),
        words(trial.finished_at.removesuffix("+00:00").replace("T", " ")),
        words(brief(trial.key, 60)),
    ]
    return row(trial.setting, cells)


def chosen(value: object) -> Cell:
    """A hyperparameter; none where a line of the ledger lacks it."""
    if value is None:
        return none()
    if isinstance(value, float):
        return Cell(f"{value:.3g}", f"{value:.7g}")
    return words(brief(str(value), 60))
