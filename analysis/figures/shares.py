"""Which choices decided a sweep."""

from typing import NamedTuple

import plotly.graph_objects as go  # type: ignore[import-untyped]
from plotly.subplots import make_subplots  # type: ignore[import-untyped]

from analysis.deciding import Decided
from analysis.figures.drawing import PALETTE, as_text, styled
from analysis.recipe import Recipe

MOST = 12  # choices; the others' bars would be hardly seen
LONGEST = 26  # letters of a label


class Bar(NamedTuple):
    """One choice's share in one thing that was to be small, in percent."""

    name: str
    share: float
    chance: float | None  # that one of no effect exceeds once in twenty
    is_tuned: bool  # a hyperparameter; else of the architecture


class Panel(NamedTuple):
    """All choices that are drawn, in the same order in every panel."""

    label: str
    bars: tuple[Bar, ...]


class Shares(NamedTuple):
    """A panel for every objective and for test error, but for those of which nothing can be told."""

    panels: tuple[Panel, ...]
    choices: int  # drawn or not


def shares_info(recipe: Recipe, found: Decided) -> Shares:
    """The choices with the largest shares in anything, in the order of their shares in the first."""
    assert recipe.sweep
    tuned = recipe.sweep.fields
    largest = {name: max(one[name] for one in found.shares.values()) for one in found.shares.values() for name in one}
    drawn = sorted(largest, key=lambda name: -largest[name])[:MOST]
    first = next(iter(found.shares.values()), {})
    order = sorted(drawn, key=lambda name: -first[name])
    panels = [
        Panel(
            label, tuple(Bar(n, 100 * one[n], _percent(found.chance.get(label, {}).get(n)), n in tuned) for n in order)
        )
        for label, one in found.shares.items()
    ]
    return Shares(tuple(panels), len(largest))


def _percent(fraction: float | None) -> float | None:
    return None if fraction is None else 100 * fraction


def shares(info: Shares) -> go.Figure:
    """Bars from zero, those of the architecture and of hyperparameters side by side; a tick is what chance gives."""
    rows = max(1, len(info.panels))
    bars = len(info.panels[0].bars) if info.panels else 6
    height = 110 + rows * (50 + 22 * bars)
    figure = make_subplots(
        rows=rows, cols=1, shared_xaxes=True, vertical_spacing=min(0.3, 50 / height),
        subplot_titles=[f"of {as_text(panel.label)}" for panel in info.panels] or None,
    )  # fmt: skip
    for row, panel in enumerate(info.panels, 1):
        for is_tuned, name in ((False, "architecture"), (True, "hyperparameter")):
            chosen = [(place, bar) for place, bar in enumerate(panel.bars) if bar.is_tuned is is_tuned]
            if chosen:
                figure.add_trace(_bars(chosen, PALETTE[is_tuned], name, named=row == 1), row=row, col=1)
        if known := [(place, bar) for place, bar in enumerate(panel.bars) if bar.chance is not None]:
            figure.add_trace(_chance(known, named=row == 1), row=row, col=1)
        figure.update_yaxes(
            tickvals=list(range(bars)), ticktext=[_short(bar.name) for bar in panel.bars], range=[bars - 0.4, -0.6],
            automargin=True, showgrid=False, zeroline=False, row=row, col=1,
        )  # fmt: skip
    figure.update_xaxes(rangemode="tozero", zeroline=True)
    figure.update_xaxes(title_text="share (%)", row=rows, col=1)
    return styled(figure, height=height)


_Placed = list[tuple[int, Bar]]


def _bars(bars: _Placed, color: str, name: str, *, named: bool) -> go.Bar:
    return go.Bar(
        x=[bar.share for _, bar in bars], y=[place for place, _ in bars], orientation="h", marker_color=color,
        customdata=[as_text(bar.name) for _, bar in bars], hovertemplate="%{customdata}: %{x:.1f} %<extra></extra>",
        name=name, legendgroup=name, showlegend=named,
    )  # fmt: skip


def _chance(bars: _Placed, *, named: bool) -> go.Scatter:
    return go.Scatter(
        x=[bar.chance for _, bar in bars], y=[place for place, _ in bars], mode="markers",
        marker={"symbol": "line-ns-open", "size": 15, "color": "#8c959f", "line": {"width": 3}},
        hovertemplate="without any effect, more than %{x:.1f} % once in twenty<extra></extra>",
        name="by chance", legendgroup="chance", showlegend=named,
    )  # fmt: skip


def _short(name: str) -> str:
    """The beginning and the end, which tells most."""
    half = LONGEST // 2
    return as_text(name if len(name) <= LONGEST else f"{name[: half - 1]}…{name[-half:]}")
