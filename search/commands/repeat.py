"""`explore repeat`: trials of a run trained again, and whether their numbers are the same to the last bit."""

import math
import random
from argparse import Namespace
from collections.abc import Sequence

from analysis.recipe import Recipe, RecordError
from analysis.record import Run
from analysis.trial import Trial
from analysis.words import plural
from search.asked import loaded
from search.data import DataSet
from search.errors import UsageError
from search.named_files import files_digest
from search.repeating import Again, again
from search.seen import seen
from search.subject import called
from search.words import integer

SHOWN = 3  # differences of a trial


def run(options: Namespace) -> int:
    """Train one trial after the other and compare it with its line; returns 1 if any number differs."""
    try:
        record = Run.open(options.run)
        trials = chosen(list(record.finished().values()), options)
    except RecordError as error:
        raise UsageError(f"repeat: {error}") from None
    data = images(record.recipe, options.run)
    differing = 0
    for trial in trials:
        found = again(trial, record.recipe, data)
        differing += bool(found.differences())
        print(told(found), flush=True)
    print(f"\n{len(trials) - differing} of {plural(len(trials), 'trial')} the same to the last bit")
    return 1 if differing else 0


def images(recipe: Recipe, folder: str) -> DataSet:
    """The run's, as its trials saw them."""
    data, _ = loaded(recipe.data)
    if recipe.data_digest not in ("", data.digest):
        raise UsageError(f"{folder}: its {recipe.data!r} are other images than those of that name here")
    if recipe.files_digest not in ("", files_digest(recipe)):
        raise UsageError(f"{folder}: a file of weights that its recipe names holds others now")
    return seen(data, recipe)


def chosen(finished: Sequence[Trial], options: Namespace) -> list[Trial]:
    """Those that were named, each once, and as many of the others as were asked for."""
    if not finished:
        raise UsageError(f"{options.run}: no trial of the run is finished, so there is none to repeat")
    named = list(
        {trial.key: trial for word in options.trial for trial in called(word, finished, options.run)[:1]}.values()
    )
    number = integer("--sample", options.sample) or (0 if named else 1)
    others = [trial for trial in finished if trial not in named]
    return named + random.sample(others, min(number, len(others)))


def told(found: Again) -> str:
    """Which trial, its test error then and now, and what else differs."""
    trial, differences = found.trial, found.differences()
    before = trial.metrics.get("test_error", math.nan)  # a line without it is a trial all the same
    errors = f"{before:.2f} %, again {found.metrics['test_error']:.2f} %"
    line = f"{trial.key}  {trial.setting}, seed {trial.replicate}: test error {errors}"
    if not differences:
        return f"{line}: the same"
    some = ", ".join(f"{name} {then:.6g}, again {now:.6g}" for name, (then, now) in list(differences.items())[:SHOWN])
    more = f" and {len(differences) - SHOWN} more" if len(differences) > SHOWN else ""
    where = f"; it was trained with {found.elsewhere()}" if found.elsewhere() else ""
    return f"{line}: differs in {some}{more}{where}"
