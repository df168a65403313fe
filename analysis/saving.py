"""A figure or a table of a run as a file of its own, in the form that the file's name asks for."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go  # type: ignore[import-untyped]

from analysis.image_scores import image_scores
from analysis.measured import summaries
from analysis.plots import plots_of
from analysis.record import Run
from analysis.searched import outcomes, ranked
from analysis.statistics import Interval

WIDTH = 820  # pixels, of a page's column
FIGURES = (".png", ".svg", ".pdf")


def figures(run: Run) -> dict[str, go.Figure]:
    """By the names they have in the report."""
    return {plot.name: plot.figure for plot in plots_of(run)}


def save_figure(figure: go.Figure, path: Path) -> None:
    """As it is on a light page; needs kaleido, and a browser that it finds."""
    form = path.suffix.lower().removeprefix(".")
    figure.write_image(path, form, width=WIDTH, height=figure.layout.height, scale=2 if form == "png" else 1)


def tables(run: Run) -> dict[str, pd.DataFrame]:
    """All trials; and the settings of an axis, or the finished proposals of a sweep, the best first."""
    if run.recipe.sweep:
        return {"trials": run.trials(), "proposals": proposals_table(run)}
    return {"trials": run.trials(), "settings": settings_table(run)}


def settings_table(run: Run) -> pd.DataFrame:
    """What the report says of every setting; intervals as there."""
    rows: list[dict[str, object]] = []
    none = Interval(math.nan, math.nan, math.nan, 0)
    for setting, found in zip(run.recipe.settings, summaries(run.recipe, run.trials(), image_scores(run)), strict=True):
        costs = {name: getattr(setting, name) for name in ("macs", "params", "activations", "proxy_macs")}
        off = {"budget_error": setting.budget_error, "base_error": setting.base_error}
        rows.append(
            {"setting": setting.setting, **costs, **off, "seeds": found.error.n}
            | _interval("test_error", found.error)
            | _interval("test_loss", found.loss)
            | _interval("change", found.difference if rows else none)
            | {"sentence": setting.sentence, "proxy": setting.proxy}
        )
    return pd.DataFrame(rows)


def _interval(name: str, interval: Interval) -> dict[str, float]:
    return {name: interval.mean, f"{name}_low": interval.low, f"{name}_high": interval.high}


def proposals_table(run: Run) -> pd.DataFrame:
    """The finished proposals of a sweep with their objectives, what was tuned and what they cost."""
    assert run.recipe.sweep
    rows = []
    for one in ranked(outcomes(run)):
        setting, chosen = one.proposal.setting, one.proposal.hyperparameters
        costs = {name: getattr(setting, name) for name in ("macs", "params", "activations", "proxy_macs")}
        rows.append(
            {"proposal": one.proposal.number, "setting": setting.setting}
            | {f"objective_{name}": value for name, value in zip(run.recipe.sweep.objectives, one.values, strict=True)}
            | {"test_error": one.test_error, **{tuned.field: chosen[tuned.field] for tuned in run.recipe.sweep.tune}}
            | {**costs, "budget_error": setting.budget_error, "sentence": setting.sentence, "proxy": setting.proxy}
        )
    return pd.DataFrame(rows)


def _markdown(table: pd.DataFrame, path: Path) -> None:
    cells = table.map(lambda cell: " ".join(cell.replace("|", r"\|").split()) if isinstance(cell, str) else cell)
    path.write_text(cells.to_markdown(index=False, disable_numparse=True) + "\n", encoding="utf-8")


def _latex(table: pd.DataFrame, path: Path) -> None:
    escaped = table.rename(columns=lambda name: name.replace("_", r"\_"))
    path.write_text(escaped.style.hide(axis="index").format(escape="latex").to_latex(hrules=True), encoding="utf-8")


TABLES: Mapping[str, Callable[[pd.DataFrame, Path], None]] = {
    ".csv": lambda table, path: table.to_csv(path, index=False),
    ".parquet": lambda table, path: table.to_parquet(path, index=False),
    ".md": _markdown,
    ".tex": _latex,
}


def save_table(table: pd.DataFrame, path: Path) -> None:
    """CSV and Parquet hold every digit and can be read back; Markdown and LaTeX are for a page."""
    TABLES[path.suffix.lower()](table, path)
