"""Where the named networks stand: error of their public weights against what they cost."""

import re
import shlex
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Literal, NamedTuple, get_args

import plotly.graph_objects as go  # type: ignore[import-untyped]

from analysis.figures.drawing import PALETTE, as_text, hover, styled
from analysis.recipe import Setting
from analysis.words import amount, number, plural
from analysis.zoo import error_bands, throughputs
from space import cost, parse

By = Literal["macs", "params", "activations", "speed"]
BYS: tuple[By, ...] = get_args(By)
LABELS: dict[By, str] = {
    "macs": "FLOPs (multiply-adds)",
    "params": "params",
    "activations": "activations",
    "speed": "images/s",
}
OTHERS, GREY = "others", "#8c959f"


class Known(NamedTuple):
    """A named network: its costs at its own resolution, and the top-1 errors of its public weights in percent."""

    name: str
    macs: int
    params: int
    activations: int
    speeds: dict[str, float]  # images/s by device, at that resolution
    lowest: float
    median: float
    highest: float
    weights: int


class Zoo(NamedTuple):
    """The networks over one of their measures; of a run, where its own settings fall, whose error there is unknown."""

    by: By
    label: str
    known: tuple[Known, ...]
    x: tuple[float, ...]
    families: tuple[str, ...]  # of each network; the smaller ones are others
    settings: tuple[tuple[str, float, str], ...]  # name, place, hover


@cache
def known_networks() -> tuple[Known, ...]:
    """All with public weights, in the order of their names' families."""
    found = []
    speeds = throughputs()
    for name, band in error_bands().iterrows():
        arch = parse(str(name))
        spent = cost(arch)
        rows = speeds[(speeds["name"] == name) & (speeds["resolution"] == arch.input.resolution)]
        measured = dict(zip(rows["device"], rows["images_per_s"], strict=True))
        errors = (band["lowest"], band["median"], band["highest"])
        found.append(
            Known(str(name), spent.macs, spent.params, spent.activations, measured, *errors, int(band["weights"]))
        )
    return tuple(found)


def devices() -> tuple[str, ...]:
    """Those that speed was measured on."""
    return tuple(throughputs()["device"].unique())


def zoo_info(by: By = "macs", device: str | None = None, settings: Sequence[Setting] = ()) -> Zoo:
    """`device` is of speed, by default the first; networks that were not measured on it are left out."""
    device = device or devices()[0]
    known = [one for one in known_networks() if by != "speed" or device in one.speeds]
    x = tuple(float(one.speeds[device] if by == "speed" else getattr(one, by)) for one in known)
    names = [_family(one.name) for one in known]
    large = {family for family, _ in Counter(names).most_common(len(PALETTE))}
    own = [(as_text(s.setting), float(getattr(s, by)), hover(s)) for s in settings] if by != "speed" else []
    label = f"{LABELS[by]} on {device}" if by == "speed" else LABELS[by]
    families = tuple(name if name in large else OTHERS for name in names)
    return Zoo(by, label, tuple(known), x, families, tuple(own))


def zoo(info: Zoo) -> go.Figure:
    """A point is the median of a network's public weights; its bar is their range, no interval, as recipes differ."""
    figure = go.Figure()
    order = [family for family, _ in Counter(info.families).most_common() if family != OTHERS]
    for family, color in zip([*order, OTHERS], [*PALETTE[: len(order)], GREY], strict=True):
        if chosen := [i for i, one in enumerate(info.families) if one == family]:
            figure.add_trace(_points(info, chosen, family, color))
    floor = min(one.lowest for one in info.known) - 1
    if info.settings:
        figure.add_trace(_own(info, floor))
    for _, place, _ in info.settings:
        figure.add_vline(x=place, line_width=1, line_dash="dot", line_color=PALETTE[1])
    figure.update_xaxes(type="log", title_text=info.label, exponentformat="SI", dtick="D2")
    figure.update_yaxes(title_text="ImageNet top-1 error (%)")
    return styled(figure, height=560)


def _points(info: Zoo, chosen: Sequence[int], family: str, color: str) -> go.Scatter:
    known = [info.known[i] for i in chosen]
    return go.Scatter(
        x=[info.x[i] for i in chosen],
        y=[one.median for one in known],
        error_y={
            "type": "data",
            "array": [one.highest - one.median for one in known],
            "arrayminus": [one.median - one.lowest for one in known],
            "thickness": 1,
            "width": 3,
        },
        customdata=[_hover(one) for one in known],
        hovertemplate="%{customdata}<extra></extra>",
        mode="markers",
        marker={"size": 8, "color": color},
        name=family,
        showlegend=True,
    )


def _own(info: Zoo, floor: float) -> go.Scatter:
    return go.Scatter(
        x=[place for _, place, _ in info.settings],
        y=[floor] * len(info.settings),
        customdata=[said for _, _, said in info.settings],
        hovertemplate="%{customdata}<extra></extra>",
        mode="markers",
        marker={"size": 10, "color": PALETTE[1], "symbol": "triangle-up"},
        name="settings of this run, whose error here is unknown",
        showlegend=True,
    )


def _hover(one: Known) -> str:
    band = f"{number(one.lowest, 1)} to {number(one.highest, 1)} %" if one.weights > 1 else f"{number(one.median, 1)} %"
    speeds = "".join(f"<br>{amount(speed)} images/s on {device}" for device, speed in one.speeds.items())
    return (
        f"<b>{one.name}</b><br>{amount(one.macs)} FLOPs, {amount(one.params)} params, {amount(one.activations)} "
        f"activations{speeds}<br>top-1 error {band} ({plural(one.weights, 'set')} of public weights)"
        f"<br>explore show {shlex.quote(one.name)}"
    )


def _family(name: str) -> str:
    """`seresnext` of seresnext50_32x4d, `res2net` of res2net50_26w_4s: what stands before the depth."""
    found = re.match(r"[a-z]+2[a-z]+|[a-z]+(?:_[a-z]+)*", name)
    return found[0] if found else name
