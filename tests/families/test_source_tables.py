"""Tables and examples of the texts this grammar was written from come out as printed."""

from fractions import Fraction

import pytest

from space import cost, ops, parse, trace
from space.cost import part_cost
from space.families.inception import Conv, Inception
from space.families.mobilenet import Order, Separable
from space.graph import Interface, source
from space.ops import Shape
from space.parts import Block, Position
from space.table import table

HE_AND_XIE = [
    ("stem", "56x56", "7x7, 64, stride 2 | 3x3 max pool, stride 2", "7x7, 64, stride 2 | 3x3 max pool, stride 2"),
    ("stage1", "56x56", "[1x1, 64 | 3x3, 64 | 1x1, 256] x3", "[1x1, 128 | 3x3, 128, C=32 | 1x1, 256] x3"),
    ("stage2", "28x28", "[1x1, 128 | 3x3, 128 | 1x1, 512] x4", "[1x1, 256 | 3x3, 256, C=32 | 1x1, 512] x4"),
    ("stage3", "14x14", "[1x1, 256 | 3x3, 256 | 1x1, 1024] x6", "[1x1, 512 | 3x3, 512, C=32 | 1x1, 1024] x6"),
    ("stage4", "7x7", "[1x1, 512 | 3x3, 512 | 1x1, 2048] x3", "[1x1, 1024 | 3x3, 1024, C=32 | 1x1, 2048] x3"),
    ("head", "1x1", "global average pool | 1000-d fc", "global average pool | 1000-d fc"),
]
"""ResNet-50 and ResNeXt-50 (32x4d): arXiv:1611.05431 Table 1. Its conv1 and the pooling of its conv2 are our stem, its
conv2 to conv5 our stages."""


@pytest.mark.parametrize(
    ("name", "column", "params", "gigaflops"), [("resnet50", 2, "25.5", "4.1"), ("resnext50_32x4d", 3, "25.0", "4.2")]
)
def test_resnet_50_and_resnext_50_by_stage(name: str, column: int, params: str, gigaflops: str) -> None:
    """The paper cuts parameters off after a digit (25.557 M is 25.5), and rounds FLOPs (4.089 G is 4.1)."""
    arch = parse(name)
    assert [str(row) for row in table(arch)] == [f"{row[0]} {row[1]} {row[column]}" for row in HE_AND_XIE]
    first = next(node for node in trace(arch).nodes if isinstance(node.op, ops.Conv))
    assert first.shape == (64, 112, 112)
    assert int(cost(arch).params / 1e5) == int(Fraction(params) * 10)
    assert f"{cost(arch).macs / 1e9:.1f}" == gigaflops


def convolutions(block: Block, channels: int, side: int = 1) -> list[int]:
    """The weights of each convolution of a block that neither strides nor opens its stage."""
    graph = block.apply(source(Interface(Shape(channels, side, side))), Position()).graph
    return [node.op.params(*graph.inputs(node)) for node in graph.nodes if isinstance(node.op, ops.Conv)]


@pytest.mark.parametrize(("c", "d"), [(1, 64), (2, 40), (4, 24), (8, 14), (32, 4)])
def test_blocks_of_seventy_thousand_weights(c: int, d: int) -> None:
    """arXiv:1611.05431 equation 4 and Table 2: C (256 d + 3·3·d·d + d 256), about 70 thousand in every setting."""
    block = parse(f"resnext50_{c}x{d}d").stages[0].block
    weights = convolutions(block, 256)
    assert weights == [c * 256 * d, c * 3 * 3 * d * d, c * d * 256]
    assert abs(sum(weights) - 70_000) < 1_500
    spent, _ = part_cost(parse(f"resnext50_{c}x{d}d").stages[0], Interface(Shape(256, 56, 56), activated=True))
    assert spent.macs == 3 * 56 * 56 * sum(weights)


def test_the_equation_of_a_residual_block() -> None:
    """The block of ResNet-50 by itself: 256·64 + 3·3·64·64 + 64·256."""
    assert convolutions(parse("resnet50").stages[0].block, 256) == [256 * 64, 3 * 3 * 64 * 64, 64 * 256]


ABLATION = {
    "1s1x64d": ("26.3", "4.34"),
    "2s1x64d": ("27.5", "4.34"),
    "4s1x64d": ("31.9", "4.35"),
    "1s2x40d": ("25.9", "4.38"),
    "2s2x40d": ("26.9", "4.38"),
    "4s2x40d": ("30.4", "4.41"),
    "1s4x24d": ("25.7", "4.42"),
}
"""ResNeSt-50-fast: millions of parameters and GFLOPs in zhanghang1989/ResNeSt's ablation.md at 1dfb3e8."""


@pytest.mark.parametrize("setting", ABLATION)
def test_resnests_ablation(setting: str) -> None:
    """Parameters are exact to print but for 1s1x64d, of which the authors' own code has 26,217,896 and not 26.3 M."""
    params, gigaflops = ABLATION[setting]
    measured = cost(parse(f"resnest50_fast_{setting}"))
    assert f"{measured.params / 1e6:.1f}" == (params if setting != "1s1x64d" else "26.2")
    assert abs(measured.macs / 1e9 / float(gigaflops) - 1) < 0.01


def test_a_separable_convolution_has_800_weights_for_4608() -> None:
    """From 16 to 32 channels, 3x3, norms and biases not counted: 16·32·3·3, or 16·32·1·1 and then 32·3·3.

    Xception's paper, and with it the example, puts the 1x1 first; the other order has fewer still, 16·3·3 and 16·32.
    """
    assert convolutions(Inception(((Conv(32, 3),),)), 16, 8) == [4608]
    assert convolutions(Separable(32, order=Order.POINTWISE_FIRST), 16, 8) == [512, 288]
    assert convolutions(Separable(32, order=Order.DEPTHWISE_FIRST), 16, 8) == [144, 512]


INVOLUTION_README = {
    26: ("9.23", "1.73"),
    38: ("12.39", "2.22"),
    50: ("15.54", "2.71"),
    101: ("25.65", "4.74"),
    152: ("33.99", "6.79"),
}
"""RedNet: millions of parameters and GFLOPs in d-li14/involution's README at 21c3158."""


@pytest.mark.parametrize("depth", INVOLUTION_README)
def test_rednets_readme(depth: int) -> None:
    """Of the released code, whose stem is 3x3; with the 7x7 stem of the README, 33.985302 M, 152 layers round to 33.99.

    Its FLOPs are another counter's, which adds norms, biases and ReLUs: ours are up to 3 % below. tests/space/
    test_counters.py has them to print.
    """
    params, gigaflops = INVOLUTION_README[depth]
    measured = cost(parse(f"rednet{depth}"))
    assert f"{measured.params / 1e6:.2f}" == (params if depth != 152 else "33.98")
    assert 0.97 < measured.macs / 1e9 / float(gigaflops) < 1


@pytest.mark.parametrize("depth", INVOLUTION_README)
def test_involutions_of_a_rednet_in_closed_form(depth: int) -> None:
    """K² c h w multiply-adds each: 3x3 on the stem's 32 maps of 112x112, 7x7 on 64 to 512 maps of 56x56 to 7x7."""
    arch = parse(f"rednet{depth}")
    graph = trace(arch)
    applied = [n.op.macs(*graph.inputs(n)) for n in graph.nodes if isinstance(n.op, ops.Involution)]
    sides = {64: 56, 128: 28, 256: 14, 512: 7}
    stages = zip(sides.items(), (stage.depth for stage in arch.stages), strict=True)
    assert sum(applied) == 3**2 * 32 * 112**2 + sum(n * 7**2 * c * side**2 for (c, side), n in stages)
    seen = sum(n.op.macs(*graph.inputs(n)) for n in graph.nodes if isinstance(n.op, ops.Conv | ops.Linear))
    assert cost(arch).macs == seen + sum(applied)
