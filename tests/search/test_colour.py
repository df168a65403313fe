"""Laws of what becomes of colours."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance

from search.augment import Components, Normalisation, jittered


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(count: int, channels: int = 3, side: int = 6) -> torch.Tensor:
    rng = np.random.default_rng(0)
    return torch.from_numpy(rng.integers(90, 130, (count, channels, side, side), np.uint8))  # far from being clipped


def factors(count: int, jitter: float) -> np.ndarray:
    """Brightness, contrast and saturation of each image, as they are drawn."""
    return (1 + jitter * (2 * torch.rand(3, count, 1, 1, generator=generator()) - 1))[:, :, 0, 0].numpy()


def test_jitter_is_pillows_brightness_contrast_and_colour_one_after_the_other() -> None:
    images = noise(20)
    ours = jittered(images.float(), jitter=0.3, noise=0.0, components=None, generator=generator())
    for image, result, three in zip(images, ours, factors(20, 0.3).T, strict=True):
        made = Image.fromarray(image.permute(1, 2, 0).numpy())
        for kind, factor in zip(
            (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color), three, strict=True
        ):
            made = kind(made).enhance(float(factor))
        assert np.abs(np.asarray(made, np.float32) - result.permute(1, 2, 0).numpy()).max() < 4  # downwards, each time


def test_greys_have_brightness_and_contrast_alone() -> None:
    images = noise(4, channels=1).float()
    bright, contrast, _ = torch.from_numpy(factors(4, 0.4))[:, :, None, None, None]
    mean = (bright * images).mean((1, 2, 3), keepdim=True)
    expected = contrast * bright * images + (1 - contrast) * mean
    ours = jittered(images.clone(), jitter=0.4, noise=0.0, components=None, generator=generator())
    assert torch.allclose(ours, expected, atol=1e-3)


@pytest.mark.parametrize("channels", [1, 3])
def test_jittered_and_normalised_at_once_is_one_after_the_other(channels: int) -> None:
    images, normalisation = (
        noise(4, channels),
        Normalisation((90.0, 100.0, 120.0)[:channels], (3.0, 7.0, 20.0)[:channels]),
    )
    components = Components.of(images.numpy(), np.arange(4))
    apart, at_once = (
        jittered(images, jitter=0.4, noise=0.1, components=components, generator=generator(), normalisation=one)
        for one in (None, normalisation)
    )
    mean, std = (torch.tensor(one)[:, None, None] for one in (normalisation.mean, normalisation.std))
    assert torch.allclose(at_once, (apart - mean) / std, atol=1e-4)


def test_factors_reach_from_one_less_to_one_more() -> None:
    white = torch.full((5_000, 1, 1, 1), 100.0)
    bright = jittered(white, jitter=0.4, noise=0.0, components=None, generator=generator()).flatten()
    assert 60 <= bright.min() < 60.1
    assert 139.9 < bright.max() <= 140
    assert abs(float(bright.mean()) - 100) < 1


def test_noise_moves_an_image_along_its_components() -> None:
    rng = np.random.default_rng(0)
    way = np.array([2.0, 1.0, -1.0])
    pixels = (128 + rng.normal(0, 10, (64, 1, 8, 8)) * way[:, None, None]).round().astype(np.uint8)
    components = Components.of(pixels, np.arange(64))
    rows = np.array(components.rows)
    assert np.linalg.norm(rows, axis=1)[1:].max() < 1  # but for rounding there is one direction only
    assert np.allclose(rows[0], 10 * way, atol=0.5)
    images = torch.from_numpy(pixels[:1]).float().repeat(4_000, 1, 1, 1)
    moved = jittered(images.clone(), jitter=0.0, noise=0.1, components=components, generator=generator())
    steps = (moved - images)[:, :, 0, 0].double()
    assert torch.allclose(moved - images, steps.float()[:, :, None, None].expand_as(moved), atol=1e-4)
    assert abs(float(steps.norm(dim=1).pow(2).mean() ** 0.5) - 0.1 * 10 * np.linalg.norm(way)) < 0.05


def test_components_are_of_the_images_named_and_of_no_others() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (50, 3, 4, 4), np.uint8)
    which = np.array([3, 7, 11])
    colours = pixels[which].transpose(1, 0, 2, 3).reshape(3, -1).astype(float)
    rows = np.array(Components.of(pixels, which).rows)
    assert np.allclose(rows.T @ rows, np.cov(colours, bias=True))
    assert Normalisation.of(pixels, which) == Normalisation.of(pixels[which])


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_without_strength_nothing_changes(channels: int) -> None:
    images = noise(3, channels).float()
    ours = jittered(images.clone(), jitter=0.0, noise=0.0, components=None, generator=generator())
    assert torch.allclose(ours, images, atol=1e-3)
