"""What colours become: normalised, jittered, and moved along the directions in which they vary most."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from search.augment.geometry import lay, part_size

TOGETHER = 8  # pixels, of which a CPU multiplies as many at once in no more time than one
LUMA = (0.299, 0.587, 0.114)  # of red, green and blue in a grey, as ITU-R BT.601 has them and Pillow takes them


@dataclass(frozen=True)
class Normalisation:
    """Mean and standard deviation of each channel's pixels, in bytes (0 … 255)."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    @classmethod
    def of(cls, pixels: NDArray[np.uint8], which: NDArray[np.int64] | None = None) -> Self:
        """Of images (N, C, H, W), all or those at `which`, exactly: from counts of the 256 values, in any order."""
        values = np.arange(256)
        counts = _histograms(pixels, np.arange(len(pixels)) if which is None else which)
        means = [float(np.average(values, weights=count)) for count in counts]
        variances = [
            float(np.average((values - mean) ** 2, weights=count)) for count, mean in zip(counts, means, strict=True)
        ]
        return cls(tuple(means), tuple(variance**0.5 or 1.0 for variance in variances))

    def __call__(self, images: Tensor) -> Tensor:
        """Bytes (N, C, H, W) to floats with mean 0 and standard deviation 1 over the images this was taken of."""
        mean, std = (
            torch.tensor(values, device=images.device).repeat(images.shape[3]) for values in (self.mean, self.std)
        )
        count, channels, height, width = images.shape
        results = torch.empty(count, height, width, channels, device=images.device)
        parts = part_size(images, height, width)
        for result, part in zip(torch.split(results, parts), torch.split(images, parts), strict=True):
            lay(part, result)
            result.flatten(2).sub_(mean).div_(std)  # (N, H, W · C), where the same few numbers come again
        return results.permute(0, 3, 1, 2)


@dataclass(frozen=True)
class Components:
    """The principal components of all pixels' colours: a row each, as long as its standard deviation in bytes."""

    rows: tuple[tuple[float, ...], ...]

    @classmethod
    def of(cls, pixels: NDArray[np.uint8], which: NDArray[np.int64]) -> Self:
        """Of the images (N, C, H, W) at `which`, from exact sums of products."""
        channels = pixels.shape[1]
        count, total, products = 0, np.zeros(channels), np.zeros((channels, channels))
        for part in _parts(which):
            colours = pixels[part].swapaxes(0, 1).reshape(channels, -1).astype(np.float64)
            count, total, products = count + colours.shape[1], total + colours.sum(1), products + colours @ colours.T
        mean = total / count
        variances, directions = np.linalg.eigh(products / count - np.outer(mean, mean))
        directions *= np.sign(directions.sum(0)) + (directions.sum(0) == 0)  # eigh leaves the sign to chance
        rows = (directions * np.sqrt(variances.clip(0))).T[::-1]
        return cls(tuple(tuple(float(value) for value in row) for row in rows))


def jittered(
    images: Tensor,
    *,
    jitter: float,
    noise: float,
    components: Components | None,
    generator: torch.Generator,
    normalisation: Normalisation | None = None,
) -> Tensor:
    """Bytes or floats (N, C, H, W) to floats, each image's brightness, contrast, saturation and tint changed.

    The first three times a factor of their own, uniform from 1 - `jitter` to 1 + `jitter`, in this order; saturation
    only of three channels. Then each principal component times N(0, `noise`²) is added (Krizhevsky et al. 2012, who
    multiply with the variance). All of it is one affine map of an image's colours, and the normalisation with it, so
    nothing is clipped in between.
    """
    count, channels = images.shape[:2]
    device, place = generator.device, images.device
    bright, contrast, colour = 1 + jitter * (2 * torch.rand(3, count, 1, 1, generator=generator, device=device) - 1)
    steps = torch.randn(count, channels, generator=generator, device=device) * noise
    luma = torch.tensor(LUMA if channels == len(LUMA) else [1 / channels] * channels, device=device)
    identity = torch.eye(channels, device=device)
    saturated = colour * identity + (1 - colour) * luma if channels == len(LUMA) else identity
    matrix = (saturated * bright * contrast).mT.to(place)  # (N, C, C), by which a row of colours is multiplied
    offset = torch.zeros(count, channels, device=place)
    if components is not None:
        offset = (steps @ torch.tensor(components.rows, device=device)).to(place)
    greys = (bright * (1 - contrast))[:, 0].to(place) * luma.to(place)  # what each image's mean colour gives of grey
    normal = normalisation or Normalisation((0.0,) * channels, (1.0,) * channels)
    mean, std = (torch.tensor(one, device=place) for one in (normal.mean, normal.std))
    return _mapped(images, matrix, offset - mean, greys, 1 / std)


def _mapped(images: Tensor, matrix: Tensor, offset: Tensor, greys: Tensor, scale: Tensor) -> Tensor:
    """Every colour times its image's `matrix` (N, C, C), plus `offset` and mean colour times `greys` (both (N, C)).

    Then times `scale` (C).

    Several pixels at a time, by a matrix that holds the image's own as often: a product of larger matrices is faster.
    """
    count, channels, height, width = images.shape
    together = math.gcd(TOGETHER, height * width)
    pixels = images.permute(0, 2, 3, 1).reshape(count, -1, together * channels)
    results = torch.empty(pixels.shape, device=images.device)
    eye = torch.eye(together, device=images.device)
    whole = torch.einsum("ab,nij->naibj", eye, matrix * scale).reshape(count, together * channels, -1)
    parts = part_size(images, height, width)
    split = (torch.split(each, parts) for each in (results, pixels, whole, offset, greys))
    for result, part, product, shift, grey in zip(*split, strict=True):
        floats = part.float()
        colour = floats.mean(1).reshape(len(part), together, channels).mean(1)
        moved = (shift + (colour * grey).sum(1, keepdim=True)) * scale  # a grey, whose saturation is what it was
        torch.baddbmm(moved.repeat(1, together)[:, None], floats, product, out=result)
    return results.reshape(count, height, width, channels).permute(0, 3, 1, 2)


def _histograms(pixels: NDArray[np.uint8], which: NDArray[np.int64]) -> list[NDArray[np.intp]]:
    """How often each channel has each of the 256 values."""
    counts = np.zeros((pixels.shape[1], 256), np.intp)
    for part in _parts(which):  # because numpy counts bytes only after making eight bytes of each
        images = pixels[part]
        counts += [np.bincount(images[:, channel].ravel(), minlength=256) for channel in range(len(counts))]
    return list(counts)


def _parts(which: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """A thousand at a time, which bounds the copies made of them, and in the order in which they lie."""
    return np.array_split(np.sort(which), 1 + len(which) // 1024)
