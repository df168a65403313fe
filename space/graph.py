"""Symbolic tracing: blocks are applied to tensors that have a shape and a history but no numbers."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Concatenate, NamedTuple, ParamSpec, Self

from space import ops
from space.errors import SpaceError
from space.ops import Op, Shape

P = ParamSpec("P")
Kernel = int | tuple[int, int]  # height and width, where they differ

MAX_OPERATIONS = 100_000  # of a network: a few numbers of a sentence may ask for any amount


@dataclass(frozen=True)
class Node:
    """One operation of a network, the nodes it reads, and its dotted name: `stage1.block2.conv1`."""

    op: Op
    inputs: tuple[int, ...]
    shape: Shape
    name: str


@dataclass
class Graph:
    """Nodes in the order of execution; the last one is the output. `auxiliary` are further outputs, for training."""

    nodes: list[Node] = field(default_factory=list)
    auxiliary: list[int] = field(default_factory=list)
    _names: Counter[tuple[str, ...]] = field(default_factory=Counter)

    def record(self, op: Op, *xs: "Tensor") -> "Tensor":
        """Append `op` applied to `xs`, named in the scope of the first; scopes count their operations from 1."""
        scope = xs[0].scope if xs else ()
        if len(self.nodes) == MAX_OPERATIONS:
            raise SpaceError(f"a network has at most {MAX_OPERATIONS} operations; this one has more")
        kind = type(op).__name__.lower()
        self._names[*scope, kind] += 1
        name = ".".join((*scope, f"{kind}{self._names[*scope, kind]}"))
        shape = op.shape(*(x.shape for x in xs))
        self.nodes.append(Node(op, tuple(x.index for x in xs), shape, name))
        return Tensor(self, len(self.nodes) - 1, shape, scope)

    def inputs(self, node: Node) -> tuple[Shape, ...]:
        """The shapes a node reads."""
        return tuple(self.nodes[i].shape for i in node.inputs)

    def wiring(self) -> tuple[tuple[Op, tuple[int, ...]], ...]:
        """The graph without its names: equal for two networks that compute the same in the same order."""
        return tuple((node.op, node.inputs) for node in self.nodes)


class Interface(NamedTuple):
    """All that a part needs to know of the tensor it is applied to."""

    shape: Shape
    activated: bool = False  # whether an activation has just been applied: pre-activation blocks do not repeat it


def source(interface: Interface) -> "Tensor":
    """The input of a new graph."""
    return Graph().record(ops.Input(*interface))


@dataclass(frozen=True)
class Tensor:
    """A value in a graph; every method records one operation and returns its result."""

    graph: Graph
    index: int
    shape: Shape
    scope: tuple[str, ...] = ()

    @property
    def channels(self) -> int:
        return self.shape.channels

    @property
    def interface(self) -> Interface:
        return Interface(self.shape, self.activated)

    @property
    def activated(self) -> bool:
        """Whether it comes out of an activation, max pooling not counted: the two commute."""
        node = self.graph.nodes[self.index]
        while isinstance(node.op, ops.Pool) and node.op.function == "max":
            node = self.graph.nodes[node.inputs[0]]
        return isinstance(node.op, ops.Activation) or (isinstance(node.op, ops.Input) and node.op.activated)

    def within(
        self, name: str, part: "Callable[Concatenate[Tensor, P], Tensor]", *args: P.args, **kwargs: P.kwargs
    ) -> Self:
        """Apply `part` in the scope `name` and come back out of it; an error inside says where it happened."""
        try:
            y = part(replace(self, scope=(*self.scope, name)), *args, **kwargs)
        except SpaceError as error:
            raise error.inside(name) from None
        return replace(self, index=y.index, shape=y.shape)

    def as_auxiliary(self) -> None:
        """Make this an output of the network beside the main one."""
        self.graph.auxiliary.append(self.index)

    def conv(
        self, out: int, kernel: Kernel, *, stride: int = 1, groups: int = 1, bias: bool = False, padded: bool = True
    ) -> "Tensor":
        sides = (kernel, kernel) if isinstance(kernel, int) else kernel
        return self.graph.record(ops.Conv(out, sides, stride, groups, bias, padded), self)

    def norm(self, eps: float = 1e-5) -> "Tensor":
        return self.graph.record(ops.Norm(eps), self)

    def local_norm(self) -> "Tensor":
        return self.graph.record(ops.LocalNorm(), self)

    def conv_norm(
        self, out: int, kernel: Kernel, *, stride: int = 1, groups: int = 1, padded: bool = True, eps: float = 1e-5
    ) -> "Tensor":
        return self.conv(out, kernel, stride=stride, groups=groups, padded=padded).norm(eps)

    def relu(self) -> "Tensor":
        return self.graph.record(ops.Activation("relu"), self)

    def relu6(self) -> "Tensor":
        return self.graph.record(ops.Activation("relu6"), self)

    def dropout(self, percent: int) -> "Tensor":
        return self.graph.record(ops.Dropout(percent), self) if percent else self

    def scale(self, factor: float) -> "Tensor":
        return self.graph.record(ops.Scale(factor), self)

    def sigmoid(self) -> "Tensor":
        return self.graph.record(ops.Activation("sigmoid"), self)

    def max_pool(self, kernel: int, *, stride: int, padding: int = 0, ceil: bool = False) -> "Tensor":
        return self.graph.record(ops.Pool("max", kernel, stride, padding, ceil), self)

    def avg_pool(
        self, kernel: int, *, stride: int, padding: int = 0, ceil: bool = False, count_padding: bool = True
    ) -> "Tensor":
        return self.graph.record(ops.Pool("avg", kernel, stride, padding, ceil, count_padding), self)

    def global_pool(self, size: int = 1) -> "Tensor":
        return self.graph.record(ops.GlobalPool(size), self)

    def linear(self, out: int) -> "Tensor":
        return self.graph.record(ops.Linear(out), self)

    def chunks(self, count: int) -> "list[Tensor]":
        """`count` equal parts along the channels."""
        assert self.channels % count == 0, (self.channels, count)
        step = self.channels // count
        return [self.narrow(i * step, (i + 1) * step) for i in range(count)]

    def narrow(self, start: int, stop: int) -> "Tensor":
        """Channels `start` to `stop`, the last excluded."""
        return self.graph.record(ops.Slice(start, stop), self)

    def softmax(self, radix: int, cardinality: int) -> "Tensor":
        return self.graph.record(ops.Softmax(radix, cardinality), self)

    def subsample(self, stride: int) -> "Tensor":
        return self.graph.record(ops.Subsample(stride), self)

    def pad_channels(self, out: int) -> "Tensor":
        return self.graph.record(ops.PadChannels(out), self)

    def involution(self, kernels: "Tensor", kernel: int, *, stride: int, groups: int) -> "Tensor":
        return self.graph.record(ops.Involution(kernel, stride, groups), self, kernels)

    def sample_conv(self, kernels: "Tensor", kernel: int, *, stride: int) -> "Tensor":
        return self.graph.record(ops.SampleConv(kernel, stride), self, kernels)

    def join(self, shortcut: "Tensor") -> "Tensor":
        """A residual branch and what goes past it, added."""
        return self.graph.record(ops.Add(residual=True), self, shortcut)

    def __add__(self, other: "Tensor") -> "Tensor":
        return self.graph.record(ops.Add(), self, other)

    def __mul__(self, weights: "Tensor") -> "Tensor":
        return self.graph.record(ops.Multiply(), self, weights)


def concat(parts: "Sequence[Tensor]") -> "Tensor":
    """One or more tensors, one after the other along the channels."""
    first, *rest = parts
    return first.graph.record(ops.Concat(), first, *rest) if rest else first


def total(parts: "Sequence[Tensor]") -> "Tensor":
    """The elementwise sum of one or more tensors."""
    first, *rest = parts
    return first.graph.record(ops.Add(), first, *rest) if rest else first
