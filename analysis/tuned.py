"""What a sweep along an axis says of the axis itself: every setting with the hyperparameters that did best for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from analysis.cells import difference_words, interval_words
from analysis.image_scores import ImageScores, image_scores
from analysis.listing import chosen
from analysis.measured import Summary, intervals_words, summaries
from analysis.orders import published_words
from analysis.pages import shortened
from analysis.published import published_for
from analysis.recipe import Recipe, Setting
from analysis.record import Run
from analysis.searched import LABELS, Outcome, by_setting, outcomes
from analysis.sheets import Cell, Sheet, counted, interval, measured, none, row
from analysis.sweep import MEASURED_EACH_EPOCH
from analysis.verdict import verdict
from analysis.words import brief

LONGEST = 300  # characters of the names of what was tuned
FINISHED, PUBLISHED = "trained to the end", "published error (%)"  # for which a terminal has no room
COLUMNS = ("setting", "proposals", FINISHED, "test error (%)", "change from the first (points)", PUBLISHED)


@dataclass(frozen=True, eq=False)
class Tried:
    """A setting with what was proposed of it; what is proposed again counts once."""

    setting: Setting
    ended: tuple[Outcome, ...]  # trained, stopped early or failed
    best: Outcome | None  # of those that were trained to the end
    finished: int


@dataclass(frozen=True, eq=False)
class Tuned:
    """The settings of an axis, and the trials of each one's best as those of a run along the axis."""

    recipe: Recipe
    settings: tuple[Tried, ...]
    table: pd.DataFrame
    scores: ImageScores

    @property
    def fields(self) -> tuple[str, ...]:
        """What was tuned."""
        return self.recipe.sweep.fields if self.recipe.sweep else ()

    @property
    def missing(self) -> int:
        """Settings of which no proposal was trained to the end."""
        return sum(one.best is None for one in self.settings)

    @property
    def are_alike(self) -> bool:
        """Whether all settings were tried with the same values: else one has more chances, or luckier ones."""
        points = [{_values(one, self.fields) for one in tried.ended} for tried in self.settings]
        return all(of_one == points[0] for of_one in points)

    @cached_property
    def summaries(self) -> tuple[Summary, ...]:
        """Of the best of every setting; intervals take it as given that these were chosen."""
        return summaries(self.recipe, self.table, self.scores)


def tuned(run: Run) -> Tuned | None:
    """By the first objective; None where no axis is swept, nothing is tuned, or validation does not choose."""
    sweep = run.recipe.sweep
    if not sweep or not sweep.tune or not run.recipe.settings or sweep.objectives[0] not in MEASURED_EACH_EPOCH:
        return None
    return run.once(_tuned)


def _tuned(run: Run) -> Tuned:
    settings = tuple(
        Tried(setting, _ended(all_of_it), next(iter(finished), None), len(finished))
        for setting, all_of_it, finished in by_setting(run.recipe, outcomes(run))
    )
    by_key = {trial.key: one.setting for one in settings if one.best for trial in one.best.trials}
    table = run.trials()
    table = table[table["key"].isin(by_key)]
    found = [by_key[key] for key in table["key"]]
    names = pd.Series([one.setting for one in found], table.index, "string")
    table = table.assign(setting=names, value=pd.Series([one.value for one in found], table.index, "object"))
    return Tuned(run.recipe, settings, table, image_scores(run, only=by_key))


def _ended(found: Iterable[Outcome]) -> tuple[Outcome, ...]:
    return tuple({one.key: one for one in found if one.state != "running"}.values())


def _values(one: Outcome, fields: Iterable[str]) -> tuple[object, ...]:
    return tuple(one.proposal.hyperparameters.get(field) for field in fields)


def tuned_words(found: Tuned) -> str:
    """What the axis says so: a direction only where all settings were tried alike, from more than one seed."""
    recipe = found.recipe
    assert recipe.sweep
    by = LABELS[recipe.sweep.objectives[0]].partition(" (")[0]
    how = f"Every setting has the {brief(' and '.join(found.fields), LONGEST)} of the lowest {by} among its proposals."
    return shortened(f"{how} {_said(found)}", [setting.setting for setting in recipe.settings])


def _said(found: Tuned) -> str:
    recipe, of = found.recipe, len(found.settings)
    if found.missing:
        return f"Undecided: {of - found.missing} of {of} settings have a proposal that was trained to the end."
    if not found.are_alike:
        return (
            "Undecided: the settings were not all tried with the same values, and one with more or luckier proposals "
            "had more chances; a whole grid (--sampler grid) tries all alike."
        )
    order = published_words(recipe, found.table)
    if recipe.seeds == 1:
        change = f"{difference_words(found.summaries[-1].difference).partition(' (')[0]} points"
        return f"Undecided: one seed gives no interval ({change} from the first setting to the last). {order}".strip()
    said = verdict(recipe, found.table, found.scores).words
    given = "The intervals take it as given which proposals were chosen."
    return " ".join(filter(None, (f"{said[:1].upper()}{said[1:]}.", given, order)))


def tuned_sheet(found: Tuned) -> Sheet:
    """The settings in the order of the axis."""
    published = published_for(found.recipe)
    errors = published.errors if published else {}
    rows = tuple(
        row(
            one.setting.setting,
            [*_counts(one), *_errors(summary, is_first=place == 0),
             _published(errors.get(one.setting.setting)), *_chosen(one, found.fields)],
        )
        for place, (one, summary) in enumerate(zip(found.settings, found.summaries, strict=True))
    )  # fmt: skip
    columns = (*COLUMNS, *found.fields)
    return Sheet("best", "Table of the settings, each at its best", columns, rows)


def basis_words(found: Tuned) -> str:
    """What the intervals of the table are; empty where it has none."""
    return intervals_words(found.summaries) if found.recipe.seeds > 1 else ""


def _counts(one: Tried) -> tuple[Cell, Cell]:
    return counted(len(one.ended)), counted(one.finished)


def _errors(summary: Summary, *, is_first: bool) -> tuple[Cell, Cell]:
    change = none() if is_first else interval(difference_words(summary.difference), summary.difference)
    return interval(interval_words(summary.error), summary.error), change


def _published(error: float | None) -> Cell:
    return none() if error is None else measured(error)


def _chosen(one: Tried, fields: Sequence[str]) -> list[Cell]:
    return [chosen(value) for value in _values(one.best, fields)] if one.best else [none() for _ in fields]
