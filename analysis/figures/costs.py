"""What the settings of an axis cost, and how far they and their proxies are from what they were to cost."""

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go  # type: ignore[import-untyped]
from plotly.subplots import make_subplots  # type: ignore[import-untyped]

from analysis.figures.drawing import PALETTE, as_text, label, styled
from analysis.figures.hovers import TOLD, Told, told
from analysis.recipe import Recipe
from analysis.words import signed, three_digits


class Bars(NamedTuple):
    """One number of every setting."""

    title: str
    unit: str
    heights: tuple[float, ...]
    color: str
    line: float | None = None  # drawn across, where they were to be
    is_deviation: bool = False  # from what they were to be, in percent


class Costs(NamedTuple):
    """Panels one above the other, with a bar for every setting in each."""

    settings: tuple[str, ...]
    hovers: tuple[Told, ...]
    panels: tuple[Bars, ...]


def costs_info(recipe: Recipe) -> Costs:
    """In units of what their axes say; all of it is in the recipe."""
    settings = recipe.settings
    macs, proxies = tuple(s.macs / 1e9 for s in settings), tuple(s.proxy_macs / 1e6 for s in settings)
    params, activations = tuple(s.params / 1e6 for s in settings), tuple(s.activations / 1e6 for s in settings)
    return _panels(
        recipe,
        Bars("candidates: multiply-adds", "GFLOPs", macs, PALETTE[0], recipe.budget_macs / 1e9),
        Bars("candidates: params", "10<sup>6</sup>", params, PALETTE[0]),
        Bars("candidates: activations", "10<sup>6</sup>", activations, PALETTE[0]),
        Bars("proxies: multiply-adds", "MFLOPs", proxies, PALETTE[5]),
    )


def deviations_info(recipe: Recipe) -> Costs:
    """In percent: candidates off what was asked for, proxies from their mean, as they were made to cost the same."""
    proxies = [setting.proxy_macs for setting in recipe.settings]
    mean = sum(proxies) / max(1, len(proxies))
    return _panels(
        recipe,
        _deviations(f"candidates, off {as_text(recipe.aim)}", [s.budget_error for s in recipe.settings], PALETTE[0]),
        _deviations("proxies, off their mean", [macs / mean - 1 for macs in proxies], PALETTE[5]),
    )


def _deviations(title: str, fractions: Sequence[float], color: str) -> Bars:
    return Bars(title, "%", tuple(100 * one for one in fractions), color, is_deviation=True)


def _panels(recipe: Recipe, *panels: Bars) -> Costs:
    names = tuple(label(setting.setting) for setting in recipe.settings)
    return Costs(names, tuple(told(recipe, setting) for setting in recipe.settings), panels)


def costs(info: Costs) -> go.Figure:
    """Bars from zero, so that lengths compare."""
    rows = len(info.panels)
    height = 80 + 150 * rows
    figure = make_subplots(
        rows=rows, cols=1, shared_xaxes=True, vertical_spacing=40 / height,
        subplot_titles=[panel.title for panel in info.panels],
    )  # fmt: skip
    for row, panel in enumerate(info.panels, 1):
        figure.add_trace(_bars(info, panel), row=row, col=1)
        if panel.line is not None:
            figure.add_hline(y=panel.line, line_dash="dash", line_color=PALETTE[1], row=row, col=1)
        if panel.is_deviation:
            figure.update_yaxes(range=_with_room(panel.heights), zeroline=True, zerolinewidth=2, row=row, col=1)
        figure.update_yaxes(title_text=panel.unit, row=row, col=1)
    places = list(range(len(info.settings)))
    figure.update_xaxes(tickvals=places, ticktext=info.settings, zeroline=False)
    figure.update_layout(uniformtext={"minsize": 9, "mode": "hide"}, bargap=0.25)  # no label is too small to be read
    return styled(figure, height=height)


def _bars(info: Costs, panel: Bars) -> go.Bar:
    """Deviations are written beyond their bars, which may be too low for them; costs within, as all are about alike."""
    words = [signed(one, 1) if panel.is_deviation else three_digits(one) for one in panel.heights]
    return go.Bar(
        x=list(range(len(panel.heights))), y=panel.heights, text=words,
        customdata=info.hovers, hovertemplate=TOLD, textposition="outside" if panel.is_deviation else "inside",
        insidetextanchor="middle", textangle=0, cliponaxis=False, marker_color=panel.color, showlegend=False,
    )  # fmt: skip


def _with_room(heights: tuple[float, ...]) -> list[float]:
    """For zero and the words beyond the bars; never less than a percent high: next to nothing is to look it."""
    low, high = min((0.0, *heights)), max((0.0, *heights))
    room = max(0.3 * (high - low), 1.0 - (high - low))
    return [low - room * (low < 0), high + room * (high > 0 or low == 0)]
