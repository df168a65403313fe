"""The file of a trial's scores on every test image: NumPy's .npz, of losses as halves and one bit for every image."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

Scored = tuple[NDArray[np.float16], NDArray[np.bool_]]

_LARGEST_HALF = 65504.0  # of float16


def pack(losses: ArrayLike, correct: ArrayLike) -> bytes:
    """For every test image the loss, and whether it was classified correctly."""
    half = np.clip(np.asarray(losses, dtype=np.float64), 0, _LARGEST_HALF).astype(np.float16)
    bits = np.asarray(correct, dtype=bool)
    assert half.shape == bits.shape == (half.size,), f"scores of shapes {half.shape} and {bits.shape}"
    buffer = io.BytesIO()
    np.savez(buffer, test_loss=half, test_correct=np.packbits(bits))
    return buffer.getvalue()


def unpack(data: bytes) -> Scored:
    """What was packed. Of other bytes whatever zip, zlib and NumPy raise; never the scores of a damaged file."""
    layout = _layout(len(data))
    if layout and layout.holds(data):
        return layout.scores(data)
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        losses, packed = file["test_loss"], file["test_correct"]
    if losses.ndim != 1 or packed.shape != (-(-losses.size // 8),):
        msg = f"losses of shape {losses.shape}, their classifications of shape {packed.shape}"
        raise ValueError(msg)
    return losses, _bits(packed, losses.size)


def _bits(packed: NDArray[np.uint8], images: int) -> NDArray[np.bool_]:
    return np.unpackbits(packed, count=images).view(np.bool_)


@dataclass(frozen=True)
class _Member:
    """An array in a file of `pack`: where it stands, and its checksum."""

    start: int  # of NumPy's header
    data: int  # of the numbers after it
    end: int
    checksums: tuple[int, int]  # where they stand, beside it and in the zip's directory

    def is_whole(self, data: bytes) -> bool:
        found = zlib.crc32(data[self.start : self.end]).to_bytes(4, "little")
        return all(data[at : at + 4] == found for at in self.checksums)


@dataclass(frozen=True)
class _Layout:
    """A file of `pack` for so many images is always laid out alike, and read five times as fast by who knows how."""

    images: int
    members: tuple[_Member, _Member]
    fixed: tuple[tuple[int, bytes], ...]  # all bytes but numbers and checksums, with where they stand

    def holds(self, data: bytes) -> bool:
        """Whether the bytes are laid out so, and are whole."""
        alike = all(data[at : at + len(piece)] == piece for at, piece in self.fixed)
        return alike and all(member.is_whole(data) for member in self.members)

    def scores(self, data: bytes) -> Scored:
        losses, packed = self.members
        bits = np.frombuffer(data, np.uint8, packed.end - packed.data, packed.data)
        return np.frombuffer(data, np.float16, self.images, losses.data), _bits(bits, self.images)


@cache
def _layout(size: int) -> _Layout | None:
    """Of a file of so many bytes; None where `pack` makes none of that size."""
    images = max(0, (size - len(_empty(0))) * 8 // 17)  # two bytes and a bit each
    example = next((e for n in (images - 1, images, images + 1) if len(e := _empty(max(n, 0))) == size), None)
    if example is None:
        return None
    with np.load(io.BytesIO(example)) as file:
        images = len(file["test_loss"])
    first, second = _members(example, images)
    changing = sorted(
        (at, end) for m in (first, second) for at, end in ((m.data, m.end), *((c, c + 4) for c in m.checksums))
    )
    ends = [0, *(end for _, end in changing)]
    starts = [*(at for at, _ in changing), size]
    fixed = tuple((at, example[at:end]) for at, end in zip(ends, starts, strict=True))
    return _Layout(images, (first, second), fixed)


def _empty(images: int) -> bytes:
    return pack(np.zeros(images), np.zeros(images))


def _members(example: bytes, images: int) -> Iterator[_Member]:
    with zipfile.ZipFile(io.BytesIO(example)) as file:
        directory = file.start_dir
        for info, numbers in zip(file.infolist(), (2 * images, -(-images // 8)), strict=True):
            name, extra = (int.from_bytes(example[info.header_offset + at :][:2], "little") for at in (26, 28))
            start = info.header_offset + 30 + name + extra
            end = start + info.file_size
            yield _Member(start, end - numbers, end, (info.header_offset + 14, directory + 16))
            directory += 46 + len(info.orig_filename) + len(info.extra) + len(info.comment)
