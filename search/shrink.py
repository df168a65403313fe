"""Images made smaller by area averaging."""

import math

import numpy as np
from numpy.typing import NDArray


def shrunk(pixels: NDArray[np.uint8], resolution: int) -> NDArray[np.uint8]:
    """Images (N, C, H, W) with no side longer than `resolution`; those that have none are returned as they are."""
    *_, height, width = pixels.shape
    if max(height, width) <= resolution:
        return pixels
    rows, columns = (_area_weights(side, min(side, resolution)) for side in (height, width))
    parts = np.array_split(pixels, math.ceil(len(pixels) / 1024))  # bounds the floats held at one time
    return np.concatenate([np.rint(rows @ part @ columns.T).astype(np.uint8) for part in parts])


def _area_weights(before: int, after: int) -> NDArray[np.float32]:
    """(after, before): the share of each old pixel in each new one, by the overlap of their intervals."""
    new, old = np.arange(after)[:, None] * (before / after), np.arange(before)
    overlap = np.minimum(new + before / after, old + 1) - np.maximum(new, old)
    weights: NDArray[np.float32] = (overlap.clip(0) * (after / before)).astype(np.float32)
    return weights
