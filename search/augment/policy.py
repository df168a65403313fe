"""RandAugment (Cubuk et al. 2020): so many operations drawn for each image, all of one magnitude.

The fourteen operations, one of which does nothing, and their strengths at a magnitude of 30 are those of the paper, the
pixels those of Pillow's operations, to a level or two of rounding.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

import torch
from torch import Tensor, nn

from search.augment.colour import LUMA
from search.augment.geometry import as_bytes, part_size

STRONGEST = 30  # the magnitude at which an operation is as strong as it can be
Operation: TypeAlias = Callable[[Tensor, float], Tensor]  # on images that are alike in strength and direction, its sign
Row: TypeAlias = tuple[float, float, float]
Choice: TypeAlias = tuple[int, int]  # a place in ALL and a sign


def randaugment(images: Tensor, *, count: int, magnitude: float, generator: torch.Generator) -> Tensor:
    """`count` operations on each image of bytes (N, C, H, W); what is moved in from outside is black.

    The channels of the result lie one after the other in memory.
    """
    passes = [_drawn(len(images), generator) for _ in range(count)]
    parts = part_size(images, *images.shape[2:])
    results = images.clone(memory_format=torch.contiguous_format)
    for start, part in zip(range(0, len(images), parts), torch.split(results, parts), strict=False):
        for drawn in passes:
            _operate(part, drawn[start : start + parts], magnitude / STRONGEST)
    return results


def _drawn(number: int, generator: torch.Generator) -> list[Choice]:
    """For each image an operation, as likely as any other, and a direction, where it has one."""
    which, sign = (
        torch.randint(options, (number,), generator=generator, device=generator.device).tolist()
        for options in (len(ALL), 2)
    )
    return [(one, 2 * way - 1 if ALL[one] in DIRECTED else 1) for one, way in zip(which, sign, strict=True)]


def _operate(images: Tensor, choices: list[Choice], strength: float) -> None:
    """In place, all at once on those that are to have the same operation."""
    for place, sign in sorted(set(choices)):
        if (operation := ALL[place]) is None:
            continue
        mine = [i for i, choice in enumerate(choices) if choice == (place, sign)]
        if len(mine) == len(images):
            images.copy_(operation(images, sign * strength))
        else:
            which = torch.tensor(mine, device=images.device)
            images.index_copy_(0, which, operation(images.index_select(0, which), sign * strength))


# Of values ---------------------------------------------------------------------------------------------------


def _autocontrast(images: Tensor, strength: float) -> Tensor:
    """The darkest value of each channel becomes 0, the brightest 255."""
    del strength
    low, high = (edge(images.flatten(2), 2).float()[:, :, None, None] for edge in (torch.amin, torch.amax))
    flat = high == low
    return as_bytes(images.float().sub_(low.where(~flat, 0)).mul_(torch.where(flat, 1, 255 / (high - low))).round_())


def _equalize(images: Tensor, strength: float) -> Tensor:
    """Every value becomes as frequent as the others, as nearly as a table from values to values can make it."""
    del strength
    planes = images.flatten(2)
    histogram = torch.stack([plane.bincount(minlength=256) for plane in planes.flatten(0, 1)])
    last = 255 - histogram.flip(1).ne(0).int().argmax(1, keepdim=True)
    step = (histogram.sum(1, keepdim=True) - histogram.gather(1, last)) // 255
    before = histogram.cumsum(1) - histogram
    table = ((step // 2 + before) // step.clamp(1)).clamp(0, 255)
    table = torch.where(step > 0, table, torch.arange(256, device=images.device)).to(torch.uint8)
    return table.reshape(*planes.shape[:2], 256).gather(2, planes.long()).reshape(images.shape)


def _posterize(images: Tensor, strength: float) -> Tensor:
    """Up to four of the eight bits of each value become 0."""
    return torch.bitwise_and(images, 256 - 2 ** round(4 * strength))


def _solarize(images: Tensor, strength: float) -> Tensor:
    """Values from a threshold on, in the end all, become their negatives."""
    reaches = (images.to(torch.int16) + (256 - math.ceil(255 * (1 - strength)))).bitwise_right_shift_(8)  # 1 or 0
    return torch.bitwise_xor(images, 255 * reaches.to(torch.uint8))  # bytes are slow to compare


# Between an image and one without something ------------------------------------------------------------------


def _brightness(images: Tensor, strength: float) -> Tensor:
    planes = images.float()
    return _enhanced(planes, torch.zeros_like(planes[:, :1, :1, :1]), strength)


def _colour(images: Tensor, strength: float) -> Tensor:
    planes = images.float()
    return _enhanced(planes, _grey(planes), strength)


def _contrast(images: Tensor, strength: float) -> Tensor:
    planes = images.float()
    return _enhanced(planes, _grey(planes).mean((1, 2, 3), keepdim=True).round_(), strength)


def _sharpness(images: Tensor, strength: float) -> Tensor:
    """Smoothed by Pillow's filter, a pixel five times its neighbours, or the opposite; the outermost pixels stay."""
    planes = images.float()
    smooth = planes.clone()
    if min(planes.shape[2:]) > 2:
        whole = images.to(torch.int16)
        rows = whole[:, :, :-2] + whole[:, :, 1:-1] + whole[:, :, 2:]
        inner = (4 * whole[:, :, 1:-1, 1:-1]).add_(rows[..., :-2]).add_(rows[..., 1:-1]).add_(rows[..., 2:])
        smooth[:, :, 1:-1, 1:-1] = inner.float().div_(13)
    return _enhanced(planes, smooth, strength)


def _enhanced(planes: Tensor, without: Tensor, strength: float) -> Tensor:
    """Nearer to the image without something, or as much further from it: by up to 90 %."""
    factor = 1 + 0.9 * strength
    return as_bytes(planes.mul_(factor).add_(without, alpha=1 - factor).clamp_(0, 255))


def _grey(planes: Tensor) -> Tensor:
    """(N, 1, H, W), in whole bytes."""
    if planes.shape[1] != len(LUMA):
        return planes.mean(1, keepdim=True)
    luma = torch.tensor(LUMA, device=planes.device).expand(len(planes), 1, -1)
    return torch.bmm(luma, planes.flatten(2)).round_().reshape(-1, 1, *planes.shape[2:])


# Of places: where in an image of so many rows and columns the pixel at (x, y) comes from, as a matrix and a shift ---


def _rotated(images: Tensor, strength: float) -> Tensor:
    """About the middle, by up to 30 degrees."""
    angle = math.radians(30) * strength
    cos, sin = math.cos(angle), math.sin(angle)
    y, x = (size / 2 for size in images.shape[2:])
    return moved(images, (cos, -sin, x - cos * x + sin * y), (sin, cos, y - sin * x - cos * y))


def _sheared_x(images: Tensor, strength: float) -> Tensor:
    """From the upper left corner, by up to 0.3."""
    return moved(images, (1, 0.3 * strength, 0), (0, 1, 0))


def _sheared_y(images: Tensor, strength: float) -> Tensor:
    return moved(images, (1, 0, 0), (0.3 * strength, 1, 0))


def _translated_x(images: Tensor, strength: float) -> Tensor:
    """By up to 150 of 331 parts of the width, in whole pixels."""
    return moved(images, (1, 0, math.trunc(150 / 331 * strength * images.shape[3])), (0, 1, 0))


def _translated_y(images: Tensor, strength: float) -> Tensor:
    return moved(images, (1, 0, 0), (0, 1, math.trunc(150 / 331 * strength * images.shape[2])))


def moved(images: Tensor, column: Row, row: Row) -> Tensor:
    """The nearest pixel to where each comes from: `column` and `row` times (x, y, 1), from the upper left corner."""
    places = _places(column, row, tuple(images.shape[2:]), images.device)
    pixels = nn.functional.pad(images.flatten(2), (1, 0))
    return pixels.gather(2, places.expand(*pixels.shape[:2], -1)).reshape(images.shape)


@lru_cache(maxsize=32)  # a training has ten
def _places(column: Row, row: Row, size: tuple[int, ...], device: torch.device) -> Tensor:
    """Of each new pixel the place of an old one among all, from 1 on; 0 for one outside."""
    height, width = size
    y, x = torch.meshgrid(*(torch.arange(side, device=device) + 0.5 for side in size), indexing="ij")
    columns, rows = (torch.floor(a * x + b * y + c) for a, b, c in (column, row))
    is_inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    return torch.where(is_inside, rows * width + columns + 1, 0).long().flatten()


DIRECTED: tuple[Operation, ...] = (
    _colour, _contrast, _brightness, _sharpness,
    _rotated, _sheared_x, _sheared_y, _translated_x, _translated_y,
)  # fmt: skip
ALL: tuple[Operation | None, ...] = (
    None, _autocontrast, _equalize, _solarize, _colour, _posterize, _contrast, _brightness, _sharpness, *DIRECTED[4:]
)  # fmt: skip
