"""A file of scores comes back as it was packed, and a damaged one not at all, whichever way it is read."""

import io
import zipfile
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, strategies as st

from analysis.score_files import _layout, pack, unpack


def scores(images: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    return chance.exponential(size=images).astype(np.float16), chance.random(images) > 0.5


@given(st.integers(0, 3000), st.integers(0, 9))
def test_what_was_packed_is_unpacked_the_quick_way(images: int, seed: int) -> None:
    losses, correct = scores(images, seed)
    data = pack(losses, correct)
    layout = _layout(len(data))
    assert layout is not None
    assert layout.images == images
    assert layout.holds(data)
    for back in (unpack(data), layout.scores(data)):
        assert back[0].dtype == np.float16
        assert back[1].dtype == np.bool_
        assert np.array_equal(back[0], losses)
        assert np.array_equal(back[1], correct)


def test_no_changed_bit_changes_the_scores() -> None:
    """NumPy looks at most of the bytes, too; what neither the scores nor their checksums hang on may differ."""
    losses, correct = scores(13)
    whole = pack(losses, correct)
    layout = _layout(len(whole))
    assert layout is not None
    for at, bit in ((at, bit) for at in range(len(whole)) for bit in (0, 5)):
        data = whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :]
        assert not layout.holds(data)
        back = None
        with suppress(Exception):
            back = unpack(data)
        assert back is None or (np.array_equal(back[0], losses) and np.array_equal(back[1], correct))


@given(st.integers(0, 700))
def test_a_torn_file_is_refused(length: int) -> None:
    data = pack(*scores(100))
    with pytest.raises(Exception, match=r".+"):
        unpack(data[: min(length, len(data) - 1)])


def test_the_same_scores_packed_by_another_are_read_the_slow_way() -> None:
    losses, correct = scores(40)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, test_correct=np.packbits(correct), test_loss=losses)
    back = unpack(buffer.getvalue())
    assert np.array_equal(back[0], losses)
    assert np.array_equal(back[1], correct)


@pytest.mark.parametrize("shape", [(5,), (2, 20), ()])
def test_losses_and_classifications_of_other_numbers_of_images_are_refused(shape: tuple[int, ...]) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, test_loss=np.zeros(shape, np.float16), test_correct=np.packbits(np.zeros(40, bool)))
    with pytest.raises(ValueError, match="their classifications of shape"):
        unpack(buffer.getvalue())


@given(st.binary(max_size=1000))
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises((ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile)):
        unpack(data)
