"""What was measured on a plane of two axes, as a heat map."""

import math
from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go  # type: ignore[import-untyped]

from analysis.figures.drawing import styled
from analysis.figures.hovers import TOLD, Told, told
from analysis.image_scores import ImageScores
from analysis.measured import means
from analysis.recipe import Recipe
from analysis.statistics.intervals import Interval, as_tuple
from analysis.words import number


class Grid(NamedTuple):
    """Mean test error in percent; a row is a level of the second axis, a column one of the first."""

    axes: tuple[str, str]
    columns: tuple[int, ...]
    rows: tuple[int, ...]
    intervals: tuple[tuple[Interval, ...], ...]  # 95 %, as in `measured.means`
    hovers: tuple[tuple[Told | None, ...], ...]


def grid_info(recipe: Recipe, table: pd.DataFrame, scores: ImageScores | None = None) -> Grid:
    """Of a run on two axes; a cell without a setting or a finished trial has no number."""
    found = zip(recipe.settings, means(recipe, table, "test_error", scores), strict=True)
    cells = {as_tuple(setting.value): (setting, interval) for setting, interval in found}
    columns, rows = (tuple(sorted({cell[axis] for cell in cells})) for axis in (0, 1))
    placed = [[cells.get((column, row), _NOTHING) for column in columns] for row in rows]
    return Grid(
        axes=(recipe.axis[0], recipe.axis[1]),
        columns=columns,
        rows=rows,
        intervals=tuple(tuple(interval for _, interval in line) for line in placed),
        hovers=tuple(tuple(told(recipe, one) if one else None for one, _ in line) for line in placed),
    )


_NOTHING = (None, Interval(math.nan, math.nan, math.nan, 0))


def grid(info: Grid) -> go.Figure:
    """The number is written in every cell: a shade alone cannot be read off, nor told from its neighbour's noise."""
    means = [[one.mean if one.n else None for one in line] for line in info.intervals]
    heat = go.Heatmap(
        z=means, x=list(map(str, info.columns)), y=list(map(str, info.rows)),
        text=[[_words(one) for one in line] for line in info.intervals], texttemplate="%{text}",
        customdata=info.hovers, hovertemplate=f"test error %{{text}} %<br>{TOLD}",
        colorscale="Cividis", colorbar={"title": {"text": "test error (%)"}, "outlinewidth": 0}, xgap=2, ygap=2,
    )  # fmt: skip
    figure = go.Figure(heat)
    figure.update_xaxes(title_text=info.axes[0], type="category", showgrid=False)
    figure.update_yaxes(title_text=info.axes[1], type="category", showgrid=False)
    return styled(figure, height=120 + 70 * max(3, len(info.rows)))


def _words(interval: Interval) -> str:
    if not interval.n:
        return ""
    half = f" ± {number(interval.half_width, 2)}" if math.isfinite(interval.half_width) else ""
    return f"{number(interval.mean, 2)}{half}"
