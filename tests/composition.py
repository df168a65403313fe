"""What composes with what: every block's slots, and every part that may stand in them, tried out.

`python -m tests.composition` prints the table of docs/composition.md.
"""

from collections.abc import Iterator, Sequence
from dataclasses import MISSING, fields
from itertools import product
from typing import get_type_hints

from space.arch import Arch, Head, Input, Stage
from space.errors import SpaceError
from space.families.inception import Chain, Conv
from space.families.resnet import ConvStem
from space.notation import word
from space.parts import Block, Gate, Part, Shortcut, Spatial
from space.sentence import words

SLOTS = (Spatial, Gate, Shortcut)
WIDTHS = (8, 12, 16, 24, 32, 48)  # tried for every channel count that an argument asks for
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
        yield cls(**dict(zip((f.name for f in required), values, strict=True)), **chosen)


def pairs() -> Iterator[tuple[type[Part], str, type[Part]]]:
    """Every slot of every block with every part of its kind."""
    for block in subjects(Block):
        for slot, kind in slots(block).items():
            yield from ((block, slot, part) for part in subjects(kind))


def sentences(block: type[Part], slot: str, part: type[Part], *, most: int) -> tuple[list[Arch], str]:
    """Up to `most` networks in which the part stands in the block's slot, and the last reason against one."""
    found: list[Arch] = []
    reason = ""
    for inner in list(instances(part))[:200]:
        for outer in instances(block, **{slot: inner}):
            try:
                stages = (Stage(outer, 1, 2), Stage(outer, 1)) if isinstance(outer, Block) else ()
                arch = Arch(stem=ConvStem(16, 3, 1, pool=False), stages=stages, head=Head(5), input=Input(1, 17))
            except SpaceError as error:
                reason = error.message
                continue
            found += [arch] if arch not in found else []
            if len(found) == most:
                return found, ""
    return found, reason


def table() -> str:
    """The table in Markdown: rows are parts, columns the blocks' slots."""
    columns = [(block, slot) for block in subjects(Block) for slot in slots(block)]
    lines = []
    for kind in SLOTS:
        ours = [(b, s) for b, s in columns if slots(b)[s] is kind]
        lines += [
            f"## {word(kind)}",
            "",
            "| | " + " | ".join(word(b) for b, _ in ours) + " |",
            "|---" * (len(ours) + 1) + "|",
        ]
        for part in subjects(kind):
            cells = ["yes" if sentences(b, s, part, most=1)[0] else "–" for b, s in ours]
            lines.append(f"| {word(part)} | " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
