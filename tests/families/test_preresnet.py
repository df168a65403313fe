"""Pre-activated and wide residual networks."""

import pytest
import torch
from hypothesis import given, settings, strategies as st
from pytorchcv.models.preresnet_cifar import get_preresnet_cifar
from pytorchcv.models.wrn_cifar import get_wrn_cifar

from search.counters import measured_macs
from space import Arch, SpaceError, Stage, build, cost, parse, trace
from space.arch import Head, Input
from space.families.densenet import BareStem, NormHead
from space.families.preresnet import (
    DropoutShortcut,
    GatedShortcut,
    PreBasic,
    PreBottleneck,
    ScaledShortcut,
)
from space.families.resnet import Basic, ConvStem, NoShortcut, stack
from space.graph import Interface, Tensor, source
from space.module import build_graph
from space.ops import Shape
from space.parts import Output, Position
from tests.families.classic import EXACT, agree, built, involution_macs, noise
from tests.families.strategies_classic import OUTPUTS, blocks
from tests.weights import randomised, relative_error


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("preresnet50", 25_549_352),
        ("preresnet200", 64_666_152),
        ("preresnet164_cifar", 1_703_258),
        ("preresnet1001_cifar", 10_327_706),
        ("wrn40_2_cifar", 2_243_546),
        ("wrn28_12_cifar", 52_517_850),
        ("wrn22_10_cifar", 26_797_914),
        ("wrn16_10_cifar", 17_116_634),
        ("wrn50_2", 68_883_240),
    ],
)
def test_parameters_are_those_of_other_implementations(name: str, params: int) -> None:
    assert cost(parse(name)).params == params


@pytest.mark.parametrize(
    ("blocks", "kernels", "millions"),
    [
        (6, (1, 3, 1), 1.4),
        (6, (3, 1), 1.2),
        (6, (1, 3), 1.3),
        (6, (3, 1, 1), 1.3),
        (4, (3, 3), 1.5),
        (3, (3, 1, 3), 1.1),
        *((12 // deepening, (3,) * deepening, 2.2) for deepening in (1, 2, 3, 4)),
    ],
)
def test_block_types_have_the_published_sizes(blocks: int, kernels: tuple[int, ...], millions: float) -> None:
    """Tables 2 and 3 of the paper, at k = 2, to the digit printed: 40, 28 or 22 layers are 6n + 4 for any type."""
    stages = stack(tuple(PreBasic(p, kernels=kernels) for p in (32, 64, 128)), (blocks,) * 3)
    arch = Arch(stem=BareStem(16), stages=stages, head=NormHead(10), input=Input(3, 32))
    assert round(cost(arch).params / 1e6, 1) == millions


def test_a_thin_wide_network_is_a_preresnet() -> None:
    sentence = "input(3, 32) > bare_stem(16) > 6*pre_basic(16) > 6*pre_basic(32)/2 > 6*pre_basic(64)/2 > norm_head(10)"
    assert parse("wrn40_1_cifar") == parse(sentence)


def test_a_wide_bottleneck_is_one_group_of_128() -> None:
    assert parse("wrn50_2") == parse("resnext50_1x128d")


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (
            get_preresnet_cifar(10, 20, bottleneck=True),
            "2*pre_bottleneck(16, 64) > 2*pre_bottleneck(32, 128)/2 > 2*pre_bottleneck(64, 256)/2",
        ),
        (get_preresnet_cifar(10, 20, bottleneck=False), "3*pre_basic(16) > 3*pre_basic(32)/2 > 3*pre_basic(64)/2"),
        (get_wrn_cifar(10, 16, 2), "2*pre_basic(32) > 2*pre_basic(64)/2 > 2*pre_basic(128)/2"),
    ],
)
def test_equal_weights_compute_the_same(theirs: torch.nn.Module, ours: str) -> None:
    """Pytorchcv's, which strides in the 3x3 of CIFAR's bottlenecks too."""
    assert agree(theirs, build(parse(f"input(3, 32) > bare_stem(16) > {ours} > norm_head(10)")), 32)


def test_the_wide_name_computes_what_pytorchcv_does() -> None:
    assert agree(get_wrn_cifar(10, 16, 1), build(parse("wrn16_1_cifar")), 32)


def test_a_stage_without_projection_adds_its_branches_to_its_input() -> None:
    """x_L = x_l + the sum of F_i(x_i), in the literature's words."""
    stage, branch = Stage(PreBasic(8), 3), Stage(PreBasic(8, shortcut=NoShortcut()), 1)
    whole, x = built(stage, 8), noise(2, 8, 6, 6)
    added, now = [], x
    for i in range(3):
        one = built(branch, 8)
        one.load_state_dict(_renamed(whole.state_dict(), f"block{i + 1}.", "block1."))
        added.append(one(now))
        now = now + added[-1]
    assert relative_error(whole(x), x + sum(added)) < EXACT


def test_max_pooling_and_activation_commute_where_gamma_is_not_negative() -> None:
    """The stem of fb.resnet.torch, norm and ReLU before the pool, and timm's, which has them after it."""

    def stage(x: Tensor) -> torch.fx.GraphModule:
        y = x.within("stage1", PreBottleneck(4, 16).apply, Position(opens=True))
        return build_graph(y.within("head", NormHead(10).apply).graph)

    image = source(Interface(Shape(3, 33, 33)))
    before = stage(image.conv_norm(8, 7, stride=2).relu().max_pool(3, stride=2, padding=1))
    image = source(Interface(Shape(3, 33, 33)))
    after = stage(image.conv(8, 7, stride=2).max_pool(3, stride=2, padding=1))
    assert sum(p.numel() for p in before.parameters()) == sum(p.numel() for p in after.parameters())
    x = noise(2, 3, 33, 33)
    for model in (randomised(before), after.double().eval()):
        model.requires_grad_(requires_grad=False)
    _copy_in_order(before, after)
    assert relative_error(after(x), before(x)) < EXACT
    before.get_parameter("norm1.weight").data.neg_()
    _copy_in_order(before, after)
    assert relative_error(after(x), before(x)) > 1e-3


@pytest.mark.parametrize("blocks", [1, 2, 5])
def test_a_scaled_shortcut_decays_exponentially(blocks: int) -> None:
    """Negative: not linearly, and not as without scaling. Branches that give nothing leave factor^L of the input."""
    model = built(Stage(PreBasic(8, shortcut=ScaledShortcut(0.5)), blocks), 8)
    for name, weight in model.named_parameters():
        if name.endswith("conv2.weight"):
            torch.nn.init.zeros_(weight)
    x = noise(2, 8, 6, 6)
    assert torch.equal(model(x), 0.5**blocks * x)
    assert not torch.allclose(model(x), x)
    assert blocks == 1 or not torch.allclose(model(x), max(0, 1 - 0.5 * blocks) * x)


def test_gating_weights_branch_and_shortcut_as_published() -> None:
    exclusive, only, plain = (
        built(Stage(Basic(8, shortcut=s), 1), 8)
        for s in (GatedShortcut(), GatedShortcut(exclusive=False), NoShortcut())
    )
    only.load_state_dict(exclusive.state_dict())
    gate = exclusive.get_submodule("block1.gate.conv1")
    x = noise(2, 8, 6, 6)
    branch = torch.nn.Identity()
    plain.load_state_dict(exclusive.state_dict(), strict=False)
    # The plain block ends in ReLU, so the branch before it is read off where it is positive.
    g, end = torch.sigmoid(gate(x)), branch(plain(x))
    where = end > 0
    assert torch.allclose(exclusive(x)[where], torch.relu(g * end + (1 - g) * x)[where], rtol=EXACT)
    assert torch.allclose(only(x)[where], torch.relu(end + (1 - g) * x)[where], rtol=EXACT)


def test_a_dropped_shortcut_is_there_when_it_counts() -> None:
    """Dropout acts in training alone: in use the block is the plain one."""
    dropped, plain = (built(Stage(Basic(8, shortcut=s), 1), 8) for s in (DropoutShortcut(), Basic(8).shortcut))
    plain.load_state_dict(dropped.state_dict())
    x = noise(2, 8, 6, 6)
    assert torch.equal(dropped(x), plain(x))
    assert not torch.equal(dropped.train()(x), plain.train()(x))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2*pre_basic(8, zero_padding)", "2*pre_basic(8)"),
        ("2*pre_basic(8, grouped(4), kernels=[3, 1])", "2*pre_basic(8, kernels=[3, 1])"),
        ("2*basic(8, scaled_shortcut(1, zero_padding))", "2*basic(8)"),
        ("2*basic(8, dropout_shortcut(0))", "2*basic(8)"),
        ("pre_basic(9, full_projection)", "pre_basic(9, projection)"),
        ("2*basic(8, bare_projection)", "2*basic(8)"),
        ("2*basic(8, gate_post)", "2*basic(8)"),
    ],
)
def test_two_writings_of_one_network_are_one_value(one: str, other: str) -> None:
    assert parse(f"bare_stem(8) > {one}") == parse(f"bare_stem(8) > {other}")


def test_pre_activation_is_not_repeated_and_is_shared_where_the_shape_changes() -> None:
    """Three placements: `none` after an activation, `branch only` where the shape stays, `both` where it changes."""
    norms = {
        sentence: [n.name for n in trace(parse(sentence)).nodes if "stage1.block1.norm" in n.name]
        for sentence in ("conv_stem(8) > pre_basic(8)", "bare_stem(8) > pre_basic(8)")
    }
    assert [len(found) for found in norms.values()] == [1, 2]
    graph = trace(parse("bare_stem(8) > pre_basic(16)/2"))
    shortcut = next(node for node in graph.nodes if "shortcut" in node.name)
    assert graph.nodes[shortcut.inputs[0]].name == "stage1.block1.activation1"


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("bare_stem(8) > pre_basic(8, kernels=[])", "1 to 16 kernels, not 0"),
        ("bare_stem(8) > pre_basic(8, kernels=[3, 2])", "2x2 kernel"),
        ("bare_stem(8) > pre_basic(8, dropout=100)", "dropout of 100 %"),
        ("bare_stem(8) > pre_basic(9, grouped(2))", "grouped.2.: 9 channels"),
        ("bare_stem(8) > basic(8, scaled_shortcut(2))", "a factor is 0.001 to 1, not 2"),
        ("bare_stem(8) > basic(4, gated_shortcut)", "cannot shrink 8 channels to 4"),
        ("bare_stem(8) > basic(8, squeeze_excite, gate_identity, no_shortcut)", "on a shortcut; there is none"),
        ("bare_stem(8) > basic(8, dropout_shortcut(no_shortcut))", "a shortcut is needed; there is none"),
        ("wrn41_2_cifar", "6n [+] 4; the nearest is wrn40_2_cifar"),
        ("wrn40_0_cifar", "1 or more, not 0"),
        ("preresnet165_cifar", "9n [+] 2; the nearest is preresnet164_cifar"),
        ("wrn18_0", "at least 1"),
    ],
)
def test_what_is_impossible_is_refused(sentence: str, reason: str) -> None:
    with pytest.raises(SpaceError, match=reason):
        parse(sentence)


@st.composite
def archs(draw: st.DrawFn) -> Arch | None:
    """Small networks of these families' blocks; None where they are refused."""
    outputs: st.SearchStrategy[Output] = st.one_of(*OUTPUTS, st.builds(Head, st.integers(1, 9)))
    stages = st.lists(
        st.builds(Stage, st.one_of(*blocks().values()), st.integers(1, 3), st.integers(1, 2)), min_size=1, max_size=2
    )
    stem = draw(st.sampled_from((BareStem(8), BareStem(8, 3, 2, pool=True), ConvStem(8, 3, 1, pool=False))))
    try:
        return Arch(stem=stem, stages=tuple(draw(stages)), head=draw(outputs), input=Input(3, draw(st.integers(7, 15))))
    except SpaceError:
        return None


@given(archs(), st.integers(7, 24))
@settings(max_examples=25)
def test_declared_cost_is_measured_cost(arch: Arch | None, resolution: int) -> None:
    if arch is None:
        return
    declared, model = cost(arch, resolution), build(arch)
    assert declared.params == sum(p.numel() for p in model.parameters())
    assert declared.macs == measured_macs(model, arch.input.shape(resolution)) + involution_macs(arch, resolution)


@given(archs())
@settings(max_examples=15)
def test_sentences_round_trip_and_every_parameter_gets_a_finite_gradient(arch: Arch | None) -> None:
    if arch is None:
        return
    assert parse(str(arch)) == arch
    model = build(arch)
    model(torch.randn(8, *arch.input.shape())).square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


@given(archs(), st.data())
@settings(max_examples=60)
def test_a_stage_may_be_written_in_two_pieces(arch: Arch | None, data: st.DataObject) -> None:
    if arch is None:
        return
    i = data.draw(st.integers(0, len(arch.stages) - 1))
    stage = arch.stages[i]
    cut = data.draw(st.integers(1, stage.depth))
    pieces = [Stage(stage.block, n, stride) for n, stride in ((cut, stage.stride), (stage.depth - cut, 1)) if n]
    stages = (*arch.stages[:i], *pieces, *arch.stages[i + 1 :])
    assert Arch(stem=arch.stem, stages=stages, head=arch.head, input=arch.input) == arch


def test_most_draws_are_sentences() -> None:
    accepted: list[bool] = []

    @given(archs())
    @settings(max_examples=100)
    def draw(arch: Arch | None) -> None:
        accepted.append(arch is not None)

    draw()
    assert sum(accepted) >= 0.6 * len(accepted)


def _renamed(state: dict[str, torch.Tensor], old: str, new: str) -> dict[str, torch.Tensor]:
    return {new + name.removeprefix(old): tensor for name, tensor in state.items() if name.startswith(old)}


def _copy_in_order(theirs: torch.nn.Module, ours: torch.nn.Module) -> None:
    """Convolutions to convolutions, norms to norms, each in order: what `moved` cannot where layers change places."""
    for kind in (torch.nn.Conv2d, torch.nn.BatchNorm2d, torch.nn.Linear):
        layers = ([m for m in model.modules() if isinstance(m, kind)] for model in (theirs, ours))
        for one, other in zip(*layers, strict=True):
            other.load_state_dict(one.state_dict())
