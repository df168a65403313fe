"""Two images made one, and their labels with them."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn


def mixup(
    images: Tensor, labels: Tensor, *, alpha: float, classes: int, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """λ of each image (N, C, H, W) and 1 - λ of another of the batch, and so of their labels (N): (N, classes).

    Zhang et al. (2018): λ ~ Beta(α, α), one a batch. The images are floats, and the first ones are written over.
    """
    share, partner = float(rng.beta(alpha, alpha)), _partners(len(images), rng, images.device)
    others = images[partner]
    return images.lerp_(others, 1 - share), _targets(labels, partner, share, classes)


def cutmix(
    images: Tensor, labels: Tensor, *, alpha: float, classes: int, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """A box of each image (N, C, H, W) taken from another of the batch; labels (N) in the areas' shares: (N, classes).

    Yun et al. (2019): λ ~ Beta(α, α), one a batch; the box has 1 - λ of the area, around any pixel, cut off at the
    edges. The first images are written over.
    """
    height, width = images.shape[2:]
    side = float(1 - rng.beta(alpha, alpha)) ** 0.5
    rows, columns = (_interval(size, side * size, rng) for size in (height, width))
    partner = _partners(len(images), rng, images.device)
    images[:, :, rows, columns] = images[:, :, rows, columns][partner]
    cut = (rows.stop - rows.start) * (columns.stop - columns.start) / (height * width)
    return images, _targets(labels, partner, 1 - cut, classes)


def _interval(size: int, length: float, rng: np.random.Generator) -> slice:
    """Around any pixel of `size`, cut off at the ends."""
    middle = int(rng.integers(size))
    start, stop = (round(middle + sign * length / 2) for sign in (-1, 1))
    return slice(max(0, start), min(size, stop))


def _partners(count: int, rng: np.random.Generator, device: torch.device) -> Tensor:
    order: NDArray[np.int64] = rng.permutation(count)
    return torch.from_numpy(order).to(device)


def _targets(labels: Tensor, partner: Tensor, share: float, classes: int) -> Tensor:
    targets = nn.functional.one_hot(labels, classes).float()
    return targets.lerp(targets[partner], 1 - share)
