"""Norms that fold into the convolution before them, and those that do not."""

import pytest
import torch
from torch import nn

from space import Arch, build, cost, parse, trace
from space.folding import foldable_norms
from space.ops import Norm
from tests.weights import randomised, relative_error

SENTENCES = (
    "input(3, 24) > conv_stem(8) > 2*bottleneck(8, 16, grouped(2), squeeze_excite(4)) > head(5)",
    "input(3, 24) > conv_stem(8) > 2*bottleneck(8, 16, split_attention(2, 2)) > head(5)",
    "input(3, 25) > conv_stem(8) > 2*dense_layer(4) > transition/2 > 2*dense_layer(4) > norm_head(5)",
    "input(3, 24) > dual_path_stem(8) > 2*dual_path(8, 6, 4, grouped(2)) > dual_path_head(5)",
    "input(3, 32) > hard_stem(8, depthwise_conv) > hard_block(4, 6, 8, depthwise) > head(5, dropout=10)",
)


def folded(arch: Arch, model: nn.Module) -> list[str]:
    """Fold all that fold, in place; the norms' names."""
    graph = trace(arch)
    reads = {node.name: graph.nodes[node.inputs[0]].name for node in graph.nodes if node.inputs}
    names = foldable_norms(graph)
    for name in names:
        norm, conv = model.get_submodule(name), model.get_submodule(reads[name])
        assert isinstance(norm, nn.BatchNorm2d)
        assert isinstance(conv, nn.Conv2d)
        scale = norm.weight / (norm.running_var + norm.eps).sqrt()  # type: ignore[operator]
        bias = 0 if conv.bias is None else conv.bias
        conv.weight = nn.Parameter(conv.weight * scale[:, None, None, None])
        conv.bias = nn.Parameter(norm.bias + (bias - norm.running_mean) * scale)  # type: ignore[operator]
        model.set_submodule(name, nn.Identity())
    return names


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_folded_network_computes_the_same(sentence: str) -> None:
    _folds(parse(sentence))


def test_all_norms_of_hardnet39ds_fold() -> None:
    """Every one: 74, and 8,408 channels fewer parameters."""
    arch = parse("hardnet39ds")
    model = _folds(arch)
    assert not [layer for layer in model.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert cost(arch).params - 8_408 == sum(p.numel() for p in model.parameters()) == 3_479_820
    assert len(foldable_norms(trace(arch))) == 74


def _folds(arch: Arch) -> nn.Module:
    model, image = randomised(build(arch)), torch.randn(2, 3, 64, 64, dtype=torch.float64)
    with torch.no_grad():
        before = model(image)
        assert folded(arch, model)
        assert relative_error(model(image), before) < 1e-12
    return model


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
    ],
)
def test_norms_right_after_a_convolution_fold(name: str, folds: int, stay: int) -> None:
    graph = trace(parse(name))
    names = foldable_norms(graph)
    assert (len(names), sum(isinstance(node.op, Norm) for node in graph.nodes)) == (folds, folds + stay)


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
