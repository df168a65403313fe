"""The machine and what is installed on it, as a trial's line of the ledger has them."""

import os
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path

VERSIONS = ("design-space-explorer", "torch", "ray", "optuna", "numpy")


@cache
def machine() -> str:
    """The type of this machine: processor and cores, so that figures of one type can be compared."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return f"{next(named, platform.machine())}, {os.cpu_count()} cores"


def versions() -> dict[str, str]:
    """Of what a trial's numbers may depend on."""
    return {name: version(name) for name in VERSIONS} | {"python": platform.python_version()}
