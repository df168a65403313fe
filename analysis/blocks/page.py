"""A page with the drawings of a network's blocks: one HTML file that needs nothing else."""

import json
from typing import NamedTuple

from plotly.offline import get_plotlyjs  # type: ignore[import-untyped]

from analysis.blocks.diagram import Panel, panels
from analysis.blocks.drawing import Placed, alternative, figure, placed
from analysis.pages import script_json, template
from analysis.words import amount
from space import cost
from space.arch import Arch
from space.sentence import caveats


class Drawing(NamedTuple):
    """A panel as the page has it."""

    name: str
    title: str
    elsewhere: str
    alt: str
    placed: Placed

    @property
    def width(self) -> int:
        return round(self.placed.size.width)

    @property
    def height(self) -> int:
        return round(self.placed.size.height)


def page(arch: Arch, title: str, resolution: int | None = None) -> str:
    """The HTML file; the same for the same network."""
    drawings = [_drawing(i, panel) for i, panel in enumerate(panels(arch, resolution))]
    total = cost(arch, resolution)
    return template("blocks.html").render(
        title=title,
        sentence=str(arch),
        figures=f"{amount(total.params)} params, {amount(total.macs)} FLOPs.",
        resolution=resolution or arch.input.resolution,
        caveats=caveats(str(arch)),
        panels=drawings,
        plotly=get_plotlyjs(),
        drawings=script_json({one.name: json.loads(figure(one.placed).to_json()) for one in drawings}),
    )


def _drawing(index: int, panel: Panel) -> Drawing:
    return Drawing(f"block{index}", panel.title, panel.elsewhere, alternative(panel.diagram), placed(panel.diagram))
