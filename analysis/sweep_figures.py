"""The figures of a sweep's report: for each a frozen info with its numbers, and a function that only draws it."""

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go  # type: ignore[import-untyped]

from analysis.drawing import PALETTE, as_text, hover, say_if_empty, styled
from analysis.recipe import Recipe
from analysis.searched import LABELS, Outcome, front, ranked


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
        best=tuple(min(values[: i + 1]) for i in range(len(values))),
        hovers=tuple(_hover(recipe, one) for one in finished),
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
    say_if_empty(figure, is_empty=not info.values)
    return styled(figure, height=400)


class Plane(NamedTuple):
    """Two measures of every finished proposal; which of them are on the front of all objectives."""

    labels: tuple[str, str]
    best: str  # what those on the front are called
    x: tuple[float, ...]
    y: tuple[float, ...]
    on_front: tuple[bool, ...]
    hovers: tuple[str, ...]


def plane_info(recipe: Recipe, found: Sequence[Outcome]) -> Plane:
    """The first objective over the second; over the candidates' activations where there is but one."""
    assert recipe.sweep
    objectives, best = recipe.sweep.objectives, ranked(found)
    second = objectives[1] if len(objectives) > 1 else "activations"
    x = [one.values[1] if len(objectives) > 1 else float(one.proposal.setting.activations) for one in best]
    on_front = {one.proposal.number for one in front(found)}
    return Plane(
        labels=(LABELS[second], LABELS[objectives[0]]),
        best="on the front" if len(objectives) > 1 else "best",
        x=tuple(x),
        y=tuple(one.values[0] for one in best),
        on_front=tuple(one.proposal.number in on_front for one in best),
        hovers=tuple(_hover(recipe, one) for one in best),
    )


def plane(info: Plane) -> go.Figure:
    """What is on the front stands out."""
    figure = go.Figure()
    for wanted, name, color, size in ((False, "proposal", PALETTE[0], 8), (True, info.best, PALETTE[1], 11)):
        chosen = [i for i, is_on in enumerate(info.on_front) if is_on is wanted]
        figure.add_trace(
            go.Scatter(
                x=[info.x[i] for i in chosen],
                y=[info.y[i] for i in chosen],
                customdata=[info.hovers[i] for i in chosen],
                hovertemplate="%{y:.4f}<br>%{customdata}<extra></extra>",
                mode="markers",
                marker={"size": size, "color": color, "opacity": 0.8},
                name=name,
                showlegend=True,
            )
        )
    figure.update_xaxes(title_text=info.labels[0], zeroline=False)
    figure.update_yaxes(title_text=info.labels[1])
    say_if_empty(figure, is_empty=not info.x)
    return styled(figure, height=440)


def _hover(recipe: Recipe, one: Outcome) -> str:
    assert recipe.sweep
    tuned = "".join(f"<br>{t.field} = {as_text(_shown(one, t.field))}" for t in recipe.sweep.tune)
    return hover(one.proposal.setting) + tuned


def _shown(one: Outcome, field: str) -> str:
    value = one.proposal.hyperparameters[field]
    return f"{value:.3g}" if isinstance(value, float) else str(value)
