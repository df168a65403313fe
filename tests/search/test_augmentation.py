"""What a recipe asks is what is done, and each trick leaves the draws of the others alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from analysis.plain import PlainError
from analysis.training import Training
from search.augment import Augmentation, Normalisation, crop_and_flip, geometry
from search.seeds import seed_for

PIXELS = np.random.default_rng(0).integers(0, 256, (64, 3, 8, 8), np.uint8)
WHICH = np.arange(0, 64, 2)
PLAIN = Training(crop_padding=2)
TRICKS = {
    "crop_area": 0.3,
    "jitter": 0.4,
    "pca_noise": 0.1,
    "randaugment": 2,
    "mixup": 0.2,
    "cutmix": 1.0,
}


def batches(
    training: Training, *, count: int = 3, epoch: int = 1, layout: torch.memory_format = torch.contiguous_format
) -> list[tuple[Tensor, Tensor]]:
    made = Augmentation.of(training, PIXELS, WHICH, classes=4, side=8).epoch(0, 0, epoch)
    images, labels = torch.from_numpy(PIXELS[:16]).contiguous(memory_format=layout), torch.arange(16) % 4
    return [made(images.clone(), labels) for _ in range(count)]


def with_trick(name: str) -> Training:
    return replace(PLAIN, crop_padding=0 if name == "crop_area" else 2, **{name: TRICKS[name]})


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("name", TRICKS)
def test_large_images_are_treated_one_by_one_as_small_ones_are_together(
    name: str, layout: torch.memory_format, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To rounding, and where they are resized to a level."""
    together = batches(with_trick(name))
    monkeypatch.setattr(geometry, "ONE_BY_ONE", 1)
    for (ours, targets), (theirs, others) in zip(batches(with_trick(name), layout=layout), together, strict=True):
        level = 1 / 70 if name == "crop_area" else 1e-4  # in standard deviations of pixels
        assert (ours - theirs).abs().max() < level
        assert targets.equal(others)
        assert ours.is_contiguous(memory_format=torch.channels_last)


def test_by_default_images_are_cropped_flipped_and_normalised() -> None:
    generator = torch.Generator().manual_seed(seed_for("augmentation", 0, 0, 1))
    normalisation = Normalisation.of(PIXELS[WHICH])
    for images, labels in batches(PLAIN):
        crops = crop_and_flip(torch.from_numpy(PIXELS[:16]), padding=2, flip=True, generator=generator)
        assert images.equal(normalisation(crops))
        assert labels.equal(torch.arange(16) % 4)


@pytest.mark.parametrize("trick", TRICKS)
def test_every_trick_changes_the_batches(trick: str) -> None:
    plain, tricked = batches(PLAIN), batches(with_trick(trick))
    assert all(not one.equal(other) for (one, _), (other, _) in zip(plain, tricked, strict=True))


@pytest.mark.parametrize("trick", TRICKS)
def test_batches_are_the_same_for_the_same_seed_and_no_other(trick: str) -> None:
    torch.manual_seed(1)
    first = batches(with_trick(trick))
    torch.manual_seed(2)
    again, other = batches(with_trick(trick)), batches(with_trick(trick), epoch=2)
    assert all(a.equal(b) and c.equal(d) for (a, c), (b, d) in zip(first, again, strict=True))
    assert not any(a.equal(b) for (a, _), (b, _) in zip(first, other, strict=True))
    assert not first[0][0].equal(first[1][0])


def test_what_one_trick_draws_does_not_depend_on_the_others() -> None:
    """Mixing comes last, so the images before it are the same with it and without: their mean over the batch is."""
    mixed, plain = batches(replace(PLAIN, mixup=0.2)), batches(PLAIN)
    for (images, _), (before, _) in zip(mixed, plain, strict=True):
        assert torch.allclose(images.mean(0), before.mean(0), atol=1e-5)
    tinted, cut = batches(replace(PLAIN, jitter=0.4)), batches(replace(PLAIN, jitter=0.4, cutmix=1.0))
    for (images, _), (others, _) in zip(tinted, cut, strict=True):
        assert (images == others).any()


def test_where_two_ways_of_mixing_are_asked_for_both_are_used() -> None:
    plain = batches(PLAIN, count=12)
    both = batches(replace(PLAIN, mixup=1.0, cutmix=1.0), count=12)
    # What is cut has pixels of images that there were, and what is mixed has others.
    is_cut = [bool((a[:, None] == b).any(1).all()) for (a, _), (b, _) in zip(both, plain, strict=True)]
    assert {True, False} == set(is_cut)


def test_results_are_channels_last_and_of_the_side_asked_for() -> None:
    training = replace(PLAIN, crop_padding=0, crop_area=0.3, jitter=0.4, pca_noise=0.1, randaugment=2, mixup=0.2)
    made = Augmentation.of(training, PIXELS, WHICH, classes=4, side=6).epoch(0)
    images, targets = made(torch.from_numpy(PIXELS[:16]), torch.arange(16) % 4)
    assert images.shape == (16, 3, 6, 6)
    assert images.is_contiguous(memory_format=torch.channels_last)
    assert targets.shape == (16, 4)


def test_two_crops_of_an_image_contradict_each_other() -> None:
    with pytest.raises(PlainError, match=r"^crop_area: 0.5 and crop_padding 2 are two crops; write crop_area"):
        replace(PLAIN, crop_area=0.5)
