"""The report of a run: one HTML file that needs nothing else, and can always be made again."""

import json
from dataclasses import dataclass
from pathlib import Path

from plotly.offline import get_plotlyjs  # type: ignore[import-untyped]

from analysis import sweep_report
from analysis.cells import difference_words, interval_words
from analysis.files import write_atomically
from analysis.image_scores import image_scores
from analysis.measured import Summary, intervals_words, summaries
from analysis.pages import machines, script_json, template
from analysis.plots import axis_plots
from analysis.published import PublishedCurve, published_for
from analysis.questions import progress, question
from analysis.recipe import Recipe, Setting
from analysis.record import Run
from analysis.reduction import reduction
from analysis.verdict import verdict
from analysis.words import FLOPS_CONVENTION, MISSING, amount, number, percent


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
    recipe, table, scores = run.recipe, run.trials(), image_scores(run)
    trials = sorted(run.latest().values(), key=lambda trial: (trial.setting, trial.replicate, trial.key))
    plots, numbers = axis_plots(recipe, trials, table, scores), summaries(recipe, table, scores)
    return template("report.html").render(
        recipe=recipe,
        question=question(recipe),
        verdict=verdict(recipe, table, scores),
        progress=progress(recipe, trials),
        plots={plot.name: plot for plot in plots},
        columns=COLUMNS,
        intervals=intervals_words(numbers),
        rows=_rows(recipe, numbers, published_for(recipe)),
        reduced=reduction(recipe),
        failures=[trial for trial in trials if trial.state == "failed"],
        notices=run.notices,
        machines=machines(trials),
        toml=recipe.to_toml(),
        convention=FLOPS_CONVENTION,
        plotly=get_plotlyjs(),
        figures=script_json({plot.name: json.loads(plot.figure.to_json()) for plot in plots}),
    )


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
        interval_words(summary.error),
        interval_words(summary.loss),
        MISSING if is_first else difference_words(summary.difference),
        MISSING if published is None else number(published, 2),
    )
