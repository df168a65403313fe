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
from space.families.resnet import Grouped
from space.graph import Interface, source
from space.ops import Shape
from space.parts import Position
from space.table import table
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


def test_a_convolution_of_a_concatenation_is_a_sum() -> None:
    """Hence a dense layer reads a sum over all earlier outputs."""
    torch.manual_seed(0)
    xs = [torch.randn(2, c, 7, 7, dtype=torch.float64) for c in (3, 5, 4)]
    weight = torch.randn(6, 12, 3, 3, dtype=torch.float64)
    pieces = weight.split([3, 5, 4], 1)
    summed = torch.stack([F.conv2d(x, w, padding=1) for x, w in zip(xs, pieces, strict=True)]).sum(0)
    torch.testing.assert_close(F.conv2d(torch.cat(xs, 1), weight, padding=1), summed)


def test_a_dense_block_that_shares_its_1x1_by_source_is_a_residual_network() -> None:
    """With f_t the same for every later reader, what layer k reads is r_k = r_(k-1) + f_k(h_k) (DPN, figure 2)."""
    torch.manual_seed(0)
    h = [torch.randn(2, 4, 5, 5, dtype=torch.float64)]
    maps = [torch.randn(6, 4, 1, 1, dtype=torch.float64) for _ in range(4)]
    layers = [torch.randn(4, 6, 3, 3, dtype=torch.float64) / 5 for _ in range(4)]
    r = F.conv2d(h[0], maps[0])
    for k in range(1, 4):
        h.append(F.conv2d(F.relu(sum(F.conv2d(h[t], maps[t]) for t in range(k))), layers[k], padding=1))  # type: ignore[arg-type]
        torch.testing.assert_close(h[k], F.conv2d(F.relu(r), layers[k], padding=1))
        r = r + F.conv2d(h[k], maps[k])


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
