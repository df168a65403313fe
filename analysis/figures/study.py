"""How far cheaper runs put the settings in the order of the costliest one."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go  # type: ignore[import-untyped]

from analysis.comparison.pairs import Study
from analysis.figures.drawing import PALETTE, as_text, styled
from analysis.statistics.intervals import Interval


class Agreed(NamedTuple):
    """A run of a study: what its order cost, and Kendall's tau-b to the order of the costliest run."""

    name: str
    seconds: float  # core-seconds
    seeds: int
    by_error: Interval  # over settings where they are enough to stand for others, else over seeds
    by_loss: Interval
    ceilings: tuple[float, float]  # of either: the tau that noise lets equal orders show on average


class Agreeing(NamedTuple):
    """All runs of a study but the one they are held against."""

    reference: str
    cost: float  # core-seconds of the reference's own order
    runs: tuple[Agreed, ...]


def agreeing_info(study: Study) -> Agreeing:
    """In order of cost."""
    runs = [
        Agreed(
            as_text(step.side.label),
            step.seconds,
            max((len(point.errors) for point in step.side.points.values()), default=0),
            step.to_reference.by_error.in_a_study,
            step.to_reference.by_loss.in_a_study,
            (step.to_reference.by_error.ceiling, step.to_reference.by_loss.ceiling),
        )
        for step in study.steps
        if step.to_reference
    ]
    return Agreeing(as_text(study.reference.label), study.steps[-1].seconds, tuple(runs))


def agreeing(info: Agreeing) -> go.Figure:
    """Tau by test error and by test loss, with intervals, against core-seconds; a dash is the noise ceiling."""
    figure = go.Figure()
    for index, (name, symbol) in enumerate((("by test error", "circle"), ("by test loss", "diamond"))):
        figure.add_trace(_taus(info, index, name, symbol))
        figure.add_trace(_ceilings(info, index, f"noise ceiling {name}"))
    ticks = _ticks([one.seconds for one in info.runs])
    figure.update_xaxes(
        title_text="core-seconds of the run's order (all seeds)", type="log", zeroline=False,
        tickvals=ticks, ticktext=[f"{tick:,.10g}" for tick in ticks],
    )  # fmt: skip
    figure.update_yaxes(title_text=f"Kendall's τ to {info.reference}", range=[-1.1, 1.1], zeroline=True, dtick=0.5)
    for one in info.runs:
        if one.seconds > 0:
            place = {"x": math.log10(one.seconds), "y": 1.02, "yref": "paper", "xanchor": "left", "yanchor": "bottom"}
            figure.add_annotation(text=one.name, textangle=-35, showarrow=False, **place)
    return styled(figure, height=480).update_layout(margin_t=110)


def _places(info: Agreeing, index: int) -> list[float]:
    """Both marks of a run stand side by side."""
    return [one.seconds * (0.985, 1.015)[index] for one in info.runs]


def _taus(info: Agreeing, index: int, name: str, symbol: str) -> go.Scatter:
    taus = [one.by_loss if index else one.by_error for one in info.runs]
    known = [math.isfinite(tau.high) for tau in taus]
    return go.Scatter(
        x=_places(info, index),
        y=[tau.mean for tau in taus],
        error_y={
            "type": "data", "symmetric": False, "thickness": 1.5, "width": 5,
            "array": [tau.high - tau.mean if k else 0.0 for tau, k in zip(taus, known, strict=True)],
            "arrayminus": [tau.mean - tau.low if k else 0.0 for tau, k in zip(taus, known, strict=True)],
        },
        customdata=[(one.name, one.seeds, one.seconds) for one in info.runs],
        hovertemplate="%{customdata[0]}<br>τ %{y:.2f}, seeds: %{customdata[1]}<br>"
        "%{customdata[2]:,.0f} core-seconds<extra></extra>",
        mode="markers",
        marker={"size": 10, "color": PALETTE[index], "symbol": symbol},
        name=name,
        showlegend=True,
    )  # fmt: skip


def _ceilings(info: Agreeing, index: int, name: str) -> go.Scatter:
    return go.Scatter(
        x=_places(info, index),
        y=[one.ceilings[index] if math.isfinite(one.ceilings[index]) else None for one in info.runs],
        hovertemplate=f"{name} %{{y:.2f}}<extra></extra>",
        mode="markers",
        marker={"size": 14, "symbol": "line-ew", "line": {"width": 2, "color": PALETTE[index]}},
        name=name,
        showlegend=True,
    )


def _ticks(seconds: Sequence[float]) -> list[float]:
    """1, 1.5, 2, 3, 5, 7, 10 and so on, from below the least to above the most."""
    positive = [one for one in seconds if one > 0]
    if not positive:
        return []
    first, last = math.floor(math.log10(min(positive))), math.ceil(math.log10(max(positive)))
    return [digit * 10.0**power for power in range(first, last + 1) for digit in (1, 1.5, 2, 3, 5, 7)]
