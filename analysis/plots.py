"""The plots of a report: figures with their titles, captions and what is told to a reader who cannot see them."""

from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go  # type: ignore[import-untyped]

from analysis.cells import interval_words
from analysis.figures.costs import costs, costs_info
from analysis.figures.courses import courses, courses_info
from analysis.figures.curves import curves, curves_info
from analysis.figures.distribution import distribution, distribution_info
from analysis.figures.front import front, front_info
from analysis.figures.grid import grid, grid_info
from analysis.figures.parallel import parallel, parallel_info
from analysis.figures.progress import progress, progress_info
from analysis.figures.times import times, times_info
from analysis.figures.tradeoff import tradeoff, tradeoff_info
from analysis.measured import summaries
from analysis.published import PublishedCurve, published_for
from analysis.recipe import Recipe
from analysis.record import Run
from analysis.searched import Outcome, outcomes, ranked
from analysis.statistics import Interval
from analysis.trial import Trial
from analysis.words import FLOPS_CONVENTION, amount, percent, plural


class Plot(NamedTuple):
    """A figure with what a reader who cannot see it is told."""

    name: str
    title: str
    alt: str
    caption: str
    figure: go.Figure


def plots_of(run: Run) -> list[Plot]:
    """All that the report of a run has, in its order."""
    if run.recipe.sweep:
        return sweep_plots(run, outcomes(run))
    trials = sorted(run.latest().values(), key=lambda trial: (trial.setting, trial.replicate, trial.key))
    return axis_plots(run.recipe, trials, run.trials())


def axis_plots(recipe: Recipe, trials: list[Trial], table: pd.DataFrame) -> list[Plot]:
    """Of a run along an axis."""
    numbers, published = summaries(recipe, table), published_for(recipe)
    error = tradeoff(tradeoff_info(recipe, table))
    loss = tradeoff(tradeoff_info(recipe, table, "test_loss"))
    errors = _alt("test error in percent", recipe, [summary.error for summary in numbers])
    losses = _alt("test loss in nats", recipe, [summary.loss for summary in numbers])
    return [
        Plot("error", "Test error", errors, _beside(published), error),
        Plot("loss", "Test loss", losses, _LESS_NOISY, loss),
        Plot("costs", "What the settings cost", _costs_alt(recipe), _spread(recipe), costs(costs_info(recipe))),
        *([_grid(recipe, table)] if len(recipe.axis) > 1 else []),
        Plot("curves", "Learning curves", _CURVES, _CURVES, curves(curves_info(recipe, trials))),
        _times(recipe, table),
    ]


def _grid(recipe: Recipe, table: pd.DataFrame) -> Plot:
    info = grid_info(recipe, table)
    caption = "Mean test error of every setting in percent, ± half its 95 % interval over seeds."
    return Plot("grid", "Test error on the plane", f"Heat map. {caption}", caption, grid(info))


def _times(recipe: Recipe, table: pd.DataFrame) -> Plot:
    info = times_info(recipe, table)
    caption = (
        f"Each point is a trial; all together {sum(info.seconds) / 60:.1f} minutes. Wall-clock time, so what else the "
        "machine did is in it."
    )
    return Plot("times", "How long a trial took", f"Plot of seconds by setting. {caption}", caption, times(info))


_LESS_NOISY = (
    "Loss is less noisy than error at this size; the verdict is about error. "
    "Small points are single seeds, large ones their mean with the 95 % interval."
)
_CURVES = "Training and validation loss after every epoch, one line a setting, averaged over its seeds."


def sweep_plots(run: Run, found: tuple[Outcome, ...]) -> list[Plot]:
    """Of a sweep."""
    steps, points = progress_info(run.recipe, found), front_info(run.recipe, found)
    told = f"Plot of {steps.label} of {plural(len(steps.values), 'proposal')} in their order"
    spread = f"Plot of {points.labels[1]} over {points.labels[0]} of {plural(len(points.x), 'proposal')}"
    early = "Proposals that were stopped early or failed have no value here, and stand in no plot."
    seeds = f"Every point is the mean of {plural(run.recipe.seeds, 'seed')}; no interval is drawn about a single one."
    return [
        Plot("progress", "What the search has come to", told, early, progress(steps)),
        Plot("front", "What it costs", spread, seeds, front(points)),
        _distribution(run, found),
        _parallel(run, found),
        _courses(found),
    ]


def _distribution(run: Run, found: tuple[Outcome, ...]) -> Plot:
    errors = [one.test_error for one in ranked(found)]
    caption = (
        "The fraction of the finished proposals with at most so large a test error, and the band that would hold the "
        "distribution of a whole space in 95 of 100 samples drawn from it at random"
    )
    if run.recipe.sweep and run.recipe.sweep.is_adaptive:
        caption += "; these were drawn by a sampler that learns, so they say what it met and not what the space holds"
    figure = distribution(distribution_info({"proposals": errors}))
    return Plot("distribution", "How good what was met is", f"Stair. {caption}.", f"{caption}.", figure)


def _parallel(run: Run, found: tuple[Outcome, ...]) -> Plot:
    caption = "A line for each finished proposal, from its choices to its results; what all chose alike is left out."
    told = f"Parallel coordinates. {caption}"
    return Plot("parallel", "Choices and results", told, caption, parallel(parallel_info(run.recipe, found)))


def _courses(found: tuple[Outcome, ...]) -> Plot:
    info = courses_info(found)
    some = (
        f"{len(info.drawn)} of {plural(info.trials, 'trial')} are"
        if len(info.drawn) < info.trials
        else "Every trial is"
    )
    caption = f"Validation loss after every epoch. {some} drawn; dotted lines are where trials were stopped."
    return Plot("courses", "Learning curves", f"Plot. {caption}", caption, courses(info))


def _beside(published: PublishedCurve | None) -> str:
    words = (
        "Small points are single seeds, large ones their mean with the 95 % interval over seeds. These intervals may "
        "overlap where the verdict is sure: it compares within each seed, so what a seed shifts alike cancels."
    )
    if published is None:
        return words
    return (
        f"{words} Below, the published top-1 error of the full networks on ImageNet-1K "
        f"({published.source}): another data set and full training, so compare the shapes and not the heights."
    )


def _alt(metric: str, recipe: Recipe, intervals: list[Interval]) -> str:
    values = [f"{s.setting} {interval_words(i)}" for s, i in zip(recipe.settings, intervals, strict=True)]
    return f"Plot of {metric} by setting: {'; '.join(values)}"


def _costs_alt(recipe: Recipe) -> str:
    values = [f"{s.setting} {amount(s.macs)} ({percent(s.budget_error)})" for s in recipe.settings]
    return f"Bar chart of multiply-adds by setting and their deviation from the budget: {'; '.join(values)}"


def _spread(recipe: Recipe) -> str:
    """Whether the proxies are still about equal in cost, which only the candidates were made to be."""
    costs = [setting.proxy_macs for setting in recipe.settings]
    if not costs or min(costs) <= 0:
        return FLOPS_CONVENTION
    spread = max(costs) / min(costs) - 1
    words = "The dashed line is the budget, the percentages are deviations from it."
    return f"{words} The costliest proxy takes {100 * spread:.1f} % more than the cheapest."
