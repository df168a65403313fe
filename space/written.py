"""What a text writes, before it means anything: numbers, words with arguments, lists, and choices between them.

A sentence and a design space are written alike. A choice is `{1|2|4}` or `16..128/8` (from 16 to 128 in steps of 8), a
product `2*d`; both may stand wherever a number may, and a choice wherever a part may.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from math import prod
from typing import assert_never

from space.errors import SpaceError

MAX_LENGTH = 20_000  # characters of a sentence
MAX_NUMBER = 10**9
MAX_DIGITS = 10
MAX_NESTING = 12


@dataclass(frozen=True)
class Number:
    """Itself."""

    value: int | float

    def __str__(self) -> str:
        return digits(self.value)


@dataclass(frozen=True)
class Range:
    """Whole numbers from `first` in steps of `step`, none above `last`."""

    first: int
    last: int
    step: int

    def __str__(self) -> str:
        return f"{self.first}..{self.last}" + (f"/{self.step}" if self.step > 1 else "")


@dataclass(frozen=True)
class Word:
    """A part, a choice of the grammar or a variable; with arguments, pairs of (name or "", what is written)."""

    name: str
    arguments: tuple[tuple[str, "Written"], ...] = ()

    def __str__(self) -> str:
        arguments = [f"{name}={value}" if name else str(value) for name, value in self.arguments]
        return self.name + (f"({', '.join(arguments)})" if arguments else "")


@dataclass(frozen=True)
class Listed:
    """A list."""

    items: tuple["Written", ...]

    def __str__(self) -> str:
        return f"[{', '.join(map(str, self.items))}]"


@dataclass(frozen=True)
class Choice:
    """One of them."""

    alternatives: tuple["Written", ...]

    def __str__(self) -> str:
        return "{" + "|".join(map(str, self.alternatives)) + "}"


@dataclass(frozen=True)
class Product:
    """Their product."""

    factors: tuple["Written", ...]

    def __str__(self) -> str:
        return "*".join(map(str, self.factors))


Written = Number | Range | Word | Listed | Choice | Product


@dataclass(frozen=True)
class Element:
    """A part between two `>`, repeated `depth` times (None: once) with a stride (None: 1)."""

    depth: Written | None
    part: Written
    stride: Written | None

    def __str__(self) -> str:
        depth = f"{self.depth}*" if self.depth else ""
        return f"{depth}{self.part}" + (f"/{self.stride}" if self.stride else "")


def element(source: str) -> Element:
    """`3*basic(64)/2`; `SpaceError` says what is not understood."""
    reader = _Reader(source)
    written = reader.value(0)
    stride = reader.value(0) if reader.taken("/") else None
    reader.finish(written)
    match written:
        case Product((*depth, part)):
            return Element(depth[0] if len(depth) == 1 else Product(tuple(depth)), part, stride)
        case _:
            return Element(None, written, stride)


def value(source: str) -> Written:
    """A value by itself: what a variable stands for."""
    reader = _Reader(source)
    written = reader.value(0)
    reader.finish(written)
    return written


def ways(written: Written) -> int:
    """In how many ways it can be chosen from; a variable, one that is chosen elsewhere, in one."""
    match written:
        case Range(first, last, step):
            return (last - first) // step + 1
        case Choice(alternatives):
            return sum(map(ways, alternatives))
        case Listed(parts) | Product(parts):
            return prod(map(ways, parts))
        case Word(_, arguments):
            return prod(ways(argument) for _, argument in arguments)
        case Number():
            return 1
        case _:
            assert_never(written)


def parts(written: Written) -> Iterator[Written]:
    """It, and everything in it."""
    yield written
    match written:
        case Choice(inner) | Listed(inner) | Product(inner):
            yield from chain.from_iterable(map(parts, inner))
        case Word(_, arguments):
            yield from chain.from_iterable(parts(argument) for _, argument in arguments)
        case _:
            return


_TOKEN = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*|\d+(?:\.\d+)?|\.\.|[(),=\[\]{}|*/])", re.ASCII)


def _tokens(source: str) -> Iterator[str]:
    position = 0
    while position < len(source.rstrip()):
        match = _TOKEN.match(source, position)
        if match is None:
            found = excerpt(source[position:])
            raise SpaceError(f"{found} is not understood; write parts such as bottleneck(64, 256)")
        yield match.group(1)
        position = match.end()


def excerpt(source: str) -> str:
    """The beginning of a user's words, quoted."""
    source = source.strip()
    return repr(source if len(source) <= 40 else source[:37] + "...")


class _Reader:
    """Recursive descent over the tokens of one part."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.rest = list(_tokens(source))[::-1]  # the next one last

    def next_is(self, token: str) -> bool:
        return bool(self.rest) and self.rest[-1] == token

    def taken(self, token: str) -> bool:
        """Take the token if it is the next."""
        return self.next_is(token) and bool(self.rest.pop())

    def take(self, expected: str = "") -> str:
        if expected and not self.rest:
            raise SpaceError(f"{excerpt(self.source)}: a bracket is not closed")
        if not self.rest or (expected and self.rest[-1] != expected):
            found = repr(self.rest[-1]) if self.rest else "the end"
            raise SpaceError(f"expected {repr(expected) if expected else 'a part'}, found {found}")
        return self.rest.pop()

    def finish(self, written: Written) -> None:
        if self.rest:
            after = f"nothing may follow {excerpt(str(written))[1:-1]}, here {self.rest[-1]!r} does"
            raise SpaceError(f"{excerpt(self.source)}: {after}")

    def value(self, nesting: int) -> Written:
        factors = [self.factor(nesting)]
        while self.taken("*"):
            factors.append(self.factor(nesting))
        return factors[0] if len(factors) == 1 else Product(tuple(factors))

    def factor(self, nesting: int) -> Written:
        if nesting > MAX_NESTING:
            raise SpaceError(f"parts are nested more than {MAX_NESTING} deep")
        token = self.take()
        if token[0].isdigit():
            return self.number(token)
        if token == "[":  # noqa: S105 -- no password
            return Listed(tuple(self.items("]", ",", nesting)))
        if token == "{":  # noqa: S105 -- the same
            return self.choice(nesting)
        if not token[0].isidentifier():
            raise SpaceError(f"{token!r} is no part; write a part such as bottleneck(64, 256)")
        return Word(token, tuple(self.arguments(nesting)) if self.taken("(") else ())

    def number(self, token: str) -> Written:
        first = _number(token)
        if not self.taken(".."):
            return Number(first)
        last, step = _number(self.take()), _number(self.take()) if self.taken("/") else 1
        written = f"{first}..{last}" + (f"/{step}" if step != 1 else "")
        if not (isinstance(first, int) and isinstance(last, int) and isinstance(step, int) and step):
            raise SpaceError(f"{written!r} is no range; write whole numbers such as 16..128/8")
        if last < first:
            raise SpaceError(f"{written!r} runs backwards; write the smaller number first: {last}..{first}")
        return Range(first, last, step)

    def choice(self, nesting: int) -> Choice:
        alternatives = tuple(self.items("}", "|", nesting))
        if not alternatives:
            raise SpaceError("'{}' leaves nothing to choose; write what there is to choose from: {1|2|4}")
        return Choice(alternatives)

    def items(self, end: str, between: str, nesting: int) -> Iterator[Written]:
        """The values up to a closing bracket."""
        while not self.next_is(end):
            yield self.value(nesting + 1)
            if not self.next_is(end):
                self.take(between)
        self.take(end)

    def arguments(self, nesting: int) -> Iterator[tuple[str, Written]]:
        """Pairs of (name or "", value) up to the closing parenthesis."""
        while not self.next_is(")"):
            name = self.take() if self.rest[-2:-1] == ["="] else ""
            if name:
                self.take("=")
            yield name, self.value(nesting + 1)
            if not self.next_is(")"):
                self.take(",")
        self.take(")")


def digits(number: float) -> str:
    """A number as it is written: never with an exponent."""
    return format(Decimal(str(number)), "f")


def _number(token: str) -> int | float:
    if not token[0].isdigit():
        raise SpaceError(f"{token!r} is no number; a range is written 16..128/8")
    if len(token) > len(str(MAX_NUMBER)) or float(token) > MAX_NUMBER:
        raise SpaceError(f"{excerpt(token)} is too large; numbers go up to {MAX_NUMBER}, with {MAX_DIGITS} digits")
    return int(token) if token.isdigit() else float(token)
