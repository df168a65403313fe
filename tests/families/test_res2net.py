"""Res2Net: figures, the hierarchy written out independently, and what it is at its limits."""

from collections.abc import Sequence

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from space import SpaceError, Stage, build, cost, parse
from space.cost import part_cost
from space.families.res2net import Hierarchical
from space.families.resnest import SplitAttention
from space.families.resnet import Bottleneck, Grouped
from space.graph import Interface, source
from space.module import build_graph
from space.ops import Shape
from space.parts import Position, Spatial
from tests.families.classic import EXACT, noise
from tests.weights import moved, randomised, relative_error


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("res2net50_48w2s", 25_287_304),
        ("res2net50_26w4s", 25_699_120),
        ("res2net50_14w8s", 25_059_816),
        ("res2net50_26w6s", 37_051_448),
        ("res2net50_26w8s", 48_403_776),
        ("res2net101_26w4s", 45_206_688),
        ("res2next50_4w4s8c", 24_671_464),
        ("res2net50_v1b_26w4s", 25_718_352),
        ("res2net101_v1b_26w4s", 45_225_920),
        ("seres2net50_26w4s", 28_230_112),
        ("res2next29_6c24w4s_cifar", 24_268_682),
        ("res2next29_8c25w4s_cifar", 33_812_986),
        ("res2next29_6c24w6s_cifar", 36_709_130),
    ],
)
def test_parameters_are_the_published_ones(name: str, params: int) -> None:
    assert cost(parse(name)).params == params


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("res2next29_6c24w4s_cifar", 23_613_482),
        ("res2next29_8c25w4s_cifar", 32_865_186),
        ("res2next29_6c24w6s_cifar", 36_053_930),
    ],
)
def test_the_released_opening_block_does_not_meet_the_cifar_table(name: str, params: int) -> None:
    assert cost(parse(str(parse(name)).replace(", pool=false))", "))"))).params == params


@pytest.mark.parametrize(
    ("name", "gigamacs"),
    [
        ("res2net50_14w8s", "4.179"),
        ("res2net50_26w8s", "8.336"),
        ("res2net50_18w4s", "2.898"),
        ("res2net101_26w4s", "8.067"),
        ("res2net101_v1b_26w4s", "8.307"),
    ],
)
def test_multiply_adds_are_the_measured_ones(name: str, gigamacs: str) -> None:
    assert f"{cost(parse(name)).macs / 1e9:.3f}" == gigamacs


def test_the_short_form_means_50_layers() -> None:
    assert parse("26w4s") == parse("res2net50_26w4s")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("res2net50_64w1s", "resnet50"),
        ("res2net101_v1b_64w1s", "resnet101d"),
        ("res2next50_4w1s32c", "resnext50_32x4d"),
        ("res2next50_26w4s1c", "res2net50_26w4s"),
        ("seres2net50_64w1s", "seresnet50"),
        # A scale of 1 is its spatial part, at any depth.
        (
            "conv_stem(8) > bottleneck(8, 16, hierarchical(1, hierarchical(2, split_attention(0, 2)), pool=false))",
            "conv_stem(8) > bottleneck(8, 16, hierarchical(2, grouped(2)))",
        ),
        (
            "conv_stem(8) > bottleneck(8, 16, hierarchical(1, involution(3, group_width=4), pool=false))",
            "conv_stem(8) > bottleneck(8, 16, involution(3, group_width=4))",
        ),
    ],
)
def test_degenerate_settings_are_other_families(one: str, other: str) -> None:
    assert parse(one) == parse(other)


def test_a_block_that_opens_its_stage_is_another_one() -> None:
    together = parse("conv_stem(8) > 2*bottleneck(8, 16, hierarchical(2))")
    apart = parse("conv_stem(8) > bottleneck(8, 16, hierarchical(2)) > bottleneck(8, 16, hierarchical(2))")
    assert together != apart
    assert cost(together).params == cost(apart).params


@pytest.mark.parametrize(("width", "scale"), [(26, 4), (48, 2), (14, 8)])
def test_block_weights(width: int, scale: int) -> None:
    """c_in ws + 9w²(s - 1) + ws 4p, and the norms."""
    inner, out = width * scale, 256
    block = Stage(Bottleneck(inner, out, Hierarchical(scale)), 1)
    spent = part_cost(block, Interface(Shape(out, 7, 7)))[0].params
    norms = 2 * (inner + width * (scale - 1) + out)
    assert spent == out * inner + 9 * width**2 * (scale - 1) + inner * out + norms


class Reference(nn.Module):
    """A bottleneck's middle as the paper's authors describe it, written from the text and run by hand."""

    def __init__(self, channels: int, scale: int, groups: int, stride: int, *, opens: bool) -> None:
        super().__init__()
        width, count = channels // scale, max(scale - 1, 1)
        self.convs = nn.ModuleList(
            nn.Conv2d(width, width, 3, stride, 1, groups=groups, bias=False) for _ in range(count)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for _ in range(count))
        self.scale, self.opens = scale, opens
        self.pool = nn.AvgPool2d(3, stride, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        chunks = x.chunk(self.scale, 1)
        results: list[torch.Tensor] = []
        for i, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
            read = chunks[i] if i == 0 or self.opens else chunks[i] + results[-1]
            results.append(norm(conv(read)).relu())
        if self.scale > 1:
            results.append(self.pool(chunks[-1]) if self.opens else chunks[-1])
        return torch.cat(results, 1)


def ours(spatial: Spatial, channels: int, at: Position, side: int = 7) -> nn.Module:
    return randomised(build_graph(spatial.apply(source(Interface(Shape(channels, side, side))), at).graph))


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("scale", [1, 2, 3, 4])
@pytest.mark.parametrize("at", [Position(), Position(1, opens=True), Position(2, opens=True)], ids=str)
def test_the_hierarchy_is_the_papers(scale: int, groups: int, at: Position) -> None:
    theirs = randomised(Reference(24, scale, groups, at.stride, opens=at.opens))
    model, x = ours(Hierarchical(scale, Grouped(groups)), 24, at), noise(2, 24, 7, 7)
    moved(theirs, model, x)
    assert relative_error(model(x), theirs(x)) < EXACT


def stacked(layers: Sequence[nn.Module], name: str) -> torch.Tensor:
    return torch.cat([layer.state_dict()[name] for layer in layers])


def one_grouped_convolution(model: nn.Module, x: torch.Tensor, scale: int, stride: int) -> torch.Tensor:
    """All chunks but the last through one convolution with their weights stacked, and the last one's average."""
    convs = [m for m in model.modules() if isinstance(m, nn.Conv2d)]
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    mixed = x[:, : -(x.size(1) // scale)]
    y = F.conv2d(mixed, stacked(convs, "weight"), None, stride, 1, groups=scale - 1)
    y = F.batch_norm(y, *(stacked(norms, n) for n in ("running_mean", "running_var", "weight", "bias")))
    return torch.cat([y.relu(), F.avg_pool2d(x[:, mixed.size(1) :], 3, stride, 1)], 1)


@pytest.mark.parametrize("stride", [1, 2])
def test_an_opening_block_is_one_grouped_convolution(stride: int) -> None:
    model, x = ours(Hierarchical(4), 12, Position(stride, opens=True)), noise(2, 12, 7, 7)
    assert relative_error(model(x), one_grouped_convolution(model, x, 4, stride)) < EXACT


def test_a_repeated_block_is_not_one_grouped_convolution() -> None:
    model, x = ours(Hierarchical(4), 12, Position()), noise(2, 12, 7, 7)
    wrong = one_grouped_convolution(model, x, 4, 1)
    assert relative_error(model(x)[:, 3:9], wrong[:, 3:9]) > 0.01
    assert relative_error(model(x)[:, :3], wrong[:, :3]) < EXACT


def test_each_scale_sees_two_pixels_more() -> None:
    """Chunk i of a repeated block has a receptive field of 2i + 1; the last one sees its own pixel."""
    model, x = ours(Hierarchical(4), 12, Position(), side=11), noise(1, 12, 11, 11).requires_grad_()
    for weight in (p for n, p in model.named_parameters() if n.endswith("weight") and p.ndim == 4):
        nn.init.constant_(weight, 0.1)  # no ReLU closes on a positive map
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()
            layer.reset_parameters()
    positive = x.detach().abs().requires_grad_()
    for i, chunk in enumerate(model(positive).chunk(4, 1)):
        (gradient,) = torch.autograd.grad(chunk[0, :, 5, 5].sum(), positive, retain_graph=True)
        seen = (gradient[0].abs().sum(0) > 0).any(0).sum()
        assert seen == (2 * (i + 1) + 1 if i < 3 else 1)


@pytest.mark.parametrize(
    "spatial",
    [
        "grouped(8)",
        "split_attention(1, 1)",
        "split_attention(2, 2)",
        "involution(3, group_width=4)",
        "hierarchical(2, grouped(2))",
        "dcdc_reconstruction",
    ],
)
@pytest.mark.parametrize("block", ["bottleneck(64, 24, {})", "basic(64, {})", "aggregated(2, 64, 24, {})"])
def test_what_mixes_a_chunk_is_any_spatial_part(block: str, spatial: str) -> None:
    arch = parse(f"input(3, 9) > conv_stem(8) > 2*{block.format(f'hierarchical(4, {spatial})')}/2 > head(3)")
    assert parse(str(arch)) == arch
    assert build(arch)(torch.randn(2, 3, 9, 9)).shape == (2, 3)


def test_a_radix_at_every_scale_has_attention_at_every_scale() -> None:
    stage = Stage(Bottleneck(32, 24, Hierarchical(4, SplitAttention(2, 2))), 1)
    graph = stage.apply(source(Interface(Shape(8, 5, 5)))).graph
    assert sum("attention" in node.name and "conv" in node.name for node in graph.nodes) == 3 * 2


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("hierarchical(4)", r"hierarchical\(4\): 30 channels are not divisible by scale 4"),
        ("hierarchical(0)", r"hierarchical\(0\): 30 channels are not divisible by scale 0"),
        ("hierarchical(5, grouped(4))", r"grouped\(4\): 6 channels are not divisible by 4 groups"),
    ],
)
def test_what_does_not_divide_is_refused_with_both_numbers(part: str, message: str) -> None:
    with pytest.raises(SpaceError, match=f"^stage1.block1: {message}$"):
        parse(f"conv_stem(8) > 2*bottleneck(30, 64, {part})")


@pytest.mark.parametrize("name", ["res2net50_0w4s", "res2net50_26w0s", "res2next50_4w4s0c", "26w0s"])
def test_settings_of_nothing_are_refused(name: str) -> None:
    with pytest.raises(SpaceError, match="width, scale and cardinality are at least 1"):
        parse(name)
