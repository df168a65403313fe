"""Storages for a test: a PostgreSQL server of its own, and the dashboard that reads whatever there is."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PATIENCE = 60.0  # seconds for a server to start
PASSWORD = "s3cret&word"
_SERVER = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
_PLACES = os.pathsep.join([*map(str, Path("/usr/lib/postgresql").glob("*/bin")), os.environ.get("PATH", "")])
PROGRAMS = {name: shutil.which(name, path=_PLACES) for name in ("initdb", "postgres")}
USER = "postgres" if os.getuid() == 0 else None  # the server refuses to run as root


@dataclass
class Postgres:
    """A server on loopback, with a user `explorer` whose password is PASSWORD."""

    data: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = field(default=None)

    @property
    def url(self) -> str:
        return f"postgresql://explorer:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        options = [word for name, value in _SERVER.items() for word in ("-c", f"{name}={value}")]
        words = [str(PROGRAMS["postgres"]), "-D", str(self.data), "-p", str(self.port), *options]
        self.process = subprocess.Popen(words, cwd=self.data, stderr=subprocess.DEVNULL, user=USER)
        until(lambda: takes_connections(self.port))

    def stop(self) -> None:
        """At once, connections or not."""
        if self.process:
            self.process.send_signal(3)  # its "immediate shutdown"
            self.process.wait(PATIENCE)
            self.process = None


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Initialised, and not yet started."""
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        data, password = Path(folder) / "data", Path(folder) / "password"
        password.write_text(PASSWORD)
        data.mkdir(mode=0o700)
        if USER:
            for path in (Path(folder), data, password):
                shutil.chown(path, USER)
        words = ["-D", str(data), "-U", "explorer", "--auth=scram-sha-256", f"--pwfile={password}", "--no-sync"]
        subprocess.run([str(PROGRAMS["initdb"]), *words], cwd=folder, check=True, stdout=subprocess.DEVNULL, user=USER)
        server = Postgres(data, free_port())
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def dashboard(storage: str) -> Iterator[Callable[[str], Any]]:
    """optuna-dashboard on loopback, as a function from a path of its HTTP API to what it answers."""
    port = free_port()
    words = [str(Path(sys.executable).parent / "optuna-dashboard"), storage, "--port", str(port)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:

        def ask(path: str) -> Any:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/{path}", timeout=PATIENCE) as answer:
                return json.load(answer)

        try:
            until(lambda: takes_connections(port), lambda: process.poll() is None)
            yield ask
        finally:
            process.terminate()


def listed(ask: Callable[[str], Any], name: str) -> list[dict[str, Any]]:
    """The trials that the dashboard lists of the study called `name`."""
    (study,) = [study for study in ask("studies")["study_summaries"] if study["study_name"] == name]
    trials: list[dict[str, Any]] = ask(f"studies/{study['study_id']}")["trials"]
    return trials


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def takes_connections(port: int) -> bool:
    with suppress(OSError):
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    return False


def until(true: Callable[[], object], possible: Callable[[], bool] = lambda: True) -> None:
    """Wait; an assertion fails where it takes too long, or has become impossible."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        assert possible()
        time.sleep(0.05)
