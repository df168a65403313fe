"""How a search came to what it found."""

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

import plotly.graph_objects as go  # type: ignore[import-untyped]

from analysis.figures.drawing import PALETTE, styled
from analysis.figures.hovers import TOLD, Told, proposal_told
from analysis.recipe import Recipe
from analysis.searched import LABELS, Outcome, ranked
from analysis.thinning import extremes, thinned


class Progress(NamedTuple):
    """The first objective of finished proposals in the order in which they were made, of many of some.

    Every best so far is among them.
    """

    label: str
    numbers: tuple[int, ...]
    values: tuple[float, ...]
    best: tuple[float, ...]  # so far
    hovers: tuple[Told, ...]
    proposals: int  # finished ones, drawn or not


def progress_info(recipe: Recipe, found: Sequence[Outcome]) -> Progress:
    """What is proposed again stands where it was proposed first."""
    assert recipe.sweep
    finished = sorted(ranked(found), key=lambda one: one.proposal.number)
    values = [one.values[0] for one in finished]
    best = list(accumulate(values, min))
    steps = [place for place, (before, now) in enumerate(pairwise([math.inf, *best])) if now < before]
    drawn = thinned(len(finished), [*steps, *extremes(values), len(finished) - 1])
    return Progress(
        label=LABELS[recipe.sweep.objectives[0]],
        numbers=tuple(finished[place].proposal.number for place in drawn),
        values=tuple(values[place] for place in drawn),
        best=tuple(best[place] for place in drawn),
        hovers=tuple(proposal_told(recipe, finished[place]) for place in drawn),
        proposals=len(finished),
    )


def progress(info: Progress) -> go.Figure:
    """Points, and a stair of the best so far."""
    figure = go.Figure()
    figure.add_trace(
        go.Scatter(
            x=info.numbers,
            y=info.values,
            customdata=info.hovers,
            hovertemplate=f"%{{y:.4f}}<br>{TOLD}",
            mode="markers",
            marker={"size": 8, "color": PALETTE[0], "opacity": 0.75},
            name="proposal",
        )
    )
    stair = {"color": PALETTE[1], "width": 2, "shape": "hv"}
    figure.add_trace(
        go.Scatter(x=info.numbers, y=info.best, mode="lines", line=stair, name="best so far", hoverinfo="skip")
    )
    figure.update_xaxes(title_text="proposal", zeroline=False)
    figure.update_yaxes(title_text=info.label)
    figure.update_traces(showlegend=True)
    return styled(figure, height=400)
