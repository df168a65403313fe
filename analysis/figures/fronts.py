"""The fronts of several searches, in the same two objectives."""

from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go  # type: ignore[import-untyped]

from analysis.comparison.spaces import Fronts
from analysis.figures.drawing import PALETTE, as_text, styled
from analysis.figures.hovers import TOLD, Told, proposal_told
from analysis.searched import LABELS
from analysis.thinning import extremes, thinned


class Searched(NamedTuple):
    """The proposals of one search, in the order of the first objective."""

    name: str
    color: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    on_front: tuple[bool, ...]
    hovers: tuple[Told, ...]
    proposals: int  # of which these are drawn


class FrontsOverlaid(NamedTuple):
    """Two objectives, and the worst of any run in them, from which volumes are measured."""

    labels: tuple[str, str]
    reference: tuple[float, float]
    runs: tuple[Searched, ...]


def fronts_info(compared: Fronts) -> FrontsOverlaid:
    """The first two objectives; on the front is what is so in all of them. Of many proposals some are drawn."""
    first, second, *_ = compared.objectives
    runs = []
    for index, one in enumerate(compared.found):
        ends = [place for column in (0, 1) for place in extremes(one.values[:, column].tolist())]
        telling = [*np.flatnonzero(one.on_front), *ends]
        drawn = np.array(thinned(len(one.values), telling))
        order = drawn[np.argsort(one.values[drawn, 0], kind="stable")]
        runs.append(
            Searched(
                name=as_text(one.side.label),
                color=PALETTE[index % len(PALETTE)],
                x=tuple(map(float, one.values[order, 0])),
                y=tuple(map(float, one.values[order, 1])),
                on_front=tuple(map(bool, one.on_front[order])),
                hovers=tuple(proposal_told(one.side.recipe, one.side.found[i]) for i in order),
                proposals=len(one.values),
            )
        )
    return FrontsOverlaid((LABELS[first], LABELS[second]), (compared.reference[0], compared.reference[1]), tuple(runs))


def fronts(info: FrontsOverlaid) -> go.Figure:
    """What is on a front is joined by stairs; the rest of a search is pale."""
    figure = go.Figure()
    for run in info.runs:
        for on_front in (False, True):
            chosen = [i for i, is_on in enumerate(run.on_front) if is_on is on_front]
            figure.add_trace(
                go.Scatter(
                    x=[run.x[i] for i in chosen],
                    y=[run.y[i] for i in chosen],
                    customdata=[run.hovers[i] for i in chosen],
                    hovertemplate=f"%{{fullData.name}}<br>%{{x:.4g}}, %{{y:.4g}}<br>{TOLD}",
                    mode="lines+markers" if on_front else "markers",
                    line={"color": run.color, "width": 2, "shape": "hv"},
                    marker={"color": run.color, "size": 9 if on_front else 6, "opacity": 1.0 if on_front else 0.35},
                    name=run.name,
                    showlegend=on_front,
                )
            )
    figure.add_trace(
        go.Scatter(
            x=[info.reference[0]], y=[info.reference[1]], mode="markers", name="reference point",
            marker={"symbol": "x", "size": 9, "color": "#767676"}, hoverinfo="skip", showlegend=True,
        )
    )  # fmt: skip
    figure.update_xaxes(title_text=info.labels[0], zeroline=False, exponentformat="SI")
    figure.update_yaxes(title_text=info.labels[1], zeroline=False, exponentformat="SI")
    return styled(figure, height=440)
