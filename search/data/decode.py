"""One image file to bytes of one size and so many channels, whatever its format, mode and orientation."""

import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image

MOST_PIXELS = 100_000_000  # of one image, whose decoded bytes are three times as many
GREY = {"1", "L", "LA", "La", "I", "F"}  # of Pillow's modes, besides those of 16 bits
SHARPER = 2  # a JPEG is decoded at a half, a quarter or an eighth while still so many times too large

File: TypeAlias = Path | BytesIO
T = TypeVar("T")


class UnreadableError(ValueError):
    """What is wrong with an image file; the words go on from its name."""


@dataclass(frozen=True)
class Header:
    """What is known of an image before it is decoded."""

    side: int  # pixels, the shorter
    is_colour: bool


@contextmanager
def patiently() -> Iterator[None]:
    """What Pillow warns of is either an error here or of no account. For a whole set, as warnings have no threads."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def header(file: File) -> Header:
    """Read without decoding. Raises UnreadableError, also for more pixels than any honest image has."""
    return _guarded(file, lambda image: Header(min(image.size), not _is_grey(image)))


def decoded(file: File, *, side: int, channels: int) -> NDArray[np.uint8]:
    """(channels, side, side) of 1 or 3 channels: turned as its EXIF says, on white, its shorter side resized, cropped.

    Of an animation the first frame; of 16 bits the upper eight, rounded. Raises UnreadableError.
    """
    return _guarded(file, lambda image: _bytes(image, side, channels))


def _guarded(file: File, read: "Callable[[Image.Image], T]") -> T:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(file) as image:
            _refuse_large(*image.size)
            return read(image)
    except UnreadableError:
        raise
    except Image.DecompressionBombError:
        raise UnreadableError(f"has more than {MOST_PIXELS:,} pixels") from None
    except MemoryError:
        raise UnreadableError("needs more memory than there is") from None
    except UnidentifiedImageError:
        raise UnreadableError("is no image") from None
    except Exception as error:  # noqa: BLE001 -- Pillow's readers raise whatever a damaged file makes them
        raise UnreadableError(_words(error)) from None


def _refuse_large(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise UnreadableError(f"has {width}×{height} pixels, more than {MOST_PIXELS:,}")


def _words(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    known = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error)
    said = str(error).splitlines()[0][:80] if isinstance(error, known) and str(error) else type(error).__name__
    return f"is damaged ({said})"


def _is_grey(image: "Image.Image") -> bool:
    return image.mode in GREY or image.mode.startswith("I;16")


def _bytes(image: "Image.Image", side: int, channels: int) -> NDArray[np.uint8]:
    from PIL import Image, ImageOps

    image.draft(image.mode, (SHARPER * side, SHARPER * side))  # of JPEG; others do nothing
    ImageOps.exif_transpose(image, in_place=True)
    plain = _eight_bits(image, "L" if channels == 1 else "RGB")
    fitted = ImageOps.fit(plain, (side, side), Image.Resampling.BILINEAR)
    if fitted.mode == "RGBA":  # only now, as a large image need not be there three times
        fitted = Image.alpha_composite(Image.new("RGBA", fitted.size, "white"), fitted)
    fitted = fitted.convert("L" if channels == 1 else "RGB")
    return np.asarray(fitted).reshape(side, side, channels).transpose(2, 0, 1)


def _eight_bits(image: "Image.Image", mode: str) -> "Image.Image":
    """Of `mode`, or RGBA where something can be seen through."""
    from PIL import Image

    if image.mode == "F":
        raise UnreadableError("has floating-point pixels; write it with 8 or 16 bits")
    if image.mode == "I" or image.mode.startswith("I;16"):
        values = np.asarray(image)
        if values.min() < 0 or values.max() >= 2**16:
            raise UnreadableError("has values beyond 16 bits; write it with 8 or 16 bits")
        image = Image.fromarray(((values.astype(np.uint32) + 128) // 257).astype(np.uint8))
    wanted = "RGBA" if image.has_transparency_data else mode
    return image if image.mode == wanted else image.convert(wanted)
