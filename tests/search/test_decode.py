"""Laws of reading one image file, whatever is in it."""

import io
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from search.data.decode import UnreadableError, decoded, header, patiently
from tests.search.image_files import COLOURED, RED, UNREADABLE, WHITE, deep, halves, saved, transparent, turned


def read(content: bytes, *, side: int = 16, channels: int = 3) -> np.ndarray:
    """(side, side, channels)"""
    with patiently():
        return decoded(io.BytesIO(content), side=side, channels=channels).transpose(1, 2, 0).astype(int)


@pytest.mark.parametrize("kind", COLOURED)
def test_every_kind_of_file_is_red_on_the_left_and_white_on_the_right(kind: str) -> None:
    content = COLOURED[kind]()
    image = read(content)
    assert image.shape == (16, 16, 3)
    near = 14 if kind.endswith(("jpg", "webp")) or "ycbcr" in kind else 2
    assert np.abs(image[2:14, 1:6] - RED).max() <= near
    assert np.abs(image[2:14, 10:15] - WHITE).max() <= near
    assert header(io.BytesIO(content)).is_colour


def test_sixteen_bits_are_rounded_to_the_nearest_of_eight() -> None:
    """Eight bits stand for every 257th value of sixteen."""
    values = np.array([0, 128, 129, 257 * 100 - 128, 257 * 100 + 128, 257 * 100 + 129, 65535], np.uint16)
    for value, expected in zip(values, [0, 0, 1, 100, 100, 101, 255], strict=True):
        content = saved(Image.fromarray(np.full((16, 16), value, np.uint16)), "PNG")
        assert (read(content, channels=1) == expected).all()


@pytest.mark.parametrize(("mode", "kind"), [("L", "PNG"), ("1", "PNG"), ("L", "JPEG"), ("LA", "PNG")])
def test_grey_is_grey_in_one_channel_or_three(mode: str, kind: str) -> None:
    content = saved(halves("L").convert(mode, dither=Image.Dither.NONE), kind)
    assert not header(io.BytesIO(content)).is_colour
    one, three = read(content, channels=1), read(content)
    assert (three == one).all()
    assert one[8, 2, 0] < 110
    assert one[8, 13, 0] >= 250


@pytest.mark.parametrize("form", ["PNG", "TIFF", "PPM"])
def test_sixteen_bits_become_eight(form: str) -> None:
    image = read(deep(form), channels=1)
    assert (image[:, :8] == 64).all()
    assert (image[:, 8:] == 255).all()
    assert not header(io.BytesIO(deep(form))).is_colour


def test_grey_that_can_be_seen_through_lies_on_white() -> None:
    image = read(transparent("LA"), channels=1)
    assert (image[:, 9:] == 255).all()
    assert (image[:, :7] < 110).all()


def test_an_image_is_turned_as_its_camera_was() -> None:
    upright, lying = read(saved(halves(width=32, height=64), "PNG")), read(turned(halves(width=32, height=64)))
    assert np.abs(upright - lying).max() < 20


@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_cannot_be_read_is_said(kind: str) -> None:
    content, says = UNREADABLE[kind]
    with pytest.raises(UnreadableError) as error:
        read(content())
    assert says in str(error.value)
    assert len(str(error.value).splitlines()) == 1
    assert len(str(error.value)) < 120


@settings(max_examples=200)
@given(st.sampled_from(["rgb.png", "rgb.jpg", "animated.gif", "rgb.webp", "rgb.tiff", "rgb.bmp"]), st.data())
def test_damage_is_an_image_or_a_reason_and_nothing_else(kind: str, data: st.DataObject) -> None:
    content = bytearray(COLOURED[kind]())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(1, len(content)))
    with suppress(UnreadableError):
        assert read(bytes(content[:cut])).shape == (16, 16, 3)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 20))
@settings(max_examples=40)
def test_whatever_its_size_an_image_is_a_square_of_the_side_asked_for(width: int, height: int, side: int) -> None:
    assert read(saved(halves(width=width, height=height), "PNG"), side=side).shape == (side, side, 3)


def test_an_image_of_the_right_size_is_read_as_it_is() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (9, 9, 3), np.uint8)
    assert np.array_equal(read(saved(Image.fromarray(pixels), "PNG"), side=9), pixels)
