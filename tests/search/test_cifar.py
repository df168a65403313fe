"""Laws of CIFAR: genuine pickles are read, others call nothing, archives and folders give the same."""

import hashlib
import io
import os
import pickle
import struct
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from search.data import DataError, cifar, load
from search.data.places import cache
from tests.search.serving import serving

NAMES = tuple(cifar.PUBLISHED)


def pickled_in_python_2(pixels: NDArray[np.uint8], key: bytes, labels: list[int]) -> bytes:
    """Protocol 2 with byte strings, as the published files are: numpy's names are of that time."""

    def text(content: bytes) -> bytes:
        return b"T" + struct.pack("<I", len(content)) + content

    def number(value: int) -> bytes:
        return b"J" + struct.pack("<i", value)

    kind = b"cnumpy\ndtype\n(" + text(b"u1") + number(0) + number(1) + b"tR("
    kind += number(3) + text(b"|") + b"NNN" + number(-1) + number(-1) + number(0) + b"tb"
    array = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(" + number(0) + b"t" + text(b"b") + b"tR("
    shape = b"(" + b"".join(map(number, pixels.shape)) + b"t"
    array += number(1) + shape + kind + b"\x89" + text(pixels.tobytes()) + b"tb"
    items = text(b"data") + array + text(key) + b"](" + b"".join(map(number, labels)) + b"e"
    return b"\x80\x02}(" + items + b"u."


def contents(name: str, count: int = 6) -> dict[str, bytes]:
    """The files of a small data set."""
    known, rng = cifar.PUBLISHED[name], np.random.default_rng(0)
    return {
        file: pickled_in_python_2(
            rng.integers(0, 256, (count, 3072), np.uint8), known.labels, rng.integers(0, known.classes, count).tolist()
        )
        for file in (*known.train, *known.test)
    }


def archive(folder: str, files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as members:
        for name, content in {**files, "readme.html": b"<html>"}.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            members.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def publish(monkeypatch: pytest.MonkeyPatch, name: str, files: dict[str, bytes]) -> bytes:
    """As if these files were the published ones; their archive."""
    known = cifar.PUBLISHED[name]
    sums = {file: hashlib.md5(content).hexdigest() for file, content in files.items()}
    packed = archive(known.folder, files)
    parts = {part: {file: sums[file] for file in getattr(known, part)} for part in ("train", "test")}
    monkeypatch.setitem(
        cifar.PUBLISHED,
        name,
        replace(known, **parts, sha256=hashlib.sha256(packed).hexdigest()),  # type: ignore[arg-type]
    )
    return packed


@pytest.mark.parametrize("place", ["folder", "archive", "download"])
@pytest.mark.parametrize("name", NAMES)
def test_images_come_from_wherever_they_are(
    name: str, place: str, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = contents(name)
    packed, known = publish(monkeypatch, name, files), cifar.PUBLISHED[name]
    (elsewhere / "data").mkdir()
    asked = serving(monkeypatch, {f"{cifar.URL}{known.archive}": packed})
    match place:
        case "folder":
            (elsewhere / "data" / known.folder).mkdir()
            for file, content in files.items():
                (elsewhere / "data" / known.folder / file).write_bytes(content)
        case "archive":
            (elsewhere / "data" / known.archive).write_bytes(packed)
    loaded = load(name)
    assert loaded.train.pixels.shape == (6 * len(known.train), 3, 32, 32)
    assert loaded.test.pixels.shape == (6, 3, 32, 32)
    assert loaded.train.classes == known.classes
    first = np.random.default_rng(0).integers(0, 256, (6, 3072), np.uint8)
    assert np.array_equal(loaded.train.pixels[:6].reshape(6, -1), first)  # red, green and blue, rows from the top
    assert load(name).digest == loaded.digest
    assert len(asked) == (place == "download")


@pytest.mark.parametrize("name", NAMES)
def test_another_archive_than_the_published_one_is_not_kept(
    name: str, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = publish(monkeypatch, name, contents(name))
    serving(monkeypatch, {f"{cifar.URL}{cifar.PUBLISHED[name].archive}": packed + b"more"})
    with pytest.raises(DataError, match=r"is not as published \(its SHA-256 differs\)"):
        load(name)
    assert list(cache(name).iterdir()) == []


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def be_text(content: bytes) -> bytes:
    return b"<html>404 not found</html>"


def be_empty(content: bytes) -> bytes:
    return b""


@pytest.mark.parametrize("damage", [cut, be_text, be_empty])
def test_a_damaged_archive_is_named_in_one_line(
    damage: Callable[[bytes], bytes], elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = publish(monkeypatch, "cifar10", contents("cifar10"))
    (elsewhere / "data").mkdir()
    path = elsewhere / "data" / cifar.PUBLISHED["cifar10"].archive
    path.write_bytes(damage(packed))
    with pytest.raises(DataError, match=r"get the file again$") as error:
        load("cifar10")
    assert str(error.value).startswith(f"--data: {path.relative_to(elsewhere)}")
    assert len(str(error.value).splitlines()) == 1


def test_a_changed_file_is_named(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = contents("cifar100")
    publish(monkeypatch, "cifar100", files)
    folder = elsewhere / "data" / cifar.PUBLISHED["cifar100"].folder
    folder.mkdir(parents=True)
    for file, content in files.items():
        (folder / file).write_bytes(content + b"." * (file == "test"))
    with pytest.raises(DataError, match=r"cifar-100-python/test is not as published \(its MD5 differs\)"):
        load("cifar100")


class Harm:
    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("harm",)


def test_a_pickle_calls_nothing_that_is_no_array(elsewhere: Path) -> None:
    with pytest.raises(pickle.UnpicklingError, match=r"it asks for posix\.mkdir, which is no array"):
        cifar.ArraysOnly(io.BytesIO(pickle.dumps(Harm()))).load()
    assert not (elsewhere / "harm").exists()


def test_a_pickle_of_the_published_name_calls_nothing_either(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(monkeypatch, "cifar100", files := {"train": pickle.dumps(Harm()), "test": b""})
    folder = elsewhere / "data" / cifar.PUBLISHED["cifar100"].folder
    folder.mkdir(parents=True)
    for file, content in files.items():
        (folder / file).write_bytes(content)
    with pytest.raises(DataError, match=r"cifar-100-python/train cannot be read: it asks for posix.mkdir"):
        load("cifar100")
    assert not (elsewhere / "harm").exists()
