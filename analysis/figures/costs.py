"""What the settings of an axis and their proxies cost, against the budget."""

from typing import NamedTuple

import plotly.graph_objects as go  # type: ignore[import-untyped]
from plotly.subplots import make_subplots  # type: ignore[import-untyped]

from analysis.figures.drawing import PALETTE, label, styled
from analysis.figures.hovers import TOLD, Told, told
from analysis.recipe import Recipe
from analysis.words import percent, three_digits


class Costs(NamedTuple):
    """Multiply-adds of every setting and of its proxy."""

    settings: tuple[str, ...]
    hovers: tuple[Told, ...]
    gflops: tuple[float, ...]
    budget: float  # GFLOPs
    errors: tuple[str, ...]  # of the budget
    proxy_mflops: tuple[float, ...]


def costs_info(recipe: Recipe) -> Costs:
    """What was asked for and what was met; all of it in the recipe."""
    return Costs(
        settings=tuple(label(setting.setting) for setting in recipe.settings),
        hovers=tuple(told(setting) for setting in recipe.settings),
        gflops=tuple(setting.macs / 1e9 for setting in recipe.settings),
        budget=recipe.budget_macs / 1e9,
        errors=tuple(percent(setting.budget_error) for setting in recipe.settings),
        proxy_mflops=tuple(setting.proxy_macs / 1e6 for setting in recipe.settings),
    )


def costs(info: Costs) -> go.Figure:
    """Bars from zero, so that lengths compare; the deviation from the budget is written on them."""
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.13, row_heights=[0.6, 0.4],
        subplot_titles=["candidates", "proxies, as trained"],
    )  # fmt: skip
    for row, heights, labels, color in (
        (1, info.gflops, info.errors, PALETTE[0]),
        (2, info.proxy_mflops, [three_digits(height) for height in info.proxy_mflops], PALETTE[5]),
    ):
        bars = go.Bar(
            x=list(range(len(heights))), y=heights, text=labels,
            customdata=info.hovers, hovertemplate=TOLD,
            textposition="inside", insidetextanchor="middle", textangle=0, marker_color=color, showlegend=False,
        )  # fmt: skip
        figure.add_trace(bars, row=row, col=1)
    figure.add_hline(y=info.budget, line_dash="dash", line_color=PALETTE[1], row=1, col=1)
    figure.update_xaxes(tickvals=list(range(len(info.settings))), ticktext=info.settings, zeroline=False)
    figure.update_layout(uniformtext={"minsize": 9, "mode": "hide"})  # no label is too small to be read
    figure.update_yaxes(title_text="GFLOPs", row=1, col=1)
    figure.update_yaxes(title_text="MFLOPs", row=2, col=1)
    return styled(figure, height=520)
