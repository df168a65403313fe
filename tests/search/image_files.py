"""Image files of every kind, and some that are none."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from search.data.decode import MOST_PIXELS

RED, WHITE = (200, 30, 40), (255, 255, 255)


def halves(mode: str = "RGB", width: int = 16, height: int = 16) -> Image.Image:
    """The left half red, the right half white."""
    image = Image.new("RGB", (width, height), WHITE)
    image.paste(RED, (0, 0, width // 2, height))
    return image.convert(mode)


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)  # type: ignore[arg-type]
    return buffer.getvalue()


def turned(image: Image.Image) -> bytes:
    """Lying on its side, with the word that says so."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(image.rotate(90, expand=True), "JPEG", exif=exif, quality=95)


def animated() -> bytes:
    return saved(
        halves().quantize(16), "GIF", save_all=True, append_images=[Image.new("P", (16, 16)) for _ in range(3)]
    )


def transparent(mode: str) -> bytes:
    """The right half can be seen through, and is black behind that."""
    image = Image.new("RGBA", (16, 16), (0, 0, 0, 0))
    image.paste((*RED, 255), (0, 0, 8, 16))
    if mode == "P":
        return saved(image.quantize(16), "PNG")
    return saved(image.convert(mode), "PNG")


def deep(form: str = "PNG") -> bytes:
    """Sixteen bits: a quarter of white on the left, white on the right."""
    values = np.full((16, 16), 65535, np.uint16)
    values[:, :8] = 16448
    return saved(Image.fromarray(values), form)


COLOURED: dict[str, Callable[[], bytes]] = {
    "rgb.png": lambda: saved(halves(), "PNG"),
    "rgb.jpg": lambda: saved(halves(), "JPEG", quality=95),
    "rgb.bmp": lambda: saved(halves(), "BMP"),
    "rgb.webp": lambda: saved(halves(), "WEBP", lossless=True),
    "rgb.tiff": lambda: saved(halves(), "TIFF"),
    "rgb.ppm": lambda: saved(halves(), "PPM"),
    "cmyk.jpg": lambda: saved(halves("CMYK"), "JPEG", quality=95),
    "cmyk.tiff": lambda: saved(halves("CMYK"), "TIFF"),
    "ycbcr.tiff": lambda: saved(halves("YCbCr"), "TIFF"),
    "palette.png": lambda: saved(halves().quantize(16), "PNG"),
    "palette.gif": lambda: saved(halves().quantize(16), "GIF"),
    "animated.gif": animated,
    "turned.jpg": lambda: turned(halves()),
    "transparent.png": lambda: transparent("RGBA"),
    "transparent palette.png": lambda: transparent("P"),
    "large.png": lambda: saved(halves(width=64, height=64), "PNG"),
    "wide.png": lambda: saved(halves(width=40, height=16), "PNG"),
    "large.jpg": lambda: saved(halves(width=640, height=640), "JPEG", quality=95),
}


def bomb() -> bytes:
    """A hundred bytes of PNG that say they hold more pixels than there may be."""
    side = int((2.5 * MOST_PIXELS) ** 0.5)
    head = struct.pack(">2I5B", side, side, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


def small_bomb() -> bytes:
    """Fewer than Pillow refuses, more than we do."""
    image = bomb()
    side = int((1.2 * MOST_PIXELS) ** 0.5)
    head = b"IHDR" + struct.pack(">2I5B", side, side, 8, 2, 0, 0, 0)
    return image[:12] + head + struct.pack(">I", zlib.crc32(head)) + image[33:]


UNREADABLE: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty.png": (lambda: b"", "is no image"),
    "text.jpg": (lambda: b"<html>404 not found</html>", "is no image"),
    "cut.jpg": (lambda: saved(halves(width=300, height=300), "JPEG")[:700], "is damaged (image file is truncated"),
    "cut.png": (lambda: saved(halves(), "PNG")[:60], "is damaged ("),
    "float.tiff": (lambda: saved(Image.fromarray(np.zeros((4, 4), np.float32)), "TIFF"), "has floating-point pixels"),
    "deeper.tiff": (lambda: saved(Image.fromarray(np.full((4, 4), 2**20, np.int32)), "TIFF"), "has values beyond 16"),
    "bomb.png": (bomb, f"has more than {MOST_PIXELS:,} pixels"),
    "small bomb.png": (small_bomb, f"has 10954×10954 pixels, more than {MOST_PIXELS:,}"),
}


def fill(folder: Path, counts: dict[str, int], *, side: int = 8, grey: bool = False, ending: str = "png") -> None:
    """So many images in each folder, all of them different."""
    for number, (name, count) in enumerate(counts.items()):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for i in range(count):
            pixels = np.random.default_rng((number, i)).integers(0, 256, (side, side, 3), np.uint8)
            image = Image.fromarray(pixels[:, :, 0] if grey else pixels)
            image.save(folder / name / f"{i:03}.{ending}")
