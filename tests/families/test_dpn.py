"""Dual path networks: figures, weights, their two writings, and what is left of them with one path."""

from dataclasses import replace

import pytest
import torch
from pytorchcv.models import dpn as theirs
from torch import nn

from space import Arch, SpaceError, Stage, build, cost, parse, trace
from space.families.densenet import DenseLayer
from space.families.dpn import EPS, SETTINGS, DualPath
from space.families.preresnet import PreBottleneck
from space.families.resnest import SplitAttention
from space.families.resnet import Grouped
from space.graph import Interface, source
from space.ops import Norm, Op, Shape
from space.parts import Block, Position
from space.table import table
from tests.weights import moved, randomised, relative_error


@pytest.mark.parametrize(
    ("depth", "params", "gmacs"),
    [
        ("68", 12_611_602, 2.326),
        ("68b", 12_611_602, 2.326),
        ("92", 37_668_392, 6.502),
        ("98", 61_570_728, 11.671),
        ("131", 79_254_504, 16.014),
        ("107", 86_917_800, 18.299),
    ],
)
def test_figures_are_those_of_independent_implementations(depth: str, params: int, gmacs: float) -> None:
    measured = cost(parse(f"dpn{depth}"))
    assert (measured.params, round(measured.macs / 1e9, 3)) == (params, gmacs)


@pytest.mark.parametrize("depth", SETTINGS)
def test_the_dense_path_starts_with_three_increments(depth: int) -> None:
    arch = parse(f"dpn{depth}")
    ends = [row.output.channels for row in table(arch)][1:-1]
    for stage, end in zip(arch.stages, ends, strict=True):
        assert isinstance(stage.block, DualPath)
        assert end == stage.block.residual + (stage.depth + 2) * stage.block.increment
    assert ends[-1] == (832 if depth == 68 else 2688)


@pytest.mark.parametrize(("depth", "split"), [(68, False), (68, True), (98, False)])
def test_outputs_are_those_of_an_independent_implementation(depth: int, split: bool) -> None:
    model = theirs.get_dpn(depth, b_case=split, for_training=True)
    _agree(model, parse(f"dpn{depth}{'b' if split else ''}"))


@pytest.mark.parametrize("depth", [107, 131])
def test_the_large_networks_are_wired_as_an_independent_implementation(depth: int) -> None:
    """With an eighth of the channels, since all of them take a gigabyte."""
    setting = SETTINGS[depth]
    inner, groups = setting.inner // 8, setting.cardinality // 5
    inner -= inner % groups
    paths = [
        (inner * 2**i, setting.residual // 8 * 2**i, increment // 4) for i, increment in enumerate(setting.increments)
    ]
    channels = [[b + (j + 3) * inc for j in range(n)] for (_, b, inc), n in zip(paths, setting.depths, strict=True)]
    rs, bws, incs = (list(values) for values in zip(*paths, strict=True))
    sizes = {"channels": channels, "rs": rs, "bws": bws, "incs": incs, "groups": groups, "num_classes": 10}
    stem = {"init_block_channels": 16, "init_block_kernel_size": 7, "init_block_padding": 3}
    model = theirs.DPN(**sizes, **stem, b_case=False, for_training=True, test_time_pool=False)
    stages = " > ".join(
        f"{n}*dual_path({r}, {b}, {inc}, grouped({groups}))/{1 if i == 0 else 2}"
        for i, ((r, b, inc), n) in enumerate(zip(paths, setting.depths, strict=True))
    )
    _agree(model, parse(f"dual_path_stem(16) > {stages} > dual_path_head(10)"))


def _agree(model: nn.Module, arch: Arch) -> None:
    image = torch.randn(1, 3, 64, 64, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    ours = build(arch).double()
    moved(randomised(model), ours, image)
    with torch.no_grad():
        assert relative_error(ours.eval()(image), model(image)) < 1e-9


def test_two_convolutions_are_slices_of_one() -> None:
    """DPN-68b's writing: the same function, parameters and multiply-adds; each reads what one did, so CIO differs."""
    block = "input(3, 40) > dual_path_stem(8) > 3*dual_path(8, 6, 4, grouped(2){}) > dual_path_head(5)"
    one, two = parse(block.format("")), parse(block.format(", split=true"))
    assert one != two
    whole, halves = randomised(build(one)), randomised(build(two))
    state = {}
    for name, value in whole.state_dict().items():
        if name.endswith("conv3.weight"):
            state[name], state[name.replace("conv3", "conv4")] = value.split([6, 4])
        else:
            state[name] = value
    halves.load_state_dict(state)
    image = torch.randn(2, 3, 40, 40, dtype=torch.float64)
    with torch.no_grad():
        assert relative_error(halves(image), whole(image)) < 1e-12
    a, b = cost(one), cost(two)
    assert (a.params, a.macs, a.activations) == (b.params, b.macs, b.activations)
    assert b.cio - a.cio == 3 * 8 * 10 * 10


def _wiring(block: Block) -> list[tuple[Op, tuple[int, ...]]]:
    """What a block that does not open its stage is made of, as if all norms had one epsilon."""
    y = block.apply(source(Interface(Shape(24, 9, 9))), Position())
    nodes = y.graph.nodes
    return [(replace(n.op, eps=0.0) if isinstance(n.op, Norm) else n.op, n.inputs) for n in nodes]


def test_without_an_increment_it_is_a_pre_activated_resnext() -> None:
    assert _wiring(DualPath(16, 24, 0, Grouped(4))) == _wiring(PreBottleneck(16, 24, Grouped(4)))


def test_without_a_residual_path_it_is_a_dense_layer() -> None:
    part = SplitAttention(2, 2)
    assert _wiring(DualPath(32, 0, 8, part)) == _wiring(DenseLayer(8, 4, part))


def test_the_classifier_is_a_fully_connected_layer_that_cio_counts() -> None:
    """A 1x1 convolution of the pooled map, with the same numbers."""
    sentence = "input(3, 40) > dual_path_stem(8) > dual_path(8, 6, 2) > {}(1000)"
    ours, plain = (parse(sentence.format(head)) for head in ("dual_path_head", "norm_head"))
    conv, linear = randomised(build(ours)), randomised(build(plain))
    state = zip(linear.state_dict().items(), conv.state_dict().values(), strict=True)
    linear.load_state_dict({name: value.reshape(tensor.shape) for (name, tensor), value in state})
    linear.get_submodule("head.norm1").eps = EPS  # type: ignore[assignment]
    image = torch.randn(2, 3, 40, 40, dtype=torch.float64)
    with torch.no_grad():
        assert relative_error(conv(image), linear(image)) < 1e-12
    a, b = cost(ours), cost(plain)
    assert (a.params, a.macs, a.cio) == (b.params, b.macs, b.cio + 6 + 3 * 2 + 1000)


def test_cardinality_and_radix_are_a_slot_of_the_dual_path_block() -> None:
    dense, grouped = (
        cost(parse(f"dual_path_stem(8) > 2*dual_path(16, 8, 4{s}) > norm_head(5)")) for s in ("", ", grouped(4)")
    )
    assert dense.params - grouped.params == 2 * 9 * 16 * 16 * 3 // 4
    arch = parse("dual_path_stem(8) > 2*dual_path(16, 8, 4, hierarchical(4), squeeze_excite(4)) > norm_head(5)")
    assert parse(str(arch)) == arch


@pytest.mark.parametrize(
    ("sentence", "message"),
    [
        ("dual_path(8, 0, 0)", "stage1.block1: dual_path(8, 0, 0): paths of 0 and 0 channels; at least 1 is needed"),
        ("dual_path(8, 4, 2, grouped(3))", "stage1.block1: grouped(3): 8 channels are not divisible by 3 groups"),
        ("dual_path(0, 4, 2)", "stage1.block1: a convolution to 0 channels; at least 1 is needed"),
    ],
)
def test_what_does_not_fit_is_refused(sentence: str, message: str) -> None:
    with pytest.raises(SpaceError) as refused:
        parse(f"dual_path_stem(8) > {sentence}")
    assert str(refused.value) == message


def test_a_stage_that_goes_on_does_not_open_again() -> None:
    """So that one stage of four blocks is not two of two."""
    whole, halves = (
        parse(f"dual_path_stem(8) > {stages} > norm_head(5)")
        for stages in ("4*dual_path(8, 4, 2)", "2*dual_path(8, 4, 2) > 2*dual_path(8, 4, 2)")
    )
    assert whole != halves
    assert whole.stages == (Stage(DualPath(8, 4, 2), 4),)
    assert len(trace(halves).nodes) > len(trace(whole).nodes)
