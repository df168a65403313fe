"""The torch module of a network: one line of torch for each operation of its graph, compiled by torch.fx."""

import operator
from collections.abc import Callable, Sequence
from functools import partial, reduce
from typing import assert_never

import torch
import torch.nn.functional as F
from torch import fx, nn
from torch.fx.proxy import GraphAppendingTracer

from space import ops
from space.arch import Arch, trace
from space.graph import Graph, Node
from space.inplace import overwriting
from space.ops import Shape
from space.recompute import recomputed
from space.tiles import tilings


def build(arch: Arch, *, recompute: bool = False) -> fx.GraphModule:
    """(N, channels, H, W) to logits (N, classes); parameters have the graph's names: `stage1.block1.conv1.weight`.

    A network with auxiliary classifiers returns a tuple: the logits, then theirs in order. With `recompute` it is the
    memory-efficient form: what stands before a 1x1 convolution is made again in the backward pass.
    """
    model = build_graph(trace(arch))
    return recomputed(model) if recompute else model


def build_graph(graph: Graph, *, portable: bool = False) -> fx.GraphModule:
    """The module of a traced graph, whose code is one straight line over its nodes.

    `portable` writes a convolution whose groups are the channels of all samples, which other runtimes lack, as a sum.
    """
    root, code = nn.Module(), fx.Graph()
    tiled, tiles = tilings(graph), dict[int, fx.Proxy]()
    inplace = overwriting(graph)
    values: list[fx.Proxy] = []
    for i, node in enumerate(graph.nodes):
        xs = [values[j] for j in node.inputs]
        match node.op:
            case ops.Input():
                values.append(fx.Proxy(code.placeholder("x"), GraphAppendingTracer(code)))
            case ops.Conv() | ops.Norm() | ops.Linear() | ops.Dropout() as op:
                _add(root, node.name, _layer(op, graph.inputs(node)[0]))
                x = xs[0].flatten(1) if isinstance(op, ops.Linear) else xs[0]
                values.append(fx.Proxy(code.call_module(node.name, (x.node,)), x.tracer))
            case (
                ops.Add() | ops.Concat() | ops.Multiply() | ops.MultiplyAdd() | ops.Involution() | ops.SampleConv()
            ) as op:
                if portable and isinstance(op, ops.SampleConv):
                    values.append(_sample_sum(xs[0], xs[1], op.kernel, op.stride, node.shape.channels))
                else:
                    values.append(_joined(op, xs, node.shape.channels, inplace=i in inplace))
            case ops.Slice() as op if (whole := node.inputs[0]) in tiled:
                if whole not in tiles:
                    tiles[whole] = xs[0].split([part.stop - part.start for part in tiled[whole]], 1)
                values.append(_call(operator.getitem, tiles[whole], tiled[whole].index(op)))
            case op:
                values.append(_mapped(op, xs[0], graph.inputs(node)[0], inplace=i in inplace))
    outputs = [_flat(values[i], graph.nodes[i]).node for i in (-1, *graph.auxiliary)]
    code.output(tuple(outputs) if graph.auxiliary else outputs[0])
    return fx.GraphModule(root, code, class_name="Network")


def _flat(y: fx.Proxy, node: Node) -> fx.Proxy:
    """Logits without the sides of their map, where the classifier is a convolution of one pixel."""
    return y.flatten(1) if isinstance(node.op, ops.Conv) and node.shape[1:] == (1, 1) else y


def residual_norms(graph: Graph) -> list[str]:
    """Names of the norms that end a residual branch, whatever weights or drops its result afterwards."""
    found = []
    for node in graph.nodes:
        if node.op == ops.Add(residual=True):
            end = graph.nodes[node.inputs[0]]
            while isinstance(end.op, ops.Multiply | ops.Scale | ops.Dropout | ops.Slice):
                end = graph.nodes[end.inputs[0]]
            found += [end.name] if isinstance(end.op, ops.Norm) else []
    return found


def _add(root: nn.Module, name: str, module: nn.Module) -> None:
    """Hang a module into the tree at its dotted name."""
    *parents, last = name.split(".")
    for parent in parents:
        if parent not in root._modules:  # noqa: SLF001 -- the tree is of our making
            root.add_module(parent, nn.Module())
        root = root.get_submodule(parent)
    root.add_module(last, module)


def _layer(op: ops.Layer, x: Shape) -> nn.Module:
    """The module of an operation that has parameters or a training mode."""
    match op:
        case ops.Conv(out, kernel, stride, groups, bias):
            return nn.Conv2d(x.channels, out, kernel, stride, op.padding, groups=groups, bias=bias)
        case ops.Norm(eps):
            return nn.BatchNorm2d(x.channels, eps)
        case ops.Linear(out):
            return nn.Linear(x.elements, out)
        case ops.Dropout(percent):
            return nn.Dropout(percent / 100)
        case _:
            assert_never(op)


ACTIVATIONS: dict[str, Callable[..., torch.Tensor]] = {"relu": F.relu, "relu6": F.relu6}


def _mapped(op: ops.Map, x: fx.Proxy, shape: Shape, *, inplace: bool) -> fx.Proxy:
    """One torch expression for an operation on one map of that shape."""
    match op:
        case ops.Activation("sigmoid"):
            return _call(torch.sigmoid, x)
        case ops.Activation(function):
            return _call(ACTIVATIONS[function], x, inplace=inplace)
        case ops.Pool("max", kernel, stride, padding, ceil):
            return _call(F.max_pool2d, x, kernel, stride, padding, ceil_mode=ceil)
        case ops.Pool(_, kernel, stride, padding, ceil, count):
            return _call(F.avg_pool2d, x, kernel, stride, padding, ceil_mode=ceil, count_include_pad=count)
        case ops.GlobalPool(size):
            return _call(F.adaptive_avg_pool2d, x, size)
        case ops.LocalNorm(size):
            return _call(F.local_response_norm, x, size)
        case ops.Scale(factor):
            return _call(operator.mul, x, factor)
        case ops.Slice(start, stop):
            return _slice(x, (slice(None), slice(start, stop)))
        case ops.Softmax(radix, cardinality):
            return _radix_softmax(x, radix, cardinality, shape.channels)
        case ops.Subsample(stride):
            every = slice(None, None, stride)
            return _slice(x, (slice(None), slice(None), every, every))
        case ops.PadChannels(out):
            return _call(F.pad, x, (0, 0, 0, 0, 0, out - shape.channels))
        case _:
            assert_never(op)


def _joined(op: ops.Join, xs: Sequence[fx.Proxy], channels: int, *, inplace: bool) -> fx.Proxy:
    """One torch expression for an operation on several maps, with a result of so many channels."""
    match op:
        case ops.Add(residual):
            total = _sum(xs, inplace=inplace)
            total.node.meta["residual"] = residual  # whose first argument is the branch
            return total
        case ops.Concat():
            return xs[0].tracer.create_proxy("call_function", torch.cat, (list(xs), 1), {})
        case ops.Multiply():
            return _call(operator.mul, xs[0], xs[1])
        case ops.MultiplyAdd():
            return _call(torch.addcmul, xs[2], xs[0], xs[1])
        case ops.Involution(kernel, stride, groups):
            return _involution(xs[0], xs[1], kernel, stride, groups, channels)
        case ops.SampleConv(kernel, stride):
            return _sample_conv(xs[0], xs[1], kernel, stride, channels)
        case _:
            assert_never(op)


def _sum(xs: Sequence[fx.Proxy], *, inplace: bool) -> fx.Proxy:
    """The elementwise sum, in the place of the first map or of one new map."""
    first, second, *rest = xs
    start = _call(operator.iadd if inplace else operator.add, first, second)
    return reduce(partial(_call, operator.iadd), rest, start)


def _slice(x: fx.Proxy, where: tuple[slice, ...]) -> fx.Proxy:
    return _call(operator.getitem, x, where)


def _involution(x: fx.Proxy, kernels: fx.Proxy, kernel: int, stride: int, groups: int, channels: int) -> fx.Proxy:
    """The map's patches times the kernels of their places, summed over each patch."""
    patches = _call(F.unfold, x, kernel, padding=kernel // 2, stride=stride)
    patches = patches.unflatten(1, (groups, channels // groups, kernel**2))
    weights = kernels.flatten(2).unflatten(1, (groups, 1, kernel**2))
    mixed = _call(operator.mul, patches, weights).sum(3)
    return mixed.reshape(-1, channels, kernels.size(2), kernels.size(3))


def _sample_conv(x: fx.Proxy, kernels: fx.Proxy, kernel: int, stride: int, channels: int) -> fx.Proxy:
    """One depthwise convolution whose groups are the channels of all samples."""
    together, weights = x.reshape(1, -1, x.size(2), x.size(3)), kernels.reshape(-1, 1, kernel, kernel)
    mixed = _call(F.conv2d, together, weights, None, stride, kernel // 2, 1, weights.size(0))
    return mixed.reshape(-1, channels, mixed.size(2), mixed.size(3))


def _sample_sum(x: fx.Proxy, kernels: fx.Proxy, kernel: int, stride: int, channels: int) -> fx.Proxy:
    """The same as patches times their sample's kernels, summed over each patch."""
    patches = _call(F.unfold, x, kernel, padding=kernel // 2, stride=stride).unflatten(1, (channels, kernel**2))
    mixed = _call(operator.mul, patches, kernels.reshape(-1, channels, kernel**2, 1)).sum(2)
    every = slice(None, None, stride)
    centres = _slice(x, (slice(None), slice(None), every, every))
    return mixed.reshape(-1, channels, centres.size(2), centres.size(3))


def _radix_softmax(x: fx.Proxy, radix: int, cardinality: int, channels: int) -> fx.Proxy:
    """(N, channels, 1, 1) cardinality-major to weights (N, channels, 1, 1) radix-major, summing to 1 over the radix."""
    splits = x.reshape(-1, cardinality, radix, channels // (radix * cardinality)).transpose(1, 2)
    return splits.softmax(1).reshape(-1, channels, 1, 1)


def _call(function: Callable[..., object], x: fx.Proxy, *args: object, **kwargs: object) -> fx.Proxy:
    """Record a call of a torch function on the graph."""
    return x.tracer.create_proxy("call_function", function, (x, *args), kwargs)
