"""What composes with what: every block's slots, and every part that may stand in them, tried out.

`python -m tests.composition` prints the table of docs/composition.md.
"""

from collections.abc import Iterator, Sequence
from dataclasses import MISSING, fields
from itertools import islice, product
from typing import get_type_hints

from space.arch import Arch, Head, Input, Stage
from space.errors import SpaceError
from space.families.inception import Chain, Conv
from space.families.resnet import ConvStem
from space.notation import word
from space.parts import Block, Gate, Part, Shortcut, Spatial
from space.sentence import words

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


def pairs() -> Iterator[tuple[type[Part], str, type[Part]]]:
    """Every slot of every block with every part of its kind."""
    for block in subjects(Block):
        for slot, kind in slots(block).items():
            yield from ((block, slot, part) for part in subjects(kind))


def sentences(block: type[Part], slot: str, part: type[Part], *, most: int) -> list[Arch]:
    """Up to `most` different networks in which the part stands in the block's slot."""
    found: dict[Arch, None] = {}
    for inner, outer in ((i, o) for i in islice(instances(part), TRIED) for o in instances(block, **{slot: i})):
        assert isinstance(outer, Block), inner
        try:
            stages = (Stage(outer, 1, 2), Stage(outer, 1))
            found[Arch(stem=ConvStem(16, 3, 1, pool=False), stages=stages, head=Head(5), input=Input(1, 17))] = None
        except SpaceError:
            continue
        if len(found) == most:
            break
    return list(found)


def table() -> str:
    """The table in Markdown: a part a row, the blocks that have a slot for it as columns."""
    columns = [(block, slot) for block in subjects(Block) for slot in slots(block)]
    lines = []
    for kind in SLOTS:
        ours = [(b, s) for b, s in columns if slots(b)[s] is kind]
        head = " | ".join(word(b) for b, _ in ours)
        lines += [f"## {word(kind).capitalize()}", "", f"| | {head} |", "|---" * (len(ours) + 1) + "|"]
        for part in subjects(kind):
            cells = ["yes" if sentences(b, s, part, most=1) else "–" for b, s in ours]
            lines.append(f"| {word(part)} | " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
