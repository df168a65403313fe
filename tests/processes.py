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
                if os.getsid(int(entry.name)) == session:
                    found.append((entry / "cmdline").read_text())
            except (ProcessLookupError, FileNotFoundError):
                continue
    return found
