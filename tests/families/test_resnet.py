"""Plain and residual networks: weights of independent implementations, and what the shortcut's options are equal to."""

from itertools import pairwise

import pytest
import torch
from pytorchcv.models import resnet as theirs, resneta as theirs_averaging
from torch import nn
from torch.nn import functional as F

from space import Stage, build, cost, parse
from space.families.resnet import (
    BASIC_DEPTHS,
    BOTTLENECK_DEPTHS,
    WIDTHS,
    Basic,
    Bottleneck,
    FullProjection,
    PooledProjection,
    Projection,
    ZeroPadding,
)
from space.parts import Block, Downsampling, Shortcut
from tests.families.classic import EXACT, agree, built, convolution, noise, norm
from tests.weights import relative_error

CHANNELS = 16
BLOCKS: tuple[type[Block], ...] = (Basic, Bottleneck)
FORMS = (Downsampling.STRIDE_IN_3X3, Downsampling.STRIDE_IN_1X1)

TWINS = {
    "resnet18": theirs.resnet18,
    "resnet34": theirs.resnet34,
    "resnet50": theirs.resnet50b,  # the 3x3 strides
    "resnet50a": theirs.resnet50,  # the first 1x1 does
    "resnet18d": theirs_averaging.resneta18,
    "resnet50d": theirs_averaging.resneta50b,
}
"""Networks, and those of pytorchcv in the same form."""


@pytest.mark.parametrize("name", TWINS)
def test_outputs_are_those_of_an_independent_implementation(name: str) -> None:
    model = TWINS[name]()
    model.features.final_pool = nn.AdaptiveAvgPool2d(1)  # theirs is of 7x7 maps only
    assert agree(model, build(parse(name)), 41)


def test_the_form_whose_first_1x1_strides_is_another_network() -> None:
    """Of the same parameters: weights of one are no use to the other."""
    stages = [Stage(Bottleneck(8, CHANNELS, downsampling=where), 2, 2) for where in FORMS]
    one, other = (built(stage, CHANNELS) for stage in stages)
    other.load_state_dict(one.state_dict())
    x = noise(2, CHANNELS, 7, 7)
    assert relative_error(one(x), other(x)) > 0.01


PARAMETERS = {
    18: (11_515_688, 11_689_512, 12_043_816),
    34: (21_623_848, 21_797_672, 22_716_840),
    50: (22_780_456, 25_557_032, 40_128_552),
}
"""Of the ImageNet networks with shortcut A, B and C; B's are those of torchvision's."""


@pytest.mark.parametrize("depth", PARAMETERS)
def test_shortcut_options_differ_by_their_projections(depth: int) -> None:
    """B over A: the blocks that change shape, c_in c_out + 2 c_out each; C over B: all others, c² + 2c."""
    a, b, c = (cost(parse(f"resnet{depth}_shortcut_{option}")).params for option in "abc")
    assert (a, b, c) == PARAMETERS[depth]
    expansion, depths = (4, BOTTLENECK_DEPTHS[50]) if depth == 50 else (1, BASIC_DEPTHS[depth])
    outs = [expansion * width for width in WIDTHS]
    changing = [(i, o) for i, o in pairwise([64, *outs]) if i != o]
    assert b - a == sum(i * o + 2 * o for i, o in changing)
    kept = [(o, n - (i != o)) for (i, o), n in zip(pairwise([64, *outs]), depths, strict=True)]
    assert c - b == sum(n * (o * o + 2 * o) for o, n in kept)


@pytest.mark.parametrize(
    ("plain", "residual"),
    [
        ("plain18", "resnet18_shortcut_a"),
        ("plain34", "resnet34_shortcut_a"),
        ("plain20_cifar", "resnet20_cifar"),
        ("plain110_cifar", "resnet110_cifar"),
    ],
)
def test_a_plain_network_costs_what_one_with_parameter_free_shortcuts_does(plain: str, residual: str) -> None:
    one, other = parse(plain), parse(residual)
    assert one != other
    assert cost(one) == cost(other)


def _as_identity(model: nn.Module, block: str) -> None:
    """The projection of that block with a unit matrix for weights, and a norm that changes nothing."""
    conv, bn = convolution(model, f"{block}.shortcut.conv1"), norm(model, f"{block}.shortcut.norm1")
    nn.init.zeros_(conv.weight)
    for i in range(min(conv.in_channels, conv.out_channels)):
        conv.weight[i, i] = 1.0
    bn.reset_running_stats()
    nn.init.ones_(bn.weight)
    nn.init.zeros_(bn.bias)
    bn.eps = 0.0


def _stage(kind: type[Block], out: int, stride: int, shortcut: Shortcut) -> Stage:
    block = Basic(out, shortcut=shortcut) if kind is Basic else Bottleneck(8, out, shortcut=shortcut)
    return Stage(block, 2, stride)


@pytest.mark.parametrize("plain", [Projection(), ZeroPadding()], ids=str)
@pytest.mark.parametrize("kind", BLOCKS)
def test_option_c_of_unit_matrices_is_the_identity(kind: type[Block], plain: Shortcut) -> None:
    """Where the shape stays, options A and B are; C has projections on every block."""
    full, without = (built(_stage(kind, CHANNELS, 1, shortcut), CHANNELS) for shortcut in (FullProjection(), plain))
    without.load_state_dict(full.state_dict(), strict=False)
    x = noise(2, CHANNELS, 7, 7)
    assert relative_error(full(x), without(x)) > 0.01
    for block in ("block1", "block2"):
        _as_identity(full, block)
    assert relative_error(full(x), without(x)) < EXACT


@pytest.mark.parametrize("kind", BLOCKS)
def test_options_b_and_c_of_unit_matrices_are_option_a_where_the_shape_changes(kind: type[Block]) -> None:
    """Every second pixel, and zeros for the new channels."""
    x, stages = noise(2, CHANNELS, 7, 7), [_stage(kind, 24, 2, s) for s in (FullProjection(), Projection())]
    padded = built(_stage(kind, 24, 2, ZeroPadding()), CHANNELS)
    for model, blocks in zip(
        (built(stage, CHANNELS) for stage in stages), (("block1", "block2"), ("block1",)), strict=True
    ):
        model.load_state_dict(padded.state_dict(), strict=False)
        assert relative_error(model(x), padded(x)) > 0.01
        for block in blocks:
            _as_identity(model, block)
        assert relative_error(model(x), padded(x)) < EXACT


def test_a_pooled_projection_is_a_2x2_convolution_of_equal_taps() -> None:
    """On even sides; on odd ones the last window has less to average."""
    model = built(Stage(Basic(8, shortcut=PooledProjection()), 1, 2), CHANNELS)
    projected: list[torch.Tensor] = []
    conv = convolution(model, "block1.shortcut.conv1")
    conv.register_forward_hook(lambda _m, _x, y: projected.append(y))
    for side in (8, 7):
        x = noise(2, CHANNELS, side, side)
        model(x)
        taps = (conv.weight / 4).expand(-1, -1, 2, 2)
        expected = F.conv2d(x if side % 2 == 0 else F.pad(x, (0, 1, 0, 1)), taps, stride=2)
        assert (relative_error(projected[-1], expected) < EXACT) == (side % 2 == 0)
        assert relative_error(projected[-1][..., :3, :3], expected[..., :3, :3]) < EXACT


def test_zero_padding_reads_every_second_pixel() -> None:
    """As average pooling of a 1x1 window does: fb.resnet.torch's option A."""
    model, x = built(Stage(Basic(24, shortcut=ZeroPadding()), 1, 2), CHANNELS), noise(2, CHANNELS, 7, 7)
    nn.init.zeros_(norm(model, "block1.norm2").weight)
    nn.init.zeros_(norm(model, "block1.norm2").bias)
    y = model(x)
    assert torch.equal(y[:, :CHANNELS], F.avg_pool2d(x, 1, 2).relu())
    assert not y[:, CHANNELS:].any()
