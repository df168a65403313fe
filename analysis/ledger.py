"""The ledger: a file of lines that only grows, read and mended after whatever has happened to its writer."""

import os
from dataclasses import dataclass
from pathlib import Path

from analysis.files import exclusive, sync_folder, write_atomically, write_synced
from analysis.trial import Trial


@dataclass(frozen=True)
class Reading:
    """What a ledger says, and what in it says nothing."""

    trials: tuple[Trial, ...]
    good: bytes  # the lines of the trials, as they stand
    bad: bytes  # whole lines that are no trial
    torn: bytes  # what follows the last newline: a writer was stopped within it
    notices: tuple[str, ...]


def read(path: Path) -> Reading:
    """Reading changes no file; `mend` does what the notices say is to be done."""
    *lines, torn = (path.read_bytes() if path.exists() else b"").split(b"\n")
    trials, good, bad, notices = [], [], [], []
    for number, line in enumerate(lines, start=1):
        try:
            trials.append(Trial.from_line(line.decode()))
            good.append(line + b"\n")
        except (ValueError, RecursionError) as error:
            bad.append(line + b"\n")
            notices.append(f"{path}: line {number} is no trial and left out ({error})")
    if torn:
        notices.append(f"{path}: the last line is torn after {len(torn)} bytes and left out; its trial is run again")
    return Reading(tuple(trials), b"".join(good), b"".join(bad), torn, tuple(notices))


def append(path: Path, trial: Trial) -> None:
    """One line more, on the disk on return; a torn line before it, were there one, is cut off."""
    with exclusive(path.parent):
        is_new = not path.exists()
        _cut_torn(path)
        write_synced(path, trial.to_line().encode() + b"\n", "ab")
        if is_new:
            sync_folder(path.parent)


def mend(path: Path) -> tuple[str, ...]:
    """Cut off a torn last line and move bad lines to `….quarantine`; the notices say what was done."""
    with exclusive(path.parent):
        reading = read(path)
        if reading.bad:
            quarantine = path.with_name(path.name + ".quarantine")
            write_synced(quarantine, reading.bad, "ab")
            sync_folder(path.parent)  # the bad lines are safe before the ledger loses them
            write_atomically(path, reading.good)
            return (*reading.notices, f"{quarantine}: the lines that are no trials were moved here")
        _cut_torn(path)
    return reading.notices


def _cut_torn(path: Path) -> None:
    data = path.read_bytes() if path.exists() else b""
    if data and not data.endswith(b"\n"):
        with path.open("r+b") as file:
            file.truncate(data.rfind(b"\n") + 1)
            os.fsync(file.fileno())
