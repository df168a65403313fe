"""A storage of Optuna's named by its URL: opened, or refused in one line that shows no password."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import unquote

import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from search.errors import FailedError, UsageError

FORMS = "sqlite:///FILE.db, postgresql://USER@HOST/NAME, mysql://USER@HOST/NAME or a journal, FILE.log"

# What stands between the user's name and the host, what stands there in place of a port where the host was forgotten,
# and libpq's password=
_SECRET = re.compile(r"(?<=://)(?P<user>[^:/@\[]*):(?:(?P<a>.*)(?=@)|(?![0-9]+(?:[/?]|$))(?P<b>[^/?]+))")
_PARAMETER = re.compile(r"(?<=[?&])(?P<name>\w*pass\w*=)(?P<a>[^&]*)")


def resolved(url: str) -> str:
    """The URL with its file's whole path, since a driver of Ray's goes to a folder of its own; `UsageError` if none."""
    if "://" not in url:
        if not url.endswith(".log"):
            raise UsageError(f"--storage: {url!r} is no storage; write {FORMS}")
        return str(Path(url).resolve())
    if url.count("@") > 1:
        raise UsageError(f"--storage: {shown(url)!r} has two @; within a user's name or a password write %40")
    try:
        parts = make_url(url)
        parts.get_dialect()
    except (ArgumentError, NoSuchModuleError, ValueError):  # the last: a port that is no number
        raise UsageError(f"--storage: {shown(url)!r} is no storage; write {FORMS}") from None
    if parts.get_backend_name() != "sqlite" or "uri" in parts.query:  # SQLite's own URIs name files by their own rules
        return url
    if parts.database in (None, "", ":memory:"):
        raise UsageError(f"--storage: {url!r} is in memory, where no dashboard finds it; write sqlite:///FILE.db")
    return parts.set(database=str(Path(parts.database).resolve())).render_as_string(hide_password=False)


@contextmanager
def opened(url: str) -> Iterator[BaseStorage]:
    """The storage at a resolved URL, with Optuna's tables made where there are none."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    if "://" not in url:
        yield JournalStorage(JournalFileBackend(url))
        return
    # With a ping, since a server that was started again between two trials has done no harm.
    storage = RDBStorage(url, engine_kwargs={"pool_pre_ping": True})
    try:
        yield storage
    finally:
        with suppress(Exception):  # connections that are broken
            storage.engine.dispose()  # Optuna itself keeps them for as long as the process lives


def refusal(error: Exception, url: str) -> FailedError:
    """Why the storage cannot be opened."""
    if isinstance(error, ImportError):
        what = f"needs a driver that is not installed ({reason(error, url)})"
        return FailedError(f"--storage: {shown(url)!r} {what}; PostgreSQL's comes with design-space-explorer[storage]")
    return FailedError(f"--storage: {shown(url)!r} cannot be opened ({reason(error, url)}); nothing was trained")


def reason(error: BaseException, url: str) -> str:
    """The first line of what the driver said, which SQLAlchemy and Optuna wrap in words of their own."""
    while cause := getattr(error, "orig", None) or error.__cause__:
        error = cause
    line = next((line.strip() for line in str(error).splitlines() if line.strip()), "") or type(error).__name__
    for secret in _secrets(url):
        line = line.replace(secret, "***")
    return line[:200]


def shown(url: str) -> str:
    """The URL as it may be printed."""
    return _PARAMETER.sub(r"\g<name>***", _SECRET.sub(r"\g<user>:***", url))


def _secrets(url: str) -> set[str]:
    matches = [*_SECRET.finditer(url), *_PARAMETER.finditer(url)]
    written = {text for match in matches for name, text in match.groupdict().items() if name in "ab" and text}
    return written | {unquote(text) for text in written}
