"""How a run is trained, on a command line: where, for how long, and what is kept."""

import re
from argparse import Namespace
from dataclasses import dataclass
from importlib.util import find_spec
from typing import cast, get_args

from analysis.keeping import Which
from search.errors import UsageError
from search.words import fraction, integer, one_of

_ADDRESS = re.compile(r"([A-Za-z0-9._-]+):([0-9]{1,5})")


@dataclass(frozen=True)
class Means:
    """How a run is trained, none of which its numbers depend on: it may be another each time it is continued."""

    address: str | None  # of a Ray cluster
    gpus_per_trial: float | None  # None: as much of one as a trial needs, where there is one
    retries: int
    seconds: float  # after which no trial is begun
    storage: str | None  # of Optuna's, to mirror the study into
    keep: Which | None  # weights of trials

    @classmethod
    def of(cls, options: Namespace) -> "Means":
        """From the options of that name."""
        return cls(
            _address(options.address),
            _gpus(options.gpus_per_trial),
            integer("--retries", options.retries, low=0, high=1_000) or 0,
            _seconds(options.time),
            options.storage,
            _keep(options.keep_weights),
        )


def _keep(word: str | None) -> Which | None:
    """`best` or `all`, where what writes the files is installed."""
    if word is None:
        return None
    one_of("--keep-weights", word, get_args(Which))
    if not find_spec("safetensors"):
        what = "it needs safetensors, which is not installed; pip install 'design-space-explorer[export]'"
        raise UsageError(f"--keep-weights: {what}")
    return cast("Which", word)


def _gpus(word: str | None) -> float | None:
    """Ray divides a GPU among trials, or gives a trial whole ones."""
    if word is None:
        return None
    gpus = fraction("--gpus-per-trial", word)
    if gpus > 1 and not gpus.is_integer():
        raise UsageError(f"--gpus-per-trial: {word!r} is not possible; above 1, write a whole number")
    return gpus


def _seconds(word: str | None) -> float:
    """`90s`, `30m`, `2h` or `1h30m`; for ever where nothing is said."""
    if word is None:
        return float("inf")
    match = re.fullmatch(r"(?:(\d{1,5})h)?(?:(\d{1,6})m)?(?:(\d{1,8})s)?", word.strip())
    hours, minutes, seconds = (int(one or 0) for one in match.groups()) if match else (0, 0, 0)
    if not (total := 3600 * hours + 60 * minutes + seconds):
        raise UsageError(f"--time: {word[:40]!r} is no time; write 90s, 30m, 2h or 1h30m")
    return float(total)


def _address(word: str | None) -> str | None:
    """As it is, if it can be one."""
    if word not in (None, "auto"):
        endpoint(word)
    return word


def endpoint(address: str) -> tuple[str, int]:
    """Host and port of a Ray cluster's head."""
    match = _ADDRESS.fullmatch(address)
    if not match or not 0 < int(match[2]) < 2**16:
        raise UsageError(f"--address: {address[:80]!r} is no address; write HOST:PORT of a Ray cluster's head, or auto")
    return match[1], int(match[2])
