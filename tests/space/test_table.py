"""The stage table in lines that fit a terminal."""

from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from space import Arch, listed, parse
from space.table import table
from tests.space import test_whole_tree as whole_tree


@given(whole_tree.archs, st.integers(40, 120))
def test_a_folded_row_is_the_row(arch: Arch, width: int) -> None:
    """Joined again, with the sign that was dropped between branches."""
    for row in table(arch):
        lines = [line.strip() for line in row.folded(width)]
        joined = lines[0]
        for before, line in pairwise(lines):
            joined += f" {line}" if before.endswith("|") else f" | {line}"
        assert joined == str(row)


def test_rows_of_every_named_network_fit() -> None:
    long = [line for name in listed() for row in table(parse(name)) for line in row.folded(73) if len(line) > 73]
    assert not long


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("resnet50", "stage1 56x56 [1x1, 64 | 3x3, 64 | 1x1, 256] x3"),
        ("resnext50_32x4d", "stage2 28x28 [1x1, 256 | 3x3, 256, C=32 | 1x1, 512] x4"),
        ("resnext50_32x4d_form_a", "stage2 28x28 [32 x (1x1, 8 | 3x3, 8 | 1x1, 512)] x4"),
        ("densenet121", "stage3 28x28 [1x1, 128 | 3x3, 32] x12"),
    ],
)
def test_the_papers_rows_are_one_line(name: str, row: str) -> None:
    assert (row,) in [one.folded(73) for one in table(parse(name))]


def test_every_branch_has_its_line() -> None:
    (row,) = [row for row in table(parse("googlenet")) if row.scope == "stage3"]
    assert row.folded(73) == (
        "stage3 28x28 [branch1: 1x1, 64",
        "              branch2: 1x1, 96 | 3x3, 128",
        "              branch3: 1x1, 16 | 5x5, 32",
        "              branch4: 3x3 max pool | 1x1, 32] x1",
    )


def test_a_long_chain_is_folded_between_layers() -> None:
    (row,) = [row for row in table(parse("hardnet68")) if row.scope == "stage1"]
    assert row.folded(60) == (
        "stage1 56x56 [3x3, 14 | 3x3, 24 | 3x3, 14 | 3x3, 40 |",
        "              3x3, 14 | 3x3, 24 | 3x3, 14 | 3x3, 68 |",
        "              1x1, 128] x1",
    )
