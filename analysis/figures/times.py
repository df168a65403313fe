"""How long the proposals of a search took, which their multiply-adds do not say."""

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go  # type: ignore[import-untyped]

from analysis.figures.drawing import PALETTE, styled
from analysis.figures.hovers import TOLD, Told, proposal_told
from analysis.recipe import Recipe
from analysis.searched import LABELS, Outcome, ranked
from analysis.thinning import extremes, thinned


class Times(NamedTuple):
    """Core-seconds of one trial of a finished proposal, over the activations of its candidate."""

    activations: tuple[int, ...]
    seconds: tuple[float, ...]  # mean over its seeds
    hovers: tuple[Told, ...]
    proposals: int  # finished ones, drawn or not
    total: float  # core-seconds of all trials, whatever became of them


def times_info(recipe: Recipe, found: Sequence[Outcome]) -> Times:
    """Of the finished proposals, since others were not trained as long."""
    finished = ranked(found)
    seconds = [_seconds(one) / len(one.trials) for one in finished]
    drawn = thinned(len(finished), extremes(seconds))
    distinct = {trial.key: trial for one in found for trial in one.trials}
    return Times(
        activations=tuple(finished[place].proposal.setting.activations for place in drawn),
        seconds=tuple(seconds[place] for place in drawn),
        hovers=tuple(proposal_told(recipe, finished[place]) for place in drawn),
        proposals=len(finished),
        total=sum(trial.core_seconds for trial in distinct.values()),
    )


def _seconds(one: Outcome) -> float:
    return sum(trial.core_seconds for trial in one.trials)


def times(info: Times) -> go.Figure:
    """From zero, so that heights compare."""
    points = go.Scatter(
        x=info.activations, y=info.seconds, mode="markers", marker={"size": 8, "color": PALETTE[2], "opacity": 0.75},
        customdata=info.hovers, hovertemplate=f"%{{y:.1f}} core-seconds<br>{TOLD}", showlegend=False,
    )  # fmt: skip
    figure = go.Figure(points)
    figure.update_xaxes(title_text=LABELS["activations"], zeroline=False, exponentformat="SI")
    figure.update_yaxes(title_text="core-seconds a trial", rangemode="tozero")
    return styled(figure, height=400)
