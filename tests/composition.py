"""What composes with what: every block's slots, and every part that may stand in them, tried out.

`python -m tests.composition` prints the table of docs/composition.md.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import MISSING, fields
from itertools import islice, product
from typing import get_type_hints

from space.arch import Arch, Head, Input, Stage
from space.errors import SpaceError
from space.families.inception import Chain, Conv, Inception
from space.families.resnet import Basic, Bottleneck, ConvStem
from space.notation import word
from space.parts import Block, Gate, Part, Shortcut, Spatial
from space.sentence import words

Pair = tuple[type[Part], str, type[Part]]
"""A block or part, its slot, and what stands in it."""

SLOTS = (Spatial, Gate, Shortcut)
WIDTHS = tuple(range(8, 168, 8))  # tried for every channel count that an argument asks for
TRIED = 200  # instances of a part
SMALL = {
    "kernel": (3, 5),
    "scale": (2, 3, 4),
    "radix": (1, 2, 4),
    "cardinality": (1, 2, 4),
    "reduction": (1, 2, 4),
    "layers": (2, 4),
}
VALUES: dict[object, Sequence[object]] = {
    int: WIDTHS,
    tuple[int, ...]: tuple((width,) for width in WIDTHS),
    tuple[Chain, ...]: tuple(((Conv(width, 1),), (Conv(8, 1), Conv(width, 3))) for width in WIDTHS),
}


def subjects(kind: type[Part]) -> list[type[Part]]:
    return [cls for cls in words().values() if issubclass(cls, kind)]


def slots(block: type[Part]) -> dict[str, type[Part]]:
    """The arguments of a block that take a part."""
    return {name: hint for name, hint in get_type_hints(block).items() if hint in SLOTS}


def instances(cls: type[Part], **chosen: object) -> Iterator[Part]:
    """Small instances of a part: its required arguments at every small value."""
    required = [f for f in fields(cls) if f.default is MISSING and f.name not in chosen]
    hints = get_type_hints(cls)
    for values in product(*(SMALL.get(f.name) or VALUES[hints[f.name]] for f in required)):
        given = dict(zip((f.name for f in required), values, strict=True)) | chosen
        yield cls(**given)
        # Where widths grow by a factor from layer to layer, a whole one keeps them divisible.
        yield from [cls(**given, multiplier=2.0)] if "multiplier" in hints else []


def pairs() -> Iterator[Pair]:
    """Every slot of every block with every part of its kind."""
    for block in subjects(Block):
        for slot, kind in slots(block).items():
            yield from ((block, slot, part) for part in subjects(kind))


def nested() -> Iterator[Pair]:
    """Every slot of every part that is no block, and a branch of an Inception, with every part of its kind."""
    for holder in (cls for cls in words().values() if not issubclass(cls, Block)):
        for slot, kind in slots(holder).items():
            yield from ((holder, slot, part) for part in subjects(kind))
    yield from ((Inception, "branches", part) for part in subjects(Spatial))


def sentences(block: type[Part], slot: str, part: type[Part], *, most: int) -> list[Arch]:
    """Up to `most` different networks in which the part stands in the block's slot."""
    return _networks(block, slot, instances(part), most)


def sentences_within(holder: type[Part], slot: str, part: type[Part], *, most: int) -> list[Arch]:
    """The same of a slot of another part, which stands in a block of He's; or of a branch."""
    inner = tuple(islice(instances(part), TRIED))
    if holder is Inception:
        chains = [((Conv(width, 1), one),) for one in inner for width in WIDTHS]
        return _networks(Inception, "branches", chains, most)
    holders = (outer for one in inner for outer in instances(holder, **{slot: one}))
    return _networks(*((Bottleneck, "spatial") if issubclass(holder, Spatial) else (Basic, "shortcut")), holders, most)


def _networks(block: type[Part], slot: str, fillings: Iterable[object], most: int) -> list[Arch]:
    found: dict[Arch, None] = {}
    for outer in (o for filling in islice(fillings, TRIED) for o in instances(block, **{slot: filling})):
        assert isinstance(outer, Block), outer
        try:
            stages = (Stage(outer, 1, 2), Stage(outer, 1))
            found[Arch(stem=ConvStem(16, 3, 1, pool=False), stages=stages, head=Head(5), input=Input(1, 17))] = None
        except SpaceError:
            continue
        if len(found) == most:
            break
    return list(found)


def table() -> str:
    """The tables in Markdown: a part a row, the blocks or parts that have a slot for it as columns."""
    tables = [_table(kind, pairs(), sentences, "{}") for kind in SLOTS]
    within = [_table(kind, nested(), sentences_within, "{} within a part") for kind in SLOTS]
    return "\n".join(lines for lines in (*tables, *within) if lines)


def _table(kind: type[Part], every: Iterable[Pair], networks: Callable[..., list[Arch]], title: str) -> str:
    columns = list(dict.fromkeys((outer, slot) for outer, slot, part in every if issubclass(part, kind)))
    if not columns:
        return ""
    head = " | ".join(word(outer) + (" branch" if slot == "branches" else "") for outer, slot in columns)
    lines = [f"## {title.format(word(kind).capitalize())}", "", f"| | {head} |", "|---" * (len(columns) + 1) + "|"]
    for part in subjects(kind):
        cells = ["yes" if networks(outer, slot, part, most=1) else "–" for outer, slot in columns]
        lines.append(f"| {word(part)} | " + " | ".join(cells) + " |")
    return "\n".join((*lines, ""))


if __name__ == "__main__":
    print(table())
