"""Budgets: what a user writes, and the integers it means."""

import re
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from space.errors import SpaceError

_AMOUNT = re.compile(
    r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(?:([kmgt]?)(?:flops?|macs?))?\s*", re.IGNORECASE | re.ASCII
)
_FACTORS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
FEWEST = 1_000  # multiply-adds without a unit: fewer are meant with one
MOST = 10**18  # of anything a budget may ask for
LARGEST = 2**62  # of any cost of a space's networks: what has no upper end

_LIMIT_WORDS = re.compile(
    r"\s*(<=|>=)?\s*(\d+\.?\d*(?:e\+?\d+)?|\.\d+)\s*([kmgt]?)(flops?|macs?|params?|parameters|activations?|cio)?\s*",
    re.IGNORECASE | re.ASCII,
)
_TIME = re.compile(r"\s*[<>=]*\s*[\d.]+\s*[num]?s(?:ec(?:ond)?s?)?\s*", re.IGNORECASE | re.ASCII)
_MEASURES = {"f": "macs", "m": "macs", "p": "params", "a": "activations", "c": "cio"}

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
    _refuse_latency(text)
    match = _AMOUNT.fullmatch(text) if len(text) <= 40 else None
    if match is None and _LIMIT_WORDS.fullmatch(text[:40]):
        raise SpaceError(f"{text[:40]!r} is for a design space (explore space, explore sweep SPACE); write 4GFLOPs")
    if match is None:
        raise SpaceError(f"{text[:40]!r} is not an amount; write 4GFLOPs, 800MFLOPs or 4e9")
    macs = _amount(text, match[1], match[2] or "")
    if macs < FEWEST and not match[2]:
        raise SpaceError(
            f"{text[:40]!r} means so many multiply-adds, fewer than any network has; write {match[1]}GFLOPs"
        )
    return Budget(text.strip(), round(macs))


@dataclass(frozen=True)
class Limit:
    """What a measure of a network may be, both ends included, with the words it was written in."""

    text: str
    measure: str  # a field of `space.cost.Cost`
    low: int
    high: int

    def __str__(self) -> str:
        return self.text


def limit(text: str, tolerance: float) -> Limit:
    """`4GFLOPs`, `26Mparams`, `12Mactivations` or `30Mcio` within `tolerance` (a fraction), or `<=` and `>=` of one."""
    _refuse_latency(text)
    match = _LIMIT_WORDS.fullmatch(text) if len(text) <= 40 else None
    if match is None:
        raise SpaceError(f"{text[:40]!r} is no budget; write 4GFLOPs, 26Mparams, 12Mactivations, 30Mcio or <=26Mparams")
    amount, share = _amount(text, match[2], match[3]), Fraction(str(tolerance))
    measure = _MEASURES[(match[4] or "m")[0].lower()]
    match match[1]:
        case "<=":
            return Limit(text.strip(), measure, 0, floor(amount))
        case ">=":
            return Limit(text.strip(), measure, ceil(amount), LARGEST)
        case _:
            return Limit(text.strip(), measure, ceil(amount * (1 - share)), floor(amount * (1 + share)))


def is_latency(text: str) -> bool:
    """Whether a budget is one of time, as `20ms@cpu` is; without a device it is one that is written wrongly."""
    return "@" in text or _TIME.fullmatch(text) is not None


def _refuse_latency(text: str) -> None:
    if is_latency(text):
        what = f"{text[:40]!r} is a latency, which is measured, network by network"
        raise SpaceError(f"{what}; give it to explore sweep SPACE, beside an amount such as 4GFLOPs")


def _amount(text: str, number: str, factor: str) -> Fraction:
    """Exactly what is written: both ends of a budget are included."""
    if not 1 <= float(number) * _FACTORS[factor.lower()] <= MOST:  # first: exactly, 1e999999999 takes its time
        raise SpaceError(f"{text!r} is not a budget; write an amount above zero and up to 1e18, such as 4GFLOPs")
    return Fraction(number) * _FACTORS[factor.lower()]


def shown(macs: int) -> str:
    """Multiply-adds as the field prints them: `4.09 GFLOPs`, `812 MFLOPs`."""
    value, unit = (macs / GIGA, "GFLOPs") if macs >= 0.9995 * GIGA else (macs / MEGA, "MFLOPs")
    return f"{value:.3g} {unit}" if value < 99.95 else f"{value:.0f} {unit}"
