"""Numbers in words: what figures, verdicts and reports write in the same way."""

import math

FLOPS_CONVENTION = (
    "FLOPs are multiply-adds of convolutions and linear layers, without bias, each counted once: "
    "1 GFLOPs = 10\N{SUPERSCRIPT NINE} multiply-adds."
)
MISSING = "\N{EN DASH}"


def shown(text: str) -> str:
    r"""What nobody would see and a terminal obey, as Python writes it: \x1b, \n, \u202e; the rest as it is."""
    plain = text.replace("\N{NO-BREAK SPACE}", " ")
    if plain.isprintable():
        return plain
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in plain)


def decimals(half_width: float) -> int:
    """Two significant digits of the uncertainty, at least one decimal and at most four."""
    if not math.isfinite(half_width) or half_width <= 0:
        return 2
    return min(4, max(1, 1 - math.floor(math.log10(half_width))))


def number(value: float, places: int) -> str:
    """With a true minus sign, and none before zero."""
    text = f"{value:.{places}f}"
    return text.replace("-", "" if float(text) == 0 else "\N{MINUS SIGN}")


def signed(value: float, places: int) -> str:
    """With its sign, be it a plus."""
    text = number(value, places)
    return text if text.startswith("\N{MINUS SIGN}") or float(text) == 0 else f"+{text}"


def percent(fraction: float) -> str:
    """A fraction as a signed percentage: +3.5 %."""
    return f"{signed(100 * fraction, 1)} %"


def plural(count: int, noun: str) -> str:
    """1 seed, 3 seeds, 20,000 seeds."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def duration(seconds: float) -> str:
    """A time as one reads it: 48 s, 9.4 min, 2.3 h, 3.1 days."""
    for unit, name in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 1.5 * unit:
            return f"{seconds / unit:.1f} {name}"
    return f"{seconds:.3g} s"


def brief(text: str, most: int) -> str:
    """At most so many characters, with an ellipsis where there were more."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def amount(count: float) -> str:
    """A large number with its SI letter: 4.23 G."""
    for factor, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(count) >= factor:
            return f"{three_digits(count / factor)}\N{NO-BREAK SPACE}{letter}"
    return f"{count:g}"


def three_digits(value: float) -> str:
    """Three significant digits, a last zero among them: 7.50."""
    return f"{value:#.3g}".rstrip(".")
