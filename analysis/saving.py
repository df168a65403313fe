"""A figure or a table of a run as a file of its own, in the form that the file's name asks for."""

import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go  # type: ignore[import-untyped]

from analysis.ablation import change_words
from analysis.files import write_atomically
from analysis.image_scores import image_scores
from analysis.measured import summaries
from analysis.plots import plots_of
from analysis.recipe import Recipe
from analysis.record import Run
from analysis.searched import outcomes, ranked
from analysis.statistics.importances import Method
from analysis.statistics.intervals import Interval, Value, as_tuple
from analysis.typeset import latex, markdown

WIDTH = 820  # pixels, of a page's column
FIGURES = (".png", ".svg", ".pdf")


def figures(run: Run, method: Method = "ped-anova") -> dict[str, go.Figure]:
    """By the names they have in the report; `method` is of a sweep's importances."""
    return {plot.name: plot.figure for plot in plots_of(run, method)}


def save_figure(figure: go.Figure, path: Path) -> None:
    """As it is on a light page, whole or not at all; needs kaleido, and a browser that it finds."""
    form = path.suffix.lower().removeprefix(".")
    drawn = figure.to_image(form, width=WIDTH, height=figure.layout.height, scale=2 if form == "png" else 1)
    write_atomically(path, drawn)


def tables(run: Run) -> dict[str, pd.DataFrame]:
    """All trials; and the settings of an axis, or the finished proposals of a sweep, the best first.

    Where something stands on an axis is a column with the axis's name; a plane has two.
    """
    kind = ("proposals", proposals_table) if run.recipe.sweep else ("settings", settings_table)
    made = {"trials": trials_table(run), kind[0]: kind[1](run)}
    return {name: _of_one_kind(table) for name, table in made.items()}


def _of_one_kind(table: pd.DataFrame) -> pd.DataFrame:
    """A column that holds numbers and words, as a hyperparameter may in a record that was changed, is of words."""
    mixed = [str(name) for name in table if len({type(cell) for cell in table[name].dropna()}) > 1]
    return table.astype(dict.fromkeys(mixed, "string"))


def trials_table(run: Run) -> pd.DataFrame:
    """As `Run.trials`, but that a file has no cells for tuples: a plane's values are two columns."""
    table = run.trials()
    places = _places(run.recipe, table["value"].tolist())
    columns = {name: places if name == "value" else {name: table[name]} for name in map(str, table.columns)}
    return pd.DataFrame({name: column for part in columns.values() for name, column in part.items()})


def _places(recipe: Recipe, values: Sequence[Value]) -> dict[str, "pd.Series[int]"]:
    """A column for each axis, or of a free search one for the numbers of its proposals."""
    axes = [axis.replace("-", "_") for axis in recipe.axis] or ["proposal"]
    rows = [dict(zip(axes, as_tuple(value), strict=False)) for value in values]  # a foreign line may have more
    return {axis: pd.Series([row.get(axis) for row in rows], dtype="Int64") for axis in axes}


def settings_table(run: Run) -> pd.DataFrame:
    """What the report says of every setting; intervals as there."""
    rows: list[dict[str, object]] = []
    places = _places(run.recipe, [setting.value for setting in run.recipe.settings])
    none = Interval(math.nan, math.nan, math.nan, 0)
    for setting, found in zip(run.recipe.settings, summaries(run.recipe, run.trials(), image_scores(run)), strict=True):
        costs = {name: getattr(setting, name) for name in ("macs", "params", "activations", "proxy_macs")}
        off = {"budget_error": setting.budget_error, "base_error": setting.base_error}
        rows.append(
            {
                "setting": setting.setting,
                **({"changed": change_words(run.recipe, len(rows))} if run.recipe.tricks else {}),
                **{axis: place[len(rows)] for axis, place in places.items()},
                **costs,
                **off,
                "seeds": found.error.n,
            }
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
            | {
                "test_error": one.test_error,
                **{tuned.field: chosen.get(tuned.field) for tuned in run.recipe.sweep.tune},
            }
            | {**costs, "budget_error": setting.budget_error, "sentence": setting.sentence, "proxy": setting.proxy}
        )
    return pd.DataFrame(rows)


def _csv(table: pd.DataFrame) -> str:
    """Text is quoted, be it digits, so that a reader takes none for a number."""
    return table.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC)


def _parquet(table: pd.DataFrame) -> bytes:
    table.to_parquet(file := io.BytesIO(), index=False)
    return file.getvalue()


TABLES: Mapping[str, Callable[[pd.DataFrame], str | bytes]] = {
    ".csv": _csv,
    ".parquet": _parquet,
    ".md": markdown,
    ".tex": latex,
}


def save_table(table: pd.DataFrame, path: Path) -> None:
    """CSV and Parquet hold every digit and read back equal; Markdown and LaTeX are for a page. Whole or not at all."""
    written = TABLES[path.suffix.lower()](table)
    write_atomically(path, written if isinstance(written, bytes) else written.encode())
