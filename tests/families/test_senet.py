"""Squeeze-and-excitation networks."""

import pytest
import torch
from pytorchcv.models.senet import get_senet
from pytorchcv.models.seresnet import get_seresnet
from pytorchcv.models.seresnext import get_seresnext
from torch import nn

from space import SpaceError, Stage, build, cost, parse
from space.families.resnet import Basic, Bottleneck
from space.families.senet import HalvedBottleneck, SqueezeExcite
from space.parts import Block, Placement
from tests.families.classic import EXACT, agree, built, convolution, noise
from tests.weights import relative_error

WIDTHS = {"seresnet18": (64, 128, 256, 512), "seresnet50": (256, 512, 1024, 2048)}
DEPTHS = {"seresnet18": (2, 2, 2, 2), "seresnet50": (3, 4, 6, 3)}


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("seresnet18", 11_778_592),
        ("seresnet34", 21_958_868),
        ("seresnet50", 28_088_024),
        ("seresnet50a", 28_088_024),
        ("senet154", 115_088_984),
    ],
)
def test_parameters_are_those_of_other_implementations(name: str, params: int) -> None:
    assert cost(parse(name)).params == params


@pytest.mark.parametrize(("depth", "macs"), [(50, 3.860), (101, 7.575), (152, 11.289)])
def test_the_first_1x1_strides_as_released(depth: int, macs: float) -> None:
    assert round(cost(parse(f"seresnet{depth}a")).macs / 1e9, 3) == macs


@pytest.mark.parametrize("name", WIDTHS)
def test_a_gate_adds_two_small_convolutions_to_every_block(name: str) -> None:
    plain, gated = cost(parse(name.removeprefix("se"))), cost(parse(name))
    blocks = [c for c, depth in zip(WIDTHS[name], DEPTHS[name], strict=True) for _ in range(depth)]
    assert gated.params - plain.params == sum(2 * c * c // 16 + c // 16 + c for c in blocks)
    assert gated.macs - plain.macs == sum(2 * c * c // 16 for c in blocks)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (get_seresnet(18), "seresnet18"),
        (
            get_seresnet(26, bottleneck=True),
            "conv_stem(64) > 2*bottleneck(64, 256, squeeze_excite) > "
            + " > ".join(f"2*bottleneck({p}, {4 * p}, stride_in_1x1, squeeze_excite)/2" for p in (128, 256, 512)),
        ),
        (get_seresnext(50, 32, 4), "seresnext50_32x4d"),
        (
            get_senet(16),
            "deep_stem(64) > halved_bottleneck(128, 256, 32, squeeze_excite) > "
            + " > ".join(
                f"halved_bottleneck({2 * p}, {4 * p}, 32, squeeze_excite, spatial_projection)/2"
                for p in (128, 256, 512)
            ),
        ),
    ],
    ids=["seresnet18", "seresnet26a", "seresnext50", "senet16"],
)
def test_equal_weights_compute_the_same(theirs: nn.Module, ours: str) -> None:
    """At a resolution that pytorchcv's fixed 7x7 pool does not allow."""
    theirs.features.final_pool = nn.AdaptiveAvgPool2d(1)  # type: ignore[union-attr]
    assert agree(theirs, build(parse(ours)), 40)


def test_the_gate_is_two_fully_connected_layers_and_an_axpy() -> None:
    """Whether written as linear layers or 1x1 convolutions; s F(x) + x is one fused operation."""
    gated, plain = (built(Stage(Basic(16, gate=gate), 1), 16) for gate in (SqueezeExcite(4), Basic(16).gate))
    plain.load_state_dict(gated.state_dict(), strict=False)
    x = noise(2, 16, 6, 6).abs()
    squeeze, excite = (convolution(gated, f"block1.se.conv{i}") for i in (1, 2))
    branch = plain.get_submodule("block1.norm2")
    results: list[torch.Tensor] = []
    branch.register_forward_hook(lambda _m, _x, y: results.append(y.clone()))
    plain(x)
    hidden = torch.relu(nn.functional.linear(results[0].mean((2, 3)), squeeze.weight.flatten(1), squeeze.bias))
    s = torch.sigmoid(nn.functional.linear(hidden, excite.weight.flatten(1), excite.bias))
    assert relative_error(gated(x), torch.relu(torch.addcmul(x, s[:, :, None, None], results[0]))) < EXACT


BLOCKS: list[Block] = [Basic(16), Bottleneck(8, 16), HalvedBottleneck(8, 16, 2)]


@pytest.mark.parametrize("placement", Placement)
@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_a_gate_that_is_open_changes_nothing(block: Block, placement: Placement) -> None:
    gated, plain = _with_and_without(block, placement, bias=1e9)
    x = noise(2, 16, 6, 6)
    assert torch.equal(gated(x), plain(x))


def test_a_gate_half_open_halves_what_it_stands_on() -> None:
    x = noise(2, 16, 6, 6).abs()
    for placement in Placement:
        gated, plain = _with_and_without(Basic(16), placement, bias=0)
        results: list[torch.Tensor] = []
        plain.get_submodule("block1.norm2").register_forward_hook(lambda _m, _x, y, to=results: to.append(y.clone()))
        whole, _ = plain(x), plain(x / 2)
        branch, of_half = results
        expected = {
            Placement.STANDARD: torch.relu(branch / 2 + x),
            Placement.PRE: torch.relu(of_half + x),
            Placement.IDENTITY: torch.relu(branch + x / 2),
            Placement.POST: whole / 2,
        }[placement]
        assert relative_error(gated(x), expected) < EXACT


def _with_and_without(block: Block, placement: Placement, bias: float) -> tuple[nn.Module, nn.Module]:
    """The block with a gate that weights every channel with the sigmoid of `bias`, and without one."""
    assert isinstance(block, Basic | Bottleneck | HalvedBottleneck)
    arguments = {**vars(block), "gate": SqueezeExcite(4), "placement": placement}
    gated, plain = built(Stage(type(block)(**arguments), 1), 16), built(Stage(block, 1), 16)
    plain.load_state_dict(gated.state_dict(), strict=False)
    nn.init.zeros_(gated.get_parameter("block1.se.conv2.weight"))
    nn.init.constant_(gated.get_parameter("block1.se.conv2.bias"), bias)
    return gated, plain


@pytest.mark.parametrize("stage", range(4))
def test_without_gamma_a_stage_after_an_activation_is_its_projection(stage: int) -> None:
    """A branch whose last norm gives zero leaves relu(shortcut(x)), and where nothing projects, x itself."""
    block = (Basic(16), Bottleneck(8, 16), Basic(16, gate=SqueezeExcite(4)), HalvedBottleneck(8, 16, 2))[stage]
    model, x = built(Stage(block, 3), 16), noise(2, 16, 6, 6).abs()
    last = "norm2" if isinstance(block, Basic) else "norm3"
    for i in (1, 2, 3):
        nn.init.zeros_(model.get_parameter(f"block{i}.{last}.weight"))
        nn.init.zeros_(model.get_parameter(f"block{i}.{last}.bias"))
    assert torch.equal(model(x), x)
    projecting = built(Stage(block, 1, 2), 8)
    nn.init.zeros_(projecting.get_parameter(f"block1.{last}.weight"))
    nn.init.zeros_(projecting.get_parameter(f"block1.{last}.bias"))
    y = noise(2, 8, 6, 6)
    shortcut = projecting.get_submodule("block1.shortcut")
    expected = torch.relu(shortcut.get_submodule("norm1")(shortcut.get_submodule("conv1")(y)))
    assert torch.equal(projecting(y), expected)


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("conv_stem(8) > basic(8, squeeze_excite)", "squeeze_excite: 8 channels cannot be reduced 16 times"),
        ("conv_stem(8) > basic(8, squeeze_excite(0))", "cannot be reduced 0 times"),
        ("conv_stem(8) > halved_bottleneck(9, 16, 1)", "9 channels"),
        ("conv_stem(8) > halved_bottleneck(12, 16, 4)", "half of 12 channels is not divisible by 4 groups"),
        ("seresnext50_32x0d", "at least 1"),
    ],
)
def test_what_is_impossible_is_refused(sentence: str, reason: str) -> None:
    with pytest.raises(SpaceError, match=reason):
        parse(sentence)
