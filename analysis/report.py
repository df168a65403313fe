"""The report of a run: one HTML file that needs nothing else, and can always be made again."""

from datetime import UTC, datetime
from pathlib import Path

from analysis import sweep_report
from analysis.ablation import ablation_sheet
from analysis.cells import difference_words, interval_words
from analysis.files import write_atomically
from analysis.image_scores import ImageScores, image_scores
from analysis.measured import Summary, intervals_words, summaries
from analysis.pages import template
from analysis.plots import axis_plots
from analysis.published import published_for
from analysis.questions import judged
from analysis.recipe import Recipe, Setting
from analysis.record import Run
from analysis.reduction import reduction
from analysis.run_page import run_page
from analysis.sheets import Cell, Sheet, counted, deviation, interval, large, measured, none, row
from analysis.statistics.importances import Method

COLUMNS = (
    "setting", "test error (%)", "change from the first (points)", "test loss (nats)", "seeds", "published error (%)",
    "FLOPs", "off budget", "off base", "params", "activations", "proxy FLOPs",
)  # fmt: skip
FIRST = ("effects", "error", "grid")  # the plots that stand open; the others are folded


def write(
    run: Run,
    output: str | None = None,
    *,
    goes_on: bool | None = None,
    method: Method = "ped-anova",
    known: ImageScores | None = None,
) -> Path:
    """`output`, or `report.html` in the run's folder; `RecordError` where a sentence of the recipe is none.

    Of a run that goes on the page says so, and loads itself again; by default it is asked whether a study writes there.
    `method` is of a sweep's importances; scores that are `known` are not read again.
    """
    path = Path(output) if output else run.folder / "report.html"
    at = datetime.now(UTC) if (run.is_locked if goes_on is None else goes_on) else None
    write_atomically(path, page(run, at, known, method).encode())
    return path


def page(run: Run, at: datetime | None = None, known: ImageScores | None = None, method: Method = "ped-anova") -> str:
    """Of a run of any kind, as text."""
    return sweep_report.render(run, at, method) if run.recipe.sweep else render(run, at, known)


def render(run: Run, at: datetime | None = None, known: ImageScores | None = None) -> str:
    """The report as text; the same for the same run, whenever it is made, unless it goes on (`at`)."""
    recipe, table, scores = run.recipe, run.trials(), image_scores(run, known)
    plots, numbers = axis_plots(recipe, run.ordered(), table, scores), summaries(recipe, table, scores)
    return template("report.html").render(
        run_page(run, plots, FIRST, recipe.settings, at),
        verdict=judged(recipe, table, scores),
        names=[setting.setting for setting in recipe.settings],
        sentences=recipe.settings,
        intervals=intervals_words(numbers),
        settings=_sheet(recipe, numbers),
        reduced=reduction(recipe),
    )


def sheet(run: Run) -> Sheet:
    """The table of the settings."""
    numbers = summaries(run.recipe, run.trials(), image_scores(run))
    return _sheet(run.recipe, numbers)


def _sheet(recipe: Recipe, numbers: tuple[Summary, ...]) -> Sheet:
    if recipe.tricks:
        return ablation_sheet(recipe, numbers)
    published = published_for(recipe)
    errors = published.errors if published else {}
    rows = [
        row(setting.setting, _cells(recipe, setting, summary, errors.get(setting.setting)))
        for setting, summary in zip(recipe.settings, numbers, strict=True)
    ]
    columns = COLUMNS if not recipe.is_named else tuple(name for name in COLUMNS if name != "off budget")
    return Sheet("settings", "Table of the settings", columns, tuple(rows))


def _cells(recipe: Recipe, setting: Setting, summary: Summary, published: float | None) -> tuple[Cell, ...]:
    is_first, is_named = setting == recipe.settings[0], recipe.is_named
    return (
        interval(interval_words(summary.error), summary.error),
        none() if is_first else interval(difference_words(summary.difference), summary.difference),
        interval(interval_words(summary.loss), summary.loss),
        counted(summary.error.n),
        none() if published is None else measured(published, 2),
        Cell(f"{setting.macs / 1e9:.3f}\N{NO-BREAK SPACE}G", str(setting.macs)),
        *(() if is_named else (deviation(setting.budget_error),)),  # whose budget is the base's own cost
        deviation(setting.base_error),
        large(setting.params),
        large(setting.activations),
        large(setting.proxy_macs),
    )
