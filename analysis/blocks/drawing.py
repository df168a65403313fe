"""Draws a block: boxes for its layers, arrows, and what goes past them."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import plotly.graph_objects as go  # type: ignore[import-untyped]

from analysis.blocks.diagram import Box, Diagram, Kind
from analysis.blocks.layering import Layout, Link, Place, layout
from analysis.figures.drawing import PALETTE, as_text
from analysis.words import amount

GREY = "#848d97"  # seen on white and on dark
COLORS: dict[Kind, str] = {
    "pointwise": PALETTE[5], "spatial": PALETTE[0], "pool": PALETTE[4], "linear": PALETTE[2], "dynamic": PALETTE[3],
    "join": GREY, "part": GREY, "note": GREY, "end": GREY,
}  # fmt: skip
TITLE, SMALL = 13, 11  # pixels of a letter's height
JOIN = 22.0  # pixels across
DOWN = 24.0  # pixels between ranks, and more where arrows go far to the side
MARGIN = 10.0
CORNER = 9.0
HEAD = 7.0  # of an arrow


class Size(NamedTuple):
    """Pixels."""

    width: float
    height: float


class Placed(NamedTuple):
    """A diagram with the size and the middle of every box, and the top and bottom of every rank, in pixels."""

    diagram: Diagram
    layout: Layout
    sizes: tuple[Size, ...]
    middles: tuple[tuple[float, float], ...]
    ranks: tuple[tuple[float, float], ...]
    size: Size


def placed(diagram: Diagram) -> Placed:
    """Where everything stands: a rank is as high as its highest box."""
    sizes = tuple(map(_size, diagram.boxes))
    reach = [size.width + 2 * _beside(box) for box, size in zip(diagram.boxes, sizes, strict=True)]
    found = layout(reach, diagram.edges, {i for i, box in enumerate(diagram.boxes) if box.aside})
    ranks, bottom = list[tuple[float, float]](), MARGIN - DOWN
    for rank, order in enumerate(found.orders):
        top = bottom + _gap(diagram, found, rank)
        bottom = top + max(sizes[node].height for node, at in order if found.ranks[node] == at)
        ranks.append((top, bottom))
    middles = tuple((MARGIN + found.x[node, rank], sum(ranks[rank]) / 2) for node, rank in enumerate(found.ranks))
    right = max(x + (reach[node] / 2 if found.ranks[node] == rank else 0) for (node, rank), x in found.x.items())
    return Placed(diagram, found, sizes, middles, tuple(ranks), Size(right + 2 * MARGIN, bottom + MARGIN))


def _gap(diagram: Diagram, found: Layout, rank: int) -> float:
    """The room above a rank: more where an arrow must go far to the side."""
    steps = {step for edge in diagram.edges for step in found.steps(edge) if step[1][1] == rank}
    return DOWN + min(0.12 * max((abs(found.x[a] - found.x[b]) for a, b in steps), default=0.0), 24.0)


def _small(box: Box) -> tuple[str, ...]:
    """What stands in small letters above and below the title."""
    return tuple(", ".join(notes) for notes in (box.before, box.after))


def _size(box: Box) -> Size:
    if box.kind == "join":
        return Size(JOIN, JOIN)
    width = max(0.62 * TITLE * len(box.title), *(0.55 * SMALL * len(words) for words in _small(box)))
    return Size(width + 20, 22.0 + 14 * sum(map(bool, _small(box))))


def _beside(box: Box) -> float:
    """What a join's notes need to its right."""
    return 0.55 * SMALL * len(_small(box)[1]) + 6 if box.kind == "join" and box.after else 0.0


class Stroke(NamedTuple):
    """A path in SVG's words and, where it ends in an arrow, the tip and the direction of that."""

    path: str
    tip: tuple[float, float] | None = None
    direction: tuple[int, int] = (0, 1)


def strokes(drawn: Placed) -> tuple[Stroke, ...]:
    """Every step from a rank to the next, once, and every lane past a rank."""
    found = drawn.layout
    steps = dict.fromkeys(step for edge in drawn.diagram.edges for step in found.steps(edge))
    passed = dict.fromkeys(lower for _, lower in steps if found.ranks[lower[0]] != lower[1])
    sideways = _sideways(drawn, list(steps))
    return (
        *(_step(drawn, upper, lower, sideways=(upper, lower) in sideways) for upper, lower in steps),
        *(Stroke(f"M{_x(drawn, lane)},{drawn.ranks[lane[1]][0]} V{drawn.ranks[lane[1]][1]}") for lane in passed),
    )


def _x(drawn: Placed, place: Place) -> float:
    return MARGIN + drawn.layout.x[place]


def _step(drawn: Placed, upper: Place, lower: Place, *, sideways: bool) -> Stroke:
    """Down in a curve, and into a join perhaps from its side."""
    x, y = _x(drawn, upper), drawn.ranks[upper[1]][1]
    start = f"M{x},{y}"
    if drawn.layout.ranks[upper[0]] == upper[1]:
        start = f"M{x},{drawn.middles[upper[0]][1] + drawn.sizes[upper[0]].height / 2} V{y}"
    end, below = _x(drawn, lower), drawn.ranks[lower[1]][0]
    if drawn.layout.ranks[lower[0]] != lower[1]:
        return Stroke(f"{start} {_curve(x, y, end, below)}")
    (_, middle), size = drawn.middles[lower[0]], drawn.sizes[lower[0]]
    if sideways:
        side = 1 if x > end else -1
        tip = end + side * size.width / 2
        turn = f"V{middle - CORNER} Q{x},{middle} {x - side * CORNER},{middle} H{tip + side * HEAD}"
        return Stroke(f"{start} {turn}", (tip, middle), (-side, 0))
    top = middle - size.height / 2
    return Stroke(f"{start} {_curve(x, y, end, below - HEAD)} V{top - HEAD}", (end, top))


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    """Straight down where it can be, else in the shape of an S."""
    middle = (y + to_y) / 2
    return f"V{to_y}" if abs(x - to_x) < 0.5 else f"C{x},{middle} {to_x},{middle} {to_x},{to_y}"


def _sideways(drawn: Placed, steps: Sequence[Link]) -> set[Link]:
    """The steps that enter a join from its side: on either one the farthest, if its way is free."""
    chosen = set()
    for node, box in enumerate(drawn.diagram.boxes):
        place = (node, drawn.layout.ranks[node])
        entering = sorted((step for step in steps if step[1] == place), key=lambda step: drawn.layout.x[step[0]])
        if box.kind == "join" and len(entering) > 1:
            chosen |= {step for step in (entering[0], entering[-1]) if _is_free(drawn, step)}
    return chosen


def _is_free(drawn: Placed, step: Link) -> bool:
    """Whether a turn to the side fits, and nothing of the join's rank stands where it would go."""
    (source, _), (node, rank) = step
    x, end = drawn.layout.x[step[0]], drawn.layout.x[step[1]]
    if abs(x - end) < JOIN / 2 + HEAD + CORNER:
        return False
    others = [place for place in drawn.layout.orders[rank] if place[0] not in (node, source)]
    widths = {place: drawn.sizes[place[0]].width if drawn.layout.ranks[place[0]] == rank else 0 for place in others}
    return not any(
        min(x, end) - widths[place] / 2 - CORNER < drawn.layout.x[place] < max(x, end) + widths[place] / 2 + CORNER
        for place in others
    )


def figure(drawn: Placed) -> go.Figure:
    """The drawing, one pixel a unit; letters take the colour of the page."""
    boxes = drawn.diagram.boxes
    lines = strokes(drawn)
    shapes = [
        _shape(" ".join(stroke.path for stroke in lines), line={"color": GREY, "width": 1.5}),
        _shape(" ".join(dict.fromkeys(map(_head, lines))), fillcolor=GREY, line={"width": 0}),
        *(
            _shape(_outline(size, middle, box), fillcolor=_tint(COLORS[box.kind]), line=_border(box))
            for box, size, middle in zip(boxes, drawn.sizes, drawn.middles, strict=True)
        ),
    ]
    shown = go.Figure([_hovers(drawn), *_letters(drawn)], {"shapes": shapes})
    hidden = {"visible": False, "fixedrange": True}
    return shown.update_layout(
        xaxis={**hidden, "range": [0, drawn.size.width]},
        yaxis={**hidden, "range": [drawn.size.height, 0]},
        width=drawn.size.width, height=drawn.size.height, margin={"l": 0, "r": 0, "t": 0, "b": 0}, showlegend=False,
        font={"family": "system-ui, sans-serif"}, hoverlabel={"align": "left"}, hovermode="closest",
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": GREY},
        template="none", paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)",
    )  # fmt: skip


def _shape(path: str, **style: object) -> dict[str, object]:
    return {"type": "path", "path": path, "layer": "below", **style}


def _tint(color: str) -> str:
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.16)"


def _border(box: Box) -> dict[str, object]:
    """Many in one are dashed; ends and notes are no layers, and have no border."""
    width = 0 if box.kind in ("end", "note", "part") else 1.5
    return {"color": COLORS[box.kind], "width": width, "dash": "dot" if box.count > 1 else "solid"}


def _head(stroke: Stroke) -> str:
    if stroke.tip is None:
        return ""
    (x, y), (right, down) = stroke.tip, stroke.direction
    back, wide = (x - HEAD * right, y - HEAD * down), 0.5 * HEAD
    sides = [f"L{back[0] + turn * wide * down},{back[1] + turn * wide * right}" for turn in (1, -1)]
    return f"M{x},{y} {' '.join(sides)} Z"


def _outline(size: Size, middle: tuple[float, float], box: Box) -> str:
    """A rectangle with round corners; of a join, a circle."""
    half, high = size.width / 2, size.height / 2
    r = {"join": half, "end": high, "part": high}.get(box.kind, 5.0)
    (x, y), bend = middle, 0.4477 * r  # what is left of a corner's side beyond the handle of a quarter circle
    left, right, top, bottom = x - half, x + half, y - high, y + high
    return (
        f"M{left + r},{top} H{right - r} C{right - bend},{top} {right},{top + bend} {right},{top + r} "
        f"V{bottom - r} C{right},{bottom - bend} {right - bend},{bottom} {right - r},{bottom} "
        f"H{left + r} C{left + bend},{bottom} {left},{bottom - bend} {left},{bottom - r} "
        f"V{top + r} C{left},{top + bend} {left + bend},{top} {left + r},{top} Z"
    )


def _letters(drawn: Placed) -> Iterator[go.Scatter]:
    """Titles, and the notes above and below them or right of a join."""
    titles, notes, beside = list[tuple[float, float, str]](), list[tuple[float, float, str]](), []
    for box, size, (x, y) in zip(drawn.diagram.boxes, drawn.sizes, drawn.middles, strict=True):
        before, after = _small(box)
        if box.kind == "join":
            titles.append((x, y, f"<b>{box.title}</b>"))
            beside.append((x + 4, y + size.height / 2 + 9, after))
            continue
        shift = 1.0 + 7.0 * (bool(before) - bool(after))
        is_layer = box.kind not in ("end", "note", "part")
        titles.append((x, y + shift, f"<b>{as_text(box.title)}</b>" if is_layer else as_text(box.title)))
        notes += [(x, y + shift - 15, before)] * bool(before) + [(x, y + shift + 15, after)] * bool(after)
    for texts, size_of, place in (
        (titles, TITLE, "middle center"),
        (notes, SMALL, "middle center"),
        (beside, SMALL, "middle right"),
    ):
        xs, ys, words = zip(*texts, strict=True) if texts else ((), (), ())
        yield go.Scatter(
            x=xs, y=ys, text=words, mode="text", textposition=place, textfont={"size": size_of}, hoverinfo="skip"
        )


def _hovers(drawn: Placed) -> go.Scatter:
    """What is under the pointer."""
    words = [_hover(box) for box in drawn.diagram.boxes]
    return go.Scatter(
        x=[x for x, _ in drawn.middles], y=[y for _, y in drawn.middles], text=words,
        mode="markers", marker={"size": 30, "opacity": 0}, hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip


def _hover(box: Box) -> str:
    """The operations by their names in the network, what comes out, and what it costs."""
    shape = " × ".join(map(str, box.shape))
    names = [as_text(", ".join(box.names[i : i + 3])) for i in range(0, min(len(box.names), 12), 3)]
    costs = [f"{amount(box.params)} params"] * bool(box.params) + [f"{amount(box.macs)} FLOPs"] * bool(box.macs)
    return "<br>".join([f"<b>{as_text(box.title)}</b> to {shape}", *names, *([", ".join(costs)] if costs else [])])


def alternative(diagram: Diagram) -> str:
    """The drawing in words, for who cannot see it."""
    layers = [", ".join([*box.before, box.title, *box.after]) for box in diagram.boxes[1:-1]]
    return f"From {diagram.boxes[0].title} to {diagram.boxes[-1].title}: {'; '.join(layers)}"
