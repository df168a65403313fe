"""Horizontal fusion: 1x1 convolutions that read the same map are one, whose result is split."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile

from space import ops
from space.graph import Graph, Node
from space.ops import Shape


def stacked(graph: Graph) -> tuple[Graph, dict[str, tuple[str, ...]]]:
    """The graph with siblings stacked along their outputs, and by the name of each stack those of its parts.

    Where all siblings have the same activation and no other reader, the stack has it, and is split afterwards.
    """
    groups = {group[0]: group for group in _siblings(graph)}
    members = {i for group in groups.values() for i in group}
    shared = {first: _activations(graph, group) for first, group in groups.items()}
    moved = {i for activations in shared.values() for i in activations}
    nodes: list[Node] = []
    place: dict[int, int] = {}
    stacks: dict[str, tuple[str, ...]] = {}
    for i, node in enumerate(graph.nodes):
        if group := groups.get(i):
            parts = [graph.nodes[j] for j in group]
            name = _stack_name([part.name for part in parts], stacks)
            stacks[name] = tuple(part.name for part in parts)
            wide = _stack(parts, name, place[node.inputs[0]], [graph.nodes[j] for j in shared[i]], len(nodes))
            nodes += wide
            place |= {j: len(nodes) - len(group) + k for k, j in enumerate(group)}
        elif i in moved:
            place[i] = place[node.inputs[0]]
        elif i not in members:
            place[i] = len(nodes)
            nodes.append(replace(node, inputs=tuple(place[j] for j in node.inputs)))
    return Graph(nodes, [place[i] for i in graph.auxiliary]), stacks


def _siblings(graph: Graph) -> list[list[int]]:
    """Sets of two or more 1x1 convolutions with one input, stride and kind of bias."""
    found = defaultdict[tuple[int, int, bool], list[int]](list)
    for i, node in enumerate(graph.nodes):
        match node.op:
            case ops.Conv(_, (1, 1), stride, 1, bias):
                found[node.inputs[0], stride, bias].append(i)
    return [group for group in found.values() if len(group) > 1]


def _activations(graph: Graph, group: Sequence[int]) -> list[int]:
    """The activations that alone read the group's nodes, if all have one, and the same."""
    reads = Counter(i for node in graph.nodes for i in node.inputs)
    found = [i for i, node in enumerate(graph.nodes) if isinstance(node.op, ops.Activation) and node.inputs[0] in group]
    alone = all(reads[i] == 1 for i in group) and len(found) == len(group)
    return found if alone and len({graph.nodes[i].op for i in found}) == 1 else []


def _stack(parts: Sequence[Node], name: str, source: int, activations: Sequence[Node], start: int) -> list[Node]:
    """The nodes, counted from `start`, of the stack: convolution, activation if there is one, and a slice a part."""
    op = parts[0].op
    assert isinstance(op, ops.Conv)
    shape = Shape(sum(part.shape.channels for part in parts), *parts[0].shape[1:])
    nodes = [Node(replace(op, out=shape.channels), (source,), shape, name)]
    if activations:
        nodes.append(Node(activations[0].op, (start,), shape, f"{name}_activation"))
    whole, end = start + len(nodes) - 1, 0
    for number, part in enumerate(parts, 1):
        begin, end = end, end + part.shape.channels
        nodes.append(Node(ops.Slice(begin, end), (whole,), part.shape, f"{name}_slice{number}"))
    return nodes


def _stack_name(names: Sequence[str], taken: dict[str, tuple[str, ...]]) -> str:
    """In the innermost scope that all are in: `stage3.block1.siblings1`."""
    scopes = zip(*(name.split(".")[:-1] for name in names), strict=False)
    scope = [same[0] for same in takewhile(lambda level: len(set(level)) == 1, scopes)]
    number = 1
    while (name := ".".join((*scope, f"siblings{number}"))) in taken:
        number += 1
    return name
