"""Ray: started on this machine or joined, asked whether a trial fits into it, and ended."""

import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from search.devices import Kind, device_memory, device_of, gpu_share, is_apple
from search.errors import FailedError, UsageError
from search.means import endpoint

STORE = 200_000_000  # bytes of shared memory besides what the images need
CONNECT, ANSWER = 3.0, 15.0  # seconds that a cluster gets to take a connection, and to answer as Ray

_PROBE = "import logging, sys, ray; ray.init(sys.argv[1], log_to_driver=False, logging_level=logging.ERROR)"


@dataclass(frozen=True)
class Resources:
    """Where trials run: `address` of a Ray cluster (None: this machine), and each trial's share of a machine.

    Without a share of a GPU it is what a trial needs of it, of which `need` bytes are known; 0: all that there is.
    """

    address: str | None = None
    threads: int = 1
    gpus_per_trial: float | None = 0.0
    need: int = 0

    @property
    def processes(self) -> int:
        """That train one trial: one for each GPU, where it has several."""
        return max(1, int(self.gpus_per_trial or 0))


@dataclass(frozen=True)
class Cluster:
    """Ray as it is there: an empty folder for it to write in, and each trial's resources with its share of a GPU."""

    folder: Path
    resources: Resources
    slots: int = 1  # trials that run at once
    cores: float = 1.0  # of the smallest machine that takes a trial

    @property
    def device(self) -> Kind:
        """What trials train on."""
        return "gpu" if self.resources.gpus_per_trial else "cpu"

    def bundles(self, *, alone: bool) -> list[dict[str, float]]:
        """What each process of a trial asks Ray for.

        One that is to be alone has a whole GPU or, where there is none, the cores of a machine.
        """
        gpus = self.resources.gpus_per_trial or 0.0
        cores = self.cores if alone and not gpus else self.resources.threads
        asked = {"GPU": 1.0 if alone else min(1.0, gpus)} if gpus else {}
        return [{"CPU": float(cores), **asked}] * self.resources.processes


@contextmanager
def cluster(resources: Resources, data_bytes: int) -> Iterator[Cluster]:
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
            _start(resources, STORE + 2 * data_bytes)
            signal.signal(signal.SIGTERM, on_sigterm)  # Ray's own would exit without a word
            nodes = ray.nodes()  # type: ignore[no-untyped-call]
            machines = [node["Resources"] for node in nodes if node["Alive"]]
            resources = shared(resources, machines, gpu_bytes)
            refuse_what_fits_nowhere(resources, machines)
            at_once = slots(resources, machines)
            os.environ["TUNE_MAX_PENDING_TRIALS_PG"] = str(at_once)  # or workers start one after the other
            cores = min(one["CPU"] for one in machines if one.get("CPU", 0.0) >= resources.threads)
            yield Cluster(Path(scratch), resources, at_once, cores)
        finally:
            with suppress(Exception):  # a cluster already gone: nothing is kept there
                ray.shutdown()
            os.chdir(before)


def slots(resources: Resources, machines: Sequence[Mapping[str, float]]) -> int:
    """How many trials these machines run at once; none has parts of several machines, nor shares of several GPUs."""
    gpus = resources.gpus_per_trial

    def fits(machine: Mapping[str, float]) -> int:
        by_cores = int(machine.get("CPU", 0.0) // (resources.threads * resources.processes))
        there = machine.get("GPU", 0.0)
        by_gpus = by_cores if not gpus else int(there // gpus) if gpus >= 1 else int(there) * int(1 / gpus)
        return min(by_cores, by_gpus)

    return max(1, sum(map(fits, machines)))


def shared(resources: Resources, machines: Sequence[Mapping[str, float]], memory: Callable[[], int]) -> Resources:
    """With the share of a GPU that a trial needs, where none is said; `memory`: bytes of the smallest GPU, or none."""
    if resources.gpus_per_trial is not None:
        return resources
    there = memory() if any(machine.get("GPU") for machine in machines) else 0
    share = 0.0 if not there else gpu_share(resources.need, there) if resources.need else 1.0
    return replace(resources, gpus_per_trial=share)


def gpu_bytes() -> int:
    """Memory of the smallest GPU of the cluster, as a worker on each machine sees its own; 0: torch sees none."""
    nodes = [node for node in ray.nodes() if node["Alive"] and node["Resources"].get("GPU")]  # type: ignore[no-untyped-call]
    asked = ray.remote(_gpu_memory)
    there = [NodeAffinitySchedulingStrategy(node["NodeID"], soft=False) for node in nodes]
    return min(ray.get([asked.options(num_gpus=0.01, scheduling_strategy=one).remote() for one in there]))


def _gpu_memory() -> int:
    try:
        return device_memory(device_of("gpu"))
    except RuntimeError:
        return 0


def _start(resources: Resources, store: int) -> None:
    address = resources.address
    if address:
        refuse_what_does_not_answer(address)
    try:
        ray.init(
            address or "local",  # nothing, and Ray joins whatever cluster it finds
            object_store_memory=None if address else store,
            num_gpus=1 if resources.gpus_per_trial and not address and is_apple() else None,  # Ray sees no MPS
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
        host, port = endpoint(address)
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


def refuse_what_fits_nowhere(resources: Resources, machines: Sequence[Mapping[str, float]]) -> None:
    """A trial that asks for more than any machine has would wait for ever."""
    gpus, cores = resources.gpus_per_trial or 0.0, resources.threads * resources.processes
    each = f" for each of {resources.processes} GPUs" if resources.processes > 1 else ""
    for asked, kind, words in (
        (cores, "CPU", f"--set: threads={resources.threads} asks for {resources.threads} CPU cores{each}"),
        (gpus, "GPU", f"--gpus-per-trial: {gpus:g} of a GPU is asked"),
    ):
        most = max((machine.get(kind, 0.0) for machine in machines), default=0.0)
        if asked > most:
            raise UsageError(f"{words} for each trial, and no machine here has more than {most:g}")


def last_line(text: str) -> str:
    """The last that is not empty, where a traceback says what was wrong."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
