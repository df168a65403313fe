"""A network as the papers print it: one row a stage, read off the graph."""

from dataclasses import dataclass
from itertools import pairwise

from space import ops
from space.arch import Arch, Stage
from space.cost import Cost, part_cost
from space.graph import Graph, Interface, Node, source
from space.ops import Shape
from space.parts import Position


@dataclass(frozen=True)
class Row:
    """A stem, stage or head: its scope, the map it hands on, its layers, and its share of the cost."""

    scope: str
    output: Shape
    layers: str
    cost: Cost

    def __str__(self) -> str:
        return f"{self.scope} {self.output.height}x{self.output.width} {self.layers}"


def table(arch: Arch, resolution: int | None = None) -> tuple[Row, ...]:
    """The stage table at `resolution` pixels a side (None: native)."""
    before = Interface(arch.input.shape(resolution))
    rows = []
    for scope, part in arch.parts():
        share, after = part_cost(part, before)
        if isinstance(part, Stage):
            block = part.block.apply(source(after), Position())
            layers = f"[{_layers(block.graph)}] x{part.depth}"
        else:
            layers = _layers(part.apply(source(before)).graph)
        rows.append(Row(scope, after.shape, layers, share))
        before = after
    return tuple(rows)


def _layers(graph: Graph) -> str:
    """The layers of the main path; a scope within the block is named once, its shortcut left out as papers do."""
    shown = [text for node in graph.nodes if (text := _layer(node))]
    scopes_once = [text for before, text in pairwise(["", *shown]) if text != before or not text.isalpha()]
    return " | ".join(scopes_once)


def _layer(node: Node) -> str:
    scope, _, _ = node.name.rpartition(".")
    if scope:
        return "" if scope == "shortcut" else scope
    match node.op:
        case ops.Conv(out, kernel, stride, groups):
            details = [f"{kernel[0]}x{kernel[1]}", str(out)]
            details += [f"C={groups}"] if groups > 1 else []
            details += [f"stride {stride}"] if stride > 1 else []
            return ", ".join(details)
        case ops.Pool(function, kernel, stride):
            return f"{kernel}x{kernel} {function} pool" + (f", stride {stride}" if stride > 1 else "")
        case ops.GlobalPool():
            return "global average pool"
        case ops.Linear(out):
            return f"{out}-d fc"
        case _:
            return ""
