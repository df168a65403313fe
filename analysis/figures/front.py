"""What a search found, in two of its measures."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go  # type: ignore[import-untyped]

from analysis.figures.drawing import PALETTE, styled
from analysis.figures.hovers import TOLD, Told, proposal_told
from analysis.recipe import Recipe
from analysis.searched import LABELS, Outcome, front as best_of, ranked
from analysis.thinning import extremes, thinned


class Front(NamedTuple):
    """Two measures of finished proposals, of many of some; which of them are on the front of all objectives."""

    labels: tuple[str, str]
    best: str  # what those on the front are called
    x: tuple[float, ...]
    y: tuple[float, ...]
    on_front: tuple[bool, ...]
    hovers: tuple[Told, ...]
    proposals: int  # finished ones, drawn or not


def front_info(recipe: Recipe, found: Sequence[Outcome]) -> Front:
    """The first objective over the second; over the candidates' activations where there is but one."""
    assert recipe.sweep
    objectives, best = recipe.sweep.objectives, ranked(found)
    second = objectives[1] if len(objectives) > 1 else "activations"
    x = [one.values[1] if len(objectives) > 1 else float(one.proposal.setting.activations) for one in best]
    y, front_numbers = [one.values[0] for one in best], {one.proposal.number for one in best_of(found)}
    on_front = [one.proposal.number in front_numbers for one in best]
    drawn = thinned(len(best), [*np.flatnonzero(on_front), *extremes(x), *extremes(y)])
    return Front(
        labels=(LABELS[second], LABELS[objectives[0]]),
        best="on the front" if len(objectives) > 1 else "best",
        x=tuple(x[place] for place in drawn),
        y=tuple(y[place] for place in drawn),
        on_front=tuple(on_front[place] for place in drawn),
        hovers=tuple(proposal_told(recipe, best[place]) for place in drawn),
        proposals=len(best),
    )


def front(info: Front) -> go.Figure:
    """What is on the front stands out."""
    figure = go.Figure()
    for wanted, name, color, size in ((False, "proposal", PALETTE[0], 8), (True, info.best, PALETTE[1], 11)):
        chosen = [i for i, is_on in enumerate(info.on_front) if is_on is wanted]
        figure.add_trace(
            go.Scatter(
                x=[info.x[i] for i in chosen],
                y=[info.y[i] for i in chosen],
                customdata=[info.hovers[i] for i in chosen],
                hovertemplate=f"%{{y:.4f}}<br>{TOLD}",
                mode="markers",
                marker={"size": size, "color": color, "opacity": 0.8},
                name=name,
                showlegend=True,
            )
        )
    figure.update_xaxes(title_text=info.labels[0], zeroline=False, exponentformat="SI")
    figure.update_yaxes(title_text=info.labels[1], exponentformat="SI")
    return styled(figure, height=440)
