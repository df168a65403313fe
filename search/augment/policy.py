"""RandAugment (Cubuk et al. 2020): so many operations drawn for each image, all of one magnitude.

The fourteen operations, one of which does nothing, and their strengths at a magnitude of 30 are those of the paper, the
pixels those of Pillow's operations, to a level or two of rounding.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

import torch
from torch import Tensor, nn

from search.augment.colour import LUMA
from search.augment.geometry import is_large

STRONGEST = 30  # the magnitude at which an operation is as strong as it can be
Size: TypeAlias = Sequence[int]  # height and width
Map: TypeAlias = tuple[Tensor, Tensor]  # (N, 2, 2) and (N, 2)


def randaugment(images: Tensor, *, count: int, magnitude: float, generator: torch.Generator) -> Tensor:
    """`count` operations on each image of bytes (N, C, H, W); what is moved in from outside is black.

    Those of the images that are to have the same operation lie together while they have it.
    """
    strength = magnitude / STRONGEST
    places = torch.arange(len(images))  # where each image lay
    for _ in range(count):
        which, sign = (
            torch.randint(options, (len(images),), generator=generator, device=generator.device).cpu()[places]
            for options in (1 + len(OF_VALUES) + len(OF_PLACES), 2)
        )
        order = which.argsort(stable=True)
        images, places, signs = _taken(images, order), places[order], (2.0 * sign[order] - 1).to(images.device)
        ends = which.bincount(minlength=1 + len(OF_VALUES) + len(OF_PLACES)).cumsum(0).tolist()
        parts = [slice(start, end) for start, end in pairwise(ends)]  # but those that are left as they are
        for operation, part in zip(OF_VALUES, parts, strict=False):
            if part.stop > part.start:
                images[part] = operation(images[part], strength, signs[part])
        moved = parts[len(OF_VALUES) :]
        maps = [map_of(strength, signs[part], images.shape[2:]) for map_of, part in zip(OF_PLACES, moved, strict=True)]
        last = slice(moved[0].start, None)
        images[last] = sampled(images[last], *(torch.cat(each) for each in zip(*maps, strict=True)))
    return _taken(images, places.argsort())


def _taken(images: Tensor, order: Tensor) -> Tensor:
    """A copy in another order, the channels last in memory."""
    return images.permute(0, 2, 3, 1).index_select(0, order.to(images.device)).permute(0, 3, 1, 2)


# Of values ---------------------------------------------------------------------------------------------------


def _autocontrast(images: Tensor, strength: float, sign: Tensor) -> Tensor:
    """The darkest value of each channel becomes 0, the brightest 255."""
    del strength, sign
    planes = _planes(images)
    low, high = (edge(planes.flatten(2), 2)[:, :, None, None] for edge in (torch.amin, torch.amax))
    flat = high == low
    stretched = planes.sub_(low.where(~flat, 0)).mul_(torch.where(flat, 1, 255 / (high - low)))
    return stretched.round_().to(torch.uint8)


def _equalize(images: Tensor, strength: float, sign: Tensor) -> Tensor:
    """Every value becomes as frequent as the others, as nearly as a table from values to values can make it."""
    del strength, sign
    count, channels, *_ = images.shape
    tables = 256 * torch.arange(count * channels, dtype=torch.int32, device=images.device)
    places = images.to(torch.int32, memory_format=torch.contiguous_format) + tables.reshape(count, channels, 1, 1)
    histogram = torch.bincount(places.flatten(), minlength=256 * len(tables)).reshape(-1, 256)
    last = 255 - histogram.flip(1).ne(0).int().argmax(1, keepdim=True)
    step = (histogram.sum(1, keepdim=True) - histogram.gather(1, last)) // 255
    before = histogram.cumsum(1) - histogram
    table = ((step // 2 + before) // step.clamp(1)).clamp(0, 255)
    table = torch.where(step > 0, table, torch.arange(256, device=images.device)).to(torch.uint8)
    return table.flatten().index_select(0, places.flatten()).reshape(images.shape)


def _posterize(images: Tensor, strength: float, sign: Tensor) -> Tensor:
    """Up to four of the eight bits of each value become 0."""
    del sign
    return torch.bitwise_and(images, 256 - 2 ** round(4 * strength))


def _solarize(images: Tensor, strength: float, sign: Tensor) -> Tensor:
    """Values from a threshold on, in the end all, become their negatives."""
    del sign
    values = torch.arange(256, device=images.device)
    table = torch.where(values >= 255 * (1 - strength), 255 - values, values).to(torch.uint8)
    pixels = images.permute(0, 2, 3, 1)
    return table.index_select(0, pixels.flatten().int()).reshape(pixels.shape).permute(0, 3, 1, 2)


# Between an image and one without something ------------------------------------------------------------------


def _brightness(images: Tensor, strength: float, sign: Tensor) -> Tensor:
    planes = _planes(images)
    return _enhanced(planes, torch.zeros_like(planes[:, :1, :1, :1]), strength, sign)


def _colour(images: Tensor, strength: float, sign: Tensor) -> Tensor:
    planes = _planes(images)
    return _enhanced(planes, _grey(planes), strength, sign)


def _contrast(images: Tensor, strength: float, sign: Tensor) -> Tensor:
    planes = _planes(images)
    return _enhanced(planes, _grey(planes).mean((1, 2, 3), keepdim=True).round_(), strength, sign)


def _sharpness(images: Tensor, strength: float, sign: Tensor) -> Tensor:
    """Smoothed by Pillow's filter, a pixel five times its neighbours, or the opposite; the outermost pixels stay."""
    planes = _planes(images)
    smooth = planes.clone()
    if min(planes.shape[2:]) > 2:
        rows = planes[:, :, :-2] + planes[:, :, 1:-1] + planes[:, :, 2:]  # in whole bytes, so in any order the same
        inner = rows[:, :, :, :-2] + rows[:, :, :, 1:-1] + rows[:, :, :, 2:] + 4 * planes[:, :, 1:-1, 1:-1]
        smooth[:, :, 1:-1, 1:-1] = inner.div_(13)
    return _enhanced(planes, smooth, strength, sign)


def _enhanced(planes: Tensor, without: Tensor, strength: float, sign: Tensor) -> Tensor:
    """Nearer to the image without something, or as much further from it: by up to 90 %."""
    factor = 1 + 0.9 * strength * sign[:, None, None, None]
    return planes.mul_(factor).add_((1 - factor) * without).clamp_(0, 255).to(torch.uint8)


def _grey(planes: Tensor) -> Tensor:
    """(N, 1, H, W), in whole bytes."""
    if planes.shape[1] != len(LUMA):
        return planes.mean(1, keepdim=True)
    luma = torch.tensor(LUMA, device=planes.device).expand(len(planes), 1, -1)
    return torch.bmm(luma, planes.flatten(2)).round_().reshape(-1, 1, *planes.shape[2:])


def _planes(images: Tensor) -> Tensor:
    """Floats, one channel after the other in memory: what is one number for a channel then costs little."""
    return images.to(torch.float32, memory_format=torch.contiguous_format)


OF_VALUES = (
    _autocontrast,
    _equalize,
    _solarize,
    _colour,
    _posterize,
    _contrast,
    _brightness,
    _sharpness,
)

# Of places: where in an image of so many rows and columns the pixel at (x, y) comes from, as a matrix and a shift ---


def _rotated(strength: float, sign: Tensor, size: Size) -> Map:
    """About the middle, by up to 30 degrees."""
    angle = math.radians(30) * strength * sign
    cos, sin = angle.cos(), angle.sin()
    middle = torch.tensor(size[::-1], device=sign.device) / 2
    matrix = torch.stack((cos, -sin, sin, cos), 1).reshape(-1, 2, 2)
    return matrix, middle - matrix @ middle


def _sheared_x(strength: float, sign: Tensor, size: Size) -> Map:
    """From the upper left corner, by up to 0.3."""
    del size
    return _affine(sign, x_of_y=0.3 * strength)


def _sheared_y(strength: float, sign: Tensor, size: Size) -> Map:
    del size
    return _affine(sign, y_of_x=0.3 * strength)


def _translated_x(strength: float, sign: Tensor, size: Size) -> Map:
    """By up to 150 of 331 parts of the width, in whole pixels."""
    return _affine(sign, x=math.trunc(150 / 331 * strength * size[1]))


def _translated_y(strength: float, sign: Tensor, size: Size) -> Map:
    return _affine(sign, y=math.trunc(150 / 331 * strength * size[0]))


OF_PLACES = (_rotated, _sheared_x, _sheared_y, _translated_x, _translated_y)


def _affine(sign: Tensor, *, x_of_y: float = 0, y_of_x: float = 0, x: float = 0, y: float = 0) -> Map:
    """The identity and, with each image's sign, what is said."""
    matrix, shift = torch.tensor([[0, x_of_y], [y_of_x, 0]]), torch.tensor([x, y], dtype=torch.float32)
    identity = torch.eye(2, device=sign.device)
    return identity + sign[:, None, None] * matrix.to(sign.device), sign[:, None] * shift.to(sign.device)


def sampled(images: Tensor, matrix: Tensor, shift: Tensor) -> Tensor:
    """The nearest pixel to `matrix` (N, 2, 2) @ (x, y) + `shift` (N, 2), from the upper left corner; 0 outside."""
    height, width = images.shape[2:]
    y, x = (torch.arange(size, device=images.device) + 0.5 for size in (height, width))
    parts = 1 if is_large(images, height, width) else max(1, len(images))
    found = []
    for part, turned, moved in zip(*(torch.split(each, parts) for each in (images, matrix, shift)), strict=True):
        column, row = (
            turned[:, i, 0, None, None] * x + turned[:, i, 1, None, None] * y[:, None] + moved[:, i, None, None]
            for i in range(2)
        )
        found.append(_picked_or_black(part, row.floor_(), column.floor_()))
    return torch.cat(found) if found else images


def _picked_or_black(images: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """The pixels at whole `rows` and `columns` (N, H, W), floats; they are compared but once, which is slow."""
    count, channels, height, width = images.shape
    off = (rows - rows.clamp(0, height - 1)).abs_() + (columns - columns.clamp(0, width - 1)).abs_()
    places = rows.mul_(width).add_(columns).add_(1).mul_(off == 0).int()  # 0: a black pixel before each image's own
    starts = torch.arange(0, count * (height * width + 1), height * width + 1, dtype=torch.int32, device=images.device)
    pixels = nn.functional.pad(images.permute(0, 2, 3, 1).reshape(count, height * width, channels), (0, 0, 1, 0))
    seen = pixels.reshape(-1, channels).index_select(0, (places + starts[:, None, None]).flatten())
    return seen.reshape(count, height, width, channels).permute(0, 3, 1, 2)
