"""The torch module of a network: one line of torch for each operation of its graph, compiled by torch.fx."""

import operator
from collections import Counter
from collections.abc import Callable, Sequence
from functools import reduce
from typing import assert_never

import torch
import torch.nn.functional as F
from torch import fx, nn
from torch.fx.proxy import GraphAppendingTracer

from space import ops
from space.arch import Arch, trace
from space.graph import Graph, Node
from space.ops import Shape


def build(arch: Arch) -> fx.GraphModule:
    """(N, channels, H, W) to logits (N, classes); parameters have the graph's names: `stage1.block1.conv1.weight`."""
    return build_graph(trace(arch))


def build_graph(graph: Graph) -> fx.GraphModule:
    """The module of a traced graph, whose code is one straight line over its nodes."""
    root, code = nn.Module(), fx.Graph()
    tracer = GraphAppendingTracer(code)
    readers = Counter(i for node in graph.nodes for i in node.inputs)
    values: list[fx.Proxy] = []
    for node in graph.nodes:
        xs = [values[i] for i in node.inputs]
        if isinstance(node.op, ops.Input):
            values.append(fx.Proxy(code.placeholder("x"), tracer))
        elif module := _module(node, graph):
            _add(root, node.name, module)
            x = xs[0].flatten(1) if isinstance(node.op, ops.Linear) else xs[0]
            values.append(fx.Proxy(code.call_module(node.name, (x.node,)), tracer))
        else:
            # A map that nothing else reads, and whose maker does not need it for its gradient, may be overwritten.
            source = node.inputs[0]
            free = readers[source] == 1 and isinstance(graph.nodes[source].op, ops.Norm | ops.Add)
            values.append(_expression(node, graph, xs, inplace=free))
    code.output(values[-1].node)
    return fx.GraphModule(root, code, class_name="Network")


def residual_norms(graph: Graph) -> list[str]:
    """Names of the norms that end a residual branch: those an addition reads first (the shortcut comes second)."""
    additions = (node for node in graph.nodes if isinstance(node.op, ops.Add))
    sources = (graph.nodes[node.inputs[0]] for node in additions)
    return [node.name for node in sources if isinstance(node.op, ops.Norm)]


def _add(root: nn.Module, name: str, module: nn.Module) -> None:
    """Hang a module into the tree at its dotted name."""
    *parents, last = name.split(".")
    for parent in parents:
        if parent not in root._modules:  # noqa: SLF001 -- the tree is of our making
            root.add_module(parent, nn.Module())
        root = root.get_submodule(parent)
    root.add_module(last, module)


def _module(node: Node, graph: Graph) -> nn.Module | None:
    """The layer of an operation that has parameters."""
    channels = graph.inputs(node)[0].channels if node.inputs else 0
    match op := node.op:
        case ops.Conv(out, kernel, stride, groups, bias):
            return nn.Conv2d(channels, out, kernel, stride, op.padding, groups=groups, bias=bias)
        case ops.Norm(eps):
            return nn.BatchNorm2d(channels, eps)
        case ops.Dropout(percent):
            return nn.Dropout(percent / 100)
        case ops.Linear(out):
            return nn.Linear(graph.inputs(node)[0].elements, out)
        case _:
            return None


def _expression(node: Node, graph: Graph, xs: Sequence[fx.Proxy], *, inplace: bool) -> fx.Proxy:
    """One torch expression for an operation without parameters."""
    (x, *_) = xs
    match node.op:
        case ops.Activation("relu"):
            return _call(F.relu, x, inplace=inplace)
        case ops.Activation("relu6"):
            return _call(F.relu6, x, inplace=inplace)
        case ops.Activation():
            return _call(torch.sigmoid, x)
        case ops.LocalNorm(size):
            return _call(F.local_response_norm, x, size)
        case ops.Scale(factor):
            return _call(operator.mul, x, factor)
        case ops.Pool("max", kernel, stride, padding, ceil):
            return _call(F.max_pool2d, x, kernel, stride, padding, ceil_mode=ceil)
        case ops.Pool(_, kernel, stride, padding, ceil, count):
            return _call(F.avg_pool2d, x, kernel, stride, padding, ceil_mode=ceil, count_include_pad=count)
        case ops.GlobalPool():
            return _call(F.adaptive_avg_pool2d, x, 1)
        case ops.Add():
            return reduce(operator.add, xs)
        case ops.Concat():
            return _concat(xs)
        case ops.Involution(kernel, stride, groups):
            return _involution(xs, kernel, stride, groups, node.shape)
        case ops.SampleConv(kernel, stride):
            return _sample_conv(xs, kernel, stride, graph.inputs(node)[0], node.shape)
        case ops.Multiply():
            return _call(operator.mul, x, xs[1])
        case ops.Slice(start, stop):
            return _slice(x, (slice(None), slice(start, stop)))
        case ops.Softmax(radix, cardinality):
            return _radix_softmax(x, radix, cardinality, node.shape.channels)
        case ops.Subsample(stride):
            every = slice(None, None, stride)
            return _slice(x, (slice(None), slice(None), every, every))
        case ops.PadChannels(out):
            return _call(F.pad, x, (0, 0, 0, 0, 0, out - graph.inputs(node)[0].channels))
        case ops.Input() | ops.Conv() | ops.Norm() | ops.Linear() | ops.Dropout():
            raise AssertionError(node)
        case _:
            assert_never(node.op)


def _slice(x: fx.Proxy, where: tuple[slice, ...]) -> fx.Proxy:
    return _call(operator.getitem, x, where)


def _concat(xs: Sequence[fx.Proxy]) -> fx.Proxy:
    return xs[0].tracer.create_proxy("call_function", torch.cat, (list(xs), 1), {})


def _involution(xs: Sequence[fx.Proxy], kernel: int, stride: int, groups: int, y: Shape) -> fx.Proxy:
    """The map's patches times the kernels of their places, summed over each patch."""
    x, kernels = xs
    patches = _call(F.unfold, x, kernel, padding=kernel // 2, stride=stride)
    patches = patches.reshape(-1, groups, y.channels // groups, kernel**2, y.height, y.width)
    weights = kernels.reshape(-1, groups, 1, kernel**2, y.height, y.width)
    return _call(operator.mul, patches, weights).sum(3).reshape(-1, *y)


def _sample_conv(xs: Sequence[fx.Proxy], kernel: int, stride: int, x: Shape, y: Shape) -> fx.Proxy:
    """One depthwise convolution whose groups are the channels of all samples."""
    together = xs[0].reshape(1, -1, x.height, x.width)
    kernels = xs[1].reshape(-1, 1, kernel, kernel)
    mixed = _call(F.conv2d, together, kernels, None, stride, kernel // 2, 1, kernels.size(0))
    return mixed.reshape(-1, *y)


def _radix_softmax(x: fx.Proxy, radix: int, cardinality: int, channels: int) -> fx.Proxy:
    """(N, channels, 1, 1) cardinality-major to weights (N, channels, 1, 1) radix-major, summing to 1 over the radix."""
    splits = x.reshape(-1, cardinality, radix, channels // (radix * cardinality)).transpose(1, 2)
    return splits.softmax(1).reshape(-1, channels, 1, 1)


def _call(function: Callable[..., object], x: fx.Proxy, *args: object, **kwargs: object) -> fx.Proxy:
    """Record a call of a torch function on the graph."""
    return x.tracer.create_proxy("call_function", function, (x, *args), kwargs)
