"""Sentences: text to an architecture, by name or part by part."""

import re
from collections.abc import Iterator
from functools import cache

import space.families  # noqa: F401 -- the parts and names they define
from space import notation, written
from space.arch import Arch, Head, Input, Stage
from space.errors import SpaceError
from space.names import is_name, named
from space.parts import Block, Output, Part, Stem


def parse(text: str) -> Arch:
    """The network of a name (`resnext50_32x4d`), a short form (`32x4d`) or a sentence; `SpaceError` if none."""
    if not isinstance(text, str):
        raise SpaceError(f"a sentence is text, such as 'resnext50_32x4d', not of type {type(text).__name__}")
    if len(text) > written.MAX_LENGTH:
        raise SpaceError(f"a sentence has at most {written.MAX_LENGTH} characters, not {len(text)}")
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
    _refuse_name(text.strip())
    found = written.element(text)
    depth, stride = (one and notation.only(one, words()) for one in (found.depth, found.stride))
    return placed(notation.only(found.part, words()), depth, stride)


def _refuse_name(text: str) -> None:
    if text not in words() and is_name(text.lower()):
        what = f"{written.excerpt(text)} is a whole network, and a name stands alone"
        raise SpaceError(f"{what}; `explore show {text}` has the sentence to change")


def placed(part: object, depth: object | None, stride: object | None) -> "Part | Stage":
    """A part where it stands in a sentence, a block as a stage of `depth` with a stride (None: 1)."""
    if isinstance(part, notation.Repeated):
        return placed(part.part, part.times * _count(depth), stride)
    if isinstance(part, Block):
        return Stage(part, _count(depth), _count(stride))
    if depth is not None or stride is not None:
        raise SpaceError(f"a stage repeats a block such as bottleneck(64, 256), not {part}")
    if isinstance(part, Stem | Output | Input):
        return part
    raise SpaceError(f"{part} cannot stand alone in a sentence; stems, stages and heads do")


def _count(number: object | None) -> int:
    if number is not None and type(number) is not int:
        raise SpaceError(f"{number} is no depth or stride; a stage is written 3*bottleneck(64, 256)/2")
    return 1 if number is None else number


def caveats(sentence: str) -> tuple[str, ...]:
    """What must be said wherever figures of the sentence are shown: that a part of it is a reconstruction."""
    parts = (words().get(word) for word in re.findall(r"\w+", sentence))
    return tuple(dict.fromkeys(part.caveat for part in parts if part and part.caveat))


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
