"""Frozen dataclasses to and from the plain values of TOML and JSON, read off their type hints."""

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from difflib import get_close_matches
from typing import Any, Literal, TypeAlias, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
Kind: TypeAlias = Any  # a type hint; Python 3.11 has no type for these
Plain: TypeAlias = Any  # dicts, lists and scalars, as TOML and JSON have them

_SCALARS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", types.NoneType: "nothing"}


class PlainError(ValueError):
    """A plain value that is no value of the type asked for; the message begins with the field."""


def to_plain(value: object) -> Plain:
    """Dataclasses become dicts and tuples lists, all the way down: what TOML and JSON can write."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    return as_utf8(value) if isinstance(value, str) else value


def as_utf8(text: str) -> str:
    r"""What no encoding has, such as the bytes of a file's name in an error's message, as Python writes it: \udcff."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def from_plain(kind: type[T], plain: object) -> T:
    """The value of `kind` that `to_plain` wrote; every field is checked against its type hint."""
    return cast("T", _read(kind, plain, ""))


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


def _read(kind: Kind, plain: object, where: str) -> object:
    origin: object = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _read_union(kind, plain, where)
    if origin is Literal:
        return _read_literal(get_args(kind), plain, where)
    if origin is tuple:
        return _read_tuple(kind, plain, where)
    if origin is dict:
        item = get_args(kind)[1]
        return {key: _read(item, value, f"{where}.{key}") for key, value in _table(plain, where).items()}
    if is_dataclass(kind):
        return _read_dataclass(kind, _table(plain, where), where)
    return _read_scalar(kind, plain, where)


def _read_dataclass(kind: Kind, table: Mapping[str, object], where: str) -> object:
    prefix = f"{where}." if where else ""
    hints = get_type_hints(kind)
    for name in table:
        if name not in hints:
            near = get_close_matches(name, hints, 1, 0.0)[0]
            msg = f"{prefix}{name}: no such field; the nearest is {near!r}"
            raise PlainError(msg)
    for field in fields(kind):
        if field.name not in table and field.default is MISSING and field.default_factory is MISSING:
            msg = f"{prefix}{field.name}: missing; write {field.name} = {_describe(hints[field.name])}"
            raise PlainError(msg)
    values = {name: _read(hints[name], value, prefix + name) for name, value in table.items()}
    try:
        return kind(**values)
    except PlainError as error:  # of the fields together, or of one out of its bounds
        raise PlainError(f"{prefix}{error}") from None


def _read_union(kind: Kind, plain: object, where: str) -> object:
    for option in get_args(kind):
        try:
            return _read(option, plain, where)
        except PlainError:
            continue
    raise _mismatch(kind, plain, where)


def _read_literal(options: tuple[object, ...], plain: object, where: str) -> object:
    if plain in options:
        return plain
    if isinstance(plain, str):
        near = get_close_matches(plain, [str(option) for option in options], 1, 0.0)[0]
        msg = f"{where}: {plain!r} is none of {', '.join(map(repr, options))}; the nearest is {near!r}"
        raise PlainError(msg)
    raise _mismatch(Literal[options], plain, where)


def _read_tuple(kind: Kind, plain: object, where: str) -> tuple[object, ...]:
    item_kind, rest = get_args(kind)
    assert rest is ..., "records hold tuples of any length only"
    if not isinstance(plain, list | tuple):
        raise _mismatch(kind, plain, where)
    return tuple(_read(item_kind, item, f"{where}[{index}]") for index, item in enumerate(plain))


def _read_scalar(kind: type, plain: object, where: str) -> object:
    if kind is float and type(plain) is int:
        return float(plain)  # `width = 1` is what people write
    if kind is float and plain is None:
        return float("nan")  # JSON has no other word for a number that is none
    if type(plain) is not kind:  # exactly: a bool is an int to isinstance
        raise _mismatch(kind, plain, where)
    return as_utf8(plain) if isinstance(plain, str) else plain


def _table(plain: object, where: str) -> Mapping[str, object]:
    if not isinstance(plain, dict):
        msg = f"{where or 'the whole'}: {plain!r} is not a table of named fields"
        raise PlainError(msg)
    return plain


def _mismatch(kind: Kind, plain: object, where: str) -> PlainError:
    return PlainError(f"{where}: {plain!r} is not {_describe(kind)}")


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
