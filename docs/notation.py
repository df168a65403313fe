"""docs/notation.md, every word of the grammar, read off its classes: `python -m docs.notation` writes the page."""

import re
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from enum import StrEnum
from inspect import getsource
from pathlib import Path
from typing import Any, get_type_hints

from space.arch import Input
from space.families.inception import Layer
from space.parts import Block, Gate, Output, Part, Shortcut, Spatial, Stem
from space.sentence import words

PAGE = Path(__file__).with_name("notation.md")

HEAD = """# The words of a sentence

```text
input(1, 28) > conv_stem(16, pool=false) > 2*bottleneck(16, 64) > 4*bottleneck(32, 128, grouped(4))/2 > head(10)
```

A network is its input (`input(3, 224)` where none is written), a stem, stages and a head (`head(1000)`). A stage is a
block, how often it is repeated, and its stride: `4*bottleneck(32, 128)/2`. Arguments without a default stand first, in
order; of the others only what differs is written: a part, or a choice, by itself, since its type says which argument it
is, anything else as `name=value`. `explore show NAME` writes the sentence of a named network, and `explore cost --all`
lists the names. [grammar.md](grammar.md) says why it is so, [composition.md](composition.md) what fits into what. This
page is made by `python -m docs.notation`; choices stand with the usual one first.
"""

KINDS: dict[str, type[Part]] = {
    "Input": Input,
    "Stems": Stem,
    "Blocks": Block,
    "Spatial parts, in place of a 3x3": Spatial,
    "Gates": Gate,
    "Shortcuts": Shortcut,
    "Layers, of which an Inception's branches are made": Layer,
    "Heads": Output,
}


def page() -> str:
    """All of it."""
    tables = {title: "\n".join(_table(kind)) for title, kind in KINDS.items()}
    tables["Choices"] = "\n".join(_choices())
    return "\n".join([HEAD, *(f"## {title}\n\n{table}\n" for title, table in tables.items())])


def _table(kind: type[Part]) -> Iterator[str]:
    yield "| word | what it is |"
    yield "|---|---|"
    for word, part in sorted(words().items()):
        if issubclass(part, kind):
            arguments = ", ".join(_argument(field, get_type_hints(part)[field.name]) for field in fields(part))
            yield f"| `{word}({arguments})` | {_what(part)} |".replace("()`", "`")


def _choices() -> Iterator[str]:
    """Of every argument that is one of several words, what its class and the comments in it say."""
    yield "| what is chosen | word | what it is |"
    yield "|---|---|---|"
    hints = {hint for part in words().values() for hint in get_type_hints(part).values() if isinstance(hint, type)}
    for kind in sorted((hint for hint in hints if issubclass(hint, StrEnum)), key=lambda kind: kind.__name__):
        said = dict(re.findall(r'= "(\w+)"  # (.+)', getsource(kind)))
        for index, choice in enumerate(kind):
            yield f"| {'' if index else _what(kind)} | `{choice}` | {said.get(choice, '')} |"


def _argument(field: Field[Any], hint: object) -> str:
    if field.default is MISSING:
        return field.name
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        others = sorted(str(choice) for choice in hint if choice != field.default)
        return f"{field.name}={field.default}/{'/'.join(others)}"
    value = list(field.default) if isinstance(field.default, tuple) else field.default
    return f"{field.name}={str(value).lower()}"


def _what(part: type) -> str:
    """The first paragraph of what its class says."""
    return " ".join((part.__doc__ or "").split("\n\n")[0].split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
