"""Ray: started on this machine or joined, asked whether a trial fits into it, and ended."""

import logging
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import ray

from search.errors import FailedError, UsageError

STORE = 200_000_000  # bytes of shared memory besides what the images need
CONNECT, ANSWER = 3.0, 15.0  # seconds that a cluster gets to take a connection, and to answer as Ray

_ADDRESS = re.compile(r"([A-Za-z0-9._-]+):([0-9]{1,5})")
_PROBE = "import logging, sys, ray; ray.init(sys.argv[1], log_to_driver=False, logging_level=logging.ERROR)"


@dataclass(frozen=True)
class Resources:
    """Where trials run: `address` of a Ray cluster (None: this machine), and each trial's share of a machine."""

    address: str | None = None
    threads: int = 1
    gpus_per_trial: float = 0.0


@contextmanager
def cluster(resources: Resources, data_bytes: int) -> Iterator[Path]:
    """Ray, started on this machine or joined, from within an empty folder for it to write in.

    Ray puts the driver's working directory first on every worker's path: in a folder of the user's that holds a
    package called `search`, workers would import that one.
    """
    os.environ.update(
        TUNE_DISABLE_AUTO_CALLBACK_LOGGERS="1",  # every reading is in the ledger
        TUNE_DISABLE_SIGINT_HANDLER="1",
        TUNE_DISABLE_STRICT_METRIC_CHECKING="1",  # a trial that fails has no metric, and is a row all the same
        RAY_AIR_NEW_OUTPUT="0",
    )
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)  # a failure is a row, no traceback
    before, on_sigterm = Path.cwd(), signal.getsignal(signal.SIGTERM)
    with tempfile.TemporaryDirectory(prefix="explore-", ignore_cleanup_errors=True) as scratch:
        os.chdir(scratch)
        try:
            _start(resources.address, STORE + 2 * data_bytes)
            signal.signal(signal.SIGTERM, on_sigterm)  # Ray's own would exit without a word
            nodes = ray.nodes()  # type: ignore[no-untyped-call]
            os.environ["TUNE_MAX_PENDING_TRIALS_PG"] = str(slots(resources))  # or workers start one after the other
            refuse_what_fits_nowhere(resources, [node["Resources"] for node in nodes if node["Alive"]])
            yield Path(scratch)
        finally:
            with suppress(Exception):  # a cluster already gone: nothing is kept there
                ray.shutdown()
            os.chdir(before)


def slots(resources: Resources) -> int:
    """How many trials the cluster that is there runs at once."""
    there = ray.cluster_resources()  # type: ignore[no-untyped-call]
    shares = [there.get("CPU", 0.0) / resources.threads]
    if resources.gpus_per_trial:
        shares.append(there.get("GPU", 0.0) / resources.gpus_per_trial)
    return max(1, int(min(shares)))


def _start(address: str | None, store: int) -> None:
    if address:
        refuse_what_does_not_answer(address)
    try:
        ray.init(
            address or "local",  # nothing, and Ray joins whatever cluster it finds
            object_store_memory=None if address else store,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except Exception as error:  # noqa: BLE001 -- Ray raises what its parts raise
        where = f"--address: {address!r} cannot be joined" if address else "Ray cannot be started on this machine"
        raise FailedError(f"{where} ({last_line(str(error)) or type(error).__name__}); nothing was trained") from None


def refuse_what_does_not_answer(address: str) -> None:
    """In seconds: to an address where no cluster is, Ray itself would try for a minute, and end the process."""
    if address != "auto":
        host, port = _endpoint(address)
        try:
            socket.create_connection((host, port), CONNECT).close()
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or error
            raise FailedError(f"--address: {address!r} takes no connection ({reason}); nothing was trained") from None
    try:
        probe = [sys.executable, "-P", "-c", _PROBE, address]
        subprocess.run(probe, check=True, capture_output=True, timeout=ANSWER)  # noqa: S603 -- no shell, our own words
    except subprocess.TimeoutExpired:
        msg = (
            f"does not answer as Ray {ray.__version__} in {ANSWER:g} seconds (for one with tokens, RAY_AUTH_MODE=token)"
        )
        raise FailedError(f"--address: {address!r} {msg}; nothing was trained") from None
    except subprocess.CalledProcessError as error:
        reason = last_line(error.stderr.decode(errors="replace"))
        raise FailedError(f"--address: {address!r} cannot be joined ({reason}); nothing was trained") from None


def _endpoint(address: str) -> tuple[str, int]:
    match = _ADDRESS.fullmatch(address)
    if not match or not 0 < int(match[2]) < 2**16:
        raise UsageError(f"--address: {address[:80]!r} is no address; write HOST:PORT of a Ray cluster's head, or auto")
    return match[1], int(match[2])


def refuse_what_fits_nowhere(resources: Resources, machines: Sequence[Mapping[str, float]]) -> None:
    """A trial that asks for more than any machine has would wait for ever."""
    for asked, kind, words in (
        (resources.threads, "CPU", f"--set: threads={resources.threads} asks for {resources.threads} CPU cores"),
        (resources.gpus_per_trial, "GPU", f"--gpus-per-trial: {resources.gpus_per_trial:g} of a GPU is asked"),
    ):
        most = max((machine.get(kind, 0.0) for machine in machines), default=0.0)
        if asked > most:
            raise UsageError(f"{words} for each trial, and no machine here has more than {most:g}")


def last_line(text: str) -> str:
    """The last that is not empty, where a traceback says what was wrong."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
