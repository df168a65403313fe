"""A folder of the user's: images in a folder for each class, or the four files of MNIST's layout."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from search.data import mnist
from search.data.cached import Part, Tell, cached
from search.data.images import DataError, DataNameError, DataSet, Labels
from search.data.places import home, is_folder, reason
from search.data.split import held_out

ENDINGS = {".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tif", ".tiff",
           ".webp"}  # fmt: skip
TRAIN, VALIDATION, TEST = ("train", "training"), ("val", "valid", "validation"), ("test", "testing")


@dataclass(frozen=True)
class Found:
    """An image file: its path from the folder on, and what tells that it is still the same."""

    path: str
    size: int
    changed: int  # nanoseconds


Classes = dict[str, list[Found]]  # the files of each, in order of their names


def folder(path: str, name: str, tell: Tell) -> DataSet:
    """The data set in the folder at `path`; `name` is what was written for it. Raises DataError."""
    root = home(path)
    if not path or not is_folder(root):
        what = f"{name!r} is not a folder here; write folder:PATH, with a folder of images for each class in PATH"
        raise DataNameError(f"--data: {what}")
    root = root.resolve()
    if any(mnist.file_of(root, stem) for stem in mnist.FILES):
        return mnist.read_folder(root, f"folder:{root}")
    try:
        train, test = _parts(root)
    except OSError as error:
        raise DataError(f"--data: {error.filename or root} cannot be read: {reason(error)}") from None
    _refuse_impossible(root, train, test)
    return _decoded(root, train, test, tell)


def _decoded(root: Path, train: Classes, test: Classes | None, tell: Tell) -> DataSet:
    files, labels = _listed(train, list(train))
    if test is None:
        pairs = [([files[index] for index in part], labels[part]) for part in held_out(labels, "folder")]
    else:
        pairs = [(files, labels), _listed(test, list(train))]
    parts = {name: _part(root, *pair) for name, pair in zip(("train", "test"), pairs, strict=True)}
    return cached(f"folder:{root}", str(root), _key(pairs), parts, list(train), tell)


def _part(root: Path, files: list[Found], labels: Labels) -> Part:
    return Part(labels, lambda index: root / files[index].path, lambda index: files[index].path)


def _key(pairs: list[tuple[list[Found], Labels]]) -> str:
    """Another whenever a file is added, removed, renamed or written."""
    digest = hashlib.sha256()
    for files, labels in pairs:
        for file, label in zip(files, labels.tolist(), strict=True):
            digest.update(f"{file.path}\0{file.size}\0{file.changed}\0{label}\n".encode(errors="surrogateescape"))
        digest.update(b"\n")
    return digest.hexdigest()


# Looking -----------------------------------------------------------------------------------------------------


def _parts(root: Path) -> tuple[Classes, Classes | None]:
    """Those to train with and those to test with, if the folder says which; validation images train where both do."""
    folders = {entry.name.lower(): entry.name for entry in _folders(root)}
    train, validation, test = (
        next((folders[name] for name in names if name in folders), None) for names in (TRAIN, VALIDATION, TEST)
    )
    if train is None or not next(_folders(root / train), None):  # that is no part, but a class of trains
        return _classes(root, ""), None
    found = [_classes(root, one) if one else {} for one in (train, validation, test)]
    learnt, validated, tested = found
    if not any(tested.values()):  # ImageNet's test images have no labels
        return learnt, validated if any(validated.values()) else None
    return {name: files + validated.pop(name, []) for name, files in learnt.items()} | validated, tested


def _classes(root: Path, part: str) -> Classes:
    names = sorted(entry.name for entry in _folders(root / part))
    return {name: sorted(_images(root, os.path.join(part, name)), key=lambda file: file.path) for name in names}  # noqa: PTH118 -- a text


def _folders(folder: Path) -> Iterator["os.DirEntry[str]"]:
    with os.scandir(folder) as entries:
        yield from (entry for entry in entries if entry.is_dir() and not _is_hidden(entry.name))


def _images(root: Path, folder: str) -> Iterator[Found]:
    """Of all folders below; links to further folders are not followed."""
    with os.scandir(root / folder) as entries:
        for entry in entries:
            path = os.path.join(folder, entry.name)  # noqa: PTH118 -- a hundred thousand times
            if _is_hidden(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _images(root, path)
            elif os.path.splitext(entry.name)[1].lower() in ENDINGS:  # noqa: PTH122 -- as above
                about = entry.stat()
                yield Found(path, about.st_size, about.st_mtime_ns)


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "__MACOSX"))


def _listed(classes: Classes, names: list[str]) -> tuple[list[Found], Labels]:
    files = [file for found in classes.values() for file in found]
    labels = [names.index(name) for name, found in classes.items() for _ in found]
    return files, np.array(labels, np.int64)


def _refuse_impossible(root: Path, train: Classes, test: Classes | None) -> None:
    if not any(train.values()):
        images = f"images ({' '.join(sorted(ENDINGS))})"
        what = f"holds no {images} in folders, one for each class, nor {mnist.FILES[0]} and so on"
        raise DataError(f"--data: {root} {what}")
    empty = [name for name, files in train.items() if not files]
    unseen = [name for name, files in (test or {}).items() if files and name not in train]
    single = next(iter(train)) if len(train) == 1 else None
    if unseen:
        raise DataError(f"--data: {root}: {_named(unseen)} only in the test part, so that nothing is learnt of it")
    if empty:
        raise DataError(f"--data: {root}: {_named(empty)} without images; fill or remove the folder")
    if single:
        raise DataError(f"--data: {root}: all images are of class {single!r}; two classes are needed")


def _named(classes: list[str]) -> str:
    """`class 'cat' is`, or of more the first ones."""
    if len(classes) == 1:
        return f"class {classes[0]!r} is"
    more = f" and {len(classes) - 3} more" if len(classes) > 3 else ""
    return f"{len(classes)} classes ({', '.join(map(repr, classes[:3]))}{more}) are"
