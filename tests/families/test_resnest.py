"""ResNeSt's networks and the writings of split attention."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from pytorchcv.models.resnesta import get_resnesta
from torch import nn

from space import build, cost, parse
from space.families.resnest import SplitAttention
from space.families.senet import SqueezeExcite
from space.graph import Interface, Tensor, source
from space.module import build_graph
from space.ops import Shape
from space.parts import Position
from tests.families.classic import EXACT, agree, convolution, noise, norm
from tests.weights import randomised, relative_error

SETTINGS = [(1, 1), (1, 2), (2, 1), (2, 2), (4, 2), (3, 1)]  # radix, cardinality


@pytest.mark.parametrize(
    ("name", "params", "gmacs", "resolution"),
    [
        ("resnest50", 27_483_240, 5.371, 224),
        ("resnest101", 48_275_016, 13.32, 256),
        ("resnest200", 70_201_544, 35.52, 320),
        ("resnest269", 110_929_480, 77.35, 416),
    ],
)
def test_the_main_networks_cost_what_is_published(name: str, params: int, gmacs: float, resolution: int) -> None:
    arch = parse(name)
    assert (cost(arch).params, arch.input.resolution) == (params, resolution)
    assert abs(cost(arch).macs / 1e9 - gmacs) < 0.005


def test_resnest_101_at_the_usual_resolution() -> None:
    assert round(cost(parse("resnest101"), 224).macs / 1e9, 2) == 10.20


def test_equal_weights_compute_the_same() -> None:
    theirs = get_resnesta(14, bottleneck=True)
    theirs.features.final_pool = nn.AdaptiveAvgPool2d(1)
    stages = parse("resnest50").stages
    ours = replace(parse("resnest50"), stages=tuple(replace(stage, depth=1) for stage in stages))
    assert agree(theirs, build(ours), 64)


def split_attention(radix: int, cardinality: int, channels: int) -> nn.Module:
    """Ours by itself: layers `conv1`, `norm1`, and in `attention` `conv1`, `norm1`, `conv2`."""
    return _alone(lambda x: SplitAttention(radix, cardinality).mix(x, Position()), channels)


def total(maps: Sequence[torch.Tensor]) -> torch.Tensor:
    return torch.stack(list(maps)).sum(0)


def _alone(part: "Callable[[Tensor], Tensor]", channels: int) -> nn.Module:
    model = build_graph(part(source(Interface(Shape(channels, 7, 5)))).graph)
    return randomised(model).requires_grad_(requires_grad=False)


def _norm(x: torch.Tensor, layer: nn.BatchNorm2d, rows: torch.Tensor) -> torch.Tensor:
    """Some channels of a batch norm in eval mode, written out."""
    assert layer.running_mean is not None
    assert layer.running_var is not None
    scale = layer.weight[rows] / torch.sqrt(layer.running_var[rows] + layer.eps)
    shift = layer.bias[rows] - layer.running_mean[rows] * scale
    return x * scale[None, :, None, None] + shift[None, :, None, None]


@pytest.mark.parametrize(("radix", "cardinality"), SETTINGS)
def test_cardinality_major_is_radix_major(radix: int, cardinality: int) -> None:
    """Cardinal group by cardinal group, as the paper draws it, with the weights of the published writing."""
    channels = 12 * radix * cardinality
    ours, x = split_attention(radix, cardinality, channels), noise(2, channels, 7, 5)
    conv, fc1, fc2 = (convolution(ours, n) for n in ("conv1", "attention.conv1", "attention.conv2"))
    assert fc1.bias is not None
    assert fc2.bias is not None
    split_norm, hidden_norm = norm(ours, "norm1"), norm(ours, "attention.norm1")
    o, n, i = channels // cardinality, channels // (cardinality * radix), fc1.out_channels // cardinality
    groups = []
    for k in range(cardinality):
        splits = []
        for r in range(radix):
            j = r * cardinality + k
            rows = torch.arange(j * o, (j + 1) * o)
            y = F.conv2d(x[:, j * n : (j + 1) * n], conv.weight[rows], padding=1)
            splits.append(torch.relu(_norm(y, split_norm, rows)))
        pooled, rows = total(splits).mean((2, 3), keepdim=True), torch.arange(k * i, (k + 1) * i)
        hidden = torch.relu(_norm(F.conv2d(pooled, fc1.weight[rows], fc1.bias[rows]), hidden_norm, rows))
        rows = torch.arange(k * o * radix, (k + 1) * o * radix)
        logits = F.conv2d(hidden, fc2.weight[rows], fc2.bias[rows]).reshape(-1, radix, o, 1, 1)
        weights = logits.softmax(1) if radix > 1 else logits.sigmoid()
        groups.append(total([weights[:, r] * split for r, split in enumerate(splits)]))
    assert relative_error(ours(x), torch.cat(groups, 1)) < EXACT


def test_softmax_of_two_is_the_sigmoid_of_their_difference() -> None:
    module = _alone(lambda x: x.global_pool().softmax(2, 3), 24)
    x = noise(2, 24, 7, 5)
    one, other = x.mean((2, 3)).reshape(2, 3, 2, 4).unbind(2)
    expected = torch.cat([torch.sigmoid(one - other).flatten(1), torch.sigmoid(other - one).flatten(1)], 1)
    assert relative_error(module(x).flatten(1), expected) < EXACT


def test_split_attention_of_one_split_is_squeeze_and_excitation_on_the_3x3() -> None:
    """At radix and cardinality 1, once the norm between its two convolutions does nothing."""
    ours = split_attention(1, 1, 128)
    gated = _alone(lambda x: SqueezeExcite(4).apply(x.conv_norm(128, 3).relu()), 128)
    for name in ("conv1", "norm1"):
        gated.get_submodule(name).load_state_dict(ours.get_submodule(name).state_dict())
    for i in (1, 2):
        state = ours.get_submodule(f"attention.conv{i}").state_dict()
        gated.get_submodule(f"se.conv{i}").load_state_dict(state)
    x = noise(2, 128, 7, 5)
    assert relative_error(ours(x), gated(x)) > 1e-3
    between = norm(ours, "attention.norm1")
    between.reset_parameters()
    assert between.running_var is not None
    between.running_var -= between.eps
    assert relative_error(ours(x), gated(x)) < EXACT


def test_fewer_than_32_channels_are_not_squeezed_to() -> None:
    assert convolution(split_attention(1, 1, 64), "attention.conv1").out_channels == 32
    assert convolution(split_attention(1, 1, 256), "attention.conv1").out_channels == 64


def test_the_snippet_that_multiplies_the_radix_twice_is_another_function() -> None:
    """Negative: a second fully connected layer to radix times the already radix-fold width.

    It makes radix² chunks; pairing them with the splits keeps the first `radix`, whose weights do not sum to 1.
    """
    radix, channels = 2, 16
    ours, x = split_attention(radix, 1, channels), noise(2, channels, 7, 5)
    conv, fc1, fc2 = (convolution(ours, n) for n in ("conv1", "attention.conv1", "attention.conv2"))
    splits = torch.relu(ours.get_submodule("norm1")(conv(x))).chunk(radix, 1)
    hidden = torch.relu(ours.get_submodule("attention.norm1")(fc1(total(splits).mean((2, 3), keepdim=True))))
    wide = torch.cat([fc2.weight, noise(*fc2.weight.shape, seed=1)])  # radix² · channels rows
    logits = F.conv2d(hidden, wide).reshape(2, radix, radix * channels)
    chunks = logits.softmax(1).reshape(2, -1, 1, 1).chunk(radix**2, 1)
    assert len(chunks) == radix**2
    kept = [weight for _, weight in zip(splits, chunks, strict=False)]
    assert not torch.allclose(total(kept), torch.ones_like(kept[0]))
    wrong = total([weight * split for split, weight in zip(splits, kept, strict=True)])
    assert relative_error(ours(x), wrong) > 1e-2


def test_the_weights_of_the_published_layer_sum_to_one() -> None:
    """With equal splits the attention disappears: what stays is one split."""
    radix, channels = 2, 16
    ours, x = split_attention(radix, 1, channels), noise(2, channels // 2, 7, 5).repeat(1, 2, 1, 1)
    for name in ("conv1.weight", "norm1.weight", "norm1.bias", "norm1.running_mean", "norm1.running_var"):
        tensor = ours.state_dict()[name]
        tensor[channels:] = tensor[:channels]
    split = torch.relu(ours.get_submodule("norm1")(ours.get_submodule("conv1")(x)))[:, :channels]
    assert relative_error(ours(x), split) < EXACT
