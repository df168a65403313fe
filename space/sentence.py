"""Sentences: text to an architecture, by name or part by part."""

import re
from collections.abc import Iterator
from functools import cache

import space.families  # noqa: F401 -- the parts and names they define
from space import notation
from space.arch import Arch, Head, Input, Stage
from space.errors import SpaceError
from space.names import named
from space.parts import Block, Output, Part, Stem

_ELEMENT = re.compile(r"(?:(\d{1,18})\s*\*\s*)?(.*?)\s*(?:/\s*(\d{1,18}))?", re.DOTALL | re.ASCII)


def parse(text: str) -> Arch:
    """The network of a name (`resnext50_32x4d`), a short form (`32x4d`) or a sentence; `SpaceError` if none."""
    if len(text) > notation.MAX_LENGTH:
        raise SpaceError(f"a sentence has at most {notation.MAX_LENGTH} characters, not {len(text)}")
    text = text.strip()
    if not text:
        raise SpaceError("'' is empty; write a name such as resnext50_32x4d, or a sentence")
    return _sentence(text) if re.search(r"[>*(]", text) else named(text.lower())


def _sentence(text: str) -> Arch:
    parts = [_element(element) for element in text.split(">")]
    stems = _only_stem(parts)
    stages = tuple(part for part in parts if isinstance(part, Stage))
    inputs, heads = [p for p in parts if isinstance(p, Input)], [p for p in parts if isinstance(p, Output)]
    order = [*inputs, stems, *stages, *heads]
    if len(inputs) > 1 or len(heads) > 1 or parts != order:
        raise SpaceError("the order of a sentence is [input >] stem > stage > ... > stage [> head]")
    return Arch(stem=stems, stages=stages, head=(heads or [Head(1000)])[0], input=(inputs or [Input(3, 224)])[0])


def _only_stem(parts: "list[Part | Stage]") -> Stem:
    found = [part for part in parts if isinstance(part, Stem)]
    if len(found) != 1:
        raise SpaceError(f"a sentence has one stem such as conv_stem(64); this one has {len(found)}")
    return found[0]


def _element(text: str) -> "Part | Stage":
    """`3*basic(64)/2` is a stage, `basic(64)` one of a single block; stems, inputs and heads stand alone."""
    match = _ELEMENT.fullmatch(text.strip())
    assert match, text
    depth, inner, stride = match.groups()
    part = notation.read(inner, words())
    if isinstance(part, Block):
        return Stage(part, int(depth or 1), int(stride or 1))
    if depth or stride:
        raise SpaceError(f"a stage repeats a block such as bottleneck(64, 256), not {part}")
    if isinstance(part, Stem | Output | Input):
        return part
    raise SpaceError(f"{part} cannot stand alone in a sentence; stems, stages and heads do")


@cache
def words() -> dict[str, type[Part]]:
    """Every part by the word that writes it."""
    return {notation.word(cls): cls for cls in _final(Part)}


def _final(cls: type[Part]) -> Iterator[type[Part]]:
    children = cls.__subclasses__()
    if not children:
        yield cls
    for child in children:
        yield from _final(child)
