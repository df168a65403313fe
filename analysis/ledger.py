"""The ledger: a file of lines that only grows, read and mended after whatever has happened to its writer."""

import os
from dataclasses import dataclass
from pathlib import Path

from analysis.files import exclusive, sync_folder, write_atomically, write_synced
from analysis.trial import Entry, Proposal, Trial, entry_from_line


@dataclass(frozen=True)
class Reading:
    """What a ledger says, and what in it says nothing."""

    trials: tuple[Trial, ...]
    proposals: tuple[Proposal, ...]
    good: bytes  # the lines of both, as they stand
    bad: bytes  # whole lines that are neither
    torn: bytes  # what follows the last newline: a writer was stopped within it
    notices: tuple[str, ...]


def read(path: Path) -> Reading:
    """Reading changes no file; `mend` does what the notices say is to be done."""
    *lines, torn = (path.read_bytes() if path.exists() else b"").split(b"\n")
    entries: list[Entry] = []
    good, bad, notices = [], [], []
    for number, line in enumerate(lines, start=1):
        try:
            entries.append(entry_from_line(line.decode()))
            good.append(line + b"\n")
        except (ValueError, RecursionError) as error:
            bad.append(line + b"\n")
            notices.append(f"{path}: line {number} is no trial and left out ({error})")
    if torn:
        notices.append(f"{path}: the last line is torn after {len(torn)} bytes and left out; its trial is run again")
    trials = tuple(entry for entry in entries if isinstance(entry, Trial))
    proposals = tuple(entry for entry in entries if isinstance(entry, Proposal))
    return Reading(trials, proposals, b"".join(good), b"".join(bad), torn, tuple(notices))


def append(path: Path, entry: Entry) -> None:
    """One line more, on the disk on return; a torn line before it, were there one, is cut off."""
    with exclusive(path.parent):
        is_new = not path.exists()
        _cut_torn(path)
        write_synced(path, entry.to_line().encode() + b"\n", "ab")
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
    if not path.exists() or _ends_whole(path):
        return
    with path.open("r+b") as file:
        file.truncate(path.read_bytes().rfind(b"\n") + 1)
        os.fsync(file.fileno())


def _ends_whole(path: Path) -> bool:
    """By its last byte: a ledger that grows is not read again for every line."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1))
        return file.read(1) in (b"", b"\n")
