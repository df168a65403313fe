"""From stored bytes to what a network sees: random crops and flips of whole batches, and normalisation."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn


def crop_and_flip(images: Tensor, *, padding: int, flip: bool, generator: torch.Generator) -> Tensor:
    """Each image (N, C, H, W) cropped to its own size after zero padding, and mirrored with probability one half.

    He et al. (2016), section 4.2. The generator is read as often without crops or flips as with them.
    """
    count, _, height, width = images.shape
    device = generator.device  # where the draws are made decides what they are, so they come from the generator's
    down, right = torch.randint(2 * padding + 1, (2, count, 1), generator=generator, device=device).to(images.device)
    coin = torch.randint(2, (count, 1), generator=generator, device=device).to(images.device)
    across = torch.arange(width, device=images.device)
    rows = down + torch.arange(height, device=images.device)
    columns = right + torch.where((coin == 1) & flip, across.flip(0), across)
    padded = nn.functional.pad(images, [padding] * 4)
    which = torch.arange(count, device=images.device)[:, None, None]
    # Indexing puts the channels last, and permuting only relabels: the result lies in memory as channels_last.
    return padded[which, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


@dataclass(frozen=True)
class Normalisation:
    """Mean and standard deviation of each channel's pixels, in bytes (0 … 255)."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    @classmethod
    def of(cls, pixels: NDArray[np.uint8]) -> Self:
        """Of images (N, C, H, W), exactly: from counts of the 256 values, so neither order nor size matters."""
        values = np.arange(256)
        counts = [_histogram(pixels[:, channel]) for channel in range(pixels.shape[1])]
        means = [float(np.average(values, weights=count)) for count in counts]
        variances = [
            float(np.average((values - mean) ** 2, weights=count)) for count, mean in zip(counts, means, strict=True)
        ]
        return cls(tuple(means), tuple(variance**0.5 or 1.0 for variance in variances))

    def __call__(self, images: Tensor) -> Tensor:
        """Bytes (N, C, H, W) to floats with mean 0 and standard deviation 1 over the images this was taken of."""
        mean, std = (torch.tensor(values, device=images.device)[:, None, None] for values in (self.mean, self.std))
        return images.float().sub_(mean).div_(std)


def _histogram(channel: NDArray[np.uint8]) -> NDArray[np.intp]:
    # In parts, because numpy counts bytes only after making eight bytes of each.
    parts = np.array_split(channel, 1 + len(channel) // 1024)
    counts: NDArray[np.intp] = np.sum([np.bincount(part.ravel(), minlength=256) for part in parts], axis=0)
    return counts
