"""RandAugment (Cubuk et al. 2020): so many operations drawn for each image, all of one magnitude.

The fourteen operations, their strengths at a magnitude of 30 and their order are those of the paper, the pixels those
of Pillow's operations, to a level or two of rounding.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from search.augment.colour import LUMA

STRONGEST = 30  # the magnitude at which an operation is as strong as it can be
SMOOTH = ((1, 1, 1), (1, 5, 1), (1, 1, 1))  # Pillow's filter of that name


def randaugment(images: Tensor, *, count: int, magnitude: float, generator: torch.Generator) -> Tensor:
    """`count` operations on each image of bytes (N, C, H, W), in place; what is moved in from outside is black.

    Those of the images that are to have the same operation have it together.
    """
    strength = magnitude / STRONGEST
    for _ in range(count):
        which, sign = (
            torch.randint(options, (len(images),), generator=generator, device=generator.device)
            for options in (len(OPERATIONS), 2)
        )
        for number, operation in enumerate(OPERATIONS):
            chosen = (which == number).nonzero()[:, 0]
            if operation is not None and len(chosen):
                signs, chosen = (2.0 * sign[chosen] - 1).to(images.device), chosen.to(images.device)
                images[chosen] = operation(images[chosen], strength, signs)
    return images


# Of values ---------------------------------------------------------------------------------------------------


def _autocontrast(images: Tensor, strength: float, sign: Tensor) -> Tensor:
    """The darkest value of each channel becomes 0, the brightest 255."""
    del strength, sign
    low, high = images.amin((2, 3), keepdim=True).float(), images.amax((2, 3), keepdim=True).float()
    stretched = (images - low) * (255 / (high - low))
    return torch.where(high > low, stretched.round(), images).to(torch.uint8)


def _equalize(images: Tensor, strength: float, sign: Tensor) -> Tensor:
    """Every value becomes as frequent as the others, as nearly as a table from values to values can make it."""
    del strength, sign
    count, channels, *_ = images.shape
    rows = 256 * torch.arange(count * channels, device=images.device).reshape(count, channels, 1, 1)
    places = images.long() + rows
    histogram = torch.bincount(places.flatten(), minlength=256 * count * channels).reshape(-1, 256)
    last = 255 - histogram.flip(1).ne(0).int().argmax(1, keepdim=True)
    step = (histogram.sum(1, keepdim=True) - histogram.gather(1, last)) // 255
    before = histogram.cumsum(1) - histogram
    table = ((step // 2 + before) // step.clamp(1)).clamp(0, 255)
    table = torch.where(step > 0, table, torch.arange(256, device=images.device))
    return table.flatten()[places].to(torch.uint8)


def _posterize(images: Tensor, strength: float, sign: Tensor) -> Tensor:
    """Up to four of the eight bits of each value become 0."""
    del sign
    return torch.bitwise_and(images, 256 - 2 ** round(4 * strength))


def _solarize(images: Tensor, strength: float, sign: Tensor) -> Tensor:
    """Values from a threshold on, in the end all, become their negatives."""
    del sign
    return torch.where(images >= 255 * (1 - strength), 255 - images, images)


# Between an image and one without something ------------------------------------------------------------------


def _brightness(images: Tensor, strength: float, sign: Tensor) -> Tensor:
    return _enhanced(images, torch.zeros((), device=images.device), strength, sign)


def _colour(images: Tensor, strength: float, sign: Tensor) -> Tensor:
    return _enhanced(images, _grey(images), strength, sign)


def _contrast(images: Tensor, strength: float, sign: Tensor) -> Tensor:
    return _enhanced(images, _grey(images).mean((1, 2, 3), keepdim=True).round(), strength, sign)


def _sharpness(images: Tensor, strength: float, sign: Tensor) -> Tensor:
    """Smoothed or the opposite; the outermost pixels stay."""
    channels = images.shape[1]
    smooth, kernel = images.float(), torch.tensor(SMOOTH, device=images.device) / 13
    if min(images.shape[2:]) > 2:
        inner = nn.functional.conv2d(smooth, kernel.expand(channels, 1, 3, 3), groups=channels)
        smooth[:, :, 1:-1, 1:-1] = inner
    return _enhanced(images, smooth, strength, sign)


def _enhanced(images: Tensor, without: Tensor, strength: float, sign: Tensor) -> Tensor:
    """Nearer to the image without something, or as much further from it: by up to 90 %."""
    factor = 1 + 0.9 * strength * sign[:, None, None, None]
    return torch.lerp(without.expand_as(images), images.float(), factor).clamp_(0, 255).to(torch.uint8)


def _grey(images: Tensor) -> Tensor:
    """(N, 1, H, W), in whole bytes."""
    if images.shape[1] != len(LUMA):
        return images.float().mean(1, keepdim=True)
    return torch.einsum("nchw,c->nhw", images.float(), torch.tensor(LUMA, device=images.device))[:, None].round()


# Of places ---------------------------------------------------------------------------------------------------


def _rotate(images: Tensor, strength: float, sign: Tensor) -> Tensor:
    """About the middle, by up to 30 degrees."""
    angle = math.radians(30) * strength * sign
    cos, sin = angle.cos(), angle.sin()
    middle = torch.tensor(images.shape[2:][::-1], device=images.device) / 2
    matrix = torch.stack((cos, -sin, sin, cos), 1).reshape(-1, 2, 2)
    return _sampled(images, matrix, middle - matrix @ middle)


def _shear_x(images: Tensor, strength: float, sign: Tensor) -> Tensor:
    """From the upper left corner, by up to 0.3."""
    return _sheared(images, 0.3 * strength * sign, (0, 1))


def _shear_y(images: Tensor, strength: float, sign: Tensor) -> Tensor:
    return _sheared(images, 0.3 * strength * sign, (1, 0))


def _translate_x(images: Tensor, strength: float, sign: Tensor) -> Tensor:
    """By up to 150 of 331 parts of the width."""
    return _moved(images, strength * sign, axis=0)


def _translate_y(images: Tensor, strength: float, sign: Tensor) -> Tensor:
    return _moved(images, strength * sign, axis=1)


def _sheared(images: Tensor, by: Tensor, place: tuple[int, int]) -> Tensor:
    matrix = torch.eye(2, device=images.device).repeat(len(images), 1, 1)
    matrix[:, place[0], place[1]] = by
    return _sampled(images, matrix, torch.zeros(len(images), 2, device=images.device))


def _moved(images: Tensor, by: Tensor, *, axis: int) -> Tensor:
    shift = torch.zeros(len(images), 2, device=images.device)
    shift[:, axis] = (by * (150 / 331) * images.shape[3 - axis]).trunc()
    return _sampled(images, torch.eye(2, device=images.device).expand(len(images), 2, 2), shift)


def _sampled(images: Tensor, matrix: Tensor, shift: Tensor) -> Tensor:
    """The nearest pixel to `matrix` @ (x, y) + `shift`, in pixels from the upper left corner; 0 outside."""
    count, _, height, width = images.shape
    y, x = torch.meshgrid(*(torch.arange(n, device=images.device) + 0.5 for n in (height, width)), indexing="ij")
    places = torch.einsum("nij,jhw->inhw", matrix, torch.stack((x, y))) + shift.T[:, :, None, None]
    column, row = places.floor().long()
    is_inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    column, row = column.clamp(0, width - 1), row.clamp(0, height - 1)
    which = torch.arange(count, device=images.device)[:, None, None]
    return images[which, :, row, column].mul_(is_inside[..., None]).permute(0, 3, 1, 2)


Operation = Callable[[Tensor, float, Tensor], Tensor]
OPERATIONS: tuple[Operation | None, ...] = (
    None,
    _autocontrast,
    _equalize,
    _rotate,
    _solarize,
    _colour,
    _posterize,
    _contrast,
    _brightness,
    _sharpness,
    _shear_x,
    _shear_y,
    _translate_x,
    _translate_y,
)
