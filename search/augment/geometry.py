"""Which part of each image is seen, and whether in a mirror: whole batches at once."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

RATIOS = (3 / 4, 4 / 3)  # width over height of a resized crop
TRIES = 10  # boxes drawn for an image before the whole of it is taken
ONE_BY_ONE = 64  # pixels a side from which on a CPU one image at a time is faster: it stays in the cache


def crop_and_flip(
    images: Tensor, *, padding: int, flip: bool, generator: torch.Generator, side: int | None = None
) -> Tensor:
    """Each image (N, C, H, W), zero-padded, cropped to its own size or `side` pixels a side, and mirrored or not.

    He et al. (2016), section 4.2; one in two is mirrored. The generator is read as often without crops or flips.
    """
    count, _, *sizes = images.shape
    height, width = (side, side) if side else sizes
    slack = sizes[0] + 2 * padding - height
    device = generator.device  # where the draws are made decides what they are, so they come from the generator's
    down, right = torch.randint(1 + slack, (2, count, 1), generator=generator, device=device).to(images.device)
    coin = torch.randint(2, (count, 1), generator=generator, device=device).to(images.device)
    if is_large(images, height, width):
        return _cut(images, torch.cat((down, right, (coin == 1) & flip), 1), padding, height, width)
    across = torch.arange(width, device=images.device)
    rows = down + torch.arange(height, device=images.device)
    columns = right + torch.where((coin == 1) & flip, across.flip(0), across)
    return picked(nn.functional.pad(images, [padding] * 4), rows[:, :, None], columns[:, None, :])


def is_large(images: Tensor, height: int, width: int) -> bool:
    """Whether so many pixels of each image are better looked at image by image."""
    return images.device.type == "cpu" and height * width > ONE_BY_ONE**2


def _cut(images: Tensor, numbers: Tensor, padding: int, height: int, width: int) -> Tensor:
    """Of each image what lies from a row and a column of `numbers` (N, 3) on, and mirrored where the third is not 0."""
    if padding:
        images = nn.functional.pad(images, [padding] * 4)
    boxes = (
        (image[:, :, top : top + height, left : left + width], mirror)
        for image, (top, left, mirror) in zip(torch.split(images, 1), numbers.tolist(), strict=True)
    )
    return torch.cat([box.flip(3) if mirror else box for box, mirror in boxes])


def part_size(images: Tensor, height: int, width: int) -> int:
    """How many images of a batch are looked at at a time: a large one alone, else all."""
    return 1 if is_large(images, height, width) else max(1, len(images))


def lay(images: Tensor, results: Tensor) -> None:
    """(N, C, H, W) into (N, H, W, C); one channel after the other is the fastest way where they lie apart."""
    if images.stride(1) == 1:
        results.copy_(images.permute(0, 2, 3, 1))
        return
    for channel in range(images.shape[1]):
        results[..., channel].copy_(images[:, channel])


def picked(images: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Of each image (N, C, H, W) the pixels at `rows` and `columns`, which broadcast to (N, h, w): (N, C, h, w).

    The channels lie last in memory, so that a pixel is copied at once.
    """
    count, channels, height, width = images.shape
    starts = torch.arange(0, count * height, height, dtype=rows.dtype, device=images.device)[:, None, None]
    places = (starts + rows) * width + columns
    pixels = images.permute(0, 2, 3, 1).reshape(-1, channels).index_select(0, places.flatten())
    return pixels.reshape(*places.shape, channels).permute(0, 3, 1, 2)


def resized_crop(images: Tensor, *, least_area: float, flip: bool, generator: torch.Generator, side: int) -> Tensor:
    """A random box of each image (N, C, H, W), resized to `side` pixels a side, and mirrored or not (uint8).

    Szegedy et al. (2015): a share of the area uniform from `least_area` to 1, the sides' ratio log-uniform from 3/4
    to 4/3. Bilinear, widened where it shrinks, as Pillow resizes.
    """
    count, _, height, width = images.shape
    boxes = _boxes(count, height, width, least_area, generator)
    coin = torch.randint(2, (count,), generator=generator, device=generator.device)
    mirrored = (coin == 1) & flip
    if is_large(images, height, side):
        return _one_by_one(images, boxes, mirrored, side)
    return (_enlarged if max(height, width) <= side else _all_at_once)(images, boxes, mirrored, side)


def _one_by_one(images: Tensor, boxes: Sequence[Tensor], mirrored: Tensor, side: int) -> Tensor:
    """By torch's resizing of bytes on a CPU, which is Pillow's."""
    results = images.new_empty(len(images), side, side, images.shape[1]).permute(0, 3, 1, 2)
    numbers = torch.stack((*boxes, mirrored), 1).long().tolist()
    for result, image, (top, left, tall, wide, mirror) in zip(results, images, numbers, strict=True):
        box = images.new_empty(1, tall, wide, images.shape[1])
        lay(image[None, :, top : top + tall, left : left + wide], box)
        (seen,) = nn.functional.interpolate(box.permute(0, 3, 1, 2), (side, side), mode="bilinear", antialias=True)
        result.copy_(seen.flip(2) if mirror else seen)
    return results


def _enlarged(images: Tensor, boxes: Sequence[Tensor], mirrored: Tensor, side: int) -> Tensor:
    """Where no box has more pixels than it is to have: each new pixel is between four old ones."""
    top, left, tall, wide = (box.to(images.device)[:, None] for box in boxes)
    steps = (torch.arange(side, device=images.device) + 0.5) / side
    across = torch.where(mirrored.to(images.device)[:, None], steps.flip(0), steps)
    ends = ((left, wide, across, images.shape[3]), (top, tall, steps, images.shape[2]))
    x, y = (
        (start - 0.5 + length * along).clamp(start, start + length - 1) * (2 / max(size - 1, 1)) - 1
        for start, length, along, size in ends
    )
    grid = torch.stack((x[:, None].expand(-1, side, -1), y[:, :, None].expand(-1, -1, side)), 3)
    floats = images.to(torch.float32, memory_format=torch.contiguous_format)
    return _bytes(nn.functional.grid_sample(floats, grid, align_corners=True))


def _all_at_once(images: Tensor, boxes: Sequence[Tensor], mirrored: Tensor, side: int) -> Tensor:
    """By matrices of each image's own: one for its rows, one for its columns."""
    top, left, tall, wide = boxes
    height, width = images.shape[2:]
    rows, columns = _triangles(top, tall, height, side), _triangles(left, wide, width, side)
    columns = torch.where(mirrored[:, None, None], columns.flip(1), columns)
    rows, columns = rows.to(images.device)[:, None], columns.to(images.device)[:, None]
    return _bytes(rows @ images.float() @ columns.mT)


def _bytes(planes: Tensor) -> Tensor:
    """Rounded, the channels last in memory; in two steps, each of which is fast."""
    rounded = as_bytes(planes.round_())
    results = rounded.new_empty(len(planes), *planes.shape[2:], planes.shape[1])
    lay(rounded, results)
    return results.permute(0, 3, 1, 2)


def as_bytes(values: Tensor) -> Tensor:
    """Of floats from 0 to 255, cut off below the point; by way of whole numbers, as that is faster."""
    return values.to(torch.int16).to(torch.uint8)


def _boxes(
    count: int, height: int, width: int, least_area: float, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Top, left, height and width (N,) of a box in each image, in whole pixels; after ten misses, the whole image."""
    area, ratio, down, right = torch.rand(4, count, TRIES, generator=generator, device=generator.device)
    low, high = torch.log(torch.tensor(RATIOS))
    area, ratio = height * width * (least_area + (1 - least_area) * area), torch.exp(low + (high - low) * ratio)
    tall, wide = torch.sqrt(area / ratio).round().clamp(1), torch.sqrt(area * ratio).round().clamp(1)
    fits = (tall <= height) & (wide <= width)
    first = fits.int().argmax(1, keepdim=True)  # 0 where none fits
    tall, wide, down, right = (one.gather(1, first)[:, 0] for one in (tall, wide, down, right))
    none = ~fits.any(1)
    tall, wide = tall.where(~none, torch.tensor(float(height))), wide.where(~none, torch.tensor(float(width)))
    return (down * (height - tall + 1)).floor(), (right * (width - wide + 1)).floor(), tall, wide


def _triangles(start: Tensor, length: Tensor, before: int, after: int) -> Tensor:
    """(N, after, before): weights of the old pixels from `start`, `length` of them, in each new one.

    A triangle as wide as a new pixel, but no narrower than two old ones, cut off at the ends of the box.
    """
    scale = (length / after)[:, None, None]
    centres = start[:, None, None] + (torch.arange(after, device=start.device)[:, None] + 0.5) * scale
    old = torch.arange(before, device=start.device) + 0.5
    weights = (1 - (old - centres).abs() / scale.clamp(1)).clamp(0)
    is_inside = (old > start[:, None]) & (old < (start + length)[:, None])
    weights = weights * is_inside[:, None]
    return weights / weights.sum(2, keepdim=True)
