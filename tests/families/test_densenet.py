"""DenseNet: figures, weights, and what its layers are equal to."""

import copy

import pytest
import torch
import torch.nn.functional as F
from pytorchcv.models import densenet as theirs, densenet_cifar as theirs_cifar
from torch import nn

from space import Arch, Cost, SpaceError, Stage, build, cost, parse
from space.cost import part_cost
from space.families.densenet import DEPTHS, DenseLayer, Transition
from space.families.preresnet import PreBasic
from space.families.resnet import Grouped
from space.graph import Interface, source
from space.ops import Shape
from space.parts import Position
from space.table import table
from tests.families.classic import EXACT, built, convolution, noise, norm
from tests.weights import moved, randomised, relative_error

CIFAR = "input(3, 32) > bare_stem({width}) > {block} > {end} > {block} > {end} > {block} > norm_head(10)"


def plain_cifar(layers: int, growth_rate: int, width: int, transition: str) -> Arch:
    """A network without bottlenecks, as released code has it."""
    block = f"{layers}*dense_layer({growth_rate}, bottleneck=0)"
    return parse(CIFAR.format(width=width, block=block, end=f"{transition}/2"))


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("densenet201", 20_013_928),
        ("densenet_l100_k24_cifar", 27_249_082),
        ("densenet_bc_l190_k40_cifar", 25_624_430),
        ("densenet_bc_l40_k36_cifar", 1_542_682),
        ("densenet_bc_l40_k48_cifar", 2_733_130),
        ("densenet_bc_l40_k60_cifar", 4_261_690),
    ],
)
def test_parameters_are_the_published_ones(name: str, params: int) -> None:
    assert cost(parse(name)).params == params


@pytest.mark.parametrize(
    ("layers", "growth_rate", "params"), [(12, 12, 1_059_298), (32, 12, 7_083_538), (32, 24, 28_071_706)]
)
def test_the_released_code_starts_with_twice_the_growth_rate(layers: int, growth_rate: int, params: int) -> None:
    arch = plain_cifar(layers, growth_rate, 2 * growth_rate, "transition(compression=1)")
    assert cost(arch).params == params


@pytest.mark.parametrize(
    ("depth", "channels"),
    [
        (121, [256, 512, 1024, 1024]),
        (169, [256, 512, 1280, 1664]),
        (201, [256, 512, 1792, 1920]),
        (161, [384, 768, 2112, 2208]),
        (264, [256, 512, 2304, 2688]),
    ],
)
def test_dense_blocks_end_with_the_papers_channels(depth: int, channels: list[int]) -> None:
    rows = [row for row in table(parse(f"densenet{depth}")) if row.scope.startswith("stage")]
    assert [row.output.channels for row in rows[::2]] == channels
    assert 2 * sum(DEPTHS[depth]) + 5 - depth == (1 if depth == 264 else 0)


def test_memory_traffic_is_what_hardnets_paper_says() -> None:
    assert [round(cost(parse(f"densenet{depth}")).cio / 1e6, 1) for depth in (121, 201)] == [21.9, 31.8]


def test_a_layer_of_a_block_has_these_weights() -> None:
    """(c0 + l k) 4k + 36 k², and two for every channel that is normalised."""
    k, c0 = 12, 30
    for layer in range(5):
        c = c0 + layer * k
        share, after = part_cost(Stage(DenseLayer(k), 1), Interface(Shape(c, 8, 8)))
        assert share.params == c * 4 * k + 36 * k * k + 2 * (c + 4 * k)
        assert after.shape.channels == c + k
    share, after = part_cost(Stage(Transition(0.3), 1, 2), Interface(Shape(25, 9, 9)))
    assert (after.shape, share.params) == (Shape(7, 4, 4), 2 * 25 + 25 * 7)


@pytest.mark.parametrize("depth", [121, 161, 169, 201])
def test_outputs_are_those_of_an_independent_implementation(depth: int) -> None:
    model = getattr(theirs, f"densenet{depth}")()
    model.features.final_pool = nn.AdaptiveAvgPool2d(1)  # theirs averages 7x7
    _agree(model, parse(f"densenet{depth}"))


@pytest.mark.parametrize(("depth", "growth_rate"), [(40, 12), (40, 24), (100, 12)])
def test_cifar_outputs_are_those_of_an_independent_implementation(depth: int, growth_rate: int) -> None:
    model = theirs_cifar.get_densenet_cifar(10, depth, growth_rate, bottleneck=True)
    _agree(model, parse(f"densenet_bc_l{depth}_k{growth_rate}_cifar"))


def test_an_implementation_that_compresses_without_bottlenecks_is_a_sentence() -> None:
    arch = plain_cifar(12, 12, 24, "transition")
    assert cost(arch).params == 599_050
    _agree(theirs_cifar.get_densenet_cifar(10, 40, 12, bottleneck=False), arch)


def _agree(model: nn.Module, arch: Arch) -> None:
    image = torch.randn(1, 3, 32, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    ours = build(arch).double()
    moved(randomised(model), ours, image)
    with torch.no_grad():
        assert relative_error(ours.eval()(image), model(image)) < 1e-9


RECOMPUTED = (
    "input(3, 32) > conv_stem(8) > 3*dense_layer(4) > transition/2 > 3*dense_layer(4, dropout=20) > norm_head(5)",
    "input(3, 33) > dual_path_stem(8) > 3*dual_path(8, 8, 4, grouped(4)) > 2*dual_path(8, 8, 4)/2 > dual_path_head(5)",
    "input(3, 32) > conv_stem(8) > 2*dense_layer(4, split_attention(2, 2)) > hard_block(4, 4, 8, depthwise) > head(5)",
)


@pytest.mark.parametrize("sentence", RECOMPUTED)
def test_recomputing_changes_nothing_but_memory(sentence: str) -> None:
    """Outputs, gradients and running statistics over two steps; torchvision's form updates the last twice a step."""
    torch.manual_seed(0)
    plain = build(parse(sentence)).double()
    thrifty = build(parse(sentence), recompute=True).double()
    assert list(thrifty.state_dict()) == list(plain.state_dict())
    thrifty.load_state_dict(plain.state_dict())
    thrifty = copy.deepcopy(thrifty)
    for step in range(2):
        image = torch.randn(4, 3, 32, 32, dtype=torch.float64)
        outputs, saved = zip(*(_step(model, image, step) for model in (plain, thrifty)), strict=True)
        assert torch.equal(*outputs)
        assert saved[1] < saved[0]
        for p, q in zip(plain.parameters(), thrifty.parameters(), strict=True):
            assert p.grad is not None
            torch.testing.assert_close(p.grad, q.grad, rtol=1e-9, atol=1e-12)
        for s, t in zip(plain.buffers(), thrifty.buffers(), strict=True):
            assert torch.equal(s, t)
    with torch.no_grad():
        assert torch.equal(plain.eval()(image), thrifty.eval()(image))


def _step(model: nn.Module, image: torch.Tensor, seed: int) -> tuple[torch.Tensor, int]:
    """The logits, and how many elements forward keeps for backward."""
    kept: dict[int, int] = {}

    def keep(x: torch.Tensor) -> torch.Tensor:
        kept[x.data_ptr()] = x.numel()
        return x

    model.train().zero_grad()
    torch.manual_seed(seed)  # dropout's
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda x: x):
        y = model(image)
    elements = sum(kept.values())
    y.square().sum().backward()
    return y.detach(), elements


def test_statistics_are_updated_once_also_where_it_strides() -> None:
    model = build(parse("conv_stem(4) > 2*dense_layer(2)/2 > norm_head(3)"), recompute=True)
    model(torch.randn(2, 3, 32, 32)).sum().backward()
    counts = {int(b) for name, b in model.named_buffers() if name.endswith("num_batches_tracked")}
    assert counts == {1}


SOURCES = ((0, 5), (5, 9), (9, 13))  # the channels of a stage's input and of its first two layers of growth rate 4


def test_a_layer_reads_a_sum_over_all_earlier_outputs() -> None:
    """A convolution of a concatenation is the sum of one of each."""
    stage = built(Stage(DenseLayer(4, bottleneck=0), 3), 5)
    y, kernels = stage(noise(2, 5, 7, 7)), convolution(stage, "block3.conv1").weight
    assert y.shape[1] == 5 + 3 * 4
    read = norm(stage, "block3.norm1")(y[:, :13]).relu()
    pieces = [F.conv2d(read[:, a:b], kernels[:, a:b], padding=1) for a, b in SOURCES]
    assert relative_error(torch.stack(pieces).sum(0), y[:, 13:]) < EXACT


def test_a_dense_block_that_shares_its_1x1_by_source_is_a_residual_network() -> None:
    """With f_t the same for every later reader, what layer k reads is r_k = r_(k-1) + f_k(h_k) (DPN, figure 2)."""
    layers, c, m = 4, 5, 6
    dense = built(Stage(DenseLayer(m, bottleneck=1), layers), c)
    residual = built(Stage(PreBasic(m, kernels=(3, 1)), layers - 1), m)
    ends = [0, *range(c, c + layers * m, m)]
    for k in range(1, layers + 1):
        for first in range(1, k):
            _share(dense, f"block{first}", f"block{k}", slice(ends[first - 1], ends[first]))
    for k in range(1, layers):
        mine = slice(ends[k], ends[k + 1])
        _copy(norm(dense, f"block{k}.norm2"), norm(residual, f"block{k}.norm1"))
        _copy(norm(dense, f"block{k + 1}.norm1"), norm(residual, f"block{k}.norm2"), mine)
        convolution(residual, f"block{k}.conv1").weight.copy_(convolution(dense, f"block{k}.conv2").weight)
        convolution(residual, f"block{k}.conv2").weight.copy_(convolution(dense, f"block{k + 1}.conv1").weight[:, mine])
    sums: list[torch.Tensor] = []
    for k in (1, layers):
        convolution(dense, f"block{k}.conv1").register_forward_hook(lambda _m, _x, y: sums.append(y))
    dense(noise(2, c, 5, 5))
    assert relative_error(residual(sums[0]), sums[1]) < EXACT


def _share(dense: nn.Module, first: str, later: str, channels: slice) -> None:
    """Let a layer read the channels as the first one does that reads them."""
    _copy(norm(dense, f"{first}.norm1"), norm(dense, f"{later}.norm1"), channels, channels)
    one, other = (convolution(dense, f"{layer}.conv1").weight for layer in (later, first))
    one[:, channels] = other[:, channels]


def _copy(one: nn.Module, other: nn.Module, source: slice = slice(None), target: slice = slice(None)) -> None:
    """Give channels of a norm the state of another's."""
    for name, tensor in other.state_dict().items():
        if tensor.ndim:
            tensor[target] = one.state_dict()[name][source]


def test_a_layer_that_adds_nothing_is_refused_as_none() -> None:
    with pytest.raises(SpaceError, match=r"stage1.block1: dense_layer\(0\): a layer that adds 0 channels is none"):
        parse("conv_stem(8) > dense_layer(0) > norm_head(10)")


def test_parts_of_other_families_stand_in_place_of_the_3x3() -> None:
    """In groups the 3x3 itself; what keeps its channels with a 1x1 after it; whatever amounts to one is one."""
    x = Interface(Shape(16, 8, 8))

    def costs(layer: DenseLayer) -> Cost:
        return part_cost(Stage(layer, 2), x)[0]

    plain, grouped = costs(DenseLayer(8)), costs(DenseLayer(8, spatial=Grouped(4)))
    assert plain.params - grouped.params == 2 * 9 * 32 * 8 * 3 // 4
    one, other = (
        parse(f"conv_stem(8) > 2*dense_layer(8, {part}) > norm_head(9)")
        for part in ("hierarchical(1, split_attention(0, 2))", "grouped(2)")
    )
    assert one == other
    stage = source(x)
    DenseLayer(8, spatial=Grouped(4)).apply(stage, Position(stride=3))
    assert stage.graph.nodes[-1].shape == Shape(24, 3, 3)


@pytest.mark.parametrize(
    ("sentence", "message"),
    [
        ("conv_stem(8) > dense_layer(6, grouped(4))", "dense_layer(6, grouped(4)): 6 channels are not divisible by 4"),
        ("conv_stem(8) > transition(compression=0.1)", "transition(compression=0.1): 8 channels compressed to 0; at"),
        ("conv_stem(8) > transition(compression=2)", "transition(compression=2): 8 channels compressed to 16; at"),
        ("conv_stem(8) > dense_layer(6, dropout=100)", "dropout of 100 %; write 0 to 99"),
        ("densenet_l41_k12_cifar", "the depth is 3n + 4; the nearest is densenet_l40_k12_cifar"),
        ("densenet_bc_l50_k12_cifar", "the depth is 6n + 4; the nearest is densenet_bc_l52_k12_cifar"),
        ("densenet_bc_l2_k12_cifar", "the depth is 6n + 4; the nearest is densenet_bc_l10_k12_cifar"),
        ("densenet_l40_k0_cifar", "dense_layer(0, bottleneck=0): a layer that adds 0 channels is none"),
    ],
)
def test_what_does_not_fit_is_refused(sentence: str, message: str) -> None:
    with pytest.raises(SpaceError) as refused:
        parse(sentence)
    assert message in str(refused.value)


def test_the_memory_efficient_network_keeps_no_concatenation() -> None:
    """What forward keeps grows with the depth, not with its square."""
    kept = []
    for layers in (4, 8, 12):
        arch = parse(f"input(3, 8) > bare_stem(4) > {layers}*dense_layer(4) > norm_head(2)")
        kept.append(_step(build(arch, recompute=True), torch.randn(2, 3, 8, 8), 0)[1])
    assert kept[2] - kept[1] < 1.2 * (kept[1] - kept[0])
