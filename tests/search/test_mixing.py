"""Laws of mixup and CutMix, by hand."""

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

from search.augment import cutmix, mixup


class Chance:
    """A generator that says what it was told to say: the share, then the middle of the box, then who is mixed."""

    def __init__(self, share: float, order: list[int], middle: tuple[int, ...] = ()) -> None:
        self.share, self.order, self.middle = share, order, list(middle)

    def beta(self, a: float, b: float) -> float:
        assert a == b
        return self.share

    def permutation(self, count: int) -> np.ndarray:
        assert count == len(self.order)
        return np.array(self.order)

    def integers(self, size: int) -> int:
        assert size == 4
        return self.middle.pop(0)


def test_mixup_of_two_images_by_hand() -> None:
    images = torch.tensor([0.0, 10.0])[:, None, None, None].expand(2, 3, 2, 2).clone()
    chance = Chance(0.9, [1, 0])
    mixed, targets = mixup(images, torch.tensor([2, 0]), alpha=0.2, classes=3, rng=chance)  # type: ignore[arg-type]
    assert torch.allclose(mixed[:, 0, 0, 0], torch.tensor([1.0, 9.0]))
    assert torch.allclose(targets, torch.tensor([[0.1, 0.0, 0.9], [0.9, 0.0, 0.1]]))


def test_cutmix_of_two_images_by_hand() -> None:
    images = torch.tensor([0.0, 1.0])[:, None, None, None].expand(2, 1, 4, 4).clone()
    chance = Chance(0.75, [1, 0], middle=(3, 1))  # a quarter of the area: 2 × 2 pixels, around row 3 and column 1
    mixed, targets = cutmix(images, torch.tensor([0, 1]), alpha=1.0, classes=2, rng=chance)  # type: ignore[arg-type]
    expected = torch.zeros(4, 4)
    expected[2:4, 0:2] = 1
    assert mixed[0, 0].equal(expected)
    assert mixed[1, 0].equal(1 - expected)
    assert torch.allclose(targets, torch.tensor([[0.75, 0.25], [0.25, 0.75]]))


@given(st.integers(0, 2**32), st.integers(1, 9), st.integers(1, 9))
def test_the_shares_of_labels_are_those_of_pixels(seed: int, height: int, width: int) -> None:
    """Images whose pixels say which class they are of: whatever is cut, a pixel's mean says what a label must."""
    labels = torch.arange(5) % 3
    images = torch.nn.functional.one_hot(labels, 3).float()[:, :, None, None].expand(5, 3, height, width)
    for mix in (mixup, cutmix):
        mixed, targets = mix(images.clone(), labels, alpha=1.0, classes=3, rng=np.random.default_rng(seed))
        assert torch.allclose(mixed.mean((2, 3)), targets, atol=1e-5)
        assert torch.allclose(targets.sum(1), torch.ones(5))


def test_shares_are_of_a_beta() -> None:
    images, labels = torch.zeros(2, 1, 1, 1), torch.tensor([0, 1])
    rng = np.random.default_rng(0)
    shares = np.array([float(mixup(images, labels, alpha=0.2, classes=2, rng=rng)[1].max()) for _ in range(2_000)])
    draws = np.random.default_rng(1).beta(0.2, 0.2, 100_000)
    expected = np.maximum(draws, 1 - draws).mean() / 2 + 0.5  # half of the time an image is mixed with itself
    assert abs(shares.mean() - expected) < 0.01


@pytest.mark.parametrize("mix", [mixup, cutmix])
def test_the_layout_in_memory_stays(mix: object) -> None:
    images = torch.rand(4, 3, 5, 5).to(memory_format=torch.channels_last)
    mixed, _ = mix(images, torch.zeros(4, dtype=torch.int64), alpha=1.0, classes=2, rng=np.random.default_rng(0))  # type: ignore[operator]
    assert mixed.is_contiguous(memory_format=torch.channels_last)
