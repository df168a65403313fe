"""What memory a step of training takes: every map, what autograd keeps of it and every gradient, through the graph."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from space import ops
from space.arch import Arch, trace
from space.graph import Graph, Node
from space.inplace import overwriting
from space.ops import Gradient
from space.tiles import tilings

FLOAT, INDEX = 4, 8  # bytes of a weight, and of a maximum's place
LANES = 16  # channels that oneDNN fills up to where it computes so many at a time

Precision = Literal["fp32", "bf16", "fp16"]
"""Of maps and their gradients; weights, the optimizer's state and the weights' gradients stay fp32."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of one step of training. `peak` is the most there is at one time, and not the sum of the others.

    `weights` are parameters and the norms' statistics, `state` is the optimizer's, `gradients` are the parameters',
    `kept` all that the forward pass leaves to the backward pass.
    """

    weights: int
    state: int
    gradients: int
    kept: int
    peak: int


@lru_cache(maxsize=4096)
def training_memory(
    arch: Arch, batch: int, resolution: int | None = None, *, precision: Precision = "fp32", states: int = 1
) -> Memory:
    """Of a batch at `resolution` pixels a side (None: native), by an optimizer with so many numbers for each parameter.

    As torch has it on a CPU, maps with their channels last. The batch as floats is in it; the bytes it was made of, and
    what Python and torch take for themselves, are not.
    """
    return graph_memory(trace(arch, resolution), batch, precision=precision, states=states)


def graph_memory(graph: Graph, batch: int, *, precision: Precision = "fp32", states: int = 1) -> Memory:
    """The same of a traced graph, whose result stands for the loss."""
    step = _Pass(graph, batch, precision)
    step.forward()
    kept = step.heap.live
    step.backward()
    params = _params(graph)
    step.heap.touch(max(2 * FLOAT * _weights(graph, node) for node in graph.nodes))  # two copies while it is updated
    weights, state = FLOAT * (params + _statistics(graph)), FLOAT * params * states
    return Memory(weights, state, FLOAT * params, kept, weights + state + step.heap.most)


@lru_cache(maxsize=4096)
def evaluation_memory(arch: Arch, batch: int, resolution: int | None = None, *, precision: Precision = "fp32") -> int:
    """The peak in bytes of a forward pass after which nothing is to be learned, the weights included."""
    graph = trace(arch, resolution)
    once = _Pass(graph, batch, precision, learns=False)
    once.forward()
    return FLOAT * (_params(graph) + _statistics(graph)) + once.heap.most


@dataclass
class _Heap:
    """Storages of so many bytes, each there as long as anyone holds it; `most` is how much there was at one time."""

    sizes: list[int] = field(default_factory=list)
    holders: list[int] = field(default_factory=list)
    live: int = 0
    most: int = 0

    def new(self, size: int) -> int:
        self.sizes.append(size)
        self.holders.append(1)
        self.live += size
        self.touch()
        return len(self.sizes) - 1

    def hold(self, storage: int) -> int:
        self.holders[storage] += 1
        return storage

    def drop(self, storage: int) -> None:
        self.holders[storage] -= 1
        if not self.holders[storage]:
            self.live -= self.sizes[storage]

    def touch(self, passing: int = 0) -> None:
        """So many bytes are there for a moment."""
        self.most = max(self.most, self.live + passing)


class _Pass:
    """Forward through a graph, and back, in torch's order."""

    def __init__(self, graph: Graph, batch: int, precision: Precision, *, learns: bool = True) -> None:
        self.graph, self.batch, self.size = graph, batch, FLOAT if precision == "fp32" else 2
        self.heap = _Heap()
        self.overwriting = overwriting(graph)
        self.learns = _learns(graph) if learns else [False] * len(graph.nodes)
        self.kept: list[list[int]] = [[] for _ in graph.nodes]  # storages
        self.made: dict[int, int] = {}  # by node, the storage of its result's gradient
        self.partial: set[int] = set()  # nodes whose gradient is a part of another's
        self.parts: dict[int, list[int]] = defaultdict(list)  # by the map that is split, the nodes that have its parts
        tiled = tilings(graph)
        for i, node in enumerate(graph.nodes):
            if isinstance(node.op, ops.Slice) and node.inputs[0] in tiled:
                self.parts[node.inputs[0]].append(i)

    def forward(self) -> None:
        """Maps are made; they go when nobody reads them any more and no gradient needs them."""
        readers = Counter(j for node in self.graph.nodes for j in node.inputs)
        maps: list[int] = []
        for i, node in enumerate(self.graph.nodes):
            passing = self._bytes(self._gradient(node).forward)
            self.heap.touch(passing + self._copied(node) + self._reordered(node))
            maps.append(self._map(i, node, maps))
            if self.learns[i]:
                self._keep(i, node, maps)
            for j in node.inputs:
                readers[j] -= 1
                if not readers[j]:
                    self.heap.drop(maps[j])

    def _map(self, i: int, node: Node, maps: list[int]) -> int:
        """The storage of a node's result: its input's where it is a view of it, or written over it."""
        if isinstance(node.op, ops.Slice | ops.Subsample) or i in self.overwriting:
            return self.heap.hold(maps[node.inputs[0]])
        elements = node.shape.elements
        return self.heap.new(FLOAT * self.batch * elements if isinstance(node.op, ops.Input) else self._bytes(elements))

    def _keep(self, i: int, node: Node, maps: list[int]) -> None:
        """What the backward pass will need."""
        gradient = self._gradient(node)
        for position in gradient.keeps:
            j = node.inputs[position]
            is_lost = position == 0 and i in self.overwriting  # so it is copied before
            self.kept[i].append(self.heap.new(self._map_bytes(j)) if is_lost else self.heap.hold(maps[j]))
        if gradient.keeps_result:
            self.kept[i].append(self.heap.hold(maps[i]))
        beside = self._bytes(gradient.extra) + INDEX * self.batch * gradient.indices
        if isinstance(node.op, ops.Norm):
            beside += 2 * FLOAT * node.shape.channels  # mean and variance of the batch
        if self.size < FLOAT and isinstance(node.op, ops.Conv | ops.Linear):
            beside += self.size * _weights(self.graph, node)  # at the precision of the maps
        self.kept[i].append(self.heap.new(beside))

    def backward(self) -> None:
        """Gradients are made from the last node to the first; what was kept for one goes when it has been made."""
        for i in (len(self.graph.nodes) - 1, *self.graph.auxiliary):
            self.made[i] = self.heap.new(self._map_bytes(i))
        for i, node in reversed(list(enumerate(self.graph.nodes))):
            whole = node.inputs[0] if node.inputs else i
            if i in self.parts[whole]:
                if i == self.parts[whole][0]:
                    self._join(whole)
            elif i in self.made and node.inputs:
                self._back(i, node)

    def _join(self, whole: int) -> None:
        """The gradient of a map that was split is that of its parts, one after the other."""
        self._accumulate(whole, self.heap.new(self._map_bytes(whole)))
        for i in self.parts[whole]:
            if i in self.made:
                self.heap.drop(self.made.pop(i))

    def _back(self, i: int, node: Node) -> None:
        given = self.made.pop(i)
        shares = isinstance(node.op, ops.Add | ops.Concat)
        found = [
            (j, self.heap.hold(given) if shares else self.heap.new(self._map_bytes(j)))
            for j in node.inputs
            if self.learns[j]
        ]
        self.heap.new(FLOAT * _weights(self.graph, node))
        passing = self._bytes(self._gradient(node).backward) + self._copied(node) + self._reordered(node)
        if isinstance(node.op, ops.Conv):
            passing += self.size * _weights(self.graph, node)  # their gradient, before it is in the right order
        if i in self.partial:
            passing += self._made_whole(i, node)
        self.heap.touch(passing)
        for storage in (given, *self.kept[i]):
            self.heap.drop(storage)
        for j, storage in found:
            self._accumulate(j, storage)
            if isinstance(node.op, ops.Concat):
                self.partial.add(j)

    def _accumulate(self, j: int, storage: int) -> None:
        """One gradient more of a map that several read: added in the first one's place, unless somebody has that."""
        first = self.made.get(j)
        if first is None:
            self.made[j] = storage
            return
        if self.heap.holders[first] > 1 or j in self.partial:
            self.made[j] = self.heap.new(self._map_bytes(j))
            self.heap.drop(first)
            self.partial.discard(j)
        self.heap.drop(storage)

    def _bytes(self, elements: int) -> int:
        return self.batch * self.size * elements

    def _map_bytes(self, i: int) -> int:
        return self._bytes(self.graph.nodes[i].shape.elements)

    def _gradient(self, node: Node) -> Gradient:
        return node.op.gradient(*self.graph.inputs(node))

    def _copied(self, node: Node) -> int:
        """A convolution wants its input in one piece, channels last."""
        if not isinstance(node.op, ops.Conv):
            return 0
        source = self.graph.nodes[node.inputs[0]].op
        scattered = isinstance(source, ops.Slice | ops.Subsample | ops.Involution | ops.SampleConv)
        return self._map_bytes(node.inputs[0]) if scattered else 0

    def _made_whole(self, i: int, node: Node) -> int:
        """What some want copied where they are handed a part of a gradient."""
        match node.op:
            case ops.Conv() | ops.Norm():
                return self._map_bytes(i)
            case ops.Pool():
                indices = INDEX * self.batch * self._gradient(node).indices
                return self._map_bytes(i) + indices + (self._map_bytes(node.inputs[0]) if indices else 0)
            case _:
                return 0

    def _reordered(self, node: Node) -> int:
        """A convolution's weights as oneDNN wants them, narrow groups filled up."""
        if not isinstance(node.op, ops.Conv):
            return 0
        (x,), groups = self.graph.inputs(node), node.op.groups
        area = node.op.kernel[0] * node.op.kernel[1]
        inner, outer = x.channels // groups, node.op.out // groups
        fits_depthwise = inner == 1 and min(x.height, x.width) >= max(node.op.kernel)
        if groups > 1 and not fits_depthwise:
            inner, outer = (-(-channels // LANES) * LANES for channels in (inner, outer))
        return self.size * groups * area * inner * outer


def _weights(graph: Graph, node: Node) -> int:
    return node.op.params(*graph.inputs(node))


def _params(graph: Graph) -> int:
    return sum(_weights(graph, node) for node in graph.nodes)


def _statistics(graph: Graph) -> int:
    return sum(2 * node.shape.channels for node in graph.nodes if isinstance(node.op, ops.Norm))


def _learns(graph: Graph) -> list[bool]:
    """Whether there are parameters in or before each node: no other has a gradient."""
    found: list[bool] = []
    for node in graph.nodes:
        found.append(_weights(graph, node) > 0 or any(found[j] for j in node.inputs))
    return found
