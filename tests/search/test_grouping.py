"""Who decays, exactly, and what a step then is by hand."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from analysis.training import Training
from search.grouping import sgd
from tests.search.tiny import TRAINING, network


def decays(training: Training) -> dict[str, float]:
    """By name of parameter."""
    model = network()
    groups = sgd(model, training).param_groups
    by_id = {id(parameter): group["weight_decay"] for group in groups for parameter in group["params"]}
    return {name: by_id[id(parameter)] for name, parameter in model.named_parameters()}


def test_only_convolution_and_linear_weights_decay() -> None:
    weights = {"0.weight", "3.conv.weight", "6.weight"}
    found = decays(TRAINING)
    assert {name for name, decay in found.items() if decay == TRAINING.weight_decay} == weights
    assert {name for name, decay in found.items() if decay == 0} == found.keys() - weights


def test_all_decays_if_the_recipe_says_so() -> None:
    assert set(decays(replace(TRAINING, decay="all")).values()) == {TRAINING.weight_decay}


@pytest.mark.parametrize("decay", ["weights", "all"])
def test_a_first_step_is_nesterovs_by_hand(decay: str) -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.Flatten())
    training = Training(lr=0.1, weight_decay=0.01, momentum=0.9, decay=decay)  # type: ignore[arg-type]
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    model(torch.ones(1, 3)).sum().backward()
    sgd(model, training).step()
    for name, p in model.named_parameters():
        slope = p.grad + (0.01 * before[name] if decay == "all" or name == "0.weight" else 0)
        assert torch.allclose(p, before[name] - 0.1 * 1.9 * slope)
