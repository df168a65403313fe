"""The torch module of a fused network, with weights computed from those of the unfused one."""

from collections.abc import Mapping

import torch
from torch import Tensor, fx, nn

from space import ops
from space.fuse import Chain, Fusion
from space.graph import Graph
from space.module import build_graph

Affine = tuple[Tensor, Tensor]
"""Scale and shift of each channel."""


def fused(model: nn.Module, graph: Graph, fusion: Fusion) -> fx.GraphModule:
    """The module of `fusion`, which `fuse` made of `graph`, for inference, with the weights of the graph's `model`.

    Sums are made in float64 and rounded once, to the model's type. Its weights are laid out with the channels last, and
    so is, then, every map: what convolutions read fastest on a CPU and on tensor cores.
    """
    parameter = next(model.parameters())
    with torch.device("meta"):
        found = build_graph(fusion.graph)
    found = found.to_empty(device=parameter.device).to(parameter.dtype)
    operations = {node.name: node.op for node in graph.nodes}
    state = model.state_dict()
    with torch.no_grad():
        for name, chains in fusion.layers.items():
            _fill(found.get_submodule(name), [_composed(model, operations, chain) for chain in chains])
    for name, buffer in found.named_buffers():
        buffer.copy_(state[name])
    return found.to(memory_format=torch.channels_last).eval()  # type: ignore[call-overload, no-any-return]


def _fill(layer: nn.Module, parts: list[dict[str, Tensor]]) -> None:
    """Give the layer the parts' parameters, one after the other along its outputs."""
    for name, parameter in layer.named_parameters():
        parameter.copy_(torch.cat([part[name] for part in parts]))


def _composed(model: nn.Module, operations: Mapping[str, ops.Op], chain: Chain) -> dict[str, Tensor]:
    """The parameters of the one layer that does what the chain does."""
    layers = [model.get_submodule(name) if not isinstance(operations[name], ops.Scale) else None for name in chain]
    if len(chain) == 1:
        assert layers[0] is not None
        return dict(layers[0].named_parameters())
    at = next(i for i, layer in enumerate(layers) if isinstance(layer, nn.Conv2d))
    conv = layers[at]
    assert isinstance(conv, nn.Conv2d)
    weight = conv.weight.double()
    bias = weight.new_zeros(len(weight)) if conv.bias is None else conv.bias.double()
    for name, layer in zip(chain[:at], layers[:at], strict=True):
        weight, bias = _after(_affine(layer, operations[name], conv.in_channels), weight, bias, conv.groups)
    for name, layer in zip(chain[at + 1 :], layers[at + 1 :], strict=True):
        scale, shift = _affine(layer, operations[name], conv.out_channels)
        weight, bias = weight * scale[:, None, None, None], bias * scale + shift
    return {"weight": weight, "bias": bias}


def _affine(layer: nn.Module | None, op: ops.Op, channels: int) -> Affine:
    """What a norm in evaluation mode, or a constant factor, does to each channel."""
    if isinstance(op, ops.Scale):
        return torch.full((channels,), op.factor, dtype=torch.float64), torch.zeros(channels, dtype=torch.float64)
    assert isinstance(layer, nn.BatchNorm2d)
    assert layer.running_mean is not None
    assert layer.running_var is not None
    scale = layer.weight.double() / (layer.running_var.double() + layer.eps).sqrt()
    return scale, layer.bias.double() - layer.running_mean.double() * scale


def _after(before: Affine, weight: Tensor, bias: Tensor, groups: int) -> Affine:
    """Weight and bias of an unpadded convolution of what `before` makes of each of its input channels."""
    scale, shift = (each.reshape(groups, 1, -1, 1, 1).expand(-1, len(weight) // groups, -1, 1, 1) for each in before)
    scale, shift = scale.flatten(0, 1), shift.flatten(0, 1)
    return weight * scale, bias + (weight * shift).sum((1, 2, 3))
