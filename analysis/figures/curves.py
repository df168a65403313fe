"""Learning curves."""

from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go  # type: ignore[import-untyped]
from plotly.subplots import make_subplots  # type: ignore[import-untyped]

from analysis.figures.drawing import DASHES, PALETTE, label, span, styled
from analysis.recipe import Recipe, Setting
from analysis.trial import Trial


class Curve(NamedTuple):
    """The learning curve of one setting, averaged over the seeds that reached the epoch."""

    setting: str
    epochs: tuple[int, ...]
    train_loss: tuple[float, ...]
    validation_loss: tuple[float, ...]


def curves_info(recipe: Recipe, trials: Iterable[Trial]) -> tuple[Curve, ...]:
    """One curve for each setting with a finished trial."""
    readings: dict[str, list[dict[str, float]]] = {}
    for trial in trials:
        if trial.state == "finished":
            readings.setdefault(trial.setting, []).extend(trial.curve)
    return tuple(
        _curve(setting, readings[setting.setting]) for setting in recipe.settings if readings.get(setting.setting)
    )


def _curve(setting: Setting, readings: list[dict[str, float]]) -> Curve:
    columns = ["epoch", "train_loss", "validation_loss"]
    means = pd.DataFrame(readings, columns=columns, dtype="float64").groupby("epoch").mean()
    return Curve(
        setting=label(setting.setting),
        epochs=tuple(int(epoch) for epoch in means.index),
        train_loss=tuple(means["train_loss"]),
        validation_loss=tuple(means["validation_loss"]),
    )


def curves(info: tuple[Curve, ...]) -> go.Figure:
    """Training above, validation below, on one scale: the gap between them is part of the message."""
    titles = ["training", "validation"]
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.1, subplot_titles=titles)
    for index, curve in enumerate(info):
        color, dash = PALETTE[index % len(PALETTE)], DASHES[index // len(PALETTE) % len(DASHES)]
        for row, losses in ((1, curve.train_loss), (2, curve.validation_loss)):
            line = go.Scatter(
                x=curve.epochs, y=losses, name=curve.setting, legendgroup=curve.setting, showlegend=row == 1,
                mode="lines+markers", line={"color": color, "dash": dash, "width": 2}, marker={"size": 4},
                hovertemplate="%{fullData.name}, epoch %{x}: %{y:.4f}<extra></extra>",
            )  # fmt: skip
            figure.add_trace(line, row=row, col=1)
    figure.update_xaxes(title_text="epoch", row=2, col=1)
    last = max((curve.epochs[-1] for curve in info), default=1)
    margin = 0.04 * last
    whole = {"tick0": 1, "dtick": max(1, round(last / 8)), "range": [1 - margin, last + margin]}  # no half epochs
    figure.update_xaxes(**whole)
    figure.update_yaxes(
        title_text="loss (nats)", range=span([loss for c in info for loss in (*c.train_loss, *c.validation_loss)])
    )
    return styled(figure, height=600)
