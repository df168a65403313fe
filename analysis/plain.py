"""Frozen dataclasses to and from the plain values of TOML and JSON, read off their type hints."""

import types
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import MISSING, fields, is_dataclass
from difflib import get_close_matches
from functools import cache
from math import nan
from typing import Any, Literal, TypeAlias, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
Kind: TypeAlias = Any  # a type hint; Python 3.11 has no type for these
Plain: TypeAlias = Any  # dicts, lists and scalars, as TOML and JSON have them

_SCALARS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", types.NoneType: "nothing"}


class PlainError(ValueError):
    """A plain value that is no value of the type asked for; the message begins with the field."""


def to_plain(value: object) -> Plain:
    """Dataclasses become dicts and tuples lists, all the way down: what TOML and JSON can write."""
    if isinstance(value, str):
        return as_utf8(value)
    if isinstance(value, float | int | types.NoneType):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {name: to_plain(getattr(value, name)) for name in _names(type(value))}
    if isinstance(value, Mapping):
        return {to_plain(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    return value


def as_utf8(text: str) -> str:
    r"""What no encoding has, such as the bytes of a file's name in an error's message, as Python writes it: \udcff."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


@cache
def _names(kind: Kind) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def from_plain(kind: type[T], plain: object) -> T:
    """The value of `kind` that `to_plain` wrote; every field is checked against its type hint."""
    try:
        return cast("T", _reader(cast("Kind", kind))(plain))
    except PlainError as error:
        raise PlainError(f"{error}" if _is_named(error) else f"the whole{error}") from None


def flatten(plain: object, where: str = "") -> dict[str, object]:
    """Every scalar under its dotted name: `training.lr`, `settings[0].macs`."""
    match plain:
        case dict():
            items = [(f"{where}.{key}" if where else str(key), item) for key, item in plain.items()]
        case list():
            items = [(f"{where}[{index}]", item) for index, item in enumerate(plain)]
        case _:
            return {where: plain}
    return {name: leaf for inner, item in items for name, leaf in flatten(item, inner).items()}


Reader: TypeAlias = Callable[[object], object]


@cache
def _reader(kind: Kind) -> Reader:
    """What reads values of the kind; its hints are looked at here, once, as a ledger has a hundred thousand of it."""
    origin: object = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _reader_of_union(kind)
    if origin is Literal:
        return _reader_of_literal(get_args(kind))
    if origin is tuple:
        return _reader_of_tuple(kind)
    if origin is dict:
        return _reader_of_dict(get_args(kind)[1])
    if is_dataclass(kind):
        return _reader_of_dataclass(kind)
    return _reader_of_scalar(kind)


def _reader_of_dataclass(kind: Kind) -> Reader:
    hints = get_type_hints(kind)
    readers = {name: _reader(hint) for name, hint in hints.items()}
    as_they_are = {name: _as_they_are(hint) for name, hint in hints.items()}
    needed = {f.name: hints[f.name] for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING}

    def read(plain: object) -> object:
        table = _table(plain)
        if not table.keys() <= readers.keys():
            name = next(name for name in table if name not in readers)
            raise PlainError(f"{name}: no such field; {_right(name, hints)}")
        if not needed.keys() <= table.keys():
            name = next(name for name in needed if name not in table)
            raise PlainError(f"{name}: missing; write {name} = {_describe(needed[name])}")
        values = table.copy()
        for name, value in table.items():
            if type(value) not in as_they_are[name]:
                values[name] = _read_within(name, readers[name], value)
        return kind(**values)

    return read


def _right(name: str, hints: Mapping[str, Kind]) -> str:
    """Where a field of that name is, or what is most like it."""
    options: list[tuple[str, Kind]] = [
        (field, kind) for field, hint in hints.items() for kind in (hint, *get_args(hint))
    ]
    within = [field for field, kind in options if is_dataclass(kind) and name in _names(cast("Kind", kind))]
    if within:
        return f"it stands in [{within[0]}]"
    short = "".join(word[:1] for word in name.split("_"))  # learning_rate
    return f"the nearest is {short if short in hints else get_close_matches(name, hints, 1, 0.0)[0]!r}"


def _reader_of_dict(kind: Kind) -> Reader:
    reader, as_they_are = _reader(kind), _as_they_are(kind)

    def read(plain: object) -> dict[str, object]:
        values = _table(plain).copy()
        for name, value in values.items():
            if type(value) not in as_they_are:
                values[name] = _read_within(name, reader, value)
        return values

    return read


def _read_within(name: str, reader: Reader, plain: object) -> object:
    try:
        return reader(plain)
    except PlainError as error:
        raise _within(name, error) from None


def _as_they_are(kind: Kind) -> frozenset[type]:
    """Types of plain values that are values of the kind; of exactly these types, as a bool is an int to isinstance."""
    origin: object = get_origin(kind)
    options = get_args(kind) if origin in (Union, types.UnionType) else (kind,)
    return frozenset(option for option in options if option in _SCALARS)


def _reader_of_tuple(kind: Kind) -> Reader:
    item_kind, rest = get_args(kind)
    assert rest is ..., "records hold tuples of any length only"
    reader = _reader(item_kind)

    def read(plain: object) -> tuple[object, ...]:
        if not isinstance(plain, list | tuple):
            raise _mismatch(kind, plain)
        items: list[object] = []
        try:
            items.extend(map(reader, plain))
        except PlainError as error:
            raise _within(f"[{len(items)}]", error) from None
        return tuple(items)

    return read


def _reader_of_union(kind: Kind) -> Reader:
    options: tuple[Kind, ...] = get_args(kind)
    readers = [_reader(option) for option in options]
    tables = [reader for option, reader in zip(options, readers, strict=True) if is_dataclass(option)]

    def read(plain: object) -> object:
        if isinstance(plain, dict) and len(tables) == 1:
            return tables[0](plain)  # which says what is wrong within
        for reader in readers:
            try:
                return reader(plain)
            except PlainError:
                continue
        raise _mismatch(kind, plain)

    return read


def _reader_of_literal(options: tuple[object, ...]) -> Reader:
    def read(plain: object) -> object:
        if plain in options:
            return plain
        if isinstance(plain, str):
            near = get_close_matches(plain, [str(option) for option in options], 1, 0.0)[0]
            written = f"{shown(plain)} is none of {', '.join(map(repr, options))}"
            raise PlainError(f": {written}; the nearest is {near!r}")
        raise _mismatch(Literal[options], plain)

    return read


def _reader_of_scalar(kind: type) -> Reader:
    def read(plain: object) -> object:
        if type(plain) is kind:
            return plain
        if kind is float and type(plain) is int:
            with suppress(OverflowError):
                return float(plain)  # `width = 1` is what people write
        if kind is float and plain is None:
            return nan  # JSON has no other word for a number that is none
        raise _mismatch(kind, plain)

    return read


def _table(plain: object) -> dict[str, object]:
    if not isinstance(plain, dict):
        raise PlainError(f": {shown(plain)} is not a table of named fields")
    return plain


def _within(name: str, error: PlainError) -> PlainError:
    """An error's name grows as it comes out: that of its field, before it that of the field's table."""
    return PlainError(f"{name}.{error}" if _is_named(error) else f"{name}{error}")


def _is_named(error: PlainError) -> bool:
    return not str(error).startswith((":", "["))


def _mismatch(kind: Kind, plain: object) -> PlainError:
    return PlainError(f": {shown(plain)} is not {_describe(kind)}")


def shown(plain: object) -> str:
    """As Python writes it, or as much of it as a line holds."""
    with suppress(ValueError):  # of a whole number with thousands of digits
        written = repr(plain)
        return written if len(written) <= _LONGEST else f"{written[:_LONGEST]}…"
    return "a number of thousands of digits"


_LONGEST = 200


def _describe(kind: Kind) -> str:
    origin: object = get_origin(kind)
    inner = get_args(kind)
    if origin in (Union, types.UnionType):
        return " or ".join(map(_describe, inner))
    if origin is Literal:
        return " or ".join(map(repr, inner))
    if origin is tuple:
        return f"a list, each item {_describe(inner[0])}"
    return _SCALARS.get(kind, "a table of named fields")
