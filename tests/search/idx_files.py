"""Small data sets in the MNIST layout."""

import gzip
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from search.data import FILES


def idx(array: NDArray[np.uint8]) -> bytes:
    return struct.pack(f">{1 + array.ndim}I", 0x0800 + array.ndim, *array.shape) + array.tobytes()


def write(folder: Path, *, train: int = 20, test: int = 10, side: int = 4, packed: bool = True) -> None:
    """A small data set in the MNIST layout, its pixels counting up and its labels going round 0, 1, 2."""
    arrays = (
        (np.arange(count * side * side).reshape(count, side, side), np.arange(count) % 3) for count in (train, test)
    )
    for stem, array in zip(FILES, (array for pair in arrays for array in pair), strict=True):
        content = idx(array.astype(np.uint8))
        (folder / f"{stem}.gz" if packed else folder / stem).write_bytes(gzip.compress(content) if packed else content)


def rewrite(folder: Path, position: int, array: NDArray[np.uint8]) -> None:
    """Another array in one of the four packed files."""
    (folder / f"{FILES[position]}.gz").write_bytes(gzip.compress(idx(array)))
