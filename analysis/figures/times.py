"""How long the trials took."""

from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go  # type: ignore[import-untyped]

from analysis.figures.drawing import PALETTE, as_text, hover, say_if_empty, styled
from analysis.recipe import Recipe


class Times(NamedTuple):
    """Seconds of training of every finished trial, by the setting's place in the run."""

    settings: tuple[str, ...]
    places: tuple[int, ...]
    seconds: tuple[float, ...]
    hovers: tuple[str, ...]


def times_info(recipe: Recipe, table: pd.DataFrame) -> Times:
    """Wall-clock seconds of the worker, which may have shared its machine."""
    finished = table[table["state"] == "finished"]
    order = {setting.sentence: place for place, setting in enumerate(recipe.settings)}
    rows = [
        (order[s], r, t)
        for s, r, t in finished[["sentence", "replicate", "seconds"]].itertuples(index=False)
        if s in order
    ]
    return Times(
        settings=tuple(as_text(setting.setting) for setting in recipe.settings),
        places=tuple(place for place, _, _ in rows),
        seconds=tuple(float(seconds) for _, _, seconds in rows),
        hovers=tuple(f"seed {replicate}<br>{hover(recipe.settings[place])}" for place, replicate, _ in rows),
    )


def times(info: Times) -> go.Figure:
    """From zero, so that heights compare."""
    points = go.Scatter(
        x=info.places, y=info.seconds, mode="markers", marker={"size": 8, "color": PALETTE[2], "opacity": 0.75},
        customdata=info.hovers, hovertemplate="%{y:.1f} s, %{customdata}<extra></extra>", showlegend=False,
    )  # fmt: skip
    figure = go.Figure(points)
    places = list(range(len(info.settings)))
    figure.update_xaxes(tickvals=places, ticktext=info.settings, range=[-0.5, len(places) - 0.5], zeroline=False)
    figure.update_yaxes(title_text="seconds a trial", rangemode="tozero")
    say_if_empty(figure, is_empty=not info.seconds)
    return styled(figure, height=320)
