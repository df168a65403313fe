"""What a data set is, and what is said of one that cannot be had."""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]  # (N, C, H, W)
Labels = NDArray[np.int64]  # (N,)
Indices = NDArray[np.int64]


class DataError(ValueError):
    """Images that cannot be found, read or trusted; one line that says where and what would be right."""


class DataNameError(DataError):
    """`--data` names no data set, or a folder that is not there."""


@dataclass(frozen=True)
class Images:
    """Labelled images. The arrays are only ever read, so that many processes may share one copy."""

    pixels: Pixels
    labels: Labels
    classes: int

    def __len__(self) -> int:
        """N."""
        return len(self.labels)


@dataclass(frozen=True)
class DataSet:
    """A training part, from which every trial takes its own validation part, and the published test part."""

    name: str
    train: Images
    test: Images
    digest: str = ""  # of all images and labels as they were loaded, however they are reduced later


def digest_of(data: DataSet) -> str:
    """What the images are, in 16 hexadecimal digits, wherever they lie and whatever they are called."""
    sha256 = hashlib.sha256()
    for array in (data.train.pixels, data.train.labels, data.test.pixels, data.test.labels):
        sha256.update(repr((array.shape, array.dtype.str)).encode())
        sha256.update(np.ascontiguousarray(array).data)
    return sha256.hexdigest()[:16]
