"""The notation of parts, both ways, read off their dataclasses: `bottleneck(80, 256, split_attention(2, 2))`.

Arguments without a default stand first, in order. Of those with one, only what differs from it is written: a part or
a choice by itself, because its type says which argument it is, anything else as `name=value`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from space.errors import SpaceError

MAX_LENGTH = 20_000  # characters of a sentence
MAX_NUMBER = 10**9
MAX_DIGITS = 10
MAX_NESTING = 8


def word(cls: type) -> str:
    """`SplitAttention` is written `split_attention`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()


def text(part: object) -> str:
    """A part in the notation; `read` turns it back."""
    assert is_dataclass(part)
    arguments = [_argument(f, getattr(part, f.name)) for f in fields(part) if _must_show(f, getattr(part, f.name))]
    return word(type(part)) + (f"({', '.join(arguments)})" if arguments else "")


def _must_show(field: Field[Any], value: object) -> bool:
    return field.default is MISSING or value != field.default


def _argument(field: Field[Any], value: object) -> str:
    if field.default is MISSING or isinstance(value, StrEnum) or is_dataclass(value):
        return _scalar(value)
    return f"{field.name}={_scalar(value)}"


def _scalar(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_scalar, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


_TOKEN = re.compile(r"\s*([a-z_][a-z0-9_]*|\d+(?:\.\d+)?|[(),=\[\]])", re.ASCII)


def _tokens(source: str) -> Iterator[str]:
    position = 0
    while position < len(source.rstrip()):
        match = _TOKEN.match(source, position)
        if match is None:
            raise SpaceError(
                f"{_excerpt(source[position:])} is not understood; write parts such as bottleneck(64, 256)"
            )
        yield match.group(1)
        position = match.end()


def _excerpt(source: str) -> str:
    source = source.strip()
    return repr(source if len(source) <= 40 else source[:37] + "...")


def read(source: str, words: Mapping[str, type]) -> object:
    """The part that `source` writes, among `words`; `SpaceError` says what is not understood."""
    reader = _Reader(list(_tokens(source)), words)
    part = reader.value(0)
    if reader.rest:
        raise SpaceError(f"{_excerpt(source)}: nothing may follow {part}, here {reader.rest[0]!r} does")
    return part


class _Reader:
    """Recursive descent over the tokens of one part."""

    def __init__(self, tokens: list[str], words: Mapping[str, type]) -> None:
        self.rest = tokens
        self.words = words

    def take(self, expected: str = "") -> str:
        if not self.rest or (expected and self.rest[0] != expected):
            found = repr(self.rest[0]) if self.rest else "the end"
            raise SpaceError(f"expected {repr(expected) if expected else 'a part'}, found {found}")
        return self.rest.pop(0)

    def value(self, nesting: int) -> object:
        if nesting > MAX_NESTING:
            raise SpaceError(f"parts are nested more than {MAX_NESTING} deep")
        token = self.take()
        if token[0].isdigit():
            return _number(token)
        if token == "[":  # noqa: S105 -- no password
            return tuple(self.items(nesting))
        if token in ("true", "false"):
            return token == "true"  # noqa: S105 -- no password
        if choice := _choices(tuple(self.words.values())).get(token):
            return choice
        return self.part(token, nesting)

    def part(self, name: str, nesting: int) -> object:
        if name not in self.words:
            near = get_close_matches(name, self.words, n=1)
            hint = f"did you mean {near[0]}?" if near else "write a part such as bottleneck(64, 256)"
            raise SpaceError(f"{_excerpt(name)} is no part; {hint}")
        arguments = list(self.arguments(nesting)) if self.rest[:1] == ["("] else []
        return _construct(self.words[name], arguments)

    def items(self, nesting: int) -> Iterator[object]:
        """The values of a list, up to its closing bracket."""
        while self.rest[:1] != ["]"]:
            yield self.value(nesting + 1)
            if self.rest[:1] != ["]"]:
                self.take(",")
        self.take("]")

    def arguments(self, nesting: int) -> Iterator[tuple[str, object]]:
        """Pairs of (name or "", value) between parentheses."""
        self.take("(")
        while self.rest[:1] != [")"]:
            named = self.rest[1:2] == ["="]
            name = self.take() if named else ""
            if named:
                self.take("=")
            yield name, self.value(nesting + 1)
            if self.rest[:1] != [")"]:
                self.take(",")
        self.take(")")


def _number(token: str) -> int | float:
    if len(token) > len(str(MAX_NUMBER)) or float(token) > MAX_NUMBER:
        raise SpaceError(f"{_excerpt(token)} is too large; numbers go up to {MAX_NUMBER}, with {MAX_DIGITS} digits")
    return int(token) if token.isdigit() else float(token)


@cache
def _choices(classes: tuple[type, ...]) -> dict[str, StrEnum]:
    """Every choice that some argument of these parts can be."""
    hints = {hint for cls in classes for hint in get_type_hints(cls).values() if isinstance(hint, type)}
    enums = {hint for hint in hints if not get_origin(hint) and issubclass(hint, StrEnum)}
    return {str(member): member for enum in enums for member in enum}


def _construct(cls: type, arguments: list[tuple[str, object]]) -> object:
    """The part, each argument given to the field that its name, type or place means."""
    hints = get_type_hints(cls)
    open_fields = {f.name: hints[f.name] for f in fields(cls)}
    chosen: dict[str, object] = {}
    for name, value in arguments:
        target = name or next((f for f, hint in open_fields.items() if _fits(value, hint)), "")
        if target not in open_fields or not _fits(value, open_fields[target]):
            raise SpaceError(_misfit(cls, name, value, open_fields))
        del open_fields[target]
        chosen[target] = value
    missing = [f.name for f in fields(cls) if f.default is MISSING and f.name not in chosen]
    if missing:
        raise SpaceError(f"{word(cls)} needs {' and '.join(missing)}")
    return cls(**chosen)


def _fits(value: object, hint: Any) -> bool:  # noqa: ANN401 -- what get_type_hints gives
    """Whether a value is of the type a field is declared with: a class, `tuple[X, ...]`, `tuple[X, Y]` or a union."""
    if get_origin(hint) is UnionType:
        return any(_fits(value, one) for one in get_args(hint))
    if get_origin(hint) is tuple:
        kinds = get_args(hint)
        kinds = kinds[:1] * len(value) if isinstance(value, tuple) and kinds[-1] is ... else kinds
        return isinstance(value, tuple) and len(kinds) == len(value) and all(map(_fits, value, kinds))
    if hint is float and type(value) is int:
        return True
    return isinstance(value, hint) and isinstance(value, bool) == (hint is bool)


def _described(hint: Any) -> str:  # noqa: ANN401 -- the same
    return "list" if get_origin(hint) is tuple else "number or list" if get_origin(hint) is UnionType else word(hint)


def _misfit(cls: type, name: str, value: object, open_fields: Mapping[str, type]) -> str:
    given = f"{name}={_scalar(value)}" if name else _scalar(value)
    takes = ", ".join(f"{f} ({_described(hint)})" for f, hint in open_fields.items()) or "no more"
    return f"{word(cls)} does not take {_excerpt(given)} there; it takes {takes}"
