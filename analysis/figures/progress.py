"""How a search came to what it found."""

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import plotly.graph_objects as go  # type: ignore[import-untyped]

from analysis.figures.drawing import PALETTE, proposal_hover, styled
from analysis.recipe import Recipe
from analysis.searched import LABELS, Outcome, ranked


class Progress(NamedTuple):
    """The first objective of every finished proposal in the order in which they were made."""

    label: str
    numbers: tuple[int, ...]
    values: tuple[float, ...]
    best: tuple[float, ...]  # so far
    hovers: tuple[str, ...]


def progress_info(recipe: Recipe, found: Sequence[Outcome]) -> Progress:
    """What is proposed again stands where it was proposed first."""
    assert recipe.sweep
    finished = sorted(ranked(found), key=lambda one: one.proposal.number)
    values = [one.values[0] for one in finished]
    return Progress(
        label=LABELS[recipe.sweep.objectives[0]],
        numbers=tuple(one.proposal.number for one in finished),
        values=tuple(values),
        best=tuple(accumulate(values, min)),
        hovers=tuple(proposal_hover(recipe, one) for one in finished),
    )


def progress(info: Progress) -> go.Figure:
    """Points, and a stair of the best so far."""
    figure = go.Figure()
    figure.add_trace(
        go.Scatter(
            x=info.numbers,
            y=info.values,
            customdata=info.hovers,
            hovertemplate="%{y:.4f}<br>%{customdata}<extra></extra>",
            mode="markers",
            marker={"size": 8, "color": PALETTE[0], "opacity": 0.75},
            name="proposal",
        )
    )
    stair = {"color": PALETTE[1], "width": 2, "shape": "hv"}
    figure.add_trace(go.Scatter(x=info.numbers, y=info.best, mode="lines", line=stair, name="best so far"))
    figure.update_xaxes(title_text="proposal", zeroline=False)
    figure.update_yaxes(title_text=info.label)
    figure.update_traces(showlegend=True)
    return styled(figure, height=400)
