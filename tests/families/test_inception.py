"""GoogLeNet, Inception-v3, v4 and Inception-ResNet-v2: figures, layers, weights, and what modules are equal to."""

import json
from dataclasses import replace

import pytest
import torch
from pytorchcv.models.inceptionresnetv2 import inceptionresnetv2
from pytorchcv.models.inceptionv3 import inceptionv3
from pytorchcv.models.inceptionv4 import inceptionv4
from torch import nn

from space import Arch, SpaceError, Stage, build, cost, parse, trace
from space.arch import Head
from space.families.inception import Auxiliary, Conv, Inception, InceptionResidual, Padding
from space.families.vgg import FullyConnected
from space.graph import Interface, Node, source
from space.module import build_graph
from space.ops import Conv as ConvOp, Linear, Shape
from space.parts import Block, Position
from space.table import table
from tests.conftest import GOLDEN
from tests.weights import moved, randomised, relative_error

LAYERS = json.loads((GOLDEN / "inception_layers.json").read_text())


def module(block: Block, shape: Shape, *, activated: bool = False) -> nn.Module:
    """A block by itself, in float64 and eval mode."""
    graph = block.apply(source(Interface(shape, activated)), Position(opens=True)).graph
    return randomised(build_graph(graph)).requires_grad_(requires_grad=False)


def image(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def written(before: Shape, node: Node) -> str:
    match node.op:
        case ConvOp(out, (height, width), stride, groups, bias) as op:
            extras = (f" groups {groups}" if groups > 1 else "") + (" bias" if bias else "")
            padding = f"{op.padding[0]},{op.padding[1]}"
            return f"{before.channels}>{out} {height}x{width}/{stride} pad {padding}{extras} @{node.shape.height}"
        case Linear(out):
            return f"{before.channels}>{out} linear"
    return ""


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_is_the_published_one(name: str) -> None:
    """In the order of execution, at native resolution, as independent implementations have them."""
    graph = trace(parse(name))
    layers = [written(graph.inputs(node)[0], node) for node in graph.nodes[1:]]
    assert [layer for layer in layers if layer] == LAYERS[name]


def test_inception_v4_costs_what_its_card_says() -> None:
    measured = cost(parse("inceptionv4"))
    assert (measured.params, round(measured.macs / 1e9, 3)) == (42_679_816, 12.254)


def test_every_module_hands_on_the_published_channels() -> None:
    channels = {
        "googlenet": [64, 192, 256, 480, 480, 512, 512, 512, 528, 832, 832, 832, 1024],
        "inceptionv3": [64, 192, 256, 288, 768, 768, 768, 768, 1280, 2048],
        "inceptionv4": [64, 160, 192, 384, 384, 1024, 1024, 1536, 1536],
        "inceptionresnetv2": [64, 192, 320, 320, 1088, 1088, 2080, 2080, 2080, 1536],
    }
    for name, expected in channels.items():
        assert [row.output.channels for row in table(parse(name))[1:-1]] == expected


def with_auxiliaries(name: str, places: dict[int, Auxiliary]) -> Arch:
    """The network with classifiers after some of its stages, counted from 1."""
    arch, stages = parse(name), []
    for i, stage in enumerate(arch.stages, 1):
        stages += [stage, *([Stage(places[i], 1)] if i in places else [])]
    return replace(arch, stages=tuple(stages))


@pytest.mark.parametrize(
    ("name", "chain", "head", "modules", "params"),
    [
        ("googlenet_bn", (Conv(128, 1),), FullyConnected(1000, (1024,), size=4, dropout=70), (6, 9), 13_004_888),
        ("inceptionv3", (Conv(128, 1), Conv(768, 5, Padding.VALID)), Head(1000), (8,), 27_161_264),
    ],
)
def test_auxiliary_classifiers_cost_what_is_published(
    name: str, chain: tuple[Conv, ...], head: Head | FullyConnected, modules: tuple[int, ...], params: int
) -> None:
    arch = with_auxiliaries(name, dict.fromkeys(modules, Auxiliary(chain, head)))
    assert cost(arch).params == params
    assert len(trace(arch).auxiliary) == len(modules)
    assert parse(str(arch)) == arch


@pytest.mark.parametrize(
    ("theirs", "name", "side"), [(inceptionv3, "inceptionv3", 75), (inceptionv4, "inceptionv4", 75)]
)
def test_the_networks_compute_what_independent_ones_do(theirs: type[nn.Module], name: str, side: int) -> None:
    compare(theirs(), parse(name), side)


def test_inception_resnet_v2_computes_what_an_independent_one_does() -> None:
    compare(inceptionresnetv2(), parse("inceptionresnetv2"), 75)


def compare(theirs: nn.Module, arch: Arch, side: int) -> None:
    theirs.get_submodule("features").final_pool = nn.AdaptiveAvgPool2d(1)  # theirs is of 8x8, for images of 299
    with torch.device("meta"):  # its weights are theirs
        ours = build(arch)
    theirs, ours, x = randomised(theirs), ours.to_empty(device="cpu").double(), image(1, 3, side, side)
    moved(theirs, ours, x)
    with torch.no_grad():
        assert relative_error(ours(x), theirs(x)) < 1e-9


def test_modules_of_other_kinds_of_branches_are_sentences() -> None:
    """A spatial part of another family stands where a layer that keeps the channels does; a gate on the whole."""
    branches = "[[conv(16, 1), grouped(4)], [conv(8, 1), split_attention(2, 2)], [conv(8, 1), depthwise], []]"
    arch = parse(f"conv_stem(8) > 2*inception({branches}, squeeze_excite(4))/1 > head(10)")
    assert trace(arch).nodes[-1].shape.channels == 10
    residual = parse(f"conv_stem(8) > 2*inception_residual({branches}, scale=0.5) > head(10)")
    assert parse(str(residual)) == residual


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("inception([[conv(8, [3, 3])]])", "inception([[conv(8, 3)]])"),
        ("inception([[conv(8, 1, valid)]])", "inception([[conv(8, 1)]])"),
        ("inception([[fork([[conv(8, 1)], [conv(4, 3)]])]])", "inception([[conv(8, 1)], [conv(4, 3)]])"),
        ("inception([[conv(8, 1), split_attention(0, 2)]])", "inception([[conv(8, 1), grouped(2)]])"),
        ("inception_residual([[conv(8, 1)]], scale=1)", "inception_residual([[conv(8, 1)]])"),
        ("inception([[conv(8, 3)]]) > inception([[conv(8, 3)]])", "2*inception([[conv(8, 3)]])"),
    ],
)
def test_two_writings_of_one_module_are_one_value(one: str, other: str) -> None:
    assert parse(f"conv_stem(8) > {one}") == parse(f"conv_stem(8) > {other}")


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("inception([])", "a module needs a branch with a layer in it"),
        ("inception([[]])", "a module needs a branch with a layer in it"),
        ("inception([[], [conv(8, 1)]])/2", "the last layer of a branch takes the stride of 2; this one has none"),
        ("inception([[conv(8, 1), local_norm]])/2", "local_norm: the last layer of a branch takes the stride of 2"),
        ("inception([[conv(8, 1), fork([[conv(8, 1)]])]])", "a fork has at least 2 branches, not 1"),
        ("inception([[conv(8, 3, valid)], [conv(8, 3)]])", "cannot concatenate maps of unequal size: 8x54x54, 8x56x56"),
        ("inception([[conv(8, 2)]])", "a 2x2 kernel at stride 1 has no centre"),
        ("inception([[max_pooling(1)]])", "max_pooling(1): a window that pools has a side of 2 or more, not 1"),
        ("inception([[conv(8, 61, valid)]])", "a window of 61 does not fit a map of 56 with padding 0"),
        ("inception([[bottleneck(8, 8)]])", "inception does not take '[[bottleneck(8, 8)]]' there"),
        ("auxiliary([conv(8, 1)], head(10))/2", "what hands on its input cannot stride by 2"),
    ],
)
def test_modules_that_cannot_be_are_refused(block: str, message: str) -> None:
    with pytest.raises(SpaceError) as refused:
        parse(f"conv_stem(8) > {block}")
    assert message in str(refused.value)


def test_sibling_1x1_convolutions_are_one_that_is_split() -> None:
    """Horizontal fusion: their weights stacked along the output channels."""
    shape, x = Shape(6, 9, 9), image(2, 6, 9, 9)
    siblings = module(Inception(((Conv(4, 1),), (Conv(8, 1),))), shape)
    fused = module(Inception(((Conv(12, 1),),)), shape)
    for layer, names in (("conv1", ("weight",)), ("norm1", ("weight", "bias", "running_mean", "running_var"))):
        for name in names:
            parts = [siblings.state_dict()[f"branch{i}.{layer}.{name}"] for i in (1, 2)]
            fused.state_dict()[f"{layer}.{name}"].copy_(torch.cat(parts))
    assert relative_error(fused(x), siblings(x)) < 1e-12


def test_a_residual_module_of_scale_0_is_the_identity() -> None:
    shape, x = Shape(6, 9, 9), image(2, 6, 9, 9)
    branches = ((Conv(4, 1),), (Conv(4, 1), Conv(8, (1, 7))))
    assert torch.equal(module(InceptionResidual(branches, scale=0.0), shape)(x.relu()), x.relu())
    assert torch.equal(module(InceptionResidual(branches, scale=0.0, relu=False), shape)(x), x)
    assert not torch.equal(module(InceptionResidual(branches, scale=0.0), shape)(x), x)
    assert not torch.equal(module(InceptionResidual(branches, scale=0.1), shape)(x.relu()), x.relu())


def test_a_residual_module_adds_its_scaled_branch() -> None:
    shape, x = Shape(6, 9, 9), image(2, 6, 9, 9)
    whole = module(InceptionResidual(((Conv(4, 3),),), relu=False), shape)
    scaled = module(InceptionResidual(((Conv(4, 3),),), scale=0.17, relu=False), shape)
    scaled.load_state_dict(whole.state_dict())
    assert relative_error(scaled(x), x + 0.17 * (whole(x) - x)) < 1e-12


def test_a_striding_1x1_reads_every_second_pixel() -> None:
    x = image(2, 6, 9, 9)
    graph = Inception(((Conv(4, 1),),)).apply(source(Interface(Shape(6, 9, 9))), Position(2)).graph
    striding, plain = (
        randomised(build_graph(graph)).requires_grad_(requires_grad=False),
        module(Inception(((Conv(4, 1),),)), Shape(6, 5, 5)),
    )
    plain.load_state_dict(striding.state_dict())
    assert relative_error(striding(x), plain(x[:, :, ::2, ::2])) < 1e-12


def test_factorised_kernels_cost_their_sides_not_their_area() -> None:
    """A 7x7 in two steps has 14 / 49 of the weights; GoogLeNet's 5x5 as two 3x3 has 18 / 25."""

    def weights(*kernels: int | tuple[int, int]) -> int:
        arch = parse("conv_stem(8) > inception([[conv(8, 1)]])")
        chain = tuple(Conv(8, kernel) for kernel in kernels)
        norms = 16 * len(chain)
        return cost(replace(arch, stages=(Stage(Inception((chain,)), 1),))).params - _rest(arch) - norms

    def _rest(arch: Arch) -> int:
        return cost(arch).params - 64 - 16

    assert weights((1, 7), (7, 1)) * 49 == weights(7) * 14
    assert weights(3, 3) * 25 == weights(5) * 18
