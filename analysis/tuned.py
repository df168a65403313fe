"""What a sweep along an axis says of the axis itself: every setting with the hyperparameters that did best for it."""

from dataclasses import dataclass

import pandas as pd

from analysis.cells import difference_words, interval_words
from analysis.figures.drawing import say_if_empty
from analysis.figures.tradeoff import tradeoff, tradeoff_info
from analysis.image_scores import ImageScores, image_scores
from analysis.listing import chosen
from analysis.measured import Summary, summaries
from analysis.orders import published_words
from analysis.plot import Plot, nothing_words
from analysis.record import Run
from analysis.searched import LABELS, Outcome, by_setting, outcomes
from analysis.sheets import Cell, Sheet, counted, interval, none, row
from analysis.sweep import MEASURED_EACH_EPOCH
from analysis.verdict import verdict
from analysis.words import plural


@dataclass(frozen=True, eq=False)
class Tuned:
    """The best proposal of every setting; its trials are as those of a run along the axis."""

    run: Run
    best: tuple[Outcome | None, ...]  # of every setting; None: none was trained to the end
    tried: tuple[int, ...]  # proposals of every setting that were; what is proposed again counts once
    table: pd.DataFrame
    scores: ImageScores

    @property
    def fields(self) -> tuple[str, ...]:
        """What was tuned."""
        assert self.run.recipe.sweep
        return tuple(one.field for one in self.run.recipe.sweep.tune)


def tuned(run: Run) -> Tuned | None:
    """By the first objective; None where no axis is swept, nothing is tuned, or the objective is no trial's result."""
    recipe = run.recipe
    if not recipe.sweep or recipe.is_free or not recipe.sweep.tune:
        return None
    if recipe.sweep.objectives[0] not in MEASURED_EACH_EPOCH:
        return None
    ones, table = by_setting(recipe, outcomes(run)), run.trials()
    best = tuple(next(iter(of_one), None) for of_one in ones)
    keys = {trial.key for one in best if one for trial in one.trials}
    return Tuned(run, best, tuple(map(len, ones)), table[table["key"].isin(keys)], image_scores(run, only=keys))


def tuned_words(found: Tuned) -> str:
    """What the axis says so; a setting that was tried more often had more chances."""
    recipe = found.run.recipe
    assert recipe.sweep
    least, most = min(found.tried), max(found.tried)
    tries = plural(most, "proposal") if least == most else f"{least:,} to {most:,} proposals, of which more find better"
    by = LABELS[recipe.sweep.objectives[0]].partition(" (")[0]
    how = f"Every setting has the {' and '.join(found.fields)} of the lowest {by} among its {tries}."
    said = verdict(recipe, found.table, found.scores).words
    return " ".join(filter(None, (how, f"{said[:1].upper()}{said[1:]}.", published_words(recipe, found.table))))


def tuned_sheet(found: Tuned) -> Sheet:
    """The settings in the order of the axis."""
    columns = ("setting", "proposals", "test error (%)", "change from the first (points)", *found.fields)
    numbers = summaries(found.run.recipe, found.table, found.scores)
    rows = tuple(
        row(setting.setting, [counted(found.tried[place]), *_errors(summary, place), *_chosen(found, place)])
        for place, (setting, summary) in enumerate(zip(found.run.recipe.settings, numbers, strict=True))
    )
    return Sheet("tuned", "Table of the settings, each at its best", columns, rows)


def tuned_plot(found: Tuned) -> Plot:
    """Test error along the axis."""
    recipe = found.run.recipe
    figure = tradeoff(tradeoff_info(recipe, found.table, "test_error", found.scores))
    alone = " No interval is drawn about a single seed." if recipe.seeds == 1 else ""
    caption = f"{tuned_words(found)}{alone}"
    nothing = nothing_words(trial.state for trial in found.run.latest().values())
    return Plot(
        "tuned",
        "Each setting at its best",
        f"Plot of test error by setting. {caption}",
        caption,
        say_if_empty(figure, nothing),
    )


def _errors(summary: Summary, place: int) -> tuple[Cell, Cell]:
    change = interval(difference_words(summary.difference), summary.difference) if place else none()
    return interval(interval_words(summary.error), summary.error), change


def _chosen(found: Tuned, place: int) -> list[Cell]:
    best = found.best[place]
    return [chosen(best.proposal.hyperparameters.get(field)) if best else none() for field in found.fields]
