"""What each trick of an ablation changes, with intervals that hold all at once."""

from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go  # type: ignore[import-untyped]

from analysis.ablation import TOGETHER, change_words
from analysis.differences import UNDECIDED, effect
from analysis.figures.drawing import PALETTE, as_text, label, styled
from analysis.image_scores import ImageScores
from analysis.measured import all_together, summaries
from analysis.recipe import Recipe
from analysis.statistics.intervals import Interval

_COLORS = {"lowers": PALETTE[2], "raises": PALETTE[1], UNDECIDED: PALETTE[0]}
_NAMES = {"lowers": "error is lower", "raises": "error is higher", UNDECIDED: UNDECIDED}


class Effect(NamedTuple):
    """Of one trick, or of all together."""

    name: str
    told: str  # what of the training it changes
    change: Interval  # of test error, points
    effect: str  # lowers, raises or undecided


def effects_info(recipe: Recipe, table: pd.DataFrame, scores: ImageScores | None = None) -> tuple[Effect, ...]:
    """Every trick against those before it, in their order, and last all of them against none."""
    changes = [one.difference for one in summaries(recipe, table, scores)[1:]]
    named = [(setting.setting, change_words(recipe, index)) for index, setting in enumerate(recipe.settings) if index]
    named.append((TOGETHER, "against none of them"))
    found = zip(named, [*changes, all_together(recipe, table, scores)], strict=True)
    return tuple(Effect(name, words, change, effect(change)) for (name, words), change in found)


def effects(info: tuple[Effect, ...]) -> go.Figure:
    """A row for each, the first one above; right of the line, error is higher."""
    figure = go.Figure()
    for kind, color in _COLORS.items():
        rows = [(place, one) for place, one in enumerate(info) if one.effect == kind and one.change.n]
        if not rows:
            continue
        halves = [one.change.half_width if one.change.n > 1 else 0.0 for _, one in rows]
        figure.add_trace(
            go.Scatter(
                x=[one.change.mean for _, one in rows],
                y=[place for place, _ in rows],
                error_x={"type": "data", "array": halves, "thickness": 1.5, "width": 5},
                customdata=[
                    (as_text(one.name), as_text(one.told), half, one.change.n)
                    for (_, one), half in zip(rows, halves, strict=True)
                ],
                hovertemplate=_HOVER,
                mode="markers",
                marker={
                    "size": 9,
                    "color": color,
                    "symbol": ["diamond" if o.name == TOGETHER else "circle" for _, o in rows],
                },
                name=_NAMES[kind],
                showlegend=True,
            )
        )
    ticks = {"tickvals": list(range(len(info))), "ticktext": [label(one.name) for one in info]}
    figure.update_yaxes(**ticks, range=[len(info) - 0.4, -0.6], automargin=True, zeroline=False)
    figure.update_xaxes(
        title_text="change of test error (points)", zeroline=True, zerolinewidth=2, zerolinecolor="#888888"
    )
    return styled(figure, height=140 + 32 * len(info))


_HOVER = (
    "<b>%{customdata[0]}</b><br>%{customdata[1]}<br>%{x:+.3f} ± %{customdata[2]:.3f} points, n = %{customdata[3]}"
    "<extra></extra>"
)
