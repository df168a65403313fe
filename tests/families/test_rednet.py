"""RedNet and the DCDC reconstruction: figures, kernels written out independently, and their limits."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from space import SpaceError, Stage, build, cost, parse
from space.cost import part_cost
from space.families.dcdc import DcdcReconstruction
from space.families.rednet import Involution
from space.families.resnet import Bottleneck, Grouped
from space.graph import Interface, source
from space.module import build_graph
from space.ops import Shape
from space.parts import Position, Spatial
from tests.families.classic import EXACT, noise
from tests.weights import randomised, relative_error

CHANNELS, GROUP_WIDTH = 12, 4


@pytest.mark.parametrize(
    ("depth", "params", "gigamacs"),
    [
        (26, 9_233_166, "1.685"),
        (38, 12_386_986, "2.167"),
        (50, 15_540_806, "2.649"),
        (101, 25_652_950, "4.659"),
        (152, 33_984_582, "6.679"),
    ],
)
def test_rednet_costs_what_its_authors_code_does(depth: int, params: int, gigamacs: str) -> None:
    measured = cost(parse(f"rednet{depth}"))
    assert (measured.params, f"{measured.macs / 1e9:.3f}") == (params, gigamacs)


def test_a_stem_of_7x7_has_the_published_parameters() -> None:
    sentence = str(parse("rednet152")).replace("involution_stem(32)", "involution_stem(32, involution(7))")
    assert cost(parse(sentence)).params == 33_985_302


@pytest.mark.parametrize(("channels", "kernel"), [(64, 7), (128, 7), (32, 3)])
def test_involution_weights(channels: int, kernel: int) -> None:
    """c · c/4 + c/4 · K² c/16 + K² c/16 weights and c/2 of the norm; K² c h w multiply-adds to apply the kernels."""
    side = 5
    block = Bottleneck(channels, channels, Involution(kernel)), Bottleneck(channels, channels, Grouped(1))
    after = Interface(Shape(channels, side, side))
    involved, plain = (part_cost(Stage(b, 1), after)[0] for b in block)
    predicting = channels * channels // 4 + channels // 4 * kernel**2 * channels // 16
    weights = predicting + kernel**2 * channels // 16 + channels // 2
    assert involved.params - plain.params == weights - 9 * channels**2
    applying = kernel**2 * channels * side**2
    assert involved.macs - plain.macs == predicting * side**2 + applying - 9 * channels**2 * side**2


def ours(spatial: Spatial, stride: int, side: int, channels: int = CHANNELS) -> nn.Module:
    x = source(Interface(Shape(channels, side, side)))
    return randomised(build_graph(spatial.mix(x, Position(stride)).graph))


def convolutions(model: nn.Module) -> tuple[nn.Conv2d, nn.Conv2d]:
    reduce, span = (m for m in model.modules() if isinstance(m, nn.Conv2d))
    return reduce, span


def averages(x: torch.Tensor, stride: int) -> torch.Tensor:
    """The mean of each window of strides, as far as the map goes."""
    rows = [slice(i, i + stride) for i in range(0, x.size(2), stride)]
    columns = [slice(i, i + stride) for i in range(0, x.size(3), stride)]
    return torch.stack([torch.stack([x[:, :, r, c].mean((2, 3)) for c in columns], -1) for r in rows], -2)


def written_out(model: nn.Module, x: torch.Tensor, kernel: int, stride: int) -> torch.Tensor:
    """The definition, place by place."""
    reduce, span = convolutions(model)
    (norm,) = (m for m in model.modules() if isinstance(m, nn.BatchNorm2d))
    kernels = span(norm(reduce(averages(x, stride))).relu())
    padded = F.pad(x, (kernel // 2,) * 4)
    y = torch.zeros(len(x), x.size(1), *kernels.shape[2:], dtype=x.dtype)
    for i in range(y.size(2)):
        for j in range(y.size(3)):
            patch = padded[:, :, i * stride : i * stride + kernel, j * stride : j * stride + kernel]
            weights = kernels[:, :, i, j].reshape(len(x), -1, kernel, kernel).repeat_interleave(GROUP_WIDTH, 1)
            y[:, :, i, j] = (patch * weights).sum((2, 3))
    return y


@pytest.mark.parametrize("side", [6, 7])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kernel", [1, 3, 5, 7])
def test_involution_is_its_definition(kernel: int, stride: int, side: int) -> None:
    model, x = ours(Involution(kernel, GROUP_WIDTH), stride, side), noise(2, CHANNELS, side, side)
    with torch.no_grad():
        assert relative_error(model(x), written_out(model, x, kernel, stride)) < EXACT


@pytest.mark.parametrize("stride", [1, 2])
def test_with_constant_kernels_it_is_a_depthwise_convolution_that_groups_share(stride: int) -> None:
    model, x = ours(Involution(3, GROUP_WIDTH), stride, 7), noise(2, CHANNELS, 7, 7)
    _, span = convolutions(model)
    assert span.bias is not None
    nn.init.zeros_(span.weight)
    shared = span.bias.reshape(-1, 1, 3, 3).repeat_interleave(GROUP_WIDTH, 0)
    depthwise = F.conv2d(x, shared, None, stride, 1, groups=CHANNELS)
    assert relative_error(model(x), depthwise) < EXACT


def test_a_kernel_of_one_scales_each_place_and_group() -> None:
    model, x = ours(Involution(1, GROUP_WIDTH), 1, 5), noise(2, CHANNELS, 5, 5)
    ratio = (model(x) / x).reshape(2, CHANNELS // GROUP_WIDTH, GROUP_WIDTH, 5, 5)
    assert torch.allclose(ratio, ratio[:, :, :1].expand_as(ratio))


def test_involution_is_not_shift_invariant_like_a_convolution() -> None:
    """A constant map times a kernel that follows a second map is not constant: no convolution of the first alone is."""
    model, x = ours(Involution(3, GROUP_WIDTH), 1, 9), noise(1, CHANNELS, 9, 9)
    flat = x.clone()
    flat[:, :GROUP_WIDTH] = 1.0
    assert model(flat)[0, 0, 1:-1, 1:-1].std() > 0.01


def test_a_network_runs_at_other_resolutions_than_its_own() -> None:
    model = randomised(build(parse("input(3, 16) > involution_stem(16) > 2*bottleneck(16, 32, involution(3))/2")))
    for side in (16, 17, 33):
        assert model(noise(2, 3, side, side)).shape == (2, 1000)


@pytest.mark.parametrize(
    "block",
    [
        "basic(16, involution(7))",
        "bottleneck(16, 24, hierarchical(2, involution(3, group_width=8)))",
        "bottleneck(16, 24, involution(3), pool_after)",
        "bottleneck(16, 24, involution(3), stride_in_1x1, squeeze_excite(reduction=4))",
        "aggregated(2, 16, 24, involution(5))",
        "aggregated(2, 16, 24, concatenated, dcdc_reconstruction)",
    ],
)
def test_involution_stands_where_a_3x3_does(block: str) -> None:
    arch = parse(f"input(3, 9) > conv_stem(8, kernel=3, pool=false) > 2*{block}/2 > head(3)")
    assert parse(str(arch)) == arch
    assert build(arch)(torch.randn(2, 3, 9, 9)).shape == (2, 3)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("involution(7)", r"involution\(7\): 30 channels are not divisible by group width 16"),
        ("involution(4, group_width=3)", r"involution\(.*\): a kernel of 4 has no centre; write an odd one"),
        ("involution(3, group_width=0)", r"involution\(.*\): 30 channels are not divisible by group width 0"),
        ("involution(3, group_width=3, reduction=31)", r"involution\(.*\): 30 channels cannot be reduced 31 times"),
        ("dcdc_reconstruction", r"involution\(3\): 30 channels are not divisible by group width 16"),
    ],
)
def test_impossible_kernels_are_refused_with_both_numbers(part: str, message: str) -> None:
    with pytest.raises(SpaceError, match=f"^stage1.block1: {message}$"):
        parse(f"conv_stem(8) > 2*bottleneck(30, 64, {part})")


def test_the_reconstruction_says_what_it_is() -> None:
    assert "dcdc_reconstruction" in str(parse("dcdc_resnet50"))
    assert "guess" in str(DcdcReconstruction.__doc__)


def test_the_reconstruction_is_smaller_than_the_network_it_stands_for() -> None:
    guess, baseline = cost(parse("dcdc_resnet50")), cost(parse("resnet50"))
    assert guess.params < baseline.params
    assert guess.macs < baseline.macs


@pytest.mark.parametrize("stride", [1, 2])
def test_the_reconstruction_is_the_sum_of_two_branches(stride: int) -> None:
    local = Involution(3, GROUP_WIDTH)
    model, x = ours(DcdcReconstruction(local), stride, 7), noise(3, CHANNELS, 7, 7)
    squeeze, span = (m for m in model.modules() if isinstance(m, nn.Linear))
    kernels = span(squeeze(x.mean((2, 3))).relu()).reshape(3, CHANNELS, 1, 3, 3)
    per_image = [F.conv2d(x[i : i + 1], kernels[i], None, stride, 1, groups=CHANNELS) for i in range(3)]
    expected = written_out(model, x, 3, stride) + torch.cat(per_image)
    assert relative_error(model(x), expected) < EXACT
