"""What several runs measured along the axes that they share, on one scale."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go  # type: ignore[import-untyped]

from analysis.comparison.sides import Place, Side, parts
from analysis.figures.drawing import DASHES, PALETTE, as_text, styled
from analysis.figures.hovers import MEAN, Told, told
from analysis.statistics.crossed import crossed_contrast, crossed_mean
from analysis.statistics.intervals import Interval

_APART = 0.08  # of two settings' distance: what stands at one setting side by side stays legible


class Mark(NamedTuple):
    """A run's measurement at one place."""

    position: float
    hover: Told
    interval: Interval  # over seeds, and test images where all trials of the run kept their scores


class Line(NamedTuple):
    """A run, or of a plane one level of its second axis in a run."""

    name: str
    color: str
    dash: str
    marks: tuple[Mark, ...]


class Overlay(NamedTuple):
    """Test errors of several runs along the first axis that they share."""

    label: str
    axis: str
    ticks: tuple[str, ...]
    lines: tuple[Line, ...]


def overlay_info(sides: Sequence[Side], *, centred: bool = False) -> Overlay:
    """Of runs along the same axes, at least one; means with 95 % intervals.

    `centred`: at the settings that all runs have, how far each is from the run's mean over these. What a seed shifts
    alike is then in no interval, and runs on other levels show whether they have one shape.
    """
    axis, *others = sides[0].recipe.axis
    found = _centred(sides) if centred else [_means(side) for side in sides]
    levels = [*dict.fromkeys(dict(place)[axis] for one in found for place in one)]
    if not (sides[0].recipe.is_named or sides[0].recipe.tricks):  # whose order is the run's own
        levels.sort()
    groups = [(index, *group) for index, one in enumerate(found) for group in _lines(one, others)]
    dashes = sorted({rest for _, rest, _ in groups})
    lines = []
    for number, (index, rest, intervals) in enumerate(groups):
        side, shift = sides[index], min(_APART, 0.6 / len(groups)) * (number - (len(groups) - 1) / 2)
        marks = [
            Mark(levels.index(dict(place)[axis]) + shift, told(side.recipe, side.points[place].setting), interval)
            for place, interval in sorted(intervals.items(), key=lambda item: levels.index(dict(item[0])[axis]))
        ]
        name = ", ".join([side.label, *(f"{other} {level}" for other, level in zip(others, rest, strict=True))])
        color, dash = PALETTE[index % len(PALETTE)], DASHES[(dashes.index(rest) + index // len(PALETTE)) % len(DASHES)]
        lines.append(Line(as_text(name), color, dash, tuple(marks)))
    label = "test error over the run's mean (points)" if centred else "test error (%)"
    return Overlay(label, axis, _ticks(sides, axis, levels), tuple(lines))


def overlay(info: Overlay) -> go.Figure:
    """One colour a run; of a plane, one dash a level of its second axis."""
    figure = go.Figure([_line(line) for line in info.lines])
    figure.update_xaxes(
        title_text=info.axis, zeroline=False, tickvals=list(range(len(info.ticks))), ticktext=list(info.ticks),
        range=[-0.4, len(info.ticks) - 0.6],
    )  # fmt: skip
    figure.update_yaxes(title_text=info.label)
    return styled(figure, height=440)


def _line(line: Line) -> go.Scatter:
    halves = [mark.interval.half_width if mark.interval.n > 1 else 0.0 for mark in line.marks]
    return go.Scatter(
        x=[mark.position for mark in line.marks],
        y=[mark.interval.mean for mark in line.marks],
        error_y={"type": "data", "array": halves, "thickness": 1.5, "width": 5},
        customdata=[(*mark.hover, mark.interval.n, half) for mark, half in zip(line.marks, halves, strict=True)],
        hovertemplate=f"%{{fullData.name}}<br>{MEAN}",
        mode="lines+markers",
        marker={"size": 9, "color": line.color},
        line={"color": line.color, "width": 2, "dash": line.dash},
        name=line.name,
        showlegend=True,
    )


def _means(side: Side) -> dict[Place, Interval]:
    measured, _ = parts([(side, point) for point in side.points.values()])
    return {place: crossed_mean(one) for place, one in zip(side.points, measured, strict=True)}


def _centred(sides: Sequence[Side]) -> list[dict[Place, Interval]]:
    """Nothing where the runs share no two settings."""
    places = [place for place in sides[0].points if all(place in side.points for side in sides)]
    if len(places) < 2:
        return [{} for _ in sides]
    weights = np.eye(len(places)) - 1 / len(places)
    measured = [parts([(side, side.points[place]) for place in places])[0] for side in sides]
    return [{place: crossed_contrast(one, row) for place, row in zip(places, weights, strict=True)} for one in measured]


def _lines(
    found: Mapping[Place, Interval], others: Sequence[str]
) -> list[tuple[tuple[int, ...], dict[Place, Interval]]]:
    """By the levels of all axes but the first."""
    groups: dict[tuple[int, ...], dict[Place, Interval]] = {}
    for place, interval in found.items():
        if interval.n:
            groups.setdefault(tuple(dict(place)[other] for other in others), {})[place] = interval
    return sorted(groups.items())


def _ticks(sides: Sequence[Side], axis: str, levels: Sequence[int]) -> tuple[str, ...]:
    """The papers' short form where all runs have the same, and else the level."""
    names: dict[int, set[str]] = {}
    for side in sides:
        for place, point in side.points.items():
            names.setdefault(dict(place)[axis], set()).add(point.setting.setting)
    return tuple(as_text(*names[level]) if len(names[level]) == 1 else str(level) for level in levels)
