"""Writing that survives a crash: what a call has returned from is on the disk, whole."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_atomically(path: Path, data: bytes) -> None:
    """A reader finds the old file or the new one, never a part, whenever the power fails."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write_synced(temporary, data)
        temporary.replace(path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename == str(temporary):
            error.filename = str(path)  # nobody asked for the other
        raise
    sync_folder(path.parent)


def write_synced(path: Path, data: bytes, mode: str = "wb") -> None:
    """The data is on the disk on return; with mode `ab` it is there after what the file held before."""
    with path.open(mode) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def append_line(path: Path, line: bytes) -> None:
    """One line more, on the disk on return; a torn line before it, were there one, is cut off."""
    with exclusive(path.parent):
        is_new = not path.exists()
        cut_torn(path)
        write_synced(path, line + b"\n", "ab")
        if is_new:
            sync_folder(path.parent)


def cut_torn(path: Path) -> None:
    """Of a file of lines, what follows the last newline: its writer was stopped within it."""
    if not path.exists() or _ends_whole(path):
        return
    with path.open("r+b") as file:
        file.truncate(path.read_bytes().rfind(b"\n") + 1)
        os.fsync(file.fileno())


def _ends_whole(path: Path) -> bool:
    """By its last byte: a file that grows is not read again for every line."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1))
        return file.read(1) in (b"", b"\n")


def sync_folder(folder: Path) -> None:
    """A new file's name is durable only once its folder is."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """The folder with its missing parents, durable like the files to come."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for place in missing:
        sync_folder(place.parent)


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """One writer at a time, who is soon done; the lock is the folder's, since its files are replaced."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
