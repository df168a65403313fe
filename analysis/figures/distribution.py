"""How good the networks are that a search met: the distribution of their errors."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go  # type: ignore[import-untyped]
from numpy.typing import ArrayLike

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
    """Stairs, and their bands behind them; all as far as the worst error of any."""
    figure = go.Figure()
    worst = max((sample.errors[-1] for sample in info if sample.errors), default=0.0)
    for index, sample in enumerate(info):
        color = PALETTE[index % len(PALETTE)]
        stair = {"shape": "hv", "width": 0, "color": color}
        errors, fractions, low, high = _to(worst, sample)
        for ends, fill in ((low, None), (high, "tonexty")):
            figure.add_trace(
                go.Scatter(
                    x=errors, y=ends, mode="lines", line=stair, fill=fill, fillcolor=f"{color}2e",
                    hoverinfo="skip", showlegend=False,
                )
            )  # fmt: skip
        figure.add_trace(
            go.Scatter(
                x=errors, y=fractions, mode="lines", line={**stair, "width": 2},
                name=f"{sample.name}, n = {sample.models}", showlegend=len(info) > 1,
                hovertemplate="%{y:.2f} of the networks have at most %{x:.2f} %<extra></extra>",
            )
        )  # fmt: skip
    figure.update_xaxes(title_text="error (%)", zeroline=False)
    figure.update_yaxes(title_text="fraction of networks", range=[0, 1.02])
    return styled(figure, height=380).update_layout(legend_traceorder="normal")


def _to(worst: float, sample: Sample) -> tuple[tuple[float, ...], ...]:
    """Errors, fractions and both ends of the band, with the last step drawn on."""
    lines = (sample.errors, sample.fractions, sample.low, sample.high)
    if not sample.errors or sample.errors[-1] == worst:
        return lines
    return tuple((*line, worst if line is sample.errors else line[-1]) for line in lines)
