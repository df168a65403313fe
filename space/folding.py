"""Norms that a deployed network need not have: those right after a convolution fold into its weights."""

from collections import Counter

from space import ops
from space.graph import Graph


def foldable_norms(graph: Graph) -> list[str]:
    """Names of the norms that alone read a convolution's result, in order.

    Folded, conv and norm are one convolution with bias: weights times s = gain / sqrt(variance + eps), bias
    shift + (bias - mean) s. A norm before a padded convolution is not: the zeros at the border are not normalised.
    """
    readers = Counter(i for node in graph.nodes for i in node.inputs)
    return [
        node.name
        for node in graph.nodes
        if isinstance(node.op, ops.Norm)
        and isinstance(graph.nodes[node.inputs[0]].op, ops.Conv)
        and readers[node.inputs[0]] == 1
    ]
