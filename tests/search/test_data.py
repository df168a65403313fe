"""Laws of finding, reading and checking images."""

import gzip
import hashlib
import io
import struct
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.typing import NDArray

from search import data
from search.data import FILES, DataError, DataNameError, load, resized


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


# Finding and loading


def test_digits_are_1797_scans_scaled_to_bytes() -> None:
    digits = load("digits")
    assert len(digits.train) + len(digits.test) == 1797
    assert digits.train.pixels.shape[1:] == (1, 8, 8)
    assert [str(array.dtype) for array in (digits.train.pixels, digits.train.labels)] == ["uint8", "int64"]
    assert (digits.train.pixels.min(), digits.train.pixels.max()) == (0, 255)
    assert digits.train.pixels.flags.c_contiguous


def test_digits_have_one_test_part_with_thirty_percent_of_every_class() -> None:
    first, again = load("digits"), load("digits")
    assert np.array_equal(first.test.pixels, again.test.pixels)
    counts, all_counts = (
        np.bincount(labels) for labels in (first.test.labels, [*first.test.labels, *first.train.labels])
    )
    assert np.abs(counts - 0.3 * all_counts).max() <= 1


@given(st.text(max_size=20).filter(lambda name: name not in ("digits", "fashion-mnist")))
def test_an_unknown_name_is_quoted_in_one_line(name: str) -> None:
    with pytest.raises(DataNameError) as error:
        load(name)
    assert str(error.value).startswith(f"--data: {name!r} is not ")
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    "name", ["folder", "folder:", "folder:~nobody/here", "folder:\0", f"folder:{'x' * 9999}", "digits:"]
)
def test_a_folder_that_cannot_be_is_quoted_too(name: str) -> None:
    with pytest.raises(DataNameError) as error:
        load(name)
    assert str(error.value).startswith(f"--data: {name!r} is not ")


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(DataNameError) as error:
        load("fashon-mnist")
    assert str(error.value) == "--data: 'fashon-mnist' is not known; write digits, fashion-mnist or folder:PATH"


@pytest.mark.parametrize("packed", [True, False])
def test_a_folder_gives_back_what_was_written(tmp_path: Path, packed: bool) -> None:
    write(tmp_path, packed=packed)
    made = load(f"folder:{tmp_path}")
    assert np.array_equal(made.train.pixels.ravel(), np.arange(320).astype(np.uint8))
    assert made.test.labels.tolist() == [0, 1, 2, 0, 1, 2, 0, 1, 2, 0]
    assert (made.train.pixels.shape, made.train.classes, made.name) == ((20, 1, 4, 4), 3, f"folder:{tmp_path}")


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def truncate_content(path: Path) -> None:
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())[:-1]))


def expand(path: Path) -> None:
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()) + bytes(2**24)))


def corrupt(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-6] ^= 255  # in the checksum of gzip
    path.write_bytes(content)


def announce_too_much(path: Path) -> None:
    path.write_bytes(gzip.compress(struct.pack(">4I", 0x0803, *[2**16] * 3)))


def announce_nothing(path: Path) -> None:
    path.write_bytes(gzip.compress(struct.pack(">4I", 0x0803, 20, 0, 0)))


def be_something_else(path: Path) -> None:
    path.write_bytes(gzip.compress(b"<html>404 not found</html>"))


def be_raw(path: Path) -> None:
    path.write_bytes(gzip.decompress(path.read_bytes()))


def be_empty(path: Path) -> None:
    path.write_bytes(gzip.compress(b""))


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (truncate, "is truncated or damaged"),
        (truncate_content, "announces 320 bytes and holds 319 bytes; get the file again"),
        (expand, "announces 320 bytes and holds more; get the file again"),
        (corrupt, "is truncated or damaged"),
        (announce_too_much, "is not an IDX file: its header is 00000803000100000001000000010000"),
        (announce_nothing, "is not an IDX file: its header is 00000803000000140000000000000000"),
        (be_something_else, "is not an IDX file: its header is 3c68746d6c3e343034206e6f7420666f"),
        (be_raw, "is truncated or damaged"),
        (be_empty, "is truncated or damaged"),
        (Path.unlink, "it needs train-images-idx3-ubyte, train-labels"),
    ],
)
def test_a_damaged_file_is_named_in_one_line(tmp_path: Path, damage: Callable[[Path], None], complaint: str) -> None:
    write(tmp_path)
    damage(tmp_path / f"{FILES[0]}.gz")
    with pytest.raises(DataError) as error:
        load(f"folder:{tmp_path}")
    assert complaint in str(error.value)
    assert str(tmp_path) in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_images_and_labels_must_pair(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / f"{FILES[1]}.gz").write_bytes(gzip.compress(idx(np.zeros(19, np.uint8))))
    with pytest.raises(DataError, match=f"{FILES[0]} holds 20 images, but there are 19 labels"):
        load(f"folder:{tmp_path}")


def test_training_and_test_images_must_be_of_one_size(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / f"{FILES[2]}.gz").write_bytes(gzip.compress(idx(np.zeros((10, 4, 5), np.uint8))))
    with pytest.raises(DataError, match="must be of one size, not 4×4 and 4×5 pixels"):
        load(f"folder:{tmp_path}")


def rewrite(folder: Path, position: int, array: NDArray[np.uint8]) -> None:
    (folder / f"{FILES[position]}.gz").write_bytes(gzip.compress(idx(array)))


@pytest.mark.parametrize(("height", "width"), [(28, 20), (20, 28)])
def test_images_that_are_not_square_are_refused(tmp_path: Path, height: int, width: int) -> None:
    write(tmp_path)
    for position, count in ((0, 20), (2, 10)):
        rewrite(tmp_path, position, np.zeros((count, height, width), np.uint8))
    with pytest.raises(DataError, match=f"images of {height}×{width} pixels are not square; crop or pad them first"):
        load(f"folder:{tmp_path}")


@pytest.mark.parametrize("label", [0, 7])
def test_a_single_class_is_refused(tmp_path: Path, label: int) -> None:
    write(tmp_path)
    rewrite(tmp_path, 1, np.full(20, label, np.uint8))
    with pytest.raises(DataError, match=f"all training images have label {label}; two classes are needed"):
        load(f"folder:{tmp_path}")


def test_a_folder_is_called_the_same_from_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "images").mkdir()
    write(tmp_path / "images")
    monkeypatch.chdir(tmp_path)
    assert load("folder:images").name == load("folder:./images/../images").name == f"folder:{tmp_path / 'images'}"


def test_the_digest_follows_the_images_and_labels_and_nothing_else(tmp_path: Path) -> None:
    for name in ("one", "packed", "other", "relabelled"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, packed=name != "one")
    rewrite(tmp_path / "other", 2, np.ones((10, 4, 4), np.uint8))
    rewrite(tmp_path / "relabelled", 3, np.arange(10, dtype=np.uint8) % 2)
    digests = {name: load(f"folder:{tmp_path / name}").digest for name in ("one", "packed", "other", "relabelled")}
    assert digests["one"] == digests["packed"]
    assert len(set(digests.values())) == 3
    assert resized(load(f"folder:{tmp_path / 'one'}"), 2).digest == digests["one"]


def test_the_digest_of_the_digits_is_the_same_on_every_machine() -> None:
    assert load("digits").digest == "55149dc2f180e385"


def test_a_missing_folder_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(
        DataNameError, match=r"^--data: 'folder:/.*/nowhere' is not a folder here; write folder:PATH, with "
    ):
        load(f"folder:{tmp_path}/nowhere")


# Fashion-MNIST: elsewhere than on this machine, so that every test means the same everywhere


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder of a machine without Fashion-MNIST."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cache = tmp_path / "design-space-explorer/fashion-mnist"
    assert list(data._fashion_folders())[-1] == cache
    monkeypatch.setattr(data, "_fashion_folders", lambda: iter([cache]))
    return cache


@pytest.fixture
def published(tmp_path: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A server with a small Fashion-MNIST whose checksums are the expected ones; lists the addresses asked for."""
    origin = tmp_path / "origin"
    origin.mkdir()
    write(origin)
    contents = {stem: (origin / f"{stem}.gz").read_bytes() for stem in FILES}
    sums = {stem: hashlib.sha256(gzip.decompress(packed)).hexdigest() for stem, packed in contents.items()}
    monkeypatch.setattr(data, "FASHION_SHA256", sums)
    asked: list[str] = []

    def answer(url: str, timeout: float) -> io.BytesIO:
        assert 0 < timeout <= 60
        asked.append(url)
        return io.BytesIO(contents[url.rsplit("/", 1)[-1].removesuffix(".gz")])

    monkeypatch.setattr(urllib.request, "urlopen", answer)
    return asked


def test_fashion_mnist_is_downloaded_once(published: list[str]) -> None:
    first, again = load("fashion-mnist"), load("fashion-mnist")
    assert np.array_equal(first.train.pixels, again.train.pixels)
    assert len(published) == len(FILES)


def test_a_download_with_another_checksum_leaves_nothing(published: list[str], elsewhere: Path) -> None:
    data.FASHION_SHA256[FILES[0]] = "0" * 64
    with pytest.raises(DataError, match=r"is not as published \(its SHA-256 differs\); get the file again"):
        load("fashion-mnist")
    assert list(elsewhere.iterdir()) == []
    assert len(published) == 1


def test_without_network_the_message_says_where_to_put_the_files(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(url: str, timeout: float) -> None:
        raise URLError(OSError(-2, "Name or service not known"))

    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    with pytest.raises(DataError) as error:
        load("fashion-mnist")
    assert "Name or service not known" in str(error.value)
    assert f"put its four files into {elsewhere}, or write --data digits" in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_what_is_best_depends_on_what_is_installed(elsewhere: Path) -> None:
    assert data.best_available() == "digits"
    elsewhere.mkdir(parents=True)
    write(elsewhere, packed=False)
    assert data.best_available() == "fashion-mnist"


def test_other_images_are_not_taken_for_fashion_mnist(elsewhere: Path) -> None:
    elsewhere.mkdir(parents=True)
    write(elsewhere)
    with pytest.raises(DataError, match="is not as published"):
        load("fashion-mnist")


def test_fashion_mnist_has_seven_thousand_images_of_each_class() -> None:
    if data.best_available() != "fashion-mnist":
        pytest.skip("Fashion-MNIST is not installed")
    fashion = load("fashion-mnist")
    assert fashion.train.pixels.shape == (60_000, 1, 28, 28)
    assert fashion.test.pixels.shape == (10_000, 1, 28, 28)
    assert np.bincount([*fashion.train.labels, *fashion.test.labels]).tolist() == [7_000] * 10
