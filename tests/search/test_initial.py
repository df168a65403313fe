"""What a network starts from: seeds of names, declared spreads, and residual blocks that are identities."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from analysis.training import Training
from search.data import DataSet
from search.initial import initialise
from space import parse, trace
from space.module import build, residual_norms
from tests.search.tiny import TRAINING, network, trainer


def weights(seed: int = 0, make: Callable[[], nn.Module] = network, training: Training = TRAINING) -> dict[str, Tensor]:
    model = make()
    initialise(model, (), training, seed=(seed,))
    return model.state_dict()


def layers() -> nn.Module:
    return nn.Sequential(nn.Conv2d(64, 128, 3, groups=4), nn.BatchNorm2d(128), nn.Linear(500, 99))


def test_initialisation_depends_on_its_seed_alone() -> None:
    torch.manual_seed(1)
    first = weights()
    torch.manual_seed(2)
    assert all(tensor.equal(first[name]) for name, tensor in weights().items())
    assert not weights(1)["0.weight"].equal(first["0.weight"])


def test_a_parameter_depends_on_its_name_and_not_on_its_neighbours() -> None:
    alone = weights(make=lambda: nn.Sequential(nn.Conv2d(1, 16, 3, bias=False)))
    assert alone["0.weight"].equal(weights()["0.weight"])


def test_initial_weights_have_the_declared_spread() -> None:
    values = weights(make=layers)
    assert values["0.weight"].std().item() == pytest.approx((2 / (3 * 3 * 128)) ** 0.5, rel=0.02)
    assert values["2.weight"].std().item() == pytest.approx(0.01, rel=0.02)
    assert all(values[name].eq(0).all() for name in ("0.bias", "1.bias", "2.bias"))
    assert values["1.weight"].eq(1).all()


def test_xavier_is_uniform_to_its_ends_with_biases_of_zero() -> None:
    values = weights(make=layers, training=replace(TRAINING, initialisation="xavier"))
    ends = {"0.weight": (6 / (9 * 16 + 9 * 128)) ** 0.5, "2.weight": (6 / (500 + 99)) ** 0.5}
    for name, end in ends.items():
        assert values[name].abs().max().item() == pytest.approx(end, rel=1e-3)
        assert values[name].abs().max().item() <= end
        assert values[name].std().item() == pytest.approx(end / 3**0.5, rel=0.02)
    assert all(values[name].eq(0).all() for name in ("0.bias", "1.bias", "2.bias"))


def test_residual_branches_start_at_zero_if_the_recipe_says_so(digits: DataSet) -> None:
    for zero_gamma in (True, False):
        made = trainer(digits, training=replace(TRAINING, zero_gamma=zero_gamma))
        assert made.model.get_parameter("3.norm.weight").eq(0).all().item() is zero_gamma
        assert made.model.get_parameter("1.weight").eq(1).all()


@pytest.mark.parametrize("block", ["basic(16)", "bottleneck(4, 16)", "bottleneck(4, 16, gate=squeeze_excite(4))"])
def test_with_zero_gamma_a_residual_block_is_the_identity_of_positive_maps(block: str) -> None:
    arch = parse(f"input(1, 8) > conv_stem(16, pool=false) > 3*{block} > head(10)")
    model = build(arch)
    seen: dict[str, list[Tensor]] = {"stage1.block2": [], "stage1.block3": []}
    for zero_gamma in (True, False):
        initialise(
            model, residual_norms(trace(arch)), Training(zero_gamma=zero_gamma), seed=("identity", int(zero_gamma))
        )
        for name, maps in seen.items():
            convolution = model.get_submodule(f"{name}.conv1")
            convolution.register_forward_pre_hook(lambda _, args, maps=maps: maps.append(args[0].clone()))
        model(torch.rand(4, 1, 8, 8))
    (before, random_before, *_), (after, random_after, *_) = seen.values()
    assert before.gt(0).any()
    assert after.equal(before)
    assert not random_after.equal(random_before)
