"""What is wrong with a TOML text is said with its line."""

from dataclasses import dataclass
from typing import Annotated

import pytest

from analysis import toml
from analysis.bounds import Bounds, check


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """With a bound."""

    size: Annotated[int, Bounds(least=1)]

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, kw_only=True)
class Tree:
    """With every kind of nesting."""

    name: str = ""
    trunk: Leaf = Leaf(size=1)
    leaves: tuple[Leaf, ...] = ()
    numbers: tuple[int, ...] = ()


TEXT = """# a comment
name = "size = 3"

numbers = [
    1,
    2,
]

[trunk] # the table
size = 1

[[leaves]]
size = 2
[[leaves]]
size = 3
"""


def test_a_text_is_a_value() -> None:
    tree = Tree(name="size = 3", trunk=Leaf(size=1), leaves=(Leaf(size=2), Leaf(size=3)), numbers=(1, 2))
    assert toml.read(Tree, TEXT) == tree


@pytest.mark.parametrize(
    ("written", "instead", "message"),
    [
        ("name =", "nam =", "line 2: nam: no such field; the nearest is 'name'"),
        ("    2,", "    '2',", "line 4: numbers[1]: '2' is not a whole number"),
        ("size = 1", "size = 0", "line 10: trunk.size: 0 is not possible; write a number of at least 1"),
        ("size = 1", "", "line 9: trunk.size: missing; write size = a whole number"),
        ("size = 2", "size = 0", "line 13: leaves[0].size: 0 is not possible; write a number of at least 1"),
        ("size = 3\n", "size = 3\nsizes = 3\n", "line 16: leaves[1].sizes: no such field; the nearest is 'size'"),
        ("size = 2\n[[leaves]]\nsize = 3\n", "", "line 12: leaves[0].size: missing; write size = a whole number"),
        ("[trunk] # the table", "trunk.size =", "not TOML: Invalid value (at line 9, column 13)"),
        ("[trunk] # the table\nsize", "trunk.sise", "line 9: trunk.sise: no such field; the nearest is 'size'"),
        (
            "[trunk] # the table\nsize = 1",
            "trunk.size = 0",
            "line 9: trunk.size: 0 is not possible; write a number of at least 1",
        ),
        ("name =", "size =", "line 2: size: no such field; it stands in [trunk]"),
        ("[trunk]", "[tronk]", "line 9: tronk: no such field; the nearest is 'trunk'"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(written: str, instead: str, message: str) -> None:
    text = TEXT.replace(written, instead) if TEXT.count(written) == 1 else instead.join(TEXT.rsplit(written, 1))
    with pytest.raises(toml.TomlError) as caught:
        toml.read(Tree, text)
    assert str(caught.value) == message


def test_a_table_within_a_list_is_of_the_last_item_before_it() -> None:
    text = "[[leaves]]\n[leaves.veins]\nsize = 1\n[[leaves]]\n[leaves.veins]\nsize = 2\n[[leaves.spots]]\nsize = 3\n"
    fields = ("leaves[0].veins.size", "leaves[1].veins.size", "leaves[1].spots[0].size", "leaves[1].spots[0].shape")
    assert [toml.line_of(text, field) for field in fields] == [3, 6, 8, 7]


def test_a_missing_field_of_the_whole_has_no_line() -> None:
    assert toml.line_of(TEXT, "nowhere") is None
