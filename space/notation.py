"""The notation of parts, both ways, read off their dataclasses: `bottleneck(80, 256, split_attention(2, 2))`.

Arguments without a default stand first, in order. Of those with one, only what differs from it is written: a part or
a choice by itself, because its type says which argument it is, anything else as `name=value`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from itertools import chain, product
from math import prod
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from space.errors import SpaceError
from space.written import MAX_NUMBER, Choice, Listed, Number, Product, Range, Word, Written, digits, excerpt, ways


def word(cls: type) -> str:
    """`SplitAttention` is written `split_attention`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()


def text(part: object) -> str:
    """A part in the notation; `meanings` turns it back."""
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
    if isinstance(value, float):
        return digits(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def only(written: Written, words: Mapping[str, type]) -> object:
    """What is written, among `words`, where nothing is left to choose; `SpaceError` says what is not understood."""
    if ways(written) > 1:
        raise SpaceError(f"{excerpt(str(written))} leaves a choice and is a design space; `explore space` takes those")
    return next(meanings(written, words, {}))


def meanings(written: Written, words: Mapping[str, type], variables: Mapping[str, object]) -> Iterator[object]:
    """Everything that is written, in order: one value for each way to choose."""
    match written:
        case Number(value):
            yield value
        case Range(first, last, step):
            yield from range(first, last + 1, step)
        case Choice(alternatives):
            yield from chain.from_iterable(meanings(one, words, variables) for one in alternatives)
        case Listed(items):
            yield from product(*(tuple(meanings(item, words, variables)) for item in items))
        case Product(factors):
            for values in product(*(tuple(meanings(factor, words, variables)) for factor in factors)):
                yield _multiplied(written, values)
        case Word(name):
            yield from (variables[name],) if name in variables else _named(written, words, variables)


@dataclass(frozen=True)
class Repeated:
    """A part as many times as is written in front of it: `3*basic(64)` where an alternative brings its own depth."""

    part: object
    times: int


def _multiplied(written: Product, values: tuple[object, ...]) -> int | Repeated:
    numbers = [value for value in values if type(value) is int]
    times = prod(numbers)
    if times > MAX_NUMBER:
        raise SpaceError(f"{excerpt(str(written))} is too large; numbers go up to {MAX_NUMBER}")
    if len(numbers) == len(values):
        return times
    if len(numbers) == len(values) - 1 and is_dataclass(values[-1]):
        return Repeated(values[-1], times)
    raise SpaceError(f"{excerpt(str(written))}: only whole numbers are multiplied, and stages of a block: 3*basic(64)")


def _named(written: Word, words: Mapping[str, type], variables: Mapping[str, object]) -> Iterator[object]:
    """The parts that a word with its arguments writes, or the choice of the grammar that it is."""
    if not written.arguments and written.name in ("true", "false"):
        yield written.name == "true"
    elif not written.arguments and (choice := choices(words).get(written.name)):
        yield choice
    else:
        if written.name not in words:
            near = get_close_matches(written.name, words, n=1)
            hint = f"did you mean {near[0]}?" if near else "write a part such as bottleneck(64, 256)"
            raise SpaceError(f"{excerpt(written.name)} is no part; {hint}")
        names = [name for name, _ in written.arguments]
        for values in product(*(tuple(meanings(value, words, variables)) for _, value in written.arguments)):
            yield _construct(words[written.name], list(zip(names, values, strict=True)))


def choices(words: Mapping[str, type]) -> Mapping[str, StrEnum]:
    """The choices of the grammar, such as `stride_in_1x1`, by what is written."""
    return _choices(tuple(words.values()))


@cache
def _choices(classes: tuple[type, ...]) -> dict[str, StrEnum]:
    """Every choice that some argument of these parts can be."""
    hints = {hint for cls in classes for hint in get_type_hints(cls).values() if isinstance(hint, type)}
    enums = {hint for hint in hints if not get_origin(hint) and issubclass(hint, StrEnum)}
    return {str(member): member for enum in enums for member in enum}


def _construct(cls: type, arguments: Sequence[tuple[str, object]]) -> object:
    """The part with its arguments."""
    chosen = assigned(cls, arguments)
    missing = [f.name for f in fields(cls) if f.default is MISSING and f.name not in chosen]
    if missing:
        raise SpaceError(f"{word(cls)} needs {' and '.join(missing)}")
    return cls(**chosen)


def assigned(cls: type, arguments: Sequence[tuple[str, object]]) -> dict[str, object]:
    """The arguments, pairs of (name or "", value), in order: by the field that their name, type or place means."""
    hints = get_type_hints(cls)
    open_fields = {f.name: hints[f.name] for f in fields(cls)}
    chosen: dict[str, object] = {}
    for name, value in arguments:
        target = name or next((f for f, hint in open_fields.items() if _fits(value, hint)), "")
        if target not in open_fields or not _fits(value, open_fields[target]):
            raise SpaceError(_misfit(cls, name, value, open_fields))
        del open_fields[target]
        chosen[target] = value
    return chosen


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
    return f"{word(cls)} does not take {excerpt(given)} there; it takes {takes}"
