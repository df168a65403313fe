"""A network as the papers print it: one row a stage, read off the graph."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from space import ops
from space.arch import Arch, Stage
from space.cost import Cost, part_cost
from space.graph import Interface, Node, source
from space.ops import Shape

BRANCH = re.compile(r"branch\d+")
"""Scopes that are shown with their layers: an Inception's branches."""

BRANCHES = re.compile(r" \| (?=(?:branch[\w.]+|all): )")
"""Between branches in a row."""


@dataclass(frozen=True)
class Row:
    """A stem, stage or head: its scope, the map it hands on, its layers, and its share of the cost."""

    scope: str
    output: Shape
    layers: str
    cost: Cost

    def __str__(self) -> str:
        return f"{self.scope} {self.output.height}x{self.output.width} {self.layers}"

    def folded(self, width: int) -> tuple[str, ...]:
        """The row in lines of at most so many characters, if its layers let it: each branch on a line of its own."""
        text = str(self)
        indent = text.index(self.layers) + self.layers.startswith("[")
        lines = [text[:indent]]
        for i, branch in enumerate(BRANCHES.split(text[indent:])):
            lines += [" " * indent] * bool(i)
            for layer in re.split(r"(?<= \|) ", branch):
                if len(lines[-1]) > indent:
                    if len(lines[-1]) + 1 + len(layer) > width:
                        lines.append(" " * indent)
                    else:
                        lines[-1] += " "
                lines[-1] += layer
        return tuple(lines)


def table(arch: Arch, resolution: int | None = None) -> tuple[Row, ...]:
    """The stage table at `resolution` pixels a side (None: native)."""
    before = Interface(arch.input.shape(resolution))
    rows = []
    for scope, part in arch.parts():
        share, after = part_cost(part, before)
        graph = part.apply(source(before)).graph
        # A stage is shown by the block that repeats, as in the papers: its second, where it has one.
        shown = f"block{min(part.depth, 2)}." if isinstance(part, Stage) else ""
        layers = _layers(node for node in graph.nodes if node.name.startswith(shown))
        rows.append(Row(scope, after.shape, f"[{layers}] x{part.depth}" if isinstance(part, Stage) else layers, share))
        before = after
    return tuple(rows)


def _layers(nodes: Iterable[Node]) -> str:
    """The layers of the main path; a scope within the block is named once, its shortcut left out as papers do.

    Where there are branches, each begins with its name, and what follows them all with `all`.
    """
    shown = [(_branch(node), text) for node in nodes if (text := _layer(node))]
    changes = [(one, other) for one, other in pairwise([("", ""), *shown]) if one != other or not other[1].isalpha()]
    return _folded(
        " | ".join(
            text if branch == before else f"{branch or 'all'}: {text}" for (before, _), (branch, text) in changes
        )
    )


def _folded(layers: str) -> str:
    """Layers that repeat five times or more, written once with their number."""
    runs = re.sub(
        r"((?:[^|]+\| )+?)\1{4,}", lambda run: f"{len(run[0]) // len(run[1])} x ({run[1][:-3]}) | ", f"{layers} | "
    )
    return runs.removesuffix(" | ")


def _scopes(node: Node) -> list[str]:
    return re.sub(r"^block\d+\.", "", node.name).split(".")[:-1]


def _branch(node: Node) -> str:
    return ".".join(scope for scope in _scopes(node) if BRANCH.fullmatch(scope))


def _layer(node: Node) -> str:
    *_, scope = ("", *(scope for scope in _scopes(node) if not BRANCH.fullmatch(scope)))
    if scope:
        return "" if scope == "shortcut" else scope
    return layer_words(node.op)


def layer_words(op: ops.Op) -> str:
    """A layer as the papers write it: `3x3, 256, C=32`; nothing of what they leave out."""
    match op:
        case ops.Conv(out, kernel, stride, groups):
            details = [f"{kernel[0]}x{kernel[1]}", str(out)]
            details += [f"C={groups}"] if groups > 1 else []
            details += [f"stride {stride}"] if stride > 1 else []
            return ", ".join(details)
        case ops.Pool(function, kernel, stride):
            return f"{kernel}x{kernel} {function} pool" + (f", stride {stride}" if stride > 1 else "")
        case ops.Involution(kernel):
            return f"{kernel}x{kernel} involution"
        case ops.SampleConv(kernel):
            return f"{kernel}x{kernel} kernel of the image"
        case ops.GlobalPool(size):
            return "global average pool" if size == 1 else f"average pool to {size}x{size}"
        case ops.Linear(out):
            return f"{out}-d fc"
        case _:
            return ""
