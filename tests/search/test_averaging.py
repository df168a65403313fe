"""Averages of weights in closed form, and statistics of norms by hand."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from search.averaging import Average, reestimate
from search.data import DataSet
from tests.search.tiny import TRAINING, curve, network, trainer


def test_an_average_is_its_closed_form() -> None:
    """The product of all decays of the start, and of each step its 1 - d times all later decays."""
    model, decay = nn.BatchNorm2d(1), 0.3
    average = Average(model, decay)
    decays = [min(decay, (1 + t) / (10 + t)) for t in range(6)]
    assert decays[0] == 0.1
    assert decays[-1] == decay
    for step in range(6):
        nn.init.constant_(model.weight, 10.0 + step)
        nn.init.constant_(model.running_var, 20.0 + step)  # type: ignore[arg-type]
        average.update()
    shares = [np.prod(decays)] + [(1 - d) * np.prod(decays[t + 1 :]) for t, d in enumerate(decays)]
    assert sum(shares) == pytest.approx(1)
    expected = float(np.dot(shares, [1.0, *(10.0 + step for step in range(6))]))
    with average.applied():
        assert model.weight.item() == pytest.approx(expected)
        assert model.running_var.item() == pytest.approx(expected + 10 - 10 * shares[0])  # type: ignore[union-attr]
        assert model.bias.item() == 0
    assert model.weight.item() == 15
    assert model.running_var.item() == 25  # type: ignore[union-attr]


def test_a_trial_tests_its_average_and_trains_on_without_it(digits: DataSet) -> None:
    """What is trained does not depend on what is averaged; what is tested does, and at the end is the average."""
    plain, made = trainer(digits), trainer(digits, training=replace(TRAINING, averaging=0.9))
    assert made.epoch()["train_loss"] == plain.epoch()["train_loss"]
    assert made.epochs[0]["validation_loss"] != plain.epochs[0]["validation_loss"]
    assert all(a.equal(b) for a, b in zip(made.model.parameters(), plain.model.parameters(), strict=True))
    averages = made.average.averages  # type: ignore[union-attr]
    assert made.epoch()["train_loss"] == plain.epoch()["train_loss"]
    assert all(p.equal(q) is False for p, q in zip(made.model.parameters(), plain.model.parameters(), strict=True))
    assert all(a.equal(b) for a, b in zip(averages, plain.model.parameters(), strict=False))  # swapped
    assert made.finish().metrics["test_loss"] != plain.finish().metrics["test_loss"]


def test_an_average_without_memory_is_what_was_trained(digits: DataSet) -> None:
    made = trainer(digits, training=replace(TRAINING, averaging=1e-12))
    assert curve(made) == [pytest.approx(row, rel=1e-5) for row in curve(trainer(digits))]


def test_statistics_are_those_of_all_images_together_by_hand() -> None:
    """Batches of unequal size, whose means differ: not the mean of their variances."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.Dropout(0.5))
    batches = [torch.randn(size, 1, 6, 6) * scale + scale for size, scale in ((4, 1.0), (7, 3.0), (2, 0.1))]
    model[1].momentum = 0.3
    model.train()
    reestimate(model, batches)
    seen = model[0](torch.cat(batches)).detach().transpose(0, 1).flatten(1).double()
    assert torch.allclose(model[1].running_mean.double(), seen.mean(1), rtol=1e-5)
    assert torch.allclose(model[1].running_var.double(), seen.var(1), rtol=1e-5)
    assert model[1].momentum == 0.3
    assert not any(module.training for module in model.modules())


def test_a_later_norm_sees_what_an_earlier_one_makes_of_its_batch() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.BatchNorm2d(1), nn.ReLU(), nn.BatchNorm2d(1))
    batches = [torch.randn(5, 1, 4, 4) + 3, torch.randn(5, 1, 4, 4) * 2]
    reestimate(model, batches)

    def normalised(batch: Tensor) -> Tensor:
        return ((batch - batch.mean()) / (batch.var(correction=0) + 1e-5).sqrt()).relu()

    seen = torch.cat([normalised(batch) for batch in batches])
    assert model[2].running_mean.item() == pytest.approx(seen.mean().item(), rel=1e-5)
    assert model[2].running_var.item() == pytest.approx(seen.var().item(), rel=1e-5)


def test_a_trial_takes_its_statistics_from_its_first_training_images(digits: DataSet) -> None:
    made = trainer(digits, training=replace(TRAINING, norm_images=50))
    plain = trainer(digits)
    rows, plain_rows = curve(made), curve(plain)
    assert rows[0] == plain_rows[0]  # at the end, and without training
    assert rows[1][1] == plain_rows[1][1]
    assert rows[1][2] != plain_rows[1][2]
    images = torch.from_numpy(digits.train.pixels[made.train[:50]])
    maps = made.model[0](made.augmentation.normalisation(images))  # type: ignore[index,operator]
    assert torch.allclose(made.model[1].running_mean, maps.mean((0, 2, 3)), atol=1e-5)  # type: ignore[index,union-attr,arg-type]
    assert all(a.equal(b) for a, b in zip(made.model.parameters(), plain.model.parameters(), strict=True))


def test_a_network_without_norms_has_no_statistics() -> None:
    model = nn.Linear(2, 2).train()
    reestimate(model, iter(pytest.fail, None))
    assert model.training


def test_the_tiny_network_has_two_norms() -> None:
    assert sum(isinstance(module, nn.BatchNorm2d) for module in network().modules()) == 2
