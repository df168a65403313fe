"""What was chosen and what it came to, a line for each proposal of a search."""

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go  # type: ignore[import-untyped]

from analysis.figures.drawing import PALETTE, as_text, styled
from analysis.figures.hovers import TOLD, Told, proposal_told
from analysis.recipe import Recipe
from analysis.searched import LABELS, Outcome, ranked

BEST = "the best tenth"
MOST = 500  # lines; more are a surface


class Axis(NamedTuple):
    """One of the parallel axes; where its values have names, they are places in `names`."""

    label: str
    values: tuple[float, ...]
    names: tuple[str, ...] = ()


class Parallel(NamedTuple):
    """Axes, each with a value for every line."""

    axes: tuple[Axis, ...]
    hovers: tuple[Told, ...]  # of the best tenth of the lines, which come first


def parallel_info(recipe: Recipe, found: Sequence[Outcome]) -> Parallel:
    """Of the finished proposals, the best first, at most 500: what every one of them chose, then the objectives."""
    assert recipe.sweep
    best = ranked(found)[:MOST]
    if not best:
        return Parallel((), ())
    shared = [name for name in best[0].proposal.parameters if all(name in one.proposal.parameters for one in best)]
    chosen = [_axis(name, [one.proposal.parameters[name] for one in best]) for name in shared]
    aims = [
        Axis(LABELS[objective], tuple(one.values[place] for one in best))
        for place, objective in enumerate(recipe.sweep.objectives)
    ]
    axes = (*(axis for axis in chosen if len(set(axis.values)) > 1), *aims)
    return Parallel(axes, tuple(proposal_told(recipe, one) for one in best[: -(-len(best) // 10)]))


def _axis(name: str, values: Sequence[object]) -> Axis:
    """A number as it is, everything else by its name."""
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return Axis(as_text(name), tuple(float(value) for value in values))  # type: ignore[arg-type]
    names = tuple(sorted(set(map(str, values))))
    return Axis(as_text(name), tuple(float(names.index(str(value))) for value in values), tuple(map(as_text, names)))


def parallel(info: Parallel) -> go.Figure:
    """Every axis from its least value below to its largest above; the best tenth of the lines stand out."""
    figure = go.Figure()
    axes = info.axes
    lines, best = len(axes[0].values) if axes else 0, len(info.hovers)
    for first, last, color, name in ((best, lines, PALETTE[0], "others"), (0, best, PALETTE[1], BEST)):
        if last > first:
            figure.add_trace(_lines(axes, range(first, last), color, name))
    figure.update_traces(
        customdata=[row for told in info.hovers for row in (*[told] * len(axes), None)], hovertemplate=TOLD,
        hoverinfo=None, selector={"name": BEST},
    )  # fmt: skip
    figure.update_xaxes(tickvals=list(range(len(axes))), ticktext=[_label(axis) for axis in axes], zeroline=False)
    figure.update_xaxes(range=[-0.35, len(axes) - 0.65])
    figure.update_yaxes(visible=False, range=[-0.04, 1.04])
    return styled(figure, height=440)


def _lines(axes: Sequence[Axis], which: range, color: str, name: str) -> go.Scatter:
    scaled = [_scaled(axis) for axis in axes]
    return go.Scatter(
        x=[x for _ in which for x in (*range(len(axes)), None)],
        y=[y for i in which for y in (*(values[i] for values in scaled), None)],
        mode="lines", line={"color": color, "width": 1.5}, opacity=0.6, name=name, hoverinfo="skip", showlegend=True,
    )  # fmt: skip


def _scaled(axis: Axis) -> list[float]:
    """From zero to one."""
    low, high = min(axis.values), max(axis.values)
    return [(value - low) / (high - low) if high > low else 0.5 for value in axis.values]


def _label(axis: Axis) -> str:
    ends = (axis.names[0], axis.names[-1]) if axis.names else (f"{one(axis.values):.4g}" for one in (min, max))
    return f"{axis.label}<br>{' to '.join(ends)}"
