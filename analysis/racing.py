"""A race: seeds are added only while the verdict is undecided, and looking at each of them raises no more alarms."""

from dataclasses import dataclass
from itertools import takewhile

import pandas as pd

from analysis.image_scores import ImageScores
from analysis.measured import changes
from analysis.recipe import Recipe
from analysis.statistics.crossed import crossed_interval
from analysis.statistics.intervals import as_tuple, complete_replicates, is_grid

FIRST_LOOK, LAST_LOOK = 3, 20  # numbers of complete replicates, whatever the cap

_NOMINAL = {1: 0.0075, 2: 0.0034}  # by the number of axes, rounded down; tests integrate that they keep 5 %


@dataclass(frozen=True)
class Race:
    """How far a race has come: a function of recipe and table, whoever looked at whatever before."""

    replicates: tuple[int, ...]  # on which the verdict rests: complete, in order, none after the look that decided
    decided: bool
    over: bool  # decided, or nothing left to wait for

    def rows(self, table: pd.DataFrame) -> pd.DataFrame:
        """The trials on which the verdict rests."""
        return table[table["replicate"].isin(self.replicates)]


def looks(recipe: Recipe) -> range:
    """The numbers of complete replicates at which a race is looked at: every one from 3 to its cap, at most to 20."""
    return range(FIRST_LOOK, min(recipe.seeds, LAST_LOOK) + 1)


def nominal_level(axes: int) -> float:
    """The rate of false alarms of each look by itself, at which all looks at all axes have at most 5 % together.

    Pocock's constant level (1977), for Student's t and the 18 looks at 3 to 20 seeds: under the null hypothesis the t
    statistics have one joint distribution, whatever the variance. One minus it is the confidence of intervals that, at
    all looks together, cover the truth in 95 % of races.

    It is the same for every cap, so that a cap can be raised. Levels made for each cap alarm in 8 % of null races whose
    cap goes from 5 to 10 to 20, and take back what was decided. At a cap of 20 they are these; at 10 they find 61 % of
    changes of one standard deviation over seeds, these 53 %, and O'Brien and Fleming's 76 %, but hardly anything before
    half the cap. docs/racing.md compares designs.

    Intervals over test images, too, are never shorter and keep to it: the images are the same at all looks, so what
    they vary by is looked at once. The rate falls from 4.9 %, where they leave no variance, to 0.75 %, where they leave
    all.
    """
    return _NOMINAL[axes]


def race(recipe: Recipe, table: pd.DataFrame, scores: ImageScores | None = None) -> Race:
    """How far the race has come: decided at the first look at which an interval of test error excludes zero.

    An interval is over test images, too, where the trials of all its replicates kept their scores. What finished in
    replicates after that look changes nothing. A failed row is taken to be final and leaves its replicate out; whoever
    will yet try such a trial again takes its row from the table.
    """
    complete, awaited = _complete(recipe, table)
    look = _decided_at(recipe, table, scores, complete)
    return Race(complete[:look], decided=look is not None, over=look is not None or not awaited)


def _decided_at(
    recipe: Recipe, table: pd.DataFrame, scores: ImageScores | None, complete: tuple[int, ...]
) -> int | None:
    values = [setting.value for setting in recipe.settings]
    if not is_grid(values):
        return None
    rows, level = table[table["replicate"].isin(complete)], 1 - nominal_level(len(recipe.axis))
    scored = _scored(recipe, rows, scores, complete)
    axes = range(len(recipe.axis))
    alone = [changes(rows, "test_error", axis=axis, values=values) for axis in axes]
    first = rows[rows["replicate"].isin(scored)]
    crossed = [changes(first, "test_error", scores, axis=axis, values=values) for axis in axes] if scored else []
    for look in (look for look in looks(recipe) if look <= len(complete)):
        found = crossed if look <= len(scored) else alone
        if any(crossed_interval(one[:look], level).excludes_zero for one in found):
            return look
    return None


def _scored(
    recipe: Recipe, rows: pd.DataFrame, scores: ImageScores | None, complete: tuple[int, ...]
) -> tuple[int, ...]:
    """The complete replicates up to the first of which a trial kept no scores: what came later changes no look."""
    kept = scores.errors if scores else {}
    keys = complete_replicates(rows, "key", [as_tuple(setting.value) for setting in recipe.settings])
    return tuple(takewhile(lambda replicate: all(key in kept for key in keys[replicate]), complete))


def _complete(recipe: Recipe, table: pd.DataFrame) -> tuple[tuple[int, ...], bool]:
    """The replicates that have every setting, in order, up to the first that is still to come; and whether one is."""
    rows = zip(table["value"], table["replicate"], table["state"], strict=True)
    states = {(as_tuple(value), int(replicate)): state for value, replicate, state in rows}
    complete: list[int] = []
    for replicate in range(recipe.seeds):
        found = {states.get((as_tuple(setting.value), replicate)) for setting in recipe.settings}
        if "failed" in found:
            continue
        if None in found or len(complete) == LAST_LOOK:
            return tuple(complete), len(complete) < LAST_LOOK
        complete.append(replicate)
    return tuple(complete), False
