"""Operations that write their result over what they read."""

from collections import Counter

from space import ops
from space.graph import Graph


def overwriting(graph: Graph) -> set[int]:
    """Sums and clipping activations whose first map nobody else reads, and whose maker does not need it itself."""
    readers = Counter(i for node in graph.nodes for i in node.inputs)
    makers = ops.Conv | ops.Norm | ops.Add | ops.Multiply
    return {
        i
        for i, node in enumerate(graph.nodes)
        if _may_overwrite(node.op)
        and readers[node.inputs[0]] == 1
        and isinstance(graph.nodes[node.inputs[0]].op, makers)
    }


def _may_overwrite(op: ops.Op) -> bool:
    return isinstance(op, ops.Add) or (isinstance(op, ops.Activation) and op.function != "sigmoid")
