"""What a network costs: a sum over the nodes of its graph, memoised by part and input shape."""

from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import add

from space import ops
from space.arch import Arch, Stage
from space.errors import SpaceError
from space.graph import Graph, Interface, source
from space.ops import Shape
from space.parts import Output, Stem


@dataclass(frozen=True, slots=True)
class Cost:
    """Exact integers for one image.

    `macs` are multiply-adds of convolutions and linear layers, without bias: what the papers of this field call FLOPs.
    `activations` are the elements of all convolution outputs (Radosavovic 2020), `cio` the input plus output elements
    of all convolutions (Chao 2019).
    """

    params: int = 0
    macs: int = 0
    activations: int = 0
    cio: int = 0

    @property
    def moc(self) -> float:
        """Multiply-adds over CIO: how much arithmetic each element of memory traffic carries (Chao 2019)."""
        return self.macs / self.cio if self.cio else 0.0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.params + other.params,
            self.macs + other.macs,
            self.activations + other.activations,
            self.cio + other.cio,
        )


def cost(arch: Arch, resolution: int | None = None) -> Cost:
    """The cost of one image at `resolution` pixels a side (None: the network's native one)."""
    before = Interface(arch.input.shape(resolution))
    total = Cost()
    for scope, part in arch.parts():
        try:
            share, before = part_cost(part, before)
        except SpaceError as error:  # at another resolution than the native one
            raise error.inside(scope) from None
        total += share
    return total


@lru_cache(maxsize=1 << 16)
def part_cost(part: Stem | Stage | Output, before: Interface) -> tuple[Cost, Interface]:
    """The cost of a stem, stage or head on what stands before it, and what it hands on."""
    y = part.apply(source(before))
    return graph_cost(y.graph), y.interface


def graph_cost(graph: Graph) -> Cost:
    """The sum over a graph's nodes."""
    return reduce(add, (_node_cost(node.op, *graph.inputs(node)) for node in graph.nodes), Cost())


def _node_cost(op: ops.Op, *xs: Shape) -> Cost:
    if not isinstance(op, ops.Conv):
        return Cost(op.params(*xs), op.macs(*xs))
    outputs = op.shape(*xs).elements
    return Cost(op.params(*xs), op.macs(*xs), outputs, xs[0].elements + outputs)
