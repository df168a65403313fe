"""Images made smaller by area averaging."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Make: TypeAlias = Callable[[tuple[int, ...], type[np.uint8]], NDArray[np.uint8]]


BLOCK = 1024  # images whose floats are held at one time


def shrunk(pixels: NDArray[np.uint8], resolution: int, into: Make = np.empty) -> NDArray[np.uint8]:
    """Images (N, C, H, W) with no side longer than `resolution`; those that have none are returned as they are.

    The result is written to what `into` gives for a shape and a type.
    """
    *_, height, width = pixels.shape
    if max(height, width) <= resolution:
        return pixels
    rows, columns = (_area_weights(side, min(side, resolution)) for side in (height, width))
    small = into((*pixels.shape[:2], len(rows), len(columns)), np.uint8)
    for start in range(0, len(pixels), BLOCK):
        part = slice(start, start + BLOCK)
        small[part] = np.rint(rows @ pixels[part] @ columns.T)
    return small


def _area_weights(before: int, after: int) -> NDArray[np.float32]:
    """(after, before): the share of each old pixel in each new one, by the overlap of their intervals."""
    new, old = np.arange(after)[:, None] * (before / after), np.arange(before)
    overlap = np.minimum(new + before / after, old + 1) - np.maximum(new, old)
    weights: NDArray[np.float32] = (overlap.clip(0) * (after / before)).astype(np.float32)
    return weights
