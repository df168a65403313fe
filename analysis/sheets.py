"""Tables of a page, whose readers sort them."""

import math
from collections.abc import Iterable
from typing import NamedTuple

from analysis.pages import NAME
from analysis.statistics.intervals import Interval
from analysis.words import MISSING, amount, brief, number, percent

WHOLE = 2000  # characters of a title
LAST = ""  # the place of a cell that has no number, whichever way its column is sorted


class Cell(NamedTuple):
    """What is read, and the number by which it is sorted where the words do not say it."""

    text: str
    value: str | None = None


class Row(NamedTuple):
    """Its name, whole in `title` where it is cut, and a cell for every other column."""

    name: str
    title: str
    cells: tuple[Cell, ...]


class Sheet(NamedTuple):
    """A table with its id in the page and what a reader is told who cannot see it; the first column has the names."""

    name: str
    label: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def row(name: str, cells: Iterable[Cell]) -> Row:
    """With its name cut to what a table has room for."""
    short = brief(name, NAME)
    return Row(short, brief(name, WHOLE) if short != name else "", tuple(cells))


def words(text: str) -> Cell:
    """Sorted as text, in which numbers count as such: 2x40d before 16x8d."""
    return Cell(text, LAST if text == MISSING else None)


def measured(value: float, places: int = 2) -> Cell:
    """A number, or what is none."""
    return Cell(number(value, places), _sorted(value)) if math.isfinite(value) else none()


def counted(number: int) -> Cell:
    """20,000."""
    return Cell(f"{number:,}", str(number))


def large(value: float) -> Cell:
    """4.23 G."""
    return Cell(amount(value), _sorted(value))


def deviation(fraction: float) -> Cell:
    """+3.5 %."""
    return Cell(percent(fraction), _sorted(fraction))


def interval(text: str, found: Interval) -> Cell:
    """By its middle."""
    return Cell(text, _sorted(found.mean))


def none() -> Cell:
    """There is nothing to say."""
    return Cell(MISSING, LAST)


def _sorted(value: float) -> str:
    if isinstance(value, int):
        return str(value)
    return f"{value:.7g}" if math.isfinite(value) else LAST
