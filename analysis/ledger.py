"""The ledger: a file of lines that only grows, read and mended after whatever has happened to its writer."""

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from analysis.files import append_line, cut_torn, exclusive, sync_folder, write_atomically, write_synced
from analysis.plain import PlainError
from analysis.trial import Entry, Proposal, Trial, entry_from_line
from analysis.words import plural

TOLD = 3  # bad lines, each with what is wrong with it; of the others how many
_BEGINNING = b'{"state": "'  # of every line


@dataclass(frozen=True)
class Bad:
    """A whole line that is neither a trial nor a proposal, with its newline."""

    number: int  # from 1
    line: bytes
    reason: str


@dataclass(frozen=True)
class Reading:
    """What a ledger says, and what in it says nothing."""

    trials: tuple[Trial, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    bad: tuple[Bad, ...] = ()
    torn: bytes = b""  # what follows the last newline: a writer was stopped within it
    lines: int = 0  # whole ones
    size: int = 0  # bytes of all whole lines
    checksum: int = 0  # CRC-32 of these bytes

    @property
    def is_foreign(self) -> bool:
        """Whether there are bytes and none of them are of a trial: it may be anything, and is no empty run."""
        torn = self.torn[: len(_BEGINNING)]
        return not self.trials and not self.proposals and (bool(self.bad) or not _BEGINNING.startswith(torn))

    @property
    def why_foreign(self) -> str:
        """In words, if it is."""
        if self.bad:
            return (
                f"none of its {plural(self.lines, 'line')} is a trial; line {self.bad[0].number}: {self.bad[0].reason}"
            )
        return f"its {plural(len(self.torn), 'byte')} are no line, nor the beginning of a trial"

    @property
    def notices(self) -> tuple[str, ...]:
        """What is to be told, in words that come after the ledger's name."""
        said = [f"line {one.number} is no trial and left out ({one.reason})" for one in self.bad[:TOLD]]
        if more := len(self.bad) - len(said):
            said.append(f"{more} more lines are no trials and left out")
        if self.torn:
            said.append(f"the last line is torn after {len(self.torn)} bytes and left out; its trial is run again")
        return tuple(said)


def read(path: Path, known: Reading | None = None) -> Reading:
    """Every line is checked. Reading changes no file; `mend` does what the notices say is to be done.

    A ledger that still begins with the whole lines of `known` is read on from there; without a change it is `known`.
    """
    if not path.exists() and not path.is_symlink():
        return Reading()
    with path.open("rb") as file:
        start = known if known and _begins_with(file, known) else Reading()
        file.seek(start.size)
        return _read_on(file, start)


def _begins_with(file: IO[bytes], known: Reading) -> bool:
    """Whether its first bytes are those that are known."""
    left, checksum = known.size, 0
    while left and (piece := file.read(min(left, 1 << 20))):
        left, checksum = left - len(piece), zlib.crc32(piece, checksum)
    return not left and checksum == known.checksum


def _read_on(file: IO[bytes], start: Reading) -> Reading:
    entries: list[Entry] = []
    bad, torn = list(start.bad), b""
    number, size, checksum = start.lines, start.size, start.checksum
    for line in file:
        if not line.endswith(b"\n"):
            torn = line
            break
        number, size, checksum = number + 1, size + len(line), zlib.crc32(line, checksum)
        try:
            entries.append(entry_from_line(line.decode()))
        except (ValueError, RecursionError) as error:
            bad.append(Bad(number, line, _reason(error)))
    if number == start.lines and torn == start.torn:
        return start
    return Reading(
        trials=(*start.trials, *(entry for entry in entries if isinstance(entry, Trial))),
        proposals=(*start.proposals, *(entry for entry in entries if isinstance(entry, Proposal))),
        bad=tuple(bad), torn=torn, lines=number, size=size, checksum=checksum,
    )  # fmt: skip


def _reason(error: Exception) -> str:
    match error:
        case PlainError():
            return str(error)
        case UnicodeDecodeError():
            return "not UTF-8"
    return "not JSON"


def append(path: Path, entry: Entry) -> None:
    """One line more, on the disk on return; a torn line before it, were there one, is cut off."""
    append_line(path, entry.to_line().encode())


def mend(path: Path) -> tuple[str, ...]:
    """Cut off a torn last line and move bad lines to `….quarantine`; the notices say what was done."""
    with exclusive(path.parent):
        reading = read(path)
        notices = tuple(f"{path}: {notice}" for notice in reading.notices)
        if reading.bad:
            quarantine = path.with_name(path.name + ".quarantine")
            write_synced(quarantine, b"".join(one.line for one in reading.bad), "ab")
            sync_folder(path.parent)  # the bad lines are safe before the ledger loses them
            write_atomically(path, _without(path, {one.number for one in reading.bad}))
            return (*notices, f"{quarantine}: the lines that are no trials were moved here")
        cut_torn(path)
    return notices


def _without(path: Path, numbers: set[int]) -> bytes:
    """The whole lines that are not of these numbers."""
    with path.open("rb") as file:
        lines = [line for number, line in enumerate(file, start=1) if number not in numbers]
    return b"".join(line for line in lines if line.endswith(b"\n"))
