"""What a data set is, and what is said of one that cannot be had."""

import hashlib
import platform
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]  # (N, C, H, W)
Labels = NDArray[np.int64]  # (N,)
Indices = NDArray[np.int64]


class DataError(ValueError):
    """Images that cannot be found, read or trusted; one line that says where and what would be right."""


class DataNameError(DataError):
    """`--data` names no data set, or a folder that is not there."""


LARGE = 2**31  # bytes of an array that travels by the name of the file that holds it


@dataclass(frozen=True)
class Images:
    """Labelled images. The arrays are only ever read, so that many processes may share one copy."""

    pixels: Pixels
    labels: Labels
    classes: int

    def __len__(self) -> int:
        """N."""
        return len(self.labels)

    @property
    def travelling(self) -> int:
        """Bytes that another process is sent: none of pixels that it can map into its memory as this one has."""
        return self.labels.nbytes + (0 if self._file else self.pixels.nbytes)

    @property
    def _file(self) -> str | None:
        pixels = self.pixels
        return str(pixels.filename) if isinstance(pixels, np.memmap) and pixels.nbytes > LARGE else None

    def __reduce__(self) -> tuple[Callable[..., "Images"], tuple[Any, ...]]:
        if self._file:
            return _mapped, (self._file, self.labels, self.classes)
        return Images, (np.asarray(self.pixels), self.labels, self.classes)


def _mapped(file: str, labels: Labels, classes: int) -> Images:
    try:
        return Images(np.load(file, mmap_mode="r"), labels, classes)
    except OSError as error:
        what = f"{file} cannot be read on {platform.node()} ({error.strerror})"
        raise DataError(f"--data: {what}; set XDG_CACHE_HOME to a folder that all machines share") from None


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
