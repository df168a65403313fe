"""Laws of the MNIST layout: files read back, damage named, downloads checked."""

import gzip
import hashlib
import struct
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest

from search.data import FILES, DataError, best_available, load, mnist
from search.data.places import cache
from tests.search.idx_files import idx, rewrite, write
from tests.search.serving import serving


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


# Published: elsewhere than on this machine, so that every test means the same everywhere


@pytest.fixture(params=mnist.PUBLISHED)
def name(request: pytest.FixtureRequest, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of a data set that is not installed."""
    made = str(request.param)
    monkeypatch.setitem(mnist.PUBLISHED, made, replace(mnist.PUBLISHED[made], debian="/nowhere"))
    return made


@pytest.fixture
def asked(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A server with a small data set whose checksums are the expected ones; lists the addresses asked for."""
    origin = tmp_path / "origin"
    origin.mkdir()
    write(origin)
    contents = {stem: (origin / f"{stem}.gz").read_bytes() for stem in FILES}
    sums = {stem: hashlib.sha256(gzip.decompress(packed)).hexdigest() for stem, packed in contents.items()}
    monkeypatch.setitem(mnist.PUBLISHED, name, replace(mnist.PUBLISHED[name], sha256=sums))
    url = mnist.PUBLISHED[name].url
    return serving(monkeypatch, {f"{url}{stem}.gz": packed for stem, packed in contents.items()})


def test_what_is_nowhere_is_downloaded_once(name: str, asked: list[str]) -> None:
    first, again = load(name), load(name)
    assert np.array_equal(first.train.pixels, again.train.pixels)
    assert len(asked) == len(FILES)


def test_a_download_with_another_checksum_leaves_nothing(name: str, asked: list[str]) -> None:
    known = mnist.PUBLISHED[name]
    mnist.PUBLISHED[name] = replace(known, sha256={**known.sha256, FILES[0]: "0" * 64})
    with pytest.raises(DataError, match=r"is not as published \(its SHA-256 differs\); get the file again"):
        load(name)
    assert list(cache(name).iterdir()) == []
    assert len(asked) == 1


def test_without_network_the_message_says_where_to_put_the_files(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(url: str, timeout: float) -> None:
        raise URLError(OSError(-2, "Name or service not known"))

    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    with pytest.raises(DataError) as error:
        load(name)
    assert "Name or service not known" in str(error.value)
    assert f"put its four files into {cache(name)}, or write --data digits" in str(error.value)
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize("place", ["data/{}/raw", "home/data/{}/raw", "torch/{}/raw", "cache"])
def test_files_are_found_where_others_keep_them(name: str, asked: list[str], tmp_path: Path, place: str) -> None:
    folder = cache(name) if place == "cache" else tmp_path / place.format(mnist.PUBLISHED[name].torchvision)
    folder.mkdir(parents=True)
    write(folder, packed=False)
    assert load(name).train.pixels.shape == (20, 1, 4, 4)
    assert asked == []


def test_what_is_best_depends_on_what_is_installed(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = mnist.PUBLISHED["fashion-mnist"]
    monkeypatch.setitem(mnist.PUBLISHED, "fashion-mnist", replace(known, debian="/nowhere"))
    assert best_available() == "digits"
    cache("fashion-mnist").mkdir(parents=True)
    write(cache("fashion-mnist"), packed=False)
    assert best_available() == "fashion-mnist"


def test_other_images_are_not_taken_for_the_published_ones(name: str) -> None:
    cache(name).mkdir(parents=True)
    write(cache(name))
    with pytest.raises(DataError, match="is not as published"):
        load(name)


def test_fashion_mnist_has_seven_thousand_images_of_each_class() -> None:
    if best_available() != "fashion-mnist":
        pytest.skip("Fashion-MNIST is not installed")
    fashion = load("fashion-mnist")
    assert fashion.train.pixels.shape == (60_000, 1, 28, 28)
    assert fashion.test.pixels.shape == (10_000, 1, 28, 28)
    assert np.bincount([*fashion.train.labels, *fashion.test.labels]).tolist() == [7_000] * 10
