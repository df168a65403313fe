"""Many image files made one array in the cache: decoded once, in parallel, within bounded memory."""

import hashlib
import json
import os
import shutil
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeVar

import numpy as np

from search.data.decode import File, Header, UnreadableError, decoded, header, patiently
from search.data.images import DataError, DataSet, Images, Labels
from search.data.places import cache, reason

FORM = 1  # of the arrays; raised when the same files come to be decoded otherwise
MOST_SIDE = 256  # pixels of an image in the array: what ImageNet's are reduced to before the last crop
BLOCK = 64  # images decoded at a time by a thread
NAMED = 5  # unreadable files that are named in a line
TELLING = 2_000  # images from which on it takes long enough to be told

T = TypeVar("T")
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Part:
    """Image files that are not decoded yet: how many, each when it is asked for, and what it is called."""

    labels: Labels
    file: Callable[[int], File]
    name: Callable[[int], str]

    def __len__(self) -> int:
        """N."""
        return len(self.labels)


@dataclass(frozen=True)
class Unreadable:
    """A file and what is wrong with it."""

    name: str
    what: str

    def __str__(self) -> str:
        """As in a sentence."""
        return f"{self.name} {self.what}"


def cached(name: str, where: str, key: str, parts: Mapping[str, Part], classes: Sequence[str], tell: Tell) -> DataSet:
    """The data set of a `train` and a `test` part, from the cache if `key` is there. Raises DataError.

    All images get one size: the median of their shorter sides, at most 256 pixels; grey ones among others become
    coloured. `where` the files are is for the messages.
    """
    folder = cache("images") / hashlib.sha256(f"{FORM} {key}".encode()).hexdigest()[:16]
    try:
        if not (folder / "set.json").is_file():
            with patiently():
                _make(folder, where, parts, classes, tell)
        return _open(folder, name)
    except OSError as error:
        raise DataError(f"--data: {where}: {folder} cannot be written or read: {reason(error)}") from None


def _open(folder: Path, name: str) -> DataSet:
    about = json.loads((folder / "set.json").read_text(encoding="utf-8"))
    classes = len(about["classes"])
    train, test = (
        Images(np.load(folder / f"{part}.npy", mmap_mode="r"), np.load(folder / f"{part}-labels.npy"), classes)
        for part in ("train", "test")
    )
    return DataSet(name, train, test, about["digest"])


def _make(folder: Path, where: str, parts: Mapping[str, Part], classes: Sequence[str], tell: Tell) -> None:
    """Everything or nothing appears; where two processes do it at once, one of them keeps what it made."""
    total = sum(map(len, parts.values()))
    if total >= TELLING:
        tell(f"reading {total:,} images of {where}, this once, into {folder}")
    side, channels = _shape(where, folder, parts)
    folder.parent.mkdir(parents=True, exist_ok=True)
    _refuse_full(folder.parent, total * channels * side**2, where)
    with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as unfinished:
        made = Path(unfinished) / "set"
        made.mkdir()
        digest, unreadable = hashlib.sha256(), list[Unreadable]()
        for name, part in parts.items():
            unreadable += _write(made / f"{name}.npy", part, side, channels, digest.update)
            np.save(made / f"{name}-labels.npy", part.labels)
            digest.update(repr((part.labels.shape, part.labels.dtype.str)).encode())
            digest.update(part.labels.data)
        _refuse_unreadable(unreadable, where, total, folder)
        about = {"where": where, "classes": list(classes), "digest": digest.hexdigest()[:16]}
        (made / "set.json").write_text(json.dumps(about, ensure_ascii=False, indent=1), encoding="utf-8")
        try:
            made.rename(folder)
        except OSError:
            if not (folder / "set.json").is_file():
                raise


def _shape(where: str, folder: Path, parts: Mapping[str, Part]) -> tuple[int, int]:
    """Side and channels of all the images, from their headers."""
    found: list[Header] = []
    unreadable: list[Unreadable] = []
    for part in parts.values():
        for headers, wrong in _blocks(part, header):
            found += headers
            unreadable += wrong
    _refuse_unreadable(unreadable, where, sum(map(len, parts.values())), folder)
    side = min(MOST_SIDE, int(median(one.side for one in found)))
    return side, 3 if any(one.is_colour for one in found) else 1


def _write(
    path: Path, part: Part, side: int, channels: int, digest: Callable[[bytes | memoryview], None]
) -> list[Unreadable]:
    """The array of a part, block after block, as numpy's own file; `digest` sees what is hashed of any data set."""
    shape = (len(part), channels, side, side)
    digest(repr((shape, np.dtype(np.uint8).str)).encode())
    unreadable: list[Unreadable] = []
    with path.open("wb") as file:
        np.lib.format.write_array_header_2_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
        for arrays, wrong in _blocks(part, lambda one: decoded(one, side=side, channels=channels)):
            unreadable += wrong
            if not unreadable:
                block = np.ascontiguousarray(np.stack(arrays))
                digest(block.data)
                file.write(block.data)
    return unreadable


def _blocks(part: Part, read: Callable[[File], T]) -> Iterator[tuple[list[T], list[Unreadable]]]:
    """What `read` makes of each file, in order, a block at a time; a few blocks for each core are made ahead."""

    def block(start: int) -> tuple[list[T], list[Unreadable]]:
        found: list[T] = []
        unreadable: list[Unreadable] = []
        for index in range(start, min(start + BLOCK, len(part))):
            try:
                found.append(read(part.file(index)))
            except UnreadableError as error:
                unreadable.append(Unreadable(part.name(index), str(error)))
        return found, unreadable

    workers = os.cpu_count() or 1
    pending: deque[Future[tuple[list[T], list[Unreadable]]]] = deque()
    with ThreadPoolExecutor(workers) as pool:  # Pillow decodes and resizes without Python's lock
        try:
            for start in range(0, len(part), BLOCK):
                pending.append(pool.submit(block, start))
                if len(pending) > 2 * workers:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _refuse_unreadable(unreadable: Sequence[Unreadable], where: str, total: int, folder: Path) -> None:
    """In one line the first few by name; all of them in a file."""
    if not unreadable:
        return
    unreadable = sorted(unreadable, key=lambda one: one.name)
    named = ", ".join(map(str, unreadable[:NAMED]))
    if len(unreadable) > NAMED:
        listing = folder.with_suffix(".txt")
        listing.parent.mkdir(parents=True, exist_ok=True)
        listing.write_text("".join(f"{one}\n" for one in unreadable), encoding="utf-8", errors="replace")
        named += f" and {len(unreadable) - NAMED:,} more, all listed in {listing}"
    what = f"{len(unreadable):,} of {total:,} images cannot be read"
    raise DataError(f"--data: {where}: {what}: {named}; mend or remove them")


def _refuse_full(folder: Path, needed: int, where: str) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        sizes = f"its array needs {needed / 1e9:,.1f} GB, and {folder} has {free / 1e9:,.1f} GB left"
        raise DataError(f"--data: {where}: {sizes}; set XDG_CACHE_HOME to a folder with more room")
