"""Budgets: what a user writes, and the multiply-adds it means."""

import re
from dataclasses import dataclass

from space.errors import SpaceError

_AMOUNT = re.compile(
    r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(?:([kmgt]?)(?:flops?|macs?))?\s*", re.IGNORECASE | re.ASCII
)
_FACTORS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_LIMIT = 10**18

MEGA, GIGA = 10**6, 10**9


@dataclass(frozen=True)
class Budget:
    """Multiply-adds of convolutions and linear layers for one image, with the words it was written in."""

    text: str
    macs: int

    def __str__(self) -> str:
        return self.text


def budget(text: str) -> Budget:
    """`4GFLOPs`, `4.1 GMACs`, `800MFLOPs` or `4e9`; one fused multiply-add is one FLOP."""
    match = _AMOUNT.fullmatch(text) if len(text) <= 40 else None
    if match is None:
        raise SpaceError(f"{text[:40]!r} is not an amount; write 4GFLOPs, 800MFLOPs or 4e9")
    macs = float(match[1]) * _FACTORS[(match[2] or "").lower()]
    if not 1 <= macs <= _LIMIT:
        raise SpaceError(f"{text!r} is not a budget; write an amount above zero and up to 1e18, such as 4GFLOPs")
    return Budget(text.strip(), round(macs))


def shown(macs: int) -> str:
    """Multiply-adds as the field prints them: `4.09 GFLOPs`, `812 MFLOPs`."""
    value, unit = (macs / GIGA, "GFLOPs") if macs >= 0.9995 * GIGA else (macs / MEGA, "MFLOPs")
    return f"{value:.3g} {unit}" if value < 99.95 else f"{value:.0f} {unit}"
