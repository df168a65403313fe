"""The learning curves of a search, to where each was stopped."""

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go  # type: ignore[import-untyped]

from analysis.figures.drawing import PALETTE, as_text, span, styled
from analysis.recipe import Recipe
from analysis.searched import Outcome
from analysis.trial import Trial

MOST = 200  # curves


class Course(NamedTuple):
    """Validation loss after every epoch of one trial."""

    name: str
    epochs: tuple[int, ...]
    losses: tuple[float, ...]
    stopped: bool  # early, by the scheduler


class Courses(NamedTuple):
    """At most 200 of `trials` that have a curve: the best by its last loss, and others evenly taken in their order."""

    drawn: tuple[Course, ...]
    trials: int
    rungs: tuple[int, ...]  # epochs after which some may have been stopped, by the recipe


def courses_info(recipe: Recipe, found: Sequence[Outcome]) -> Courses:
    """Of every trial that was trained for an epoch or more."""
    trials = {trial.key: trial for one in found for trial in one.trials if _is_read(trial)}
    names = {trial.key: one.proposal.setting.setting for one in found for trial in one.trials}
    rungs = recipe.sweep.rungs(recipe.fidelity.epochs) if recipe.sweep else ()
    best = min(trials, key=lambda key: trials[key].curve[-1]["validation_loss"], default="")
    step = max(1, -(-len(trials) // (MOST - 1)))
    chosen = {best, *list(trials)[::step]}
    drawn = [_course(names[key], trial) for key, trial in trials.items() if key in chosen]
    return Courses(tuple(drawn), len(trials), rungs)


def _is_read(trial: Trial) -> bool:
    return bool(trial.curve) and all({"epoch", "validation_loss"} <= reading.keys() for reading in trial.curve)


def _course(name: str, trial: Trial) -> Course:
    return Course(
        name=as_text(name),
        epochs=tuple(int(reading["epoch"]) for reading in trial.curve),
        losses=tuple(float(reading["validation_loss"]) for reading in trial.curve),
        stopped=trial.state == "pruned",
    )


def courses(info: Courses) -> go.Figure:
    """Those that were stopped are thin and end in a cross; lines are drawn as one trace a kind, which stays quick."""
    figure = go.Figure()
    for stopped, color, name in ((True, PALETTE[4], "stopped early"), (False, PALETTE[0], "trained to the end")):
        chosen = [course for course in info.drawn if course.stopped is stopped]
        if not chosen:
            continue
        x, y, words = ([value for course in chosen for value in (*part(course), None)] for part in _PARTS)
        figure.add_trace(
            go.Scatter(
                x=x, y=y, text=words, mode="lines", line={"color": color, "width": 1 if stopped else 2}, opacity=0.7,
                hovertemplate="%{text}, epoch %{x}: %{y:.4f}<extra></extra>", name=name, showlegend=True,
            )
        )  # fmt: skip
    ends = [course for course in info.drawn if course.stopped]
    figure.add_trace(
        go.Scatter(
            x=[course.epochs[-1] for course in ends], y=[course.losses[-1] for course in ends], mode="markers",
            marker={"symbol": "x", "size": 6, "color": PALETTE[4]}, hoverinfo="skip", showlegend=False,
        )
    )  # fmt: skip
    for rung in info.rungs:
        figure.add_vline(x=rung, line_dash="dot", line_width=1, line_color=PALETTE[3])
    last = max((course.epochs[-1] for course in info.drawn), default=1)
    figure.update_xaxes(title_text="epoch", tick0=1, dtick=max(1, round(last / 8)), zeroline=False)
    losses = [loss for course in info.drawn for loss in course.losses]
    figure.update_yaxes(title_text="validation loss (nats)", range=span(losses))
    return styled(figure, height=420)


_PARTS = (
    lambda course: course.epochs,
    lambda course: course.losses,
    lambda course: [course.name] * len(course.epochs),
)
