"""Laws of augmentation and normalisation."""

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st
from torch import Tensor

from search.augment import Normalisation, crop_and_flip


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def some_images(count: int = 6, channels: int = 2, height: int = 4, width: int = 5) -> Tensor:
    """Images without two equal pixels, none of them zero, so that every crop of them is recognisable."""
    pixels = 1 + torch.arange(count * channels * height * width) % 255
    return pixels.to(torch.uint8).reshape(count, channels, height, width)


def crops(image: Tensor, padding: int) -> list[Tensor]:
    """Every crop of one padded image, one by one."""
    _, height, width = image.shape
    padded = torch.nn.functional.pad(image, [padding] * 4)
    corners = [(top, left) for top in range(2 * padding + 1) for left in range(2 * padding + 1)]
    return [padded[:, top : top + height, left : left + width] for top, left in corners]


@given(st.integers(0, 3), st.booleans(), st.integers(0, 2**40))
def test_every_result_is_a_crop_of_its_padded_image_mirrored_or_not(padding: int, flip: bool, seed: int) -> None:
    images = some_images()
    results = crop_and_flip(images, padding=padding, flip=flip, generator=generator(seed))
    assert (results.shape, results.dtype) == (images.shape, images.dtype)
    for image, result in zip(images, results, strict=True):
        allowed = crops(image, padding)
        assert any(result.equal(crop) or (flip and result.equal(crop.flip(2))) for crop in allowed)


def test_every_crop_and_both_orientations_occur_equally_often() -> None:
    image = some_images(1)[0]
    results = crop_and_flip(image.expand(9_000, -1, -1, -1), padding=1, flip=True, generator=generator())
    kinds = [crop.flip(2) if mirror else crop for crop in crops(image, 1) for mirror in (False, True)]
    counts = torch.tensor([int((results == kind).all(dim=(1, 2, 3)).sum()) for kind in kinds])
    assert counts.sum() == 9_000
    assert (counts - 500).abs().max() < 5 * 500**0.5  # five standard deviations of a count of 500


def test_without_padding_and_flip_nothing_changes() -> None:
    images = some_images()
    assert crop_and_flip(images, padding=0, flip=False, generator=generator()).equal(images)


def test_the_generator_alone_decides() -> None:
    torch.manual_seed(1)
    first = crop_and_flip(some_images(), padding=2, flip=True, generator=generator(3))
    torch.manual_seed(2)
    assert crop_and_flip(some_images(), padding=2, flip=True, generator=generator(3)).equal(first)
    assert not crop_and_flip(some_images(), padding=2, flip=True, generator=generator(4)).equal(first)


def test_what_is_drawn_next_does_not_depend_on_the_settings() -> None:
    states = []
    for padding, flip in ((0, False), (3, False), (0, True), (3, True)):
        chance = generator()
        crop_and_flip(some_images(), padding=padding, flip=flip, generator=chance)
        states.append(chance.get_state())
    assert all(state.equal(states[0]) for state in states)


def test_the_result_is_channels_last() -> None:
    results = crop_and_flip(some_images(), padding=2, flip=True, generator=generator())
    assert results.is_contiguous(memory_format=torch.channels_last)


@given(st.integers(0, 2**32), st.integers(1, 3))
def test_normalised_pixels_have_mean_zero_and_deviation_one(seed: int, channels: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (20, channels, 5, 4), np.uint8)
    normalised = Normalisation.of(pixels)(torch.from_numpy(pixels)).double()
    assert normalised.mean((0, 2, 3)).abs().max() < 1e-5
    assert (normalised.std((0, 2, 3), correction=0) - 1).abs().max() < 1e-5


def test_normalisation_does_not_depend_on_order_or_layout() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3_000, 2, 3, 3), np.uint8)
    assert Normalisation.of(pixels[::-1]) == Normalisation.of(pixels)


def test_a_channel_without_contrast_becomes_zero() -> None:
    pixels = np.full((4, 1, 2, 2), 7, np.uint8)
    assert Normalisation.of(pixels)(torch.from_numpy(pixels)).abs().max() == 0


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_sees_the_same_crops() -> None:
    here = crop_and_flip(some_images(), padding=2, flip=True, generator=generator())
    there = crop_and_flip(some_images().cuda(), padding=2, flip=True, generator=generator())
    assert there.cpu().equal(here)
