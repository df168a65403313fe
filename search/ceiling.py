"""Latency as a budget: what one batch may take on a device of this machine, in words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from space.budget import is_latency
from space.errors import SpaceError

_WORDS = re.compile(
    r"\s*(?:<=)?\s*([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*(us|ms|s)\s*@\s*(cpu|cuda|mps)\s*(?:,\s*batch\s*=\s*([0-9]{1,5}))?\s*",
    re.IGNORECASE | re.ASCII,
)
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}


class OverError(SpaceError):
    """A candidate takes longer than the budget: so many milliseconds; one line."""

    def __init__(self, message: str, place: tuple[str, ...] = (), milliseconds: float = 0.0) -> None:
        super().__init__(message, place)
        self.milliseconds = milliseconds


@dataclass(frozen=True)
class Ceiling:
    """Seconds that a batch may take at most; a CPU computes it with one thread."""

    text: str
    seconds: float
    device: str
    batch: int

    def __str__(self) -> str:
        return self.text


def ceiling(text: str) -> Ceiling:
    """`20ms@cpu` or `5ms@cuda,batch=8`; a batch is one image unless said."""
    match = _WORDS.fullmatch(text)
    if (
        match is None
        or not (seconds := float(match[1]) * _UNITS[match[2].lower()])
        or not (batch := int(match[4] or 1))
    ):
        where = "" if "@" in text else ", since it names no device"
        raise SpaceError(f"{text[:40]!r} is no latency{where}; write 20ms@cpu, or 5ms@cuda,batch=8")
    return Ceiling(text.strip(), seconds, match[3].lower(), batch)


def divided(budgets: Sequence[str]) -> tuple[list[str], Ceiling | None]:
    """Those that are costs, and the one that is a latency, if there is one."""
    latencies = [text for text in budgets if is_latency(text)]
    if len(latencies) > 1:
        raise SpaceError(f"{latencies[1][:40]!r} is a second latency; one is measured")
    return [text for text in budgets if not is_latency(text)], ceiling(latencies[0]) if latencies else None
