"""ResNeXt: three forms of one block, groups as blocks of a matrix, settings that are other families."""

import pytest
import torch
from pytorchcv.models import resnext as theirs, resnext_cifar as theirs_cifar
from torch import nn
from torch.nn import functional as F

from space import SpaceError, Stage, cost, parse
from space.cost import part_cost
from space.families.resnet import Bottleneck, Grouped
from space.families.resnext import Aggregated, Merge
from space.graph import Interface
from space.module import build
from space.ops import Shape
from tests.families.classic import EXACT, agree, built, convolution, noise
from tests.weights import relative_error

CARDINALITY, WIDTH, OUT, CHANNELS = 4, 3, 20, 8
FORM_C = Stage(Bottleneck(CARDINALITY * WIDTH, OUT, Grouped(CARDINALITY)), 1, 2)


def form(merge: Merge) -> Stage:
    return Stage(Aggregated(CARDINALITY, WIDTH, OUT, merge), 1, 2)


def layers(model: nn.Module, kind: type[nn.Module]) -> list[nn.Module]:
    """Those of one kind on the branch, in the order of execution."""
    return [m for name, m in model.named_modules() if isinstance(m, kind) and "shortcut" not in name]


def part(layer: nn.Module, source: nn.Module, rows: slice, columns: slice = slice(None)) -> None:
    """Give a layer some output channels of another's state, and some input channels."""
    for name, tensor in layer.state_dict().items():
        if tensor.ndim:
            wanted = source.state_dict()[name][rows]
            tensor.copy_(wanted[:, columns] if wanted.ndim > 1 else wanted)


def branches_from(grouped: nn.Module, branches: nn.Module, merge: Merge) -> None:
    """Move form c's weights into the branches of form a or b."""
    (c1, c2, c3), (n1, n2, n3) = layers(grouped, nn.Conv2d), layers(grouped, nn.BatchNorm2d)
    convs, norms = layers(branches, nn.Conv2d), layers(branches, nn.BatchNorm2d)
    each = 3 if merge is Merge.SUMMED else 2
    for i in range(CARDINALITY):
        mine = slice(i * WIDTH, (i + 1) * WIDTH)
        for layer, source in zip((*convs[each * i :][:2], *norms[2 * i :][:2]), (c1, c2, n1, n2), strict=True):
            part(layer, source, mine)
        if merge is Merge.SUMMED:
            part(convs[each * i + 2], c3, slice(None), mine)
    if merge is Merge.CONCATENATED:
        part(convs[-1], c3, slice(None))
    part(norms[-1], n3, slice(None))
    branches.get_submodule("block1.shortcut").load_state_dict(grouped.get_submodule("block1.shortcut").state_dict())


@pytest.mark.parametrize("merge", Merge)
def test_separate_branches_compute_what_groups_do(merge: Merge) -> None:
    grouped, branches, x = built(FORM_C, CHANNELS), built(form(merge), CHANNELS), noise(2, CHANNELS, 6, 6)
    assert relative_error(branches(x), grouped(x)) > 0.01
    branches_from(grouped, branches, merge)
    assert relative_error(branches(x), grouped(x)) < EXACT


@pytest.mark.parametrize("setting", ["1x64", "2x40", "4x24", "8x14", "32x4"])
def test_three_forms_cost_the_same_but_for_their_memory_traffic(setting: str) -> None:
    c, b, a = (cost(parse(f"resnext50_{setting}d{end}")) for end in ("", "_form_b", "_form_a"))
    assert (a.params, a.macs) == (b.params, b.macs) == (c.params, c.macs)
    assert (a.cio > b.cio > c.cio) if setting != "1x64" else (a == b == c)


@pytest.mark.parametrize(
    ("cardinality", "width", "params"), [(1, 64, 69632), (2, 40, 69760), (4, 24, 69888), (8, 14, 71456), (32, 4, 70144)]
)
@pytest.mark.parametrize("merge", Merge)
def test_blocks_of_equal_complexity(cardinality: int, width: int, params: int, merge: Merge) -> None:
    """C(256d + 9d² + 256d) weights, and 2(2Cd + 256) of norms, in every form."""
    grouped = Bottleneck(cardinality * width, 256, Grouped(cardinality))
    for block in (grouped, Aggregated(cardinality, width, 256, merge)):
        spent = part_cost(Stage(block, 1), Interface(Shape(256, 1, 1)))[0].params
        assert spent == params + 2 * (2 * cardinality * width + 256)


def test_one_branch_is_a_bottleneck() -> None:
    assert parse("resnext50_1x64d_form_a") == parse("resnext50_1x64d_form_b") == parse("resnet50")
    assert parse("conv_stem(8) > aggregated(2, 4, 16)") != parse("conv_stem(8) > bottleneck(8, 16, grouped(2))")


def test_a_grouped_convolution_is_a_block_diagonal_one() -> None:
    grouped, dense = (built(Stage(Bottleneck(6, 8, Grouped(groups)), 1), 8) for groups in (3, 1))
    kernels = convolution(grouped, "block1.conv2").weight
    diagonal = torch.zeros(6, 6, 3, 3, dtype=kernels.dtype)
    for i in range(3):
        mine = slice(2 * i, 2 * i + 2)
        diagonal[mine, mine] = kernels[mine]
    dense.load_state_dict(grouped.state_dict() | {"block1.conv2.weight": diagonal})
    x = noise(2, 8, 5, 5)
    assert relative_error(dense(x), grouped(x)) < EXACT
    assert diagonal.numel() == 3 * kernels.numel()


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("resnext50_32x4d", 25_028_904),
        ("resnext101_32x8d", 88_791_336),
        ("resnext101_32x16d", 194_026_792),
        ("resnext101_32x32d", 468_530_472),
        ("resnext101_32x48d", 828_411_176),
        ("resnext29_8x64d_cifar", 34_426_698),
        ("resnext29_16x64d_cifar", 68_155_210),
    ],
)
def test_parameters_are_the_published_ones(name: str, params: int) -> None:
    assert cost(parse(name)).params == params


@pytest.mark.parametrize("name", ["resnet50", "resnext50_32x4d"])
def test_the_ablation_without_residuals_lacks_the_projections(name: str) -> None:
    stem, *stages, head = str(parse(name)).split(" > ")
    plain = parse(" > ".join((stem, *(_no_shortcut(stage) for stage in stages), head)))
    projections = ((64, 256, 56), (256, 512, 28), (512, 1024, 14), (1024, 2048, 7))
    difference = cost(parse(name)).params - cost(plain).params
    assert difference == sum(i * o + 2 * o for i, o, _ in projections)
    assert cost(parse(name)).macs - cost(plain).macs == sum(i * o * s * s for i, o, s in projections)


def _no_shortcut(stage: str) -> str:
    block, _, stride = stage.partition("/")
    return f"{block[:-1]}, no_shortcut)" + (f"/{stride}" if stride else "")


def test_one_channel_a_group_is_a_depthwise_bottleneck() -> None:
    assert "bottleneck(128, 256, grouped(128))" in str(parse("resnext50_128x1d"))
    model, x = built(Stage(Bottleneck(6, 8, Grouped(6)), 1), 6), noise(2, 6, 5, 5)
    _, depthwise, _ = layers(model, nn.Conv2d)
    kernels = depthwise.state_dict()["weight"]
    assert kernels.shape == (6, 1, 3, 3)
    separate = [F.conv2d(x[:, i : i + 1], kernels[i : i + 1], padding=1) for i in range(6)]
    assert torch.allclose(depthwise(x), torch.cat(separate, 1), atol=1e-12)


def test_wide_resnet_50_2_is_one_wide_group() -> None:
    assert cost(parse("resnext50_1x128d")).params == 68_883_240
    assert parse("resnext50_1x128d") == parse("wrn50_2")


@pytest.mark.parametrize("depth", [50, 101])
def test_outputs_are_those_of_an_independent_implementation(depth: int) -> None:
    other = theirs.get_resnext(blocks=depth, cardinality=32, bottleneck_width=4)
    other.features.final_pool = nn.AdaptiveAvgPool2d(1)  # theirs is of 7x7 maps only
    assert agree(other, build(parse(f"resnext{depth}_32x4d")), 40)


@pytest.mark.parametrize(("cardinality", "width"), [(1, 64), (32, 4)])
def test_cifar_outputs_are_those_of_an_independent_implementation(cardinality: int, width: int) -> None:
    other = theirs_cifar.get_resnext_cifar(num_classes=10, blocks=29, cardinality=cardinality, bottleneck_width=width)
    assert agree(other, build(parse(f"resnext29_{cardinality}x{width}d_cifar")), 32)


@pytest.mark.parametrize(
    ("sentence", "message"),
    [
        ("aggregated(0, 4, 16)", r"stage1.block1: aggregated\(0, 4, 16\): a block has at least 1 branch, not 0"),
        ("aggregated(2, 3, 16, grouped(2))", r"stage1.block1: grouped\(2\): 3 channels are not divisible by 2 groups"),
        ("aggregated(999999, 3, 16)", "stage1.block1: a network has at most 100000 operations; this one has more"),
    ],
)
def test_impossible_branches_are_refused(sentence: str, message: str) -> None:
    with pytest.raises(SpaceError, match=f"^{message}$"):
        parse(f"conv_stem(8) > {sentence}")


def test_one_form_is_written_without_its_name() -> None:
    assert "aggregated(32, 4, 256)" in str(parse("resnext50_32x4d_form_a"))
    assert "aggregated(32, 4, 256, concatenated)" in str(parse("resnext50_32x4d_form_b"))
