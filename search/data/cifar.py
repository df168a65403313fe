"""CIFAR-10 and CIFAR-100 (Krizhevsky 2009), from the archives with Python's pickles or from what was in them."""

import hashlib
import io
import pickle
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from search.data.images import DataError, DataSet, Images
from search.data.places import LARGEST, cache, fetch, is_file, reason, refuse_other, roots

URL = "https://www.cs.toronto.edu/~kriz/"


@dataclass(frozen=True)
class Published:
    """One of the two archives, and what is in it."""

    archive: str
    sha256: str
    folder: str
    train: Mapping[str, str]  # MD5 of each file
    test: Mapping[str, str]
    labels: bytes  # under which key
    classes: int


PUBLISHED = {
    "cifar10": Published(
        "cifar-10-python.tar.gz",
        "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
        "cifar-10-batches-py",
        {
            "data_batch_1": "c99cafc152244af753f735de768cd75f",
            "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
            "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
            "data_batch_4": "634d18415352ddfa80567beed471001a",
            "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
        },
        {"test_batch": "40351d587109b95175f43aff81a1287e"},
        b"labels",
        10,
    ),
    "cifar100": Published(
        "cifar-100-python.tar.gz",
        "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
        "cifar-100-python",
        {"train": "16019d7e3df5f24257cddd939b257f8d"},
        {"test": "f0ef6b0ae62326f3e7ffdfab6717acfc"},
        b"fine_labels",
        100,
    ),
}


def published(name: str) -> DataSet:
    """CIFAR-10 or CIFAR-100, every file checked; downloaded if it is nowhere on this machine. Raises DataError."""
    known = PUBLISHED[name]
    where = next((place for place in _places(name) if _holds(place, known)), None) or _download(name)
    files = _from_archive(where, known) if is_file(where) else _from_folder(where, known)
    train, test = (_images(where, files, part, known) for part in (known.train, known.test))
    return DataSet(name, train, test)


def _places(name: str) -> Iterator[Path]:
    """Folders and archives as torchvision, Keras and this program keep them."""
    known = PUBLISHED[name]
    for root in (*roots(), cache(name)):
        yield root / known.folder
        yield root / known.archive


def _holds(place: Path, known: Published) -> bool:
    if place.name == known.archive:
        return is_file(place)
    return all(is_file(place / file) for file in (*known.train, *known.test))


def _download(name: str) -> Path:
    known = PUBLISHED[name]
    target, url = cache(name) / known.archive, f"{URL}{known.archive}"

    def check(part: Path) -> None:
        refuse_other(part, url, known.sha256)

    fetch(name, url, target, check, otherwise=f"put {known.archive} into {target.parent}")
    return target


def _from_folder(folder: Path, known: Published) -> dict[str, bytes]:
    try:
        return {name: (folder / name).read_bytes() for name in (*known.train, *known.test)}
    except OSError as error:
        raise DataError(f"--data: {folder} cannot be read: {reason(error)}") from None


def _from_archive(archive: Path, known: Published) -> dict[str, bytes]:
    """Of its members those that are looked for, read where they are: nothing is unpacked to the disk."""
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(archive, "r:gz") as members:
            for member in members:
                folder, _, name = member.name.rpartition("/")
                wanted = folder.removeprefix("./") == known.folder and name in {*known.train, *known.test}
                if wanted and member.isfile() and member.size <= LARGEST and (file := members.extractfile(member)):
                    found[name] = file.read()
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise DataError(f"--data: {archive} cannot be read: {reason(error)}; get the file again") from None
    return found


def _images(where: Path, files: Mapping[str, bytes], part: Mapping[str, str], known: Published) -> Images:
    batches = [_batch(where / name, files.get(name, b""), md5) for name, md5 in part.items()]
    pixels = np.concatenate([np.asarray(batch[b"data"], np.uint8).reshape(-1, 3, 32, 32) for batch in batches])
    labels = np.concatenate([np.asarray(batch[known.labels], np.int64) for batch in batches])
    return Images(pixels, labels, known.classes)


def _batch(path: Path, content: bytes, md5: str) -> Any:  # noqa: ANN401 -- a dict, known by its checksum
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != md5:
        raise DataError(f"--data: {path} is not as published (its MD5 differs); get the file again")
    try:
        return ArraysOnly(io.BytesIO(content), encoding="bytes").load()
    except pickle.UnpicklingError as error:
        raise DataError(f"--data: {path} cannot be read: {error}") from None


class ArraysOnly(pickle.Unpickler):
    """Unpickles containers, numbers, texts and arrays of numpy, and calls nothing else that a file may name."""

    def find_class(self, module: str, name: str, /) -> Any:  # noqa: ANN401 -- pickle's own
        reconstruct = np.empty(0).__reduce__()[0]
        match module, name:
            case "numpy.core.multiarray" | "numpy._core.multiarray", "_reconstruct":
                return reconstruct
            case "numpy", "ndarray" | "dtype":
                return getattr(np, name)
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which is no array")
