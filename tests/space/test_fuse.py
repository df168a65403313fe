"""A fused network computes what the built one does; what fuses is what may, and everything else is said."""

from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from torch import nn

from space import Arch, build, cost, ops, parse, trace
from space.cost import graph_cost
from space.fuse import Fusion, fuse
from space.fused import fused
from space.graph import Graph, Interface, Tensor, concat, source
from space.module import build_graph
from space.ops import Norm, Shape
from tests.space import test_whole_tree as whole_tree
from tests.weights import randomised, relative_error

NORMS = "norm folded into a convolution"
SETS = "set of sibling 1x1 convolutions stacked"


def agree(graph: Graph, *, inside: Shape | None = None) -> Fusion:
    """Built and fused compute the same, and the parameters are as many as the fusion says."""
    model, fusion = randomised(build_graph(graph)), fuse(graph)
    short = fused(model, graph, fusion)
    image = torch.randn(2, *(inside or graph.nodes[0].shape), generator=torch.Generator().manual_seed(0)).double()
    with torch.no_grad():
        pairs = zip(outputs(short(image)), outputs(model(image)), strict=True)
        assert max(relative_error(ours, theirs) for ours, theirs in pairs) < 1e-9
    counts = [sum(p.numel() for p in each.parameters()) for each in (model, short)]
    assert tuple(counts) == fusion.params == (graph_cost(graph).params, graph_cost(fusion.graph).params)
    assert set(short.state_dict()) >= {f"{name}.weight" for name in fusion.layers}
    return fusion


def outputs(y: torch.Tensor | tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    return y if isinstance(y, tuple) else (y,)


def done(fusion: Fusion, what: str) -> tuple[str, ...]:
    return next((finding.names for finding in fusion.done if finding.what == what), ())


@given(whole_tree.archs)
def test_a_fused_network_computes_the_same(arch: Arch) -> None:
    agree(trace(arch))


@given(whole_tree.archs)
def test_every_norm_is_folded_or_stays_with_a_reason(arch: Arch) -> None:
    graph = trace(arch)
    fusion = fuse(graph)
    stay = [name for finding in fusion.left if "norm stays" in finding.what for name in finding.names]
    norms = sorted(node.name for node in graph.nodes if isinstance(node.op, Norm))
    assert sorted([*done(fusion, NORMS), *stay]) == norms
    assert sorted(node.name for node in fusion.graph.nodes if isinstance(node.op, Norm)) == sorted(stay)


@given(whole_tree.archs)
def test_nothing_is_left_to_fuse(arch: Arch) -> None:
    again = fuse(fuse(trace(arch)).graph)
    assert again.done == ()


@pytest.mark.parametrize("resolution", [33, 64])
def test_a_fused_network_takes_images_of_any_size(resolution: int) -> None:
    agree(trace(parse("seresnet18")), inside=Shape(3, resolution, resolution))


def test_all_norms_of_hardnet39ds_fold() -> None:
    """Every one: 74, and 8,408 channels fewer parameters."""
    graph = trace(parse("hardnet39ds"), 64)
    fusion = agree(graph)
    assert len(done(fusion, NORMS)) == 74
    assert fusion.params == (cost(parse("hardnet39ds")).params, 3_479_820)


@pytest.mark.parametrize(
    ("name", "folds", "stay"),
    [
        ("resnet50", 53, 0),
        ("resnext50_32x4d", 53, 0),
        ("hardnet68", 2 + 60 + 5, 0),
        ("densenet121", 1 + 58, 58 + 3 + 1),  # the stem's and each layer's second; not those after a concatenation
        ("preresnet50", 1 + 2 * 16, 16),
        ("dpn92", 1 + 2 * 30, 30 + 4 + 1),  # the stem's and the two within a unit
        ("resnest50", 3 + 4 * 16 + 4, 0),  # and both of split attention
        ("rednet26", 3 + 9 * 3 + 1, 9),  # not those after an involution
    ],
)
def test_norms_right_after_a_convolution_fold(name: str, folds: int, stay: int) -> None:
    graph = trace(parse(name))
    assert (len(done(fuse(graph), NORMS)), sum(isinstance(node.op, Norm) for node in graph.nodes)) == (
        folds,
        folds + stay,
    )


def test_preresnets_fold_the_norms_within_a_block_and_the_stems() -> None:
    """Neither the one after an addition nor the last; the first block has no first norm, since the stem has one."""
    blocks = [(stage, block) for stage, depth in enumerate((3, 4, 6, 3), 1) for block in range(1, depth + 1)]
    within = {f"stage{s}.block{b}.norm{n}" for s, b in blocks for n in ((1, 2) if (s, b) == (1, 1) else (2, 3))}
    assert set(done(fuse(trace(parse("preresnet50"))), NORMS)) == {"stem.norm1"} | within


def test_densenets_fold_the_second_norm_of_a_layer_and_the_stems() -> None:
    dense = {1: 6, 3: 12, 5: 24, 7: 16}  # stages 2, 4 and 6 are transitions
    within = {f"stage{s}.block{b}.norm2" for s, depth in dense.items() for b in range(1, depth + 1)}
    assert set(done(fuse(trace(parse("densenet121"))), NORMS)) == {"stem.norm1"} | within


SENTENCES = {
    "input(3, 24) > conv_stem(8) > 2*bottleneck(8, 16, squeeze_excite(4)) > head(5)": {
        "weighted map added in one operation": 2
    },
    "input(3, 24) > conv_stem(8) > 2*inception_residual([[conv(4, 1)], [conv(4, 1), conv(4, 3)]], 0.5) > head(5)": {
        "constant factor folded into a convolution": 2,
        SETS: 2,
    },
    "input(3, 24) > dual_path_stem(8) > 2*dual_path(8, 6, 4, grouped(2), split=true) > dual_path_head(5)": {SETS: 2},
    "input(3, 24) > conv_stem(8) > 2*aggregated(4, 2, 16) > head(5)": {SETS: 2},
    "input(3, 32) > hard_stem(8) > hard_block(3, 16, 8, 1, involution(3), chained) > head(5)": {
        NORMS: 2 + 2 * 3 + 1 + 1
    },
    "input(3, 25) > conv_stem(8) > 2*dense_layer(4, dropout=20) > transition/2 > norm_head(5)": {NORMS: 1 + 2},
}
"""What is fused of small networks, and how often."""


@pytest.mark.parametrize("sentence", SENTENCES)
def test_what_is_fused_is_counted(sentence: str) -> None:
    fusion = agree(trace(parse(sentence)))
    assert {what: len(done(fusion, what)) for what in SENTENCES[sentence]} == SENTENCES[sentence]


def test_a_stack_is_made_of_its_parts_in_order() -> None:
    fusion = fuse(trace(parse("googlenet_bn")))
    assert len(done(fusion, SETS)) == 9
    assert fusion.layers["stage3.block1.siblings1"] == tuple(
        (f"stage3.block1.branch{i}.conv1", f"stage3.block1.branch{i}.norm1") for i in (1, 2, 3)
    )


def test_pooling_of_one_pixel_is_sampling() -> None:
    """Average pooling of 1x1 with stride 2 is what shortcut A does; with stride 1 it is nothing."""
    x = source(Interface(Shape(4, 9, 8))).conv(4, 3)
    fusion = agree(x.avg_pool(1, stride=2).max_pool(1, stride=1).conv(5, 1).graph)
    assert [node.op for node in fusion.graph.nodes if isinstance(node.op, ops.Pool | ops.Subsample)] == [
        ops.Subsample(2)
    ]


def _before(x: Tensor) -> Tensor:
    return x.max_pool(2, stride=2).norm()


@pytest.mark.parametrize(
    ("made", "folds"),
    [
        (lambda x: _before(x).conv(6, 1), True),
        (lambda x: _before(x).conv(6, 3, padded=False, groups=2, bias=True), True),
        (lambda x: _before(x).conv(6, 3), False),  # zeros at the border
        (lambda x: (y := _before(x)).conv(6, 1) + y.conv(6, 1), False),  # read twice
        (lambda x: _before(x).relu().conv(6, 1), False),
        (lambda x: _before(x).conv(6, 1).norm(), True),
        (lambda x: concat([y := x.conv(4, 1), y.norm()]), False),
    ],
    ids=["1x1", "unpadded", "padded", "two readers", "activation", "both sides", "conv with two readers"],
)
def test_a_norm_folds_forward_only_where_nothing_comes_between(made: Callable[[Tensor], Tensor], folds: bool) -> None:
    graph = made(source(Interface(Shape(4, 9, 8)))).graph
    fusion = agree(graph)
    norms = sum(isinstance(node.op, Norm) for node in graph.nodes)
    assert (len(done(fusion, NORMS)) == norms) == folds


def test_a_norm_before_a_padded_convolution_does_not_fold() -> None:
    """The interior agrees; at the border zeros stand where the norm would have put its shift."""
    arch = parse("input(3, 25) > hard_stem(8, depthwise_conv) > hard_block(1, 6, 8) > head(5)")
    model, image = randomised(build(arch)).requires_grad_(False), torch.randn(2, 3, 25, 25, dtype=torch.float64)
    norm, conv = model.get_submodule("stem.norm3"), model.get_submodule("stage1.block1.conv1")
    assert isinstance(norm, nn.BatchNorm2d)
    assert isinstance(conv, nn.Conv2d)
    (reads,) = (node.inputs for node in trace(arch).nodes if node.name == "stage1.block1.conv1")
    assert [trace(arch).nodes[i].name for i in reads] == ["stem.norm3"]
    maps: list[torch.Tensor] = []
    conv.register_forward_hook(lambda _m, _x, y: maps.append(y))
    before = model(image)
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()  # type: ignore[operator]
    shift = norm.bias - norm.running_mean * scale  # type: ignore[operator]
    conv.bias = nn.Parameter((conv.weight * shift[:, None, None]).sum((1, 2, 3)))
    conv.weight = nn.Parameter(conv.weight * scale[:, None, None])
    model.set_submodule("stem.norm3", nn.Identity())
    assert relative_error(model(image), before) > 1e-3
    difference = (maps[1] - maps[0]).abs()
    assert difference[..., 1:-1, 1:-1].max() < 1e-12
    assert difference[..., 0, :].max() > 1e-2


def test_auxiliary_classifiers_stay_outputs() -> None:
    arch = parse("inceptionv3")
    fusion = agree(trace(arch, 139))
    assert len(fusion.graph.auxiliary) == len(trace(arch).auxiliary)


def test_single_precision_agrees() -> None:
    graph = trace(parse("resnet18"), 64)
    model = randomised(build_graph(graph)).float()
    image = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert relative_error(fused(model, graph, fuse(graph))(image), model(image)) < 1e-4
