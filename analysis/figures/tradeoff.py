"""What was measured along an axis, and what was published."""

from typing import Literal, NamedTuple

import pandas as pd
import plotly.graph_objects as go  # type: ignore[import-untyped]
from plotly.subplots import make_subplots  # type: ignore[import-untyped]

from analysis.figures.drawing import PALETTE, as_text, label, styled
from analysis.figures.hovers import MEAN, TOLD, Told, told
from analysis.image_scores import ImageScores
from analysis.measured import means
from analysis.published import published_for
from analysis.recipe import Recipe, Setting
from analysis.statistics.intervals import Interval, as_tuple, by_replicate
from analysis.thinning import MOST, extremes, thinned

Metric = Literal["test_error", "test_loss", "train_loss", "core_seconds"]
_LABELS: dict[Metric, str] = {
    "test_error": "test error (%)",
    "test_loss": "test loss (nats)",
    "train_loss": "training loss (nats)",
    "core_seconds": "core-seconds a trial",
}


class Point(NamedTuple):
    """One setting in a plot."""

    position: float
    hover: Told
    seeds: tuple[float, ...]  # of many some, the least and the largest among them
    interval: Interval  # of all
    published: float | None


class Line(NamedTuple):
    """The settings that are joined: all of an axis, or those of a plane that are equal on its second axis."""

    name: str
    points: tuple[Point, ...]
    joined: bool = True  # networks by name are in no order


class Tradeoff(NamedTuple):
    """A metric along the axis; of a plane, along its first axis with one line per level of the second."""

    metric: Metric
    axis: str
    ticks: tuple[str, ...]
    lines: tuple[Line, ...]
    published: str | None  # where the published values are from


def tradeoff_info(
    recipe: Recipe, table: pd.DataFrame, metric: Metric = "test_error", scores: ImageScores | None = None
) -> Tradeoff:
    """Every seed, and the mean with its 95 % interval, over test images, too, where `measured.means` has them.

    What was published stands beside test error only.
    """
    measured = by_replicate(table, metric)
    names = [setting.setting for setting in recipe.settings]
    intervals = dict(zip(names, means(recipe, table, metric, scores), strict=True))
    published = published_for(recipe) if metric == "test_error" else None
    groups = _lines(recipe)
    levels = sorted({as_tuple(setting.value)[0] for setting in recipe.settings})
    lines = []
    for index, (name, settings) in enumerate(groups):
        dodge = 0.08 * (index - (len(groups) - 1) / 2)  # lines that meet at a level stay legible
        points = [
            Point(
                position=levels.index(as_tuple(setting.value)[0]) + dodge,
                hover=told(recipe, setting),
                seeds=_some(list(measured.get(setting.setting, {}).values()), MOST // len(recipe.settings)),
                interval=intervals[setting.setting],
                published=published.errors.get(setting.setting) if published else None,
            )
            for setting in settings
        ]
        lines.append(Line(name, tuple(points), joined=not recipe.is_named))
    source = published.table if published else None
    return Tradeoff(metric, recipe.axis[0], _ticks(recipe, levels), tuple(lines), source)


def _some(seeds: list[float], most: int) -> tuple[float, ...]:
    return tuple(seeds[place] for place in thinned(len(seeds), extremes(seeds), max(2, most)))


def tradeoff(info: Tradeoff) -> go.Figure:
    """The run above, the published values below: each on its own scale, since proxies are not ImageNet networks."""
    titles = ["this run: proxy networks", f"published: {info.published}"] if info.published else None
    rows = 2 if info.published else 1
    figure = make_subplots(rows=rows, cols=1, shared_xaxes=True, vertical_spacing=0.13, subplot_titles=titles)
    for index, line in enumerate(info.lines):
        color = PALETTE[index % len(PALETTE)]
        figure.add_trace(_seeds(line, color), row=1, col=1)
        figure.add_trace(_means(line, color, named=len(info.lines) > 1), row=1, col=1)
        if info.published:
            figure.add_trace(_published(line, color), row=2, col=1)
    figure.update_xaxes(
        tickvals=list(range(len(info.ticks))), ticktext=list(info.ticks), range=[-0.4, len(info.ticks) - 0.6]
    )
    figure.update_xaxes(title_text=info.axis, row=rows, col=1)
    figure.update_xaxes(zeroline=False)  # the first setting is no origin
    figure.update_yaxes(title_text=_LABELS[info.metric], row=1, col=1)
    if info.metric == "core_seconds":
        figure.update_yaxes(rangemode="tozero", row=1, col=1)  # so that heights compare
    if info.published:
        figure.update_yaxes(title_text="ImageNet top-1 error (%)", row=2, col=1)
    return styled(figure, height=620 if info.published else 400)


def _seeds(line: Line, color: str) -> go.Scatter:
    pairs = [(point, seed) for point in line.points for seed in point.seeds]
    return go.Scatter(
        x=[point.position - 0.03 for point, _ in pairs],
        y=[seed for _, seed in pairs],
        customdata=[point.hover.name for point, _ in pairs],
        hovertemplate="one seed of %{customdata}: %{y:.3f}<extra></extra>",
        mode="markers",
        marker={"size": 6, "color": color, "opacity": 0.6},
        showlegend=False,
    )


def _means(line: Line, color: str, *, named: bool) -> go.Scatter:
    points = [point for point in line.points if point.interval.n]
    halves = [point.interval.half_width if point.interval.n > 1 else 0.0 for point in points]
    return go.Scatter(
        x=[point.position for point in points],
        y=[point.interval.mean for point in points],
        error_y={"type": "data", "array": halves, "thickness": 1.5, "width": 5},
        customdata=[(*point.hover, point.interval.n, half) for point, half in zip(points, halves, strict=True)],
        hovertemplate=MEAN,
        mode="lines+markers" if line.joined else "markers",
        marker={"size": 9, "color": color},
        line={"color": color, "width": 2},
        name=line.name,
        showlegend=named,
    )


def _published(line: Line, color: str) -> go.Scatter:
    points = [point for point in line.points if point.published is not None]
    return go.Scatter(
        x=[point.position for point in points],
        y=[point.published for point in points],
        customdata=[point.hover for point in points],
        hovertemplate=f"published %{{y:.2f}} %<br>{TOLD}",
        mode="lines+markers" if line.joined else "markers",
        marker={"size": 9, "color": color, "symbol": "diamond-open"},
        line={"color": color, "width": 2, "dash": "dot"},
        name=line.name,
        showlegend=False,
    )


def _lines(recipe: Recipe) -> list[tuple[str, list[Setting]]]:
    """The settings in the order of their values, joined where only the first axis changes."""
    groups: dict[tuple[int, ...], list[Setting]] = {}
    for setting in sorted(recipe.settings, key=lambda setting: as_tuple(setting.value)):
        groups.setdefault(as_tuple(setting.value)[1:], []).append(setting)
    return [
        (as_text(" ".join([*recipe.axis[1:], *(str(level) for level in others)])), settings)
        for others, settings in sorted(groups.items())
    ]


def _ticks(recipe: Recipe, levels: list[int]) -> tuple[str, ...]:
    """The papers' short form; on a plane the level alone, as its settings share it."""
    if any(isinstance(setting.value, tuple) for setting in recipe.settings):
        return tuple(map(str, levels))
    names = {setting.value: setting.setting for setting in recipe.settings}
    return tuple(label(names[level]) for level in levels)
