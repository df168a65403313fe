"""Laws of resized crops, against Pillow's resizing."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from PIL import Image

from search.augment import crop_and_flip, geometry, resized_crop
from search.augment.geometry import RATIOS, _boxes, _triangles


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(count: int, channels: int, side: int, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).integers(0, 256, (count, channels, side, side), np.uint8))


@given(st.integers(0, 2**32), st.integers(4, 24), st.integers(1, 24), st.integers(1, 24), st.integers(2, 24))
def test_a_box_is_resized_as_pillow_does(seed: int, size: int, length: int, start: int, side: int) -> None:
    length = min(length, size)
    start = min(start, size - length)
    image = noise(1, 1, size, seed)[0, 0]
    rows = _triangles(torch.tensor([float(start)]), torch.tensor([float(length)]), size, side)[0]
    ours = rows @ image.float() @ rows.T
    cropped = Image.fromarray(image.numpy()[start : start + length, start : start + length])
    pillows = np.asarray(cropped.resize((side, side), Image.Resampling.BILINEAR), np.float32)
    assert np.abs(ours.numpy() - pillows).max() <= 1.5  # Pillow rounds twice


def test_a_whole_box_of_the_same_size_changes_nothing() -> None:
    images = noise(5, 3, 9)
    assert resized_crop(images, least_area=1.0, flip=False, generator=generator(), side=9).shape == images.shape
    rows = _triangles(torch.zeros(1), torch.tensor([9.0]), 9, 9)[0]
    assert rows.equal(torch.eye(9))


@pytest.mark.parametrize(("size", "side"), [(9, 5), (40, 32), (33, 48)])
def test_both_ways_of_resizing_are_the_same_to_a_level(size: int, side: int) -> None:
    images, chance = noise(20, 3, size), generator()
    boxes = geometry._boxes(20, size, size, 0.1, chance)
    mirrored = torch.rand(20, generator=chance) < 0.5
    one, other = (way(images, boxes, mirrored, side) for way in (geometry._one_by_one, geometry._all_at_once))
    assert (one.int() - other.int()).abs().max() <= 1
    assert one.is_contiguous(memory_format=torch.channels_last)
    assert other.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(("height", "width", "side"), [(9, 9, 9), (8, 12, 20), (1, 3, 3)])
def test_an_enlarged_box_is_what_matrices_make_of_it(height: int, width: int, side: int) -> None:
    images, chance = noise(20, 3, max(height, width))[:, :, :height, :width], generator()
    boxes = geometry._boxes(20, height, width, 0.1, chance)
    mirrored = torch.rand(20, generator=chance) < 0.5
    one, other = (way(images, boxes, mirrored, side) for way in (geometry._enlarged, geometry._all_at_once))
    assert (one.int() - other.int()).abs().max() <= 1
    assert one.is_contiguous(memory_format=torch.channels_last)


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.floats(0.05, 1), st.integers(4, 40), st.integers(4, 40))
def test_boxes_lie_within_the_image(seed: int, least: float, height: int, width: int) -> None:
    top, left, tall, wide = _boxes(50, height, width, least, generator(seed))
    for start, length, size in ((top, tall, height), (left, wide, width)):
        assert (start >= 0).all()
        assert (length >= 1).all()
        assert (start + length <= size).all()


def test_boxes_have_the_areas_and_ratios_asked_for() -> None:
    top, left, tall, wide = _boxes(20_000, 1000, 1000, 0.25, generator())
    area, ratio = tall * wide / 1e6, wide / tall
    assert area.min() > 0.249
    assert (ratio > RATIOS[0] - 0.01).all()
    assert (ratio < RATIOS[1] + 0.01).all()
    # What does not fit is drawn anew, so large areas are rarer; below a half all fit.
    below = area[area < 0.5]
    assert abs(float(below.mean()) - 0.375) < 0.002
    inside = wide < 1000
    assert abs(float((left / (1000 - wide + 1))[inside].mean()) - 0.5) < 0.01
    assert abs(float((top / (1000 - tall + 1))[tall < 1000].mean()) - 0.5) < 0.01


def test_half_of_the_crops_are_mirrored() -> None:
    ramp = torch.arange(0, 200, 10, dtype=torch.uint8).expand(2_000, 1, 20, 20).contiguous()
    rising = resized_crop(ramp, least_area=0.3, flip=False, generator=generator(), side=8)
    both = resized_crop(ramp, least_area=0.3, flip=True, generator=generator(), side=8)
    mirrored = (both[:, 0, 0, 0] > both[:, 0, 0, -1]).float()
    assert abs(float(mirrored.mean()) - 0.5) < 0.06
    assert rising.where(mirrored[:, None, None, None] == 0, rising.flip(3)).equal(both)


@pytest.mark.parametrize("side", [3, 4])
def test_smaller_crops_are_parts_of_the_image(side: int) -> None:
    image = 1 + torch.arange(16, dtype=torch.uint8).reshape(1, 1, 4, 4)
    results = crop_and_flip(image.expand(200, -1, -1, -1), padding=0, flip=False, generator=generator(), side=side)
    parts = [image[0, :, y : y + side, x : x + side] for y in range(5 - side) for x in range(5 - side)]
    found = {next(number for number, part in enumerate(parts) if part.equal(result)) for result in results}
    assert found == set(range(len(parts)))
