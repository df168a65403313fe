"""Which layer of ours a foreign layer is, by order of execution and by shape; nothing where that is not clear."""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from space import ops
from space.graph import Graph, Node
from space.ops import Shape

SHORTCUTS = ("downsample", "shortcut", "identity", "skip", "proj", "c1x1_w", "input_conv")
"""What the projections beside a residual branch are called."""

Key = tuple[Hashable, ...]


class UnclearError(ValueError):
    """Two layers of one shape stand side by side, or there are too many or too few; one line."""


@dataclass(frozen=True)
class Layer:
    """A layer with weights: its name, the shape of its weight without trailing ones, and whether it has a bias."""

    name: str
    shape: tuple[int, ...]
    norm: bool
    bias: bool
    aside: bool  # whether it stands in a shortcut

    @property
    def key(self) -> Key:
        return self.shape, self.norm, self.bias, self.aside


def matched(graph: Graph, foreign: Sequence[Layer]) -> dict[str, str]:
    """Our layers' names to those of the foreign ones, given in the order in which they were made.

    Layers of one shape are told apart by their order, if each of ours reads what the one before it has made. A norm
    that follows a convolution is the next foreign one after that.
    """
    ours = {i: _ours(graph, node) for i, node in enumerate(graph.nodes) if isinstance(node.op, LAYERS)}
    if not any(layer.aside for layer in ours.values()):
        foreign = [replace(layer, aside=False) for layer in foreign]
    sums = {i: layer for i, layer in ours.items() if not layer.norm}
    found = _in_order(graph, sums, [layer for layer in foreign if not layer.norm])
    place = {layer.name: i for i, layer in enumerate(foreign)}
    norms = [layer for layer in foreign if layer.norm]
    after = {i: j for i in ours if ours[i].norm and (j := graph.nodes[i].inputs[0]) in sums}
    for i, j in sorted(after.items(), key=lambda pair: place[found[ours[pair[1]].name]]):
        start = place[found[ours[j].name]]
        next_norm = next((n for n in norms if place[n.name] > start and n.shape == ours[i].shape), None)
        if next_norm is None:
            raise UnclearError(f"no norm of {ours[i].shape[0]} channels comes after {found[ours[j].name]}")
        found[ours[i].name] = next_norm.name
        norms.remove(next_norm)
    rest = {i: layer for i, layer in ours.items() if layer.norm and i not in after}
    return found | _in_order(graph, rest, norms)


LAYERS = ops.Conv | ops.Norm | ops.Linear


def _ours(graph: Graph, node: Node) -> Layer:
    (x,) = graph.inputs(node)
    aside = "shortcut" in node.name.split(".")
    return Layer(node.name, _shape(node.op, x), isinstance(node.op, ops.Norm), _biased(node.op), aside)


def _shape(op: ops.Op, x: Shape) -> tuple[int, ...]:
    match op:
        case ops.Conv(out, kernel, _, groups):
            return trimmed((out, x.channels // groups, *kernel))
        case ops.Linear(out):
            return trimmed((out, x.elements))
        case _:
            return (x.channels,)


def trimmed(shape: Sequence[int]) -> tuple[int, ...]:
    """The shape without the sides of a kernel of one: a linear layer is a 1x1 convolution."""
    return (shape[0], shape[1]) if len(shape) == 4 and tuple(shape[2:]) == (1, 1) else tuple(shape)


def _biased(op: ops.Op) -> bool:
    return not isinstance(op, ops.Conv) or op.bias


def _in_order(graph: Graph, ours: Mapping[int, Layer], foreign: Sequence[Layer]) -> dict[str, str]:
    """Each of ours with the foreign one of its shape that has its number."""
    theirs = defaultdict[Key, list[Layer]](list)
    for layer in foreign:
        theirs[layer.key].append(layer)
    groups = defaultdict[Key, list[int]](list)
    for i, layer in ours.items():
        groups[layer.key].append(i)
    for key in {**groups, **theirs}:
        if len(groups[key]) != len(theirs[key]):
            raise UnclearError(_number(key, len(groups[key]), len(theirs[key])))
    ancestors = _ancestors(graph)
    for key, indices in groups.items():
        for one, other in pairwise(indices):
            if not ancestors[other] >> one & 1:
                raise UnclearError(_parallel(ours[one], ours[other], theirs[key]))
    return {
        ours[i].name: layer.name for key, those in groups.items() for i, layer in zip(those, theirs[key], strict=True)
    }


def _number(key: Key, ours: int, theirs: int) -> str:
    shape, norm, *_ = key
    what = "norms" if norm else "layers with weights"
    assert isinstance(shape, tuple)
    return f"{theirs} {what} of {'x'.join(map(str, shape))} are in the file, and {ours} in the network"


def _parallel(one: Layer, other: Layer, theirs: Sequence[Layer]) -> str:
    names = " and ".join(layer.name for layer in theirs[:2])
    return f"{names} might each be {one.name} or {other.name}, which stand side by side"


def _ancestors(graph: Graph) -> list[int]:
    """For each node, as the bits of a number, those from which it is made."""
    found: list[int] = []
    for node in graph.nodes:
        bits = 0
        for i in node.inputs:
            bits |= found[i] | 1 << i
        found.append(bits)
    return found
