"""What the tests of the classic families share."""

import torch
from torch import nn

from space import Arch, ops, trace
from space.arch import Stage
from space.graph import Interface, source
from space.module import build_graph
from space.ops import Shape
from tests.weights import moved, randomised, relative_error

EXACT = 1e-9


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    """Random numbers in float64."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def convolution(model: nn.Module, name: str) -> nn.Conv2d:
    """The convolution of that name."""
    layer = model.get_submodule(name)
    assert isinstance(layer, nn.Conv2d)
    return layer


def norm(model: nn.Module, name: str) -> nn.BatchNorm2d:
    """The norm of that name."""
    layer = model.get_submodule(name)
    assert isinstance(layer, nn.BatchNorm2d)
    return layer


def involution_macs(arch: Arch, resolution: int) -> int:
    """Multiply-adds of applying predicted kernels, kernel² a result, which no counter of layers sees."""
    nodes = trace(arch, resolution).nodes
    return sum(node.op.kernel**2 * node.shape.elements for node in nodes if isinstance(node.op, ops.Involution))


def built(stage: Stage, channels: int, side: int = 6, *, activated: bool = False) -> nn.Module:
    """A stage by itself, as if it had been trained."""
    graph = stage.apply(source(Interface(Shape(channels, side, side), activated))).graph
    assert isinstance(graph.nodes[0].op, ops.Input)
    return randomised(build_graph(graph)).requires_grad_(False)


def agree(theirs: nn.Module, ours: nn.Module, resolution: int) -> bool:
    """Whether two networks compute the same with the same weights."""
    image = noise(2, 3, resolution, resolution)
    moved(randomised(theirs), ours.double(), image)
    with torch.no_grad():
        return relative_error(ours(image), theirs(image)) < EXACT
