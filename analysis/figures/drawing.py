"""What all figures share: colours, layout, and words that are text."""

import math
from html import escape

import plotly.graph_objects as go  # type: ignore[import-untyped]

from analysis.words import brief

# Okabe and Ito (2008), safe for colour-blind readers; without their yellow and black, which vanish on white or dark
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES = ("solid", "dash", "dot")


def as_text(words: str) -> str:
    """Plotly reads labels as HTML and %{…} as a field; here they are text."""
    return escape(words, quote=False)


def label(name: str) -> str:
    """The same where there is little room: at a tick, in a legend."""
    return as_text(brief(name, 24))


def span(values: list[float]) -> list[float] | None:
    """The range of an axis that shows all values that are numbers."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return None
    margin = 0.06 * (max(finite) - min(finite)) or 0.1
    return [min(finite) - margin, max(finite) + margin]


def say_if_empty(figure: go.Figure, words: str) -> go.Figure:
    """Axes without a point would look like a fault: `words` stand on the first ones if these have none."""
    first = [trace for trace in figure.data if getattr(trace, "yaxis", None) in (None, "y")]
    if not any(_has_point(trace) for trace in first):
        figure.add_annotation(text=as_text(words), xref="x domain", yref="y domain", x=0.5, y=0.5, showarrow=False)
    return figure


def _has_point(trace: go.Scatter | go.Heatmap) -> bool:
    rows = trace.z if isinstance(trace, go.Heatmap) else [trace.y]
    return any(value is not None for row in rows or () for value in (() if row is None else row))


def styled(figure: go.Figure, *, height: int) -> go.Figure:
    """As wide as its place, as high as said; below the axis there is room for a legend where there is one."""
    below = 96 if any(getattr(trace, "showlegend", False) for trace in figure.data) else 56
    return figure.update_layout(
        template="plotly_white",
        height=height,
        margin={"l": 64, "r": 16, "t": 40, "b": below},
        legend={"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "x": 0},
        hoverlabel={"align": "left"},
        modebar={"bgcolor": "rgba(0,0,0,0)"},
        font={"family": "system-ui, sans-serif"},
    )
