"""TOML texts into values; what is wrong with one is said with its line."""

import re
import tomllib
from collections import Counter
from typing import TypeVar

from analysis.plain import PlainError, from_plain

T = TypeVar("T")

_HEADER = re.compile(r"\s*(\[\[?)\s*([\w.-]+)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"\s*\"?([\w.-]+)\"?\s*=")


class TomlError(ValueError):
    """A text that is not TOML, or not of the type asked for: `line 7: training.lr: 'fast' is not a number`."""


def read(kind: type[T], text: str) -> T:
    """The value of `kind` written in `text`; `TomlError` names line and field."""
    try:
        return from_plain(kind, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise TomlError(f"not TOML: {error}") from None
    except PlainError as error:
        line = line_of(text, str(error).partition(": ")[0])
        raise TomlError(f"line {line}: {error}" if line else str(error)) from None


def line_of(text: str, field: str) -> int | None:
    """Where a field such as `training.lr` or `settings[1].macs` stands, from 1; of one that is missing, its table."""
    best, depth, table = None, 0, ""
    counts: Counter[str] = Counter()
    for number, line in enumerate(text.splitlines(), 1):
        name = ""
        if header := _HEADER.fullmatch(line):
            name = table = _within(header[2], counts)
            if header[1] == "[[":
                counts[table] += 1
                table += f"[{counts[table] - 1}]"
                name = name if name == field else table  # a list where there should be one
        elif key := _KEY.match(line):
            name = f"{table}.{key[1]}" if table else key[1]
        if len(name) > depth and _holds(name, field):
            best, depth = number, len(name)
    return best


def _within(table: str, counts: Counter[str]) -> str:
    """`tricks.changes` as `tricks[1].changes`, if it is of the second of `[[tricks]]`."""
    for listed, count in counts.items():
        if table.startswith(f"{listed}."):
            return f"{listed}[{count - 1}]{table.removeprefix(listed)}"
    return table


def _holds(name: str, field: str) -> bool:
    """Whether the field is the one of that name, or within it."""
    return field.startswith(name) and field[len(name) :][:1] in ("", ".", "[")
