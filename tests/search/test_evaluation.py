"""What of an image is seen in testing, and the training that goes with other pixels than were trained on."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from analysis.training import Training
from search.data import DataSet
from search.evaluation import View
from search.fixing import adjustable, fine_tune
from search.seen import as_seen
from tests.search.tiny import FIDELITY, TRAINING, curve, network, trainer

FIX = replace(TRAINING, test_resolution=12, fix_epochs=1, fix_lr=0.1)


def images(side: int, channels: int = 3) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(256, (2, channels, side, side), generator=generator, dtype=torch.uint8)


# Views


def test_by_default_all_of_an_image_is_seen_as_it_is() -> None:
    seen = images(8)
    assert View.of(Training(), 8)(seen) is seen


def test_the_usual_view_is_224_of_256() -> None:
    assert View.of(Training(crop_ratio=0.875), 224) == View(224, 256)
    assert View.of(Training(crop_ratio=0.875, test_resolution=320), 224) == View(320, 366)


def test_the_centre_is_what_is_cropped() -> None:
    whole = images(16)
    seen = View.of(Training(crop_ratio=0.875), 14)(whole)
    assert seen.equal(whole[:, :, 1:15, 1:15])
    assert seen.is_contiguous(memory_format=torch.channels_last)


def test_an_image_is_shrunk_as_its_average_over_areas() -> None:
    """By hand for a ramp, which shrinking leaves a ramp; a single bright pixel is not lost between."""
    ramp = torch.arange(0, 160, 10, dtype=torch.uint8).repeat(1, 1, 16, 1)
    seen = View(8, 8)(ramp)
    assert seen.shape == (1, 1, 8, 8)
    assert torch.allclose(seen[0, 0, :, 1:-1], torch.arange(25.0, 140, 20).repeat(8, 1), atol=1e-3)
    bright = torch.zeros(1, 1, 16, 16, dtype=torch.uint8)
    bright[0, 0, 7, 7] = 200
    assert View(4, 4)(bright).sum().item() == pytest.approx(200 / 16, rel=0.2)


def test_small_images_are_enlarged_only_where_the_recipe_says_so(digits: DataSet) -> None:
    sides: list[int] = []
    for training in (TRAINING, replace(TRAINING, test_resolution=12), replace(TRAINING, crop_ratio=0.5)):
        made = trainer(digits, training=training)
        curve(made)
        with made.model.register_forward_pre_hook(lambda _, args: sides.append(args[0].shape[-1])):
            made.finish()
    assert sorted(set(sides)) == [8, 12]


def test_what_is_tested_is_as_large_as_the_images_there_are(digits: DataSet) -> None:
    """Trained at 4 pixels and tested at the images' own 8, not at 4 made larger."""
    training, fidelity = replace(TRAINING, test_resolution=8), replace(FIDELITY, resolution=4)
    made = trainer(digits, fidelity=fidelity, training=training)
    assert made.data.train.pixels.shape[-1] == 4
    assert np.array_equal(made.viewed.test.pixels, digits.test.pixels)
    seen: list[Tensor] = []
    curve(made)
    with made.model.register_forward_pre_hook(lambda _, args: seen.append(args[0])):
        made.finish()
    assert torch.cat(seen).equal(made.augmentation.normalisation(torch.from_numpy(digits.test.pixels.copy())))


def test_images_stay_as_large_as_any_training_sees_them(digits: DataSet) -> None:
    fidelity, fixed, cropped = (
        replace(FIDELITY, resolution=4),
        replace(TRAINING, test_resolution=6),
        {"crop_ratio": 0.5},
    )
    asked = ([TRAINING], [TRAINING, fixed], [replace(TRAINING, **cropped)])
    assert [as_seen(digits, fidelity, trainings).test.pixels.shape[-1] for trainings in asked] == [4, 6, 8]


# Fine-tuning


def test_the_classifier_and_the_norms_are_adjusted_and_nothing_else() -> None:
    model = network()
    names = {id(p): name for name, p in model.named_parameters()}
    norms = {"1.weight", "1.bias", "3.norm.weight", "3.norm.bias"}
    assert {names[id(p)] for p in adjustable(model)} == norms | {"6.weight", "6.bias"}
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    batches = [(torch.randn(4, 1, 8, 8), torch.arange(4)) for _ in range(3)]
    fine_tune(model, batches, 3, Training(fix_lr=0.1, fix_epochs=1, test_resolution=8))
    changed = {name for name, tensor in model.state_dict().items() if not tensor.equal(before[name])}
    statistics = {f"{norm}.{leaf}" for norm in ("1", "3.norm") for leaf in ("running_mean", "running_var")}
    assert changed == norms | {"6.weight", "6.bias"} | statistics | {
        f"{n}.num_batches_tracked" for n in ("1", "3.norm")
    }
    assert all(p.requires_grad for p in model.parameters())


def test_its_first_step_is_of_the_whole_rate_by_hand() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 3))
    images, labels = torch.randn(5, 1, 2, 2), torch.arange(5) % 3
    training = Training(fix_lr=0.5, fix_epochs=1, test_resolution=2, momentum=0.9)
    before = model[1].weight.detach().clone()
    slope = torch.autograd.grad(nn.functional.cross_entropy(model(images), labels), model[1].weight)[0]
    fine_tune(model, [(images, labels)], 2, training)
    assert torch.allclose(model[1].weight, before - 0.5 * slope)


def test_its_rate_falls_as_half_a_cosine_by_hand() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 3))
    batch = torch.randn(5, 1, 2, 2), torch.arange(5) % 3
    weight = model[1].weight.detach().clone().requires_grad_()
    bias = model[1].bias.detach().clone().requires_grad_()
    for rate in (0.5, 0.25):  # of step 0 and of step 1 of 2
        loss = nn.functional.cross_entropy(batch[0].flatten(1) @ weight.T + bias, batch[1])
        slopes = torch.autograd.grad(loss, (weight, bias))
        with torch.no_grad():
            weight -= rate * slopes[0]
            bias -= rate * slopes[1]
    fine_tune(model, [batch, batch], 2, Training(fix_lr=0.5, fix_epochs=1, test_resolution=2, momentum=0.0))
    assert torch.allclose(model[1].weight, weight)
    assert torch.allclose(model[1].bias, bias)


def test_a_trial_is_fine_tuned_in_the_end_at_the_pixels_it_is_tested_at(digits: DataSet) -> None:
    made, plain = trainer(digits, training=FIX), trainer(digits, training=replace(FIX, fix_epochs=0))
    made.epoch()
    plain.epoch()
    assert all(a.equal(b) for a, b in zip(made.model.parameters(), plain.model.parameters(), strict=True))
    seen: list[tuple[int, bool]] = []
    with made.model.register_forward_pre_hook(
        lambda _, args: seen.append((args[0].shape[-1], torch.is_grad_enabled()))
    ):
        made.epoch()
    plain.epoch()
    steps = made.steps_per_epoch
    assert seen[:steps] == [(8, True)] * steps
    assert seen[steps : 2 * steps] == [(12, True)] * steps
    assert set(seen[2 * steps :]) == {(12, False)}
    ours = {id(p) for p in adjustable(made.model)}
    for a, b in zip(made.model.parameters(), plain.model.parameters(), strict=True):
        assert a.equal(b) is (id(a) not in ours)
