"""What the fields of a recipe are, read off the text below each, so that a document of them can be made."""

import ast
import inspect
import json
import re
import textwrap
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields
from typing import Literal, get_args, get_origin, get_type_hints

from analysis.bounds import Bounds
from analysis.plain import Kind, as_utf8, to_plain


@dataclass(frozen=True)
class Field:
    """One field of a dataclass in words; `default` as TOML writes it, empty where a value must be given."""

    name: str
    what: str
    unit: str  # empty: a bare number, or no number
    source: str  # the paper it is of; empty: nobody's
    values: str  # that it may have
    default: str


_TEXT = re.compile(r"(?:\[(?P<unit>[^]]+)\] )?(?P<what>.+?)(?: \((?P<source>[^()]*\d{4}[^()]*)\))?\.?", re.DOTALL)


def described(kind: Kind) -> Iterator[Field]:
    """The fields of a dataclass, in order. The text below one is `[unit] What it is (the source, with its year).`"""
    hints, texts = get_type_hints(kind, include_extras=True), _texts(kind)
    for field in fields(kind):
        said = _TEXT.fullmatch(" ".join(texts.get(field.name, "").split()))
        unit, what, source = (said[name] or "" for name in ("unit", "what", "source")) if said else ("", "", "")
        default = "" if field.default is MISSING else written(field.default)
        yield Field(field.name, what, unit, source, _values(hints[field.name]), default)


def _texts(kind: Kind) -> dict[str, str]:
    """The string that stands below each field, which Python itself does not keep."""
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(body, ast.ClassDef)
    found = {}
    for field, text in zip(body.body, body.body[1:], strict=False):
        match field, text:
            case ast.AnnAssign(target=ast.Name(name)), ast.Expr(ast.Constant(str(words))):
                found[name] = words
    return found


def written(value: object) -> str:
    """A value as TOML writes it."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return json.dumps(as_utf8(value), ensure_ascii=False).replace("\x7f", "\\u007f")  # which JSON may hold
        case list() | tuple():
            return f"[{', '.join(map(written, value))}]"
    return str(to_plain(value))


_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


def _values(hint: Kind) -> str:
    """What may be written: the words of a choice, the bounds of a number."""
    notes = getattr(hint, "__metadata__", ())
    kind = hint.__origin__ if notes else hint
    if get_origin(kind) is Literal:
        return " or ".join(map(written, get_args(kind)))
    known = "a list" if get_origin(kind) is tuple else _WORDS.get(kind, "a table")
    return " ".join([known, *(str(note) for note in notes if isinstance(note, Bounds))])
