"""Operator fusion: the same network for inference, in fewer operations; what was fused, what could not be, and why."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from space import ops
from space.cost import graph_cost
from space.graph import Graph, Node
from space.ops import Op
from space.siblings import stacked

Chain = tuple[str, ...]
"""Layers of the unfused network in the order they are applied, which one convolution or linear layer does."""


@dataclass(frozen=True)
class Finding:
    """A kind of thing found in a network, and where: names of nodes."""

    what: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        return f"{len(self.names)} x {self.what}"


@dataclass(frozen=True)
class Fusion:
    """A graph fused for inference. `layers` says what each of its layers is made of: chains, stacked along outputs."""

    graph: Graph
    layers: Mapping[str, tuple[Chain, ...]]
    done: tuple[Finding, ...]
    left: tuple[Finding, ...]
    params: tuple[int, int]  # before and after


def fuse(graph: Graph) -> Fusion:
    """All that is exact, but for rounding, in evaluation mode and at every resolution.

    Norms and constant factors are folded into the convolution before them, or into one without padding after them;
    sibling 1x1 convolutions are stacked into one; pooling of one pixel is sampling; a weighted map and what is added to
    it are one operation.
    """
    sampled, pools = _unpooled(graph)
    folded, chains = _folded(sampled)
    wide, stacks = stacked(folded)
    short, sums = _weighted_sums(wide)
    members = {name for chain in chains.values() for name in chain}
    gone = [node for node in sampled.nodes if node.name in members]
    found = {
        "norm folded into a convolution": [node.name for node in gone if isinstance(node.op, ops.Norm)],
        "constant factor folded into a convolution": [node.name for node in gone if isinstance(node.op, ops.Scale)],
        "set of sibling 1x1 convolutions stacked": stacks,
        "pooling of one pixel made sampling": pools,
        "weighted map added in one operation": sums,
    }
    done = tuple(Finding(what, tuple(names)) for what, names in found.items() if names)
    params = (graph_cost(graph).params, graph_cost(short).params)
    return Fusion(short, _made_of(folded, chains, stacks), done, _left(short), params)


def _made_of(graph: Graph, chains: Mapping[str, Chain], stacks: Mapping[str, Chain]) -> dict[str, tuple[Chain, ...]]:
    """By the name of each layer that has parameters, the chains it is made of."""
    layers: dict[str, tuple[Chain, ...]] = {
        node.name: (chains.get(node.name, (node.name,)),)
        for node in graph.nodes
        if isinstance(node.op, ops.Conv | ops.Linear | ops.Norm)
    }
    for name, parts in stacks.items():
        layers[name] = tuple(chain for part in parts for chain in layers.pop(part))
    return layers


def rewritten(graph: Graph, change: Mapping[int, Op | None]) -> Graph:
    """The graph with other operations at these nodes; None hands on what the node reads."""
    nodes: list[Node] = []
    place: dict[int, int] = {}
    for i, node in enumerate(graph.nodes):
        op = change.get(i, node.op)
        inputs = tuple(place[j] for j in node.inputs)
        if op is None:
            place[i] = inputs[0]
        else:
            place[i] = len(nodes)
            nodes.append(replace(node, op=op, inputs=inputs))
    return Graph(nodes, [place[i] for i in graph.auxiliary])


def readers(graph: Graph) -> Counter[int]:
    """How many operations read each node; being an output counts as one."""
    outputs = [len(graph.nodes) - 1, *graph.auxiliary]
    return Counter(i for node in graph.nodes for i in node.inputs) + Counter(outputs)


def _unpooled(graph: Graph) -> tuple[Graph, tuple[str, ...]]:
    """Without dropout, which does nothing in evaluation, and with pooling of one pixel made sampling."""
    dropouts: dict[int, Op | None] = {i: None for i, n in enumerate(graph.nodes) if isinstance(n.op, ops.Dropout)}
    pools = {i: n.op for i, n in enumerate(graph.nodes) if isinstance(n.op, ops.Pool) and n.op.kernel == 1}
    sampling = {i: ops.Subsample(op.stride) if op.stride > 1 else None for i, op in pools.items()}
    return rewritten(graph, dropouts | sampling), tuple(graph.nodes[i].name for i in pools)


def _folded(graph: Graph) -> tuple[Graph, dict[str, Chain]]:
    """Norms and constant factors into convolutions, and by the convolution's name what it is then made of."""
    change: dict[int, Op | None] = {}
    chains: dict[str, Chain] = {}
    into: dict[int, int] = {}  # the convolution that a folded node has become
    reads, unpadded = readers(graph), _unpadded(graph)
    for i, node in enumerate(graph.nodes):
        if not isinstance(node.op, ops.Norm | ops.Scale):
            continue
        (read,) = node.inputs
        after = unpadded.get(i) if reads[i] == 1 else None
        if reads[read] == 1 and isinstance(graph.nodes[into.get(read, read)].op, ops.Conv):
            into[i] = into.get(read, read)
        elif after is not None:
            into[i] = after
        else:
            continue
        target = graph.nodes[into[i]]
        assert isinstance(target.op, ops.Conv)
        change |= {i: None, into[i]: replace(target.op, bias=True)}
        chain = chains.get(target.name, (target.name,))
        chains[target.name] = (node.name, *chain) if into[i] == after else (*chain, node.name)
    return rewritten(graph, change), chains


def _unpadded(graph: Graph) -> dict[int, int]:
    """By what they read, convolutions without padding: zeros beyond the border would have to be a norm's shift."""
    return {
        node.inputs[0]: i
        for i, node in enumerate(graph.nodes)
        if isinstance(node.op, ops.Conv) and node.op.padding == (0, 0)
    }


def _weighted_sums(graph: Graph) -> tuple[Graph, tuple[str, ...]]:
    """A map times its channels' weights, plus a map: one operation, the axpy of SENet's first implementation."""
    reads = readers(graph)
    sums: dict[int, tuple[int, int]] = {}  # the addition: the product, and what is added to it
    for i, node in enumerate(graph.nodes):
        if isinstance(node.op, ops.Add) and len(node.inputs) == 2:
            products = [j for j in node.inputs if isinstance(graph.nodes[j].op, ops.Multiply) and reads[j] == 1]
            if products:
                (other,) = [j for j in node.inputs if j != products[0]]
                sums[i] = products[0], other
    nodes = list(graph.nodes)
    for i, (product, other) in sums.items():
        nodes[i] = replace(nodes[i], op=ops.MultiplyAdd(), inputs=(*nodes[product].inputs, other))
    fused = Graph(nodes, graph.auxiliary)
    names = tuple(graph.nodes[i].name for i in sums)
    return rewritten(fused, {product: None for product, _ in sums.values()}), names


AFTER: Mapping[type[Op], str] = {
    ops.Add: "an addition",
    ops.MultiplyAdd: "an addition",
    ops.Concat: "a concatenation",
    ops.Pool: "a pooling",
    ops.Involution: "an involution, whose kernels are shared",
    ops.Conv: "a convolution that others read, too",
}
"""What a norm that stays may read."""


def _left(graph: Graph) -> tuple[Finding, ...]:
    """What is not fused here: norms that stay, and what belongs to whoever compiles the module."""
    found: dict[str, list[str]] = {}
    reads = readers(graph)
    for node in graph.nodes:
        if isinstance(node.op, ops.Norm):
            what = AFTER.get(type(graph.nodes[node.inputs[0]].op), "an operation that is no convolution")
            found.setdefault(f"norm stays: it reads {what}", []).append(node.name)
        if isinstance(node.op, ops.Activation) and reads[node.inputs[0]] == 1:
            what = COMPILED.get(type(graph.nodes[node.inputs[0]].op), "")
            found.setdefault(what, []).append(node.name)
        if isinstance(node.op, ops.Pool) and isinstance(graph.nodes[node.inputs[0]].op, ops.Activation):
            found.setdefault(POOLED, []).append(node.name)
    found.pop("", None)
    return tuple(Finding(what, tuple(names)) for what, names in found.items())


COMPILED: Mapping[type[Op], str] = {
    ops.Conv: "convolution with an activation: onnxruntime and torch.compile fuse them",
    ops.Add: "addition with a ReLU: onnxruntime and torch.compile fuse both with the convolution before",
    ops.Norm: "norm with a ReLU: torch.compile makes one loop of them",
}
POOLED = "pooling after an activation: not possible; a window reads what a convolution's tiles have not made yet"
