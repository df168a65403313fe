"""IDX, the file format of MNIST (LeCun 1998): 00 00 08, rank, sizes as big-endian words, bytes."""

import gzip
import hashlib
import math
import struct
import zlib
from io import BufferedIOBase

import numpy as np
from numpy.typing import NDArray

LARGEST = 2**31  # bytes one file may hold; a header that asks for more is damage, not data


class IdxError(ValueError):
    """What is wrong with a file; the words go on from its name."""


def read(file: BufferedIOBase, *, rank: int, sha256: str | None = None) -> NDArray[np.uint8]:
    """The array of bytes, checked against `sha256` if given.

    Reads no more than the header announces, whatever a compressed file would expand to.
    """
    try:
        head = file.read(4 + 4 * rank)
        magic, *shape = struct.unpack(f">{1 + rank}I", head)
        if magic != 0x0800 + rank or not 0 < (size := math.prod(shape)) <= LARGEST:
            raise IdxError(f"is not an IDX file: its header is {head.hex()}")
        body = file.read(size + 1)  # one more than there should be, so that a longer file is noticed
    except (struct.error, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise IdxError(f"is truncated or damaged: {str(error) or type(error).__name__}") from None
    if len(body) != size:
        found = f"{len(body)} bytes" if len(body) < size else "more"
        raise IdxError(f"announces {size} bytes and holds {found}; get the file again")
    digest = hashlib.sha256(head)
    digest.update(body)
    if sha256 not in (None, digest.hexdigest()):
        raise IdxError("is not as published (its SHA-256 differs); get the file again")
    return np.frombuffer(body, np.uint8).reshape(shape)
