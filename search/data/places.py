"""Where data sets lie on a machine, and how one that lies on none is fetched."""

import hashlib
import os
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from http.client import HTTPException
from pathlib import Path

from search.data.images import DataError

PATIENCE = 10.0  # seconds without an answer before a download gives up
LARGEST = 2**28  # bytes of a download; the largest published file here has 182 MB
BLOCK = 2**20


def home(path: str) -> Path:
    """With `~` as the user's folder."""
    return Path(os.path.expanduser(path))  # noqa: PTH111  # pathlib raises where there is no such user


def cache(name: str) -> Path:
    """The folder in which this program keeps what it has fetched or made of the data set called `name`."""
    return home(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "design-space-explorer" / name


def roots() -> Iterator[Path]:
    """The folders that are given to torchvision, and Keras's."""
    torch_home = os.environ.get("TORCH_HOME") or "~/.cache/torch"
    for root in ("data", "~/data", torch_home, f"{torch_home}/data", f"{torch_home}/datasets"):
        yield home(root)
    yield home(os.environ.get("KERAS_HOME") or "~/.keras") / "datasets"


def is_file(path: Path) -> bool:
    """False, too, where pathlib raises: for names too long, folders without access."""
    return os.path.isfile(path)  # noqa: PTH113


def is_folder(path: Path) -> bool:
    """False, too, where pathlib raises."""
    return os.path.isdir(path)  # noqa: PTH112


def reason(error: BaseException) -> str:
    """What an error says, in a few words."""
    return str(getattr(error, "strerror", None) or getattr(error, "reason", None) or error or type(error).__name__)


def fetch(name: str, url: str, target: Path, check: Callable[[Path], None], *, otherwise: str) -> None:
    """One file of the data set called `name`, which appears at `target` whole and checked, or not at all.

    `check` raises DataError; `otherwise` says what to do where there is no network.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as unfinished:
            part = Path(unfinished) / target.name
            _download(url, part)
            check(part)
            part.replace(target)
    except (OSError, HTTPException) as error:
        what = f"{name} is not on this machine, and {url} does not give it ({reason(error)})"
        raise DataError(f"--data: {what}; {otherwise}, or write --data digits") from None


def _download(url: str, part: Path) -> None:
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer, part.open("wb") as file:  # noqa: S310 -- a constant
        while block := answer.read(BLOCK):
            if file.tell() + len(block) > LARGEST:
                raise DataError(f"--data: {url} gives more than {LARGEST >> 20} MB, which is not what was published")
            file.write(block)


def refuse_other(path: Path, where: str, sha256: str) -> None:
    """A file that is not the published one, to the bit. Raises DataError."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                digest.update(block)
    except OSError as error:
        raise DataError(f"--data: {where} cannot be read: {reason(error)}") from None
    if digest.hexdigest() != sha256:
        raise DataError(f"--data: {where} is not as published (its SHA-256 differs); get the file again")
