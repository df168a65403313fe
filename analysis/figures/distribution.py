"""How good the networks are that a search met: the distribution of their errors."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go  # type: ignore[import-untyped]
from numpy.typing import ArrayLike
from plotly.subplots import make_subplots  # type: ignore[import-untyped]

from analysis.figures.drawing import PALETTE, as_text, styled
from analysis.statistics.edf import edf

STEPS = 1000  # of a curve at most


class Sample(NamedTuple):
    """The EDF of one sample, with the band that holds its space's own distribution in 95 of 100 samples."""

    name: str
    models: int
    errors: tuple[float, ...]  # where the curve is drawn, ascending
    fractions: tuple[float, ...]  # of models with no larger error
    low: tuple[float, ...]
    high: tuple[float, ...]


def distribution_info(
    samples: Mapping[str, ArrayLike], weights: Mapping[str, ArrayLike] | None = None
) -> tuple[Sample, ...]:
    """Errors by the name of their sample; one that is no number is worse than all. Empty samples are left out.

    With `weights` of the same names the networks count by these, as `edf.matching_weights` gives them.
    """
    return tuple(
        _sample(name, np.asarray(errors), None if weights is None else weights[name])
        for name, errors in samples.items()
        if np.size(errors)
    )


def _sample(name: str, errors: np.ndarray, weights: ArrayLike | None) -> Sample:
    found = edf(errors, weights)
    finite = found.errors[np.isfinite(found.errors)]
    at = np.unique(np.quantile(finite, np.linspace(0, 1, STEPS), method="nearest")) if finite.size else finite
    after = np.nextafter(at, np.inf)  # F(e) counts errors below e; a stair is drawn with the step at e done
    low, high = found.band(after)
    return Sample(as_text(name), len(errors), *(tuple(map(float, one)) for one in (at, found(after), low, high)))


def distribution(info: Sequence[Sample]) -> go.Figure:
    """Stairs, and their bands behind them, as far as the worst error of any.

    More than two would hide each other: then the first is drawn beside each of the others, in a panel of its own.
    """
    panels = [(0, other) for other in range(1, len(info))] if len(info) > 2 else [tuple(range(len(info)))]
    figure, cells = _empty(len(panels))
    worst = max((sample.errors[-1] for sample in info if sample.errors), default=0.0)
    in_legend = set(range(len(info))) if len(info) > 1 else set()
    for panel, (row, column) in zip(panels, cells, strict=True):
        bands = [trace for index in panel for trace in _band(index, info[index], worst)]
        stairs = [_stair(index, info[index], worst).update(showlegend=index in in_legend) for index in panel]
        in_legend -= set(panel)
        for trace in bands + stairs:
            figure.add_trace(trace, row=row, col=column)
    height = 380 if len(cells) <= 3 else 120 + 230 * cells[-1][0]
    return styled(figure, height=height).update_layout(legend_traceorder="normal")


def _empty(panels: int) -> tuple[go.Figure, list[tuple[int, int]]]:
    """Panels of common axes, and the row and column of each."""
    columns = 2 if panels == 4 else min(panels, 3)
    cells = [(1 + place // columns, 1 + place % columns) for place in range(panels)]
    rows = 1 + (panels - 1) // columns
    specs: list[list[dict[str, int] | None]] = [
        [{} if (row, column) in cells else None for column in range(1, columns + 1)] for row in range(1, rows + 1)
    ]
    figure = make_subplots(
        rows=rows, cols=columns, specs=specs,
        shared_xaxes="all", shared_yaxes="all", horizontal_spacing=0.04, vertical_spacing=0.12,
    )  # fmt: skip
    figure.update_xaxes(zeroline=False, showticklabels=True)
    for row, column in cells[-columns:]:  # the lowest of every column
        figure.update_xaxes(title_text="error (%)", row=row, col=column)
    figure.update_yaxes(range=[0, 1.02])
    figure.update_yaxes(title_text="fraction of networks", col=1)
    return figure, cells


def _band(index: int, sample: Sample, worst: float) -> list[go.Scatter]:
    """Its lower end, and the upper one filled down to it."""
    color = PALETTE[index % len(PALETTE)]
    errors, _, low, high = _to(worst, sample)
    return [
        go.Scatter(
            x=errors, y=ends, mode="lines", line={"shape": "hv", "width": 0, "color": color}, fill=fill,
            fillcolor=f"{color}2e", legendgroup=str(index), hoverinfo="skip", showlegend=False,
        )
        for ends, fill in ((low, None), (high, "tonexty"))
    ]  # fmt: skip


def _stair(index: int, sample: Sample, worst: float) -> go.Scatter:
    errors, fractions, _, _ = _to(worst, sample)
    return go.Scatter(
        x=errors, y=fractions, mode="lines",
        line={"shape": "hv", "width": 2, "color": PALETTE[index % len(PALETTE)]},
        name=f"{sample.name}, n = {sample.models}", legendgroup=str(index),
        hovertemplate="%{y:.2f} of the networks have at most %{x:.2f} %<extra></extra>",
    )  # fmt: skip


def _to(worst: float, sample: Sample) -> tuple[tuple[float, ...], ...]:
    """Errors, fractions and both ends of the band, with the last step drawn on."""
    lines = (sample.errors, sample.fractions, sample.low, sample.high)
    if not sample.errors or sample.errors[-1] == worst:
        return lines
    return tuple((*line, worst if line is sample.errors else line[-1]) for line in lines)
