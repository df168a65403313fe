"""Where the named networks stand: error of their public weights against what they cost."""

import math
import shlex
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Literal, NamedTuple, get_args

import numpy as np
import plotly.graph_objects as go  # type: ignore[import-untyped]

from analysis.figures.drawing import PALETTE, as_text, styled
from analysis.figures.hovers import TOLD, Told, told
from analysis.figures.labels import MARK, Plane, Side, sides
from analysis.recipe import Recipe
from analysis.statistics.pareto import pareto_front
from analysis.words import amount
from analysis.zoo import Known, devices, known_networks

By = Literal["macs", "params", "activations", "speed"]
BYS: tuple[By, ...] = get_args(By)
LABELS: dict[By, str] = {
    "macs": "FLOPs (multiply-adds)",
    "params": "params",
    "activations": "activations",
    "speed": "images/s",
}
OWN, *FAMILIES = (PALETTE[1], PALETTE[0], *PALETTE[2:])  # colours, of a run's settings and of the largest families
OTHERS, GREY = "others", "#8c959f"
HEIGHT, ABOVE, BELOW = 620, 40, 150  # pixels of the figure, and of its margins; on a phone the legend has four lines
PLANE = Plane(narrowest=260, readable=700, widest=1120, height=HEIGHT - ABOVE - BELOW)
USUAL = 224  # pixels


class Zoo(NamedTuple):
    """The networks over one of their measures; of a run, where its own settings fall, whose error there is unknown."""

    by: By
    label: str
    known: tuple[Known, ...]
    x: tuple[float, ...]
    families: tuple[str, ...]  # of each network; the smaller ones are others
    front: tuple[int, ...]  # networks that none at most as costly has a lower median than, the cheapest first
    settings: tuple[tuple[float, Told], ...]  # with their places


def zoo_info(
    by: By = "macs",
    device: str | None = None,
    run: Recipe | None = None,
    *,
    resolution: int | None = None,
    families: Collection[str] = (),
) -> Zoo:
    """Of those tested at the resolution, or at any, and of the families, or of all.

    `device` is of speed, by default the first; networks that were not measured on it are left out.
    """
    device = device or devices()[0]
    known = [
        one
        for one in known_networks()
        if (by != "speed" or device in one.speeds)
        and resolution in (None, one.resolution)
        and (not families or one.family in families)
    ]
    x = tuple(float(one.speeds[device] if by == "speed" else getattr(one, by)) for one in known)
    large = {family for family, _ in Counter(one.family for one in known).most_common(len(FAMILIES))}
    own = [(float(getattr(s, by)), told(run, s)) for s in run.settings] if run and by != "speed" else []
    label = f"{LABELS[by]} on {device}" if by == "speed" else LABELS[by]
    shown = tuple(one.family if one.family in large else OTHERS for one in known)
    return Zoo(by, label, tuple(known), x, shown, _front(by, known, x), tuple(own))


def _front(by: By, known: Sequence[Known], x: Sequence[float]) -> tuple[int, ...]:
    costs = [-value if by == "speed" else value for value in x]
    stays = pareto_front(np.array([costs, [one.median for one in known]]).T)
    return tuple(sorted(np.flatnonzero(stays).tolist(), key=costs.__getitem__))


def zoo(info: Zoo) -> go.Figure:
    """A point is the median of a network's public weights; its bar is their range, no interval, as recipes differ."""
    figure = go.Figure()
    order = [family for family, _ in Counter(info.families).most_common() if family != OTHERS]
    figure.add_trace(_stair(info))
    for family, color in zip([*order, OTHERS], [*FAMILIES[: len(order)], GREY], strict=True):
        if chosen := [i for i, one in enumerate(info.families) if one == family]:
            figure.add_trace(_points(info, chosen, family, color))
    left, right, low, high = _range(info)
    figure.add_trace(_names(info))
    if places := [place for place, _ in info.settings]:
        figure.add_trace(_own(info, low + 1))
        edge = {"color": OWN, "width": 1, "dash": "dot"}
        figure.add_vrect(min(places), max(places), fillcolor=OWN, opacity=0.2, line=edge, layer="below")
    figure.update_xaxes(type="log", title_text=info.label, exponentformat="SI", dtick="D2", range=[left, right])
    figure.update_yaxes(title_text="ImageNet top-1 error (%)", range=[low, high])
    below_the_axis = {"entrywidth": 72, "yref": "paper", "y": -0.17, "yanchor": "top"}
    return styled(figure, height=HEIGHT).update_layout(margin={"t": ABOVE, "b": BELOW}, legend=below_the_axis)


def _range(info: Zoo) -> tuple[float, float, float, float]:
    """Of the logarithm of x, and of the error; below all errors there is room for a run's settings."""
    places = [math.log10(x) for x in (*info.x, *(place for place, _ in info.settings))]
    margin = 0.05 * (max(places) - min(places)) or 0.1
    low = min(one.lowest for one in info.known) - (2 if info.settings else 1)
    return min(places) - margin, max(places) + margin, low, max(one.highest for one in info.known) + 1


def _stair(info: Zoo) -> go.Scatter:
    """From one network of the front to the next."""
    return go.Scatter(
        x=[info.x[i] for i in info.front],
        y=[info.known[i].median for i in info.front],
        mode="lines",
        line={"color": GREY, "width": 1.5, "shape": "hv"},
        hoverinfo="skip",
        name="the front",
        showlegend=True,
    )


def names_beside(info: Zoo) -> dict[int, Side]:
    """Of the networks of the front, and of those with most weights, the sides on which their names have room."""
    left, right, low, high = _range(info)
    marks = [
        ((math.log10(x) - left) / (right - left), (high - one.median) / (high - low))
        for x, one in zip(info.x, info.known, strict=True)
    ]
    many = sorted(range(len(info.known)), key=lambda i: -info.known[i].weights)
    chosen = list(dict.fromkeys([*info.front, *many]))
    found = sides([(marks[i], _named(info.known[i])) for i in chosen], marks, PLANE, _ORDER[info.by == "speed"])
    return {i: side for i, side in zip(chosen, found, strict=True) if side}


_ASIDE: tuple[Side, ...] = ("middle right", "middle left", "top center", "bottom center")
_ORDER: tuple[tuple[Side, ...], ...] = (  # where the front is, nothing is beyond it
    ("bottom left", "top right", *_ASIDE),
    ("bottom right", "top left", *_ASIDE),
)


def _named(one: Known) -> str:
    """With the resolution where it is not the usual one."""
    return one.name if one.resolution == USUAL else f"{one.name} @{one.resolution}"


def _names(info: Zoo) -> go.Scatter:
    found = names_beside(info)
    return go.Scatter(
        x=[info.x[i] for i in found],
        y=[info.known[i].median for i in found],
        text=[_named(info.known[i]) for i in found],
        textposition=list(found.values()),
        textfont={"size": 11},
        mode="markers+text",
        marker={"size": 2 * MARK, "opacity": 0},  # that the names keep off them
        hoverinfo="skip",
        showlegend=False,
    )


def _points(info: Zoo, chosen: Sequence[int], family: str, color: str) -> go.Scatter:
    known = [info.known[i] for i in chosen]
    return go.Scatter(
        x=[info.x[i] for i in chosen],
        y=[one.median for one in known],
        error_y={
            "type": "data",
            "array": [one.highest - one.median for one in known],
            "arrayminus": [one.median - one.lowest for one in known],
            "thickness": 1,
            "width": 3,
        },
        customdata=[_row(one) for one in known],
        hovertemplate=_KNOWN,
        mode="markers",
        marker={"size": 2 * MARK, "color": color},
        name=family,
        showlegend=True,
    )


def _own(info: Zoo, height: float) -> go.Scatter:
    return go.Scatter(
        x=[place for place, _ in info.settings],
        y=[height] * len(info.settings),
        customdata=[said for _, said in info.settings],
        hovertemplate=TOLD,
        mode="markers",
        marker={"size": 10, "color": OWN, "symbol": "triangle-up"},
        name="this run",
        showlegend=True,
    )


def _row(one: Known) -> tuple[str | float, ...]:
    """What `_KNOWN` says; the command comes first, as in `Told`."""
    command = f"explore cost {shlex.quote(one.name)} --resolution {one.resolution}"
    speeds = "".join(f"<br>{amount(speed)} images/s on {as_text(device)}" for device, speed in one.speeds.items())
    costs = (one.resolution, one.macs, one.params, one.activations)
    return (command, as_text(one.name), *costs, one.lowest, one.highest, one.weights, speeds)


_KNOWN = (
    "<b>%{customdata[1]}</b> at %{customdata[2]} pixels<br>top-1 error %{customdata[6]:.1f} to %{customdata[7]:.1f} %"
    "<br>sets of public weights: %{customdata[8]}<br>%{customdata[3]:.3s} FLOPs, %{customdata[4]:.3s} params, "
    "%{customdata[5]:.3s} activations%{customdata[9]}<br>a click copies <i>explore cost …</i><extra></extra>"
)
