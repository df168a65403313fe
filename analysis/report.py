"""The report of a run: one HTML file that needs nothing else, and can always be made again."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from plotly.offline import get_plotlyjs  # type: ignore[import-untyped]

from analysis import figures, sweep_report
from analysis.files import write_atomically
from analysis.pages import Plot, machines, script_json, template
from analysis.published import PublishedCurve, published_for
from analysis.recipe import Recipe, Setting
from analysis.record import Run
from analysis.reduction import reduction
from analysis.statistics import Interval, Summary, summaries
from analysis.trial import Trial
from analysis.verdict import verdict
from analysis.words import FLOPS_CONVENTION, MISSING, amount, decimals, number, percent, plural, signed


@dataclass(frozen=True)
class Row:
    """One setting of the table, in words."""

    setting: Setting
    cells: tuple[str, ...]


COLUMNS = (
    "MACs", "params", "activations", "off budget", "off base", "proxy MACs", "seeds",
    "test error (%)", "test loss (nats)", "change from the first (points)", "published error (%)",
)  # fmt: skip


def write(run: Run) -> Path:
    """`report.html` in the run's folder; `RecordError` where a sentence of the recipe is none."""
    path = run.folder / "report.html"
    page = sweep_report.render(run) if run.recipe.sweep else render(run)
    write_atomically(path, page.encode())
    return path


def render(run: Run) -> str:
    """The report as text; the same for the same run, whenever it is made."""
    recipe, table = run.recipe, run.trials()
    trials = sorted(run.latest().values(), key=lambda trial: (trial.setting, trial.replicate, trial.key))
    plots = _plots(recipe, trials, table)
    return template("report.html").render(
        recipe=recipe,
        question=_question(recipe),
        verdict=verdict(recipe, table),
        progress=_progress(recipe, trials),
        plots={plot.name: plot for plot in plots},
        columns=COLUMNS,
        rows=_rows(recipe, summaries(recipe, table), published_for(recipe)),
        reduced=reduction(recipe),
        failures=[trial for trial in trials if trial.state == "failed"],
        notices=run.notices,
        machines=machines(trials),
        toml=recipe.to_toml(),
        convention=FLOPS_CONVENTION,
        plotly=get_plotlyjs(),
        figures=script_json({plot.name: json.loads(plot.figure.to_json()) for plot in plots}),
    )


def _plots(recipe: Recipe, trials: list[Trial], table: pd.DataFrame) -> list[Plot]:
    numbers, published = summaries(recipe, table), published_for(recipe)
    error = figures.tradeoff(figures.tradeoff_info(recipe, table))
    loss = figures.tradeoff(figures.tradeoff_info(recipe, table, "test_loss"))
    errors = _alt("test error in percent", recipe, [summary.error for summary in numbers])
    losses = _alt("test loss in nats", recipe, [summary.loss for summary in numbers])
    costs = figures.costs(figures.costs_info(recipe))
    curves = figures.curves(figures.curves_info(recipe, trials))
    return [
        Plot("error", "Test error", errors, _beside(published), error),
        Plot("loss", "Test loss", losses, _LESS_NOISY, loss),
        Plot("costs", "What the settings cost", _costs_alt(recipe), _spread(recipe), costs),
        Plot("curves", "Learning curves", _CURVES, _CURVES, curves),
    ]


_LESS_NOISY = (
    "Loss is less noisy than error at this size; the verdict is about error. "
    "Small points are single seeds, large ones their mean with the 95 % interval."
)
_CURVES = "Training and validation loss after every epoch, one line a setting, averaged over its seeds."


def _question(recipe: Recipe) -> str:
    return f"At {recipe.budget}, how does test error change with {' and '.join(recipe.axis)}?"


def _progress(recipe: Recipe, trials: list[Trial]) -> str:
    states = Counter(trial.state for trial in trials)
    failed = f", {states['failed']} failed" if states["failed"] else ""
    minutes = sum(trial.seconds for trial in trials) / 60
    most = "at most " if recipe.race else ""
    asked = plural(len(recipe.settings) * recipe.seeds, "trial")
    return f"{states['finished']} of {most}{asked} finished{failed}; {minutes:.1f} minutes of training in all"


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
    values = [f"{s.setting} {_interval_cell(i)}" for s, i in zip(recipe.settings, intervals, strict=True)]
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


def _interval_cell(interval: Interval) -> str:
    """10.05 ± 0.62; a single seed stands without an interval, and says so."""
    match interval.n:
        case 0:
            return MISSING
        case 1:
            return f"{number(interval.mean, 3)} (one seed)"
    if not interval.has_spread:
        return f"{number(interval.mean, 3)} (all seeds alike)"
    places = decimals(interval.half_width)
    return f"{number(interval.mean, places)} ± {number(interval.half_width, places)}"


def _difference_cell(interval: Interval) -> str:
    match interval.n:
        case 0:
            return MISSING
        case 1:
            return f"{signed(interval.mean, 2)} (one seed)"
    if not interval.has_spread:
        return f"{signed(interval.mean, 2)} (all seeds alike)"
    places = decimals(interval.half_width)
    low, high = signed(interval.low, places), signed(interval.high, places)
    return f"{signed(interval.mean, places)} ({low} to {high})"


def _rows(recipe: Recipe, numbers: tuple[Summary, ...], published: PublishedCurve | None) -> list[Row]:
    errors = published.errors if published else {}
    return [
        Row(setting, _cells(setting, summary, errors.get(setting.setting), is_first=index == 0))
        for index, (setting, summary) in enumerate(zip(recipe.settings, numbers, strict=True))
    ]


def _cells(setting: Setting, summary: Summary, published: float | None, *, is_first: bool) -> tuple[str, ...]:
    return (
        f"{setting.macs / 1e9:.3f}\N{NO-BREAK SPACE}G",
        amount(setting.params),
        amount(setting.activations),
        percent(setting.budget_error),
        percent(setting.base_error),
        amount(setting.proxy_macs),
        str(summary.error.n),
        _interval_cell(summary.error),
        _interval_cell(summary.loss),
        MISSING if is_first else _difference_cell(summary.difference),
        MISSING if published is None else number(published, 2),
    )
