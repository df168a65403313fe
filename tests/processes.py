"""What of a session's processes is still there."""

import os
import time
from pathlib import Path

PATIENCE = 60.0  # seconds: an agent of Ray takes more than twenty to notice that its node is dead


def left_of(session: int) -> list[str]:
    """The commands of the session's processes, after those that are ending have had a moment."""
    deadline = time.monotonic() + PATIENCE
    while (left := _running(session)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return left


def _running(session: int) -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.getsid(int(entry.name)) == session and not _is_dead(entry):
                    found.append((entry / "cmdline").read_text())
            except (ProcessLookupError, FileNotFoundError):
                continue
    return found


def _is_dead(process: Path) -> bool:
    """A zombie has ended; it is its new parent's to take off the table."""
    return (process / "stat").read_text().rpartition(")")[2].split()[0] in "ZX"
