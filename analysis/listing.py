"""The trials of a run in its page: all of them, or of many the ones that a reader would look for."""

import math
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from analysis.recipe import Recipe, Setting
from analysis.record import Run
from analysis.searched import METRICS
from analysis.sheets import Cell, Row, Sheet, large, measured, none, row, words
from analysis.trial import Trial
from analysis.words import brief, plural

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
    sheet: Sheet


def listing(run: Run, trials: Sequence[Trial], settings: Iterable[Setting]) -> Listing:
    """Of the trials in their order; `settings` are theirs, with their costs."""
    recipe, shown = run.recipe, list(trials)
    note, more = f"{plural(len(trials), 'trial')} ended so far or failed.", ""
    if len(trials) > MOST:
        shown, which = _chosen(recipe, trials)
        note = f"{MOST:,} of {len(trials):,} trials, {which}. All are in a file by this command, given beside the run:"
        more = f"explore report {shlex.quote(run.folder.resolve().name)} --table trials --output trials.csv"
    tuned = tuple(one.field for one in recipe.sweep.tune) if recipe.sweep else ()
    costs = {setting.sentence: setting for setting in settings}
    columns = (*COLUMNS, *tuned, "MACs", "params", "ended (UTC)")
    rows = tuple(_row(trial, tuned, costs) for trial in shown)
    return Listing(note, more, Sheet("trials", "Table of the trials", columns, rows))


def _chosen(recipe: Recipe, trials: Sequence[Trial]) -> tuple[list[Trial], str]:
    """Of a search the best, of an axis, where the best are but the luckiest, the last to end."""
    if not recipe.sweep:
        last = set(sorted(range(len(trials)), key=lambda i: trials[i].finished_at)[-MOST:])
        return [trial for i, trial in enumerate(trials) if i in last], "those that ended last"
    metric = METRICS.get(recipe.sweep.objectives[0], "validation_loss")
    best = sorted(trials, key=lambda trial: _last(trial.metrics.get(metric, math.nan)))[:MOST]
    return best, f"those of the least {metric.replace('_', ' ')}"


def _last(value: float) -> float:
    return value if math.isfinite(value) else math.inf


def _row(trial: Trial, tuned: tuple[str, ...], costs: Mapping[str, Setting]) -> Row:
    setting = costs.get(trial.sentence)
    cells = [
        words(str(trial.replicate)),
        words("stopped early" if trial.state == "pruned" else trial.state),
        *(measured(trial.metrics.get(name, math.nan), places) for name, places in _PLACES.items()),
        words(str(len(trial.curve))),
        measured(trial.seconds, 1) if trial.seconds else none(),
        *(chosen(trial.hyperparameters[name]) for name in tuned),
        *((large(setting.macs), large(setting.params)) if setting else (none(), none())),
        words(trial.finished_at.removesuffix("+00:00").replace("T", " ")),
    ]
    return row(trial.setting, cells)


def chosen(value: object) -> Cell:
    """A hyperparameter."""
    if isinstance(value, float):
        return Cell(f"{value:.3g}", f"{value:.7g}")
    return words(brief(str(value), 60))
