"""The plots of a report: figures with their titles, captions and what is told to a reader who cannot see them."""

from typing import get_args

import pandas as pd
import plotly.graph_objects as go  # type: ignore[import-untyped]

from analysis.cells import difference_words
from analysis.figures.costs import costs, costs_info, deviations_info
from analysis.figures.curves import curves, curves_info
from analysis.figures.drawing import say_if_empty
from analysis.figures.effects import effects, effects_info
from analysis.figures.grid import grid, grid_info
from analysis.figures.tradeoff import Metric, Tradeoff, tradeoff, tradeoff_info
from analysis.image_scores import ImageScores, image_scores
from analysis.measured import over_words, summaries
from analysis.orders import published_words
from analysis.placing import placing
from analysis.plot import Plot, nothing_words, points_words, published_panel, values_words
from analysis.published import PublishedCurve, published_for
from analysis.recipe import Recipe
from analysis.record import Run
from analysis.searched import outcomes
from analysis.statistics.importances import Method
from analysis.sweep_plots import sweep_plots
from analysis.thinning import thinned_words
from analysis.trial import Trial
from analysis.verdict import fit_words
from analysis.words import FLOPS_CONVENTION, amount, percent


def plots_of(run: Run, method: Method = "ped-anova") -> list[Plot]:
    """All that the report of a run has, in its order; `method` is of a sweep's importances."""
    if run.recipe.sweep:
        return sweep_plots(run, outcomes(run), method)
    return axis_plots(run.recipe, run.ordered(), run.trials(), image_scores(run))


def axis_plots(
    recipe: Recipe, trials: list[Trial], table: pd.DataFrame, scores: ImageScores | None = None
) -> list[Plot]:
    """Of a run along an axis; intervals are over test images, too, where all finished trials kept their scores."""
    numbers, published = summaries(recipe, table, scores), published_for(recipe)
    over, nothing = over_words(numbers), nothing_words(table["state"])
    infos: dict[Metric, Tradeoff] = {
        metric: tradeoff_info(recipe, table, metric, scores) for metric in get_args(Metric)
    }
    some = _some(infos["test_error"])  # of every metric alike
    seeds = f"{points_words('seeds')}{some}"
    beside = " ".join(filter(None, (_beside(over, published), published_words(recipe, table))))

    def along(metric: Metric) -> go.Figure:
        return say_if_empty(tradeoff(infos[metric]), nothing)

    errors = values_words("test error in percent", recipe, [summary.error for summary in numbers])
    losses = values_words("test loss in nats", recipe, [summary.loss for summary in numbers])
    fitted = " ".join(filter(None, (_FITTED, fit_words(recipe, table))))
    drawn = say_if_empty(curves(curves_info(recipe, trials)), nothing)
    return [
        *([_effects(recipe, table, scores, nothing)] if recipe.tricks else []),
        Plot("error", "Test error", errors, f"{points_words(over)}{some} {beside}", along("test_error")),
        Plot("loss", "Test loss", losses, f"{_LESS_NOISY} {points_words(over)}{some}", along("test_loss")),
        *([] if recipe.tricks else _costs(recipe)),
        *([_grid(recipe, table, scores, nothing)] if len(recipe.axis) > 1 else []),
        Plot("training", "Training loss", f"Plot. {fitted}", f"{fitted} {seeds}", along("train_loss")),
        Plot("curves", "Learning curves", _CURVES, _CURVES, drawn),
        _times(table, seeds, along("core_seconds")),
        *([placing(recipe)] if recipe.settings and not recipe.tricks else []),
    ]


def _effects(recipe: Recipe, table: pd.DataFrame, scores: ImageScores | None, nothing: str) -> Plot:
    info = effects_info(recipe, table, scores)
    values = "; ".join(f"{one.name} {difference_words(one.change)}" for one in info)
    figure = say_if_empty(effects(info), nothing)
    return Plot("effects", "What each trick changes", f"Plot of changes of test error: {values}", _EFFECTS, figure)


def _grid(recipe: Recipe, table: pd.DataFrame, scores: ImageScores | None, nothing: str) -> Plot:
    over = over_words(summaries(recipe, table, scores))
    caption = f"Mean test error of every setting in percent, ± half its 95 % interval over {over}."
    figure = say_if_empty(grid(grid_info(recipe, table, scores)), nothing)
    return Plot("grid", "Test error on the plane", f"Heat map. {caption}", caption, figure)


def _times(table: pd.DataFrame, points: str, figure: go.Figure) -> Plot:
    finished = table[table["state"] == "finished"]
    minutes = float(finished["core_seconds"].sum()) / 60
    caption = (
        f"Core-seconds that every finished trial computed; all together {minutes:.1f} core-minutes. By the clock a run "
        f"takes less where trials ran side by side. Of older runs they are seconds times torch threads. {points}"
    )
    return Plot("times", "How long a trial took", f"Plot of core-seconds by setting. {caption}", caption, figure)


def _some(info: Tradeoff) -> str:
    """How many of the seeds are drawn, if not all."""
    points = [point for line in info.lines for point in line.points]
    drawn, seeds = sum(len(point.seeds) for point in points), sum(point.interval.n for point in points)
    return thinned_words(drawn, seeds, "the least and the largest of every setting")


_LESS_NOISY = "Loss is less noisy than error at this size; the verdict is about error."
_FITTED = (
    "Mean loss of the last epoch's steps, as trained. A setting that is better here, too, represents the data better, "
    "and does not only overfit less."
)
_EFFECTS = (
    "Change of test error from the setting before, which has all tricks above but this one; the last row is all tricks "
    "against none. These intervals hold all at once with 95 %: one that does not touch the line says that it helped, "
    "or hurt."
)
_CURVES = "Training and validation loss after every epoch, one line a setting, averaged over its seeds."


def _beside(over: str, published: PublishedCurve | None) -> str:
    within = "each seed and test image" if over != "seeds" else "each seed"
    words = (
        f"These intervals may overlap where the verdict is sure: it compares within {within}, so what shifts all "
        "settings alike cancels."
    )
    return f"{words} {published_panel(published)}".strip()


def _costs(recipe: Recipe) -> list[Plot]:
    """What was met of what was asked for, and all that it costs."""
    off = [f"{s.setting} {percent(s.budget_error)}" for s in recipe.settings]
    costs_of = [
        f"{s.setting} {amount(s.macs)} FLOPs, {amount(s.params)} params, {amount(s.activations)} activations"
        for s in recipe.settings
    ]
    about = (
        f"Of the candidates at {recipe.resolution} pixels, and of the proxies trained in their place; every "
        f"multiply-add counts once. The dashed line is at {recipe.aim}."
    )
    title = "How far apart the costs are" if recipe.is_named else "How well the budget is met"
    alts = [f"Bar chart of {what}: {'; '.join(values)}" for what, values in (("deviations", off), ("costs", costs_of))]
    return [
        Plot("budget", title, alts[0], _spread(recipe), costs(deviations_info(recipe))),
        Plot("costs", "What the settings cost", alts[1], about, costs(costs_info(recipe))),
    ]


def _spread(recipe: Recipe) -> str:
    """Whether the proxies are still about equal in cost, which only the candidates were made to be."""
    costs = [setting.proxy_macs for setting in recipe.settings]
    if not costs or min(costs) <= 0:
        return FLOPS_CONVENTION
    spread = max(costs) / min(costs) - 1
    aim = recipe.aim if recipe.is_named else recipe.budget
    words = f"Multiply-adds of every candidate, in percent off {aim}; and of its proxy, off the proxies' mean."
    return f"{words} The costliest proxy takes {100 * spread:.1f} % more than the cheapest."
