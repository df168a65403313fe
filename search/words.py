"""The user's words, one by one, made into what they mean; what is wrong with one names its option."""

import re
from argparse import Namespace
from collections.abc import Callable, Collection
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from search.errors import UsageError
from space.errors import SpaceError

if TYPE_CHECKING:
    from space.plan import Plan

T = TypeVar("T")

MOST_VALUES = 1_000
LARGEST = 10**6


def of(option: str, make: Callable[[], T]) -> T:
    """What `make` makes of an option's words; its error, if any, under the option's name."""
    try:
        return make()
    except SpaceError as error:
        raise UsageError(f"{option}: {error}") from None


def one_of(option: str, word: str, known: Collection[str], whose: str = "") -> str:
    """The word, if it is known."""
    if word not in known:
        (near,) = get_close_matches(word.lower(), known, n=1, cutoff=0)
        what = f"is none of {whose}:" if whose else "is not known; write"
        raise UsageError(f"{option}: {word[:40]!r} {what} {', '.join(known)} (the nearest is {near})")
    return word


def integer(option: str, word: str | None, *, low: int = 1, high: int = LARGEST) -> int | None:
    """A whole number between `low` and `high`; None where the option was not given."""
    if word is None:
        return None
    digits = re.fullmatch("[0-9]+", word) and len(word) <= len(str(high))
    number = int(word) if digits else low - 1
    if not low <= number <= high:
        raise UsageError(f"{option}: {word[:40]!r} is not possible; write a whole number from {low} to {high}")
    return number


def integers(option: str, words: str | None) -> tuple[int, ...] | None:
    """Whole numbers with commas between them."""
    if words is None:
        return None
    parts = words.split(",")
    if len(parts) > MOST_VALUES:
        raise UsageError(f"{option}: {len(parts)} values are given; {MOST_VALUES} is the most")
    return tuple(integer(option, part.strip(), low=0) or 0 for part in parts)


def fraction(option: str, word: str) -> float:
    """A number from 0 up."""
    number = float(word) if re.fullmatch(r"[0-9]+\.?[0-9]*|\.[0-9]+", word) else -1.0
    if not 0 <= number <= LARGEST:
        raise UsageError(f"{option}: {word[:40]!r} is not possible; write a number such as 0.5")
    return number


def tolerance(word: str) -> float:
    """Of a budget: `1%` or `0.01`."""
    wrong = UsageError(f"--tolerance: {word[:40]!r} is not possible; write less than 100%, such as 1% or 0.01")
    try:
        value = fraction("--tolerance", word.removesuffix("%")) / (100 if word.endswith("%") else 1)
    except UsageError:
        raise wrong from None
    if value >= 1:
        raise wrong
    return value


def writable(option: str, written: str, what: str = "", forms: Collection[str] = ()) -> Path:
    """A file to write, of `what`, whose name ends with one of `forms`, in a folder that is there."""
    path = Path(written)
    if forms and path.suffix.lower() not in forms:
        near = "".join(f" (the nearest is {one})" for one in get_close_matches(path.suffix.lower(), forms, n=1))
        raise UsageError(f"{option}: {written[:80]!r} is no {what}'s file; it ends with {', '.join(forms)}{near}")
    if path.is_dir():
        raise UsageError(f"{option}: {written!r} is a folder; name a file in it")
    if not path.parent.is_dir():
        raise UsageError(f"{option}: {written!r} cannot be written: there is no folder {str(path.parent)!r}")
    return path


def _values(words: list[str]) -> tuple[tuple[int, ...] | None, tuple[int, ...] | None]:
    """Those of the first axis and of the second, where they are given."""
    if len(words) > 2:
        raise UsageError(f"--values: given {len(words)} times; a plane has two axes")
    first, second = (integers("--values", word) for word in (*words, None, None)[:2])
    return first, second


def planned(options: Namespace) -> "Plan":
    """The plan that the question's options ask for."""
    from space.axes import axes, yielding  # here: solving takes numpy, which costs and tables do without
    from space.base import base_of
    from space.budget import budget
    from space.plan import plan

    amount = of("--budget", lambda: budget(options.budget))
    names = [name.strip() for axis in options.axis for name in axis.split(",")]
    asked = of("--axis", lambda: axes(names))
    against = of("--against", lambda: yielding(asked, options.against))
    exact = one_of("--match", options.match, ("paper", "exact")) == "exact"
    multiple = integer("--width-multiple", options.width_multiple, high=1_024) or 1
    if multiple > 1 and not (exact and against == "width"):
        why = f"here {against} gives way" if exact else "--match paper has rules of its own"
        raise UsageError(
            f"--width-multiple: {multiple} is for widths that --match exact solves, and {why}; leave it out"
        )
    resolution = integer("--resolution", options.resolution, high=10_000)
    of(
        "--base" if options.base else "--budget",
        lambda: base_of(amount, asked[0], options.base, resolution, exact=exact, multiple=multiple),
    )
    values, across = _values(options.values or [])
    return of(
        "--values" if values else "--base" if options.base else "--axis",
        lambda: plan(
            amount,
            names,
            against=against,
            base=options.base,
            values=values,
            across=across,
            match=options.match,
            resolution=resolution,
            multiple=multiple,
        ),
    )


def split_outside(text: str, mark: str) -> list[str]:
    """`text` at every `mark` that stands within no brackets, without the blanks around its parts."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == mark and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]
