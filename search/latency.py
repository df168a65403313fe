"""A latency predictor for one device: a sum over a network's operations, fitted from measured blocks."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import nnls  # type: ignore[import-untyped]

from search.measure import done, named, on
from space import Arch, ops, trace
from space.arch import Stage
from space.graph import Graph, Interface, source
from space.module import build_graph
from space.ops import Shape
from space.parts import Output, Stem

Floats = NDArray[np.float64]
Clock = Callable[[], float]

ROUNDS = 9
LANES = 8  # channels that a processor computes at a time: fewer in a group leave the others idle

KINDS = ("pointwise", "spatial", "grouped", "depthwise", "linear", "norm", "elementwise", "pool", "moved", "dynamic")
"""What has coefficients of its own: for multiply-adds, elements read and written, weights, and calls."""


@dataclass(frozen=True)
class Predictor:
    """Seconds for each unit of each feature, on a device at a batch size."""

    device: str
    batch: int
    coefficients: Floats
    blocks: int  # that it was fitted from
    error: float  # the median over them, as a fraction

    def latency(self, arch: Arch, resolution: int | None = None) -> float:
        """Seconds for one batch."""
        return float(features(trace(arch, resolution)) @ self.coefficients)


def fit(
    archs: Sequence[Arch],
    device: str = "cpu",
    batch: int = 1,
    resolution: int | None = None,
    clock: Clock = time.perf_counter,
) -> Predictor:
    """Measure every distinct block of the networks, and they themselves, and fit.

    Relative errors are what is made small; all networks together weigh as much as all blocks, since alone these know
    nothing of caches that a whole network has emptied.
    """
    pieces, wholes = blocks(archs, resolution), [trace(arch, resolution) for arch in archs]
    seconds = measured_in_turn([*pieces, *wholes], device, batch, clock)
    rows = np.stack([features(graph) for graph in (*pieces, *wholes)])
    weights = np.repeat([1.0, np.sqrt(len(pieces) / len(wholes))], [len(pieces), len(wholes)])
    scaled = rows * (weights / seconds)[:, None]
    size = np.maximum(np.linalg.norm(scaled, axis=0), 1e-30)
    found, _ = nnls(scaled / size, weights)
    coefficients = found / size
    error = float(np.median(np.abs(rows @ coefficients / seconds - 1)))
    return Predictor(named(on(device)), batch, coefficients, len(pieces), error)


def blocks(archs: Sequence[Arch], resolution: int | None = None) -> list[Graph]:
    """The graphs of all distinct stems, blocks and heads, each on what it reads in its network."""
    found: dict[tuple[Interface, Stem | Stage | Output], Graph] = {}
    for arch in archs:
        before = Interface(arch.input.shape(resolution))
        for _, part in arch.parts():
            for piece in _pieces(part):
                y = piece.apply(source(before))
                found.setdefault((before, piece), y.graph)
                before = y.interface
    return list(found.values())


def _pieces(part: Stem | Stage | Output) -> list[Stem | Stage | Output]:
    """A stage's blocks, one by one; any other part."""
    if not isinstance(part, Stage):
        return [part]
    return [Stage(part.block, 1, part.stride if i == 0 else 1) for i in range(part.depth)]


def measured_in_turn(graphs: Sequence[Graph], device: str, batch: int, clock: Clock = time.perf_counter) -> Floats:
    """Seconds of each: the least of rounds in which all take their turn, what other jobs disturb least."""
    where = on(device)
    images = {shape: torch.randn(batch, *shape, device=where) for shape in {graph.nodes[0].shape for graph in graphs}}
    works = [(build_graph(graph).eval().to(where), images[graph.nodes[0].shape]) for graph in graphs]
    times: Floats = np.zeros((ROUNDS, len(works)))
    with torch.no_grad():
        for i in range(-1, ROUNDS):  # the last round overwrites what the first, a warm-up, has found
            for j, (model, image) in enumerate(works):
                start = clock()
                done(model(image))
                times[i, j] = clock() - start
    least: Floats = times.min(axis=0)
    return least


def features(graph: Graph) -> Floats:
    """For each kind of operation, the sums of its multiply-adds, elements and weights, and the number of calls."""
    table = np.zeros((len(KINDS), 4))
    for node in graph.nodes:
        if isinstance(node.op, ops.Input | ops.Dropout):
            continue
        xs = graph.inputs(node)
        kind, idle = _kind(node.op, *xs)
        elements = node.shape.elements + sum(x.elements for x in xs)
        table[KINDS.index(kind)] += (node.op.macs(*xs) * idle, elements, node.op.params(*xs), 1)
    return table.flatten()


def _kind(op: ops.Op, *xs: Shape) -> tuple[str, float]:
    """An operation's kind, and how many times its multiply-adds take for want of channels to compute together."""
    match op:
        case ops.Conv(out, _, _, groups) if groups > 1:
            width = min(out, xs[0].channels) // groups
            return ("depthwise", 1.0) if width == 1 else ("grouped", max(1.0, LANES / width))
        case ops.Conv(_, kernel):
            return ("pointwise" if kernel == (1, 1) else "spatial"), 1.0
        case ops.Linear():
            return "linear", 1.0
        case ops.Norm() | ops.LocalNorm():
            return "norm", 1.0
        case ops.Activation() | ops.Add() | ops.Multiply() | ops.MultiplyAdd() | ops.Scale() | ops.Softmax():
            return "elementwise", 1.0
        case ops.Pool() | ops.GlobalPool():
            return "pool", 1.0
        case ops.Involution() | ops.SampleConv():
            return "dynamic", 1.0
        case _:
            return "moved", 1.0
