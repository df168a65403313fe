"""Xception and the MobileNets: figures, weights, and how separable convolutions relate to grouped ones."""

import pytest
import torch
import torch.nn.functional as F
from pytorchcv.models.mobilenet import mobilenet_w1
from pytorchcv.models.mobilenetv2 import mobilenetv2_w1, mobilenetv2b_w1
from pytorchcv.models.xception import xception
from torch import nn

from space import Arch, SpaceError, build, cost, parse, trace
from space.families.hardnet import Depthwise
from space.families.inception import Conv, Inception
from space.families.mobilenet import Order, Separable
from space.families.resnet import Bottleneck, Grouped
from space.graph import Interface, source
from space.module import build_graph
from space.ops import Shape
from space.parts import Block, Position
from tests.families.test_inception import image, module
from tests.weights import moved, randomised, relative_error


@pytest.mark.parametrize(
    ("name", "params", "gmacs"),
    [("xception", 22_855_952, 8.357), ("mobilenetv1", 4_231_976, 0.569), ("mobilenetv2", 3_504_872, 0.301)],
)
def test_the_networks_cost_what_is_published(name: str, params: int, gmacs: float) -> None:
    measured = cost(parse(name))
    assert (measured.params, round(measured.macs / 1e9, 3)) == (params, gmacs)


def compare(theirs: nn.Module, arch: Arch, side: int) -> None:
    theirs, ours, x = randomised(theirs), build(arch).double(), image(1, 3, side, side)
    moved(theirs, ours, x)
    with torch.no_grad():
        assert relative_error(ours(x), theirs(x)) < 1e-9


def test_xception_computes_what_an_independent_one_does() -> None:
    theirs = xception()
    theirs.features.final_block.pool = nn.AdaptiveAvgPool2d(1)
    compare(theirs, parse("xception"), 43)


def test_mobilenet_v1_computes_what_an_independent_one_does() -> None:
    theirs = mobilenet_w1()
    theirs.features.final_pool = nn.AdaptiveAvgPool2d(1)
    compare(theirs, parse("mobilenetv1"), 65)


def test_mobilenet_v2_computes_what_an_independent_one_does() -> None:
    """Its variant without the first expansion; its classifier as a 1x1 convolution, but with biases."""
    theirs = mobilenetv2b_w1()
    theirs.features.final_pool = nn.AdaptiveAvgPool2d(1)
    theirs.output = nn.Conv2d(1280, 1000, 1)
    compare(theirs, parse("mobilenetv2"), 65)


def test_an_expansion_of_1_costs_what_the_other_variant_has_more() -> None:
    extra = sum(p.numel() for p in mobilenetv2_w1().parameters()) - cost(parse("mobilenetv2")).params
    assert extra == 32 * 32 + 2 * 32 - 1000


def weights(block: Block, channels: int) -> int:
    """Weights of the convolutions."""
    graph = block.apply(source(Interface(Shape(channels, 8, 8))), Position()).graph
    return sum(p.numel() for p in build_graph(graph).parameters() if p.dim() == 4)


def test_separable_convolutions_have_a_fraction_of_the_weights() -> None:
    """A 3x3 from 16 to 32 channels, whole and in two steps of either order."""
    assert weights(Inception(((Conv(32, 3),),)), 16) == 4608
    assert weights(Separable(32, order=Order.POINTWISE_FIRST), 16) == 800
    assert weights(Separable(32, order=Order.DEPTHWISE_FIRST), 16) == 656


def test_the_two_orders_are_different_functions() -> None:
    shape, x = Shape(8, 9, 9), image(2, 8, 9, 9)
    first, second = (module(Separable(8, order=order, between=False), shape) for order in Order)
    spatial, pointwise = (first.get_parameter(f"conv{i}.weight") for i in (1, 2))
    for ours, theirs in zip((2, 1), (spatial, pointwise), strict=True):
        second.get_parameter(f"conv{ours}.weight").data.copy_(theirs)
    assert relative_error(first(x), second(x)) > 1e-3


def test_a_depthwise_convolution_is_one_of_each_channel() -> None:
    graph = Grouped(6).mix(source(Interface(Shape(6, 9, 9))), Position(2)).graph
    assert graph.wiring() == Depthwise().mix(source(Interface(Shape(6, 9, 9))), Position(2)).graph.wiring()
    x, convolution = image(2, 6, 9, 9), randomised(build_graph(graph)).requires_grad_(requires_grad=False)
    weight = convolution.get_parameter("conv1.weight")
    alone = [F.conv2d(x[:, i : i + 1], weight[i : i + 1], stride=2, padding=1) for i in range(6)]
    assert relative_error(convolution(x), torch.cat(alone, 1)) < 1e-12


def test_a_bottleneck_of_as_many_groups_as_channels_is_depthwise() -> None:
    grouped, depthwise = (
        Bottleneck(8, 16, spatial).apply(source(Interface(Shape(16, 9, 9))), Position(2)).graph.wiring()
        for spatial in (Grouped(8), Depthwise())
    )
    assert grouped == depthwise


def as_inception(model: nn.Module) -> None:
    """Inception's norms add 1e-3 to a variance, other families' 1e-5."""
    for norm in model.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.eps = 1e-3


@pytest.mark.parametrize(("segments", "width"), [(1, 8), (2, 4), (4, 2), (8, 1)])
def test_a_simplified_inception_is_a_1x1_and_a_grouped_convolution(segments: int, width: int) -> None:
    """Its branches' weights stacked; one channel to a branch is Xception's extreme, the pointwise first."""
    shape, x = Shape(6, 9, 9), image(2, 6, 9, 9)
    branches = ((Conv(width, 1), Conv(width, 3)),) * segments
    apart, together = module(Inception(branches), shape), module(Inception(((Conv(8, 1), Grouped(segments)),)), shape)
    state = apart.state_dict()
    for name, tensor in together.state_dict().items():
        if "num_batches" not in name:
            prefixes = [f"branch{i + 1}." for i in range(segments)] if segments > 1 else [""]
            tensor.copy_(torch.cat([state[prefix + name] for prefix in prefixes]))
    as_inception(together)
    assert relative_error(together(x), apart(x)) < 1e-12
    if width == 1:
        extreme = Separable(8, order=Order.POINTWISE_FIRST).apply(source(Interface(shape)), Position()).graph
        xception_like = randomised(build_graph(extreme)).requires_grad_(requires_grad=False)
        xception_like.load_state_dict(together.state_dict())
        as_inception(xception_like)
        assert relative_error(xception_like(x), apart(x)) < 1e-12


def test_a_classifier_may_stand_before_the_pooling_as_a_1x1_convolution() -> None:
    """The same function; its multiply-adds are as many times more as the map has pixels."""
    arch = parse("input(3, 25) > conv_stem(6, kernel=3) > separable(8) > head(4)")
    model, maps = randomised(build(arch)).requires_grad_(requires_grad=False), []
    model.get_submodule("stage1.block1.norm2").register_forward_hook(lambda _m, _x, y: maps.append(y.clone()))
    logits, (weight, bias) = model(image(2, 3, 25, 25)), model.get_submodule("head.linear1").state_dict().values()
    assert maps[0].shape == (2, 8, 7, 7)
    before = F.conv2d(maps[0].relu(), weight[:, :, None, None], bias).mean((2, 3))
    assert relative_error(before, logits) < 1e-12


def test_the_first_relu_of_an_xception_block_is_not_repeated() -> None:
    def activations(stage: str, sentence: str) -> int:
        return sum(node.name.startswith(f"{stage}.block1.activation") for node in trace(parse(sentence)).nodes)

    assert activations("stage1", "conv_stem(8) > xception([8, 8])") == 1
    assert activations("stage2", "conv_stem(8) > xception([8, 8]) > xception([8])") == 1


def test_a_striding_inverted_residual_or_one_that_changes_channels_has_no_sum() -> None:
    def sums(block: str) -> int:
        return sum("add" in node.name for node in trace(parse(f"conv_stem(8) > {block}")).nodes)

    assert [sums(b) for b in ("inverted_residual(8, 6)", "inverted_residual(8, 6)/2", "inverted_residual(16, 6)")] == [
        1,
        0,
        0,
    ]


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("xception([])", "xception([]): a block has at least 1 separable convolution, not 0"),
        ("inverted_residual(8, 0)", "inverted_residual(8, 0): an expansion is 1 or more, not 0"),
        ("separable(8, grouped(3))", "grouped(3): 8 channels are not divisible by 3 groups"),
        ("pointwise(0)", "a convolution to 0 channels"),
    ],
)
def test_blocks_that_cannot_be_are_refused(block: str, message: str) -> None:
    with pytest.raises(SpaceError) as refused:
        parse(f"conv_stem(8) > {block}")
    assert message in str(refused.value)
