"""Slices that together tile a map: one split."""

from collections import defaultdict

from space import ops
from space.graph import Graph


def tilings(graph: Graph) -> dict[int, list[ops.Slice]]:
    """The slices of a map, in order, where they tile it: one split, whose gradient is one concatenation.

    The gradient of a slice by itself is a whole map, zero outside of it.
    """
    found = defaultdict[int, set[ops.Slice]](set)
    for node in graph.nodes:
        if isinstance(node.op, ops.Slice):
            found[node.inputs[0]].add(node.op)
    ordered = {whole: sorted(parts, key=lambda part: part.start) for whole, parts in found.items()}
    ends = {whole: graph.nodes[whole].shape.channels for whole in ordered}
    return {
        whole: parts
        for whole, parts in ordered.items()
        if [0, *(part.stop for part in parts)] == [*(part.start for part in parts), ends[whole]]
    }
