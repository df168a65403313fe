"""Lines keep to the cells there are, in an alphabet of any width."""

import pytest
from hypothesis import given, strategies as st
from rich.cells import cell_len

from analysis.terminal import columns, cut, filled
from analysis.words import shown

WORDS = st.text(st.sampled_from("ab表🦊é\u0301 \n\x1b-"), max_size=30)


@given(WORDS, st.integers(1, 30))
def test_what_is_cut_fits_and_says_so(text: str, most: int) -> None:
    found = cut(text, most)
    assert cell_len(found) <= most or cell_len(text) <= most
    assert found == text or (found.endswith("…") and text.startswith(found[:-1]))


@given(WORDS, st.integers(8, 40), st.sampled_from(["", "  "]))
def test_filled_lines_fit_and_lose_nothing(text: str, width: int, indent: str) -> None:
    lines = filled(text, width, indent=indent).split("\n")
    assert max(map(cell_len, lines)) <= width
    assert "".join("".join(lines).split()) == "".join(shown(text).split())
    assert all(line.startswith(indent) for line in lines[1:])


@given(WORDS, st.integers(8, 40), st.integers(1, 3))
def test_no_more_lines_than_wanted(text: str, width: int, most: int) -> None:
    lines, every = filled(text, width, most=most).split("\n"), filled(text, width).split("\n")
    assert len(lines) == min(most, len(every))
    assert max(map(cell_len, lines)) <= width
    assert lines[: most - 1] == every[: most - 1]
    assert lines[-1].endswith("…") or len(every) <= most


TABLES = st.integers(2, 4).flatmap(lambda n: st.lists(st.lists(WORDS, min_size=n, max_size=n), min_size=2, max_size=5))


@given(TABLES, st.integers(10, 60))
def test_columns_fit_and_stand_on_one_another(rows: list[list[str]], width: int) -> None:
    assert max(map(cell_len, columns(rows, width).split("\n"))) <= width
    first, *others = [max(cell_len(shown(row[i])) for row in rows) for i in range(len(rows[0]))]
    lines = columns(rows).split("\n")
    assert len(lines) == len(rows)
    for line, row in zip(lines, rows, strict=True):
        assert line.startswith(shown(row[0]).rstrip())
        assert line.endswith(shown(row[-1]).rstrip())
        assert cell_len(line) <= first + sum(others) + 2 * len(others)


def test_columns_by_hand() -> None:
    assert columns([["a", "1"], ["bcd", "100"]]) == "a      1\nbcd  100"
    assert columns([["表", "1"], ["bcd", "表"]]) == "表    1\nbcd  表"


@pytest.mark.parametrize(
    ("width", "says"),
    [
        (26, ["setting   error (%)  MACs", "1x64d         12.25   4 G", "long-ago      13.00   5 G"]),
        (24, ["          error", "setting     (%)  MACs", "1x64d     12.25   4 G", "long-ago  13.00   5 G"]),
        (20, ["         error", "setting    (%)  MACs", "1x64d    12.25   4 G", "long-a…  13.00   5 G"]),
    ],
)
def test_the_heading_stands_on_two_lines_before_a_name_is_cut(width: int, says: list[str]) -> None:
    rows = [["setting", "error (%)", "MACs"], ["1x64d", "12.25", "4 G"], ["long-ago", "13.00", "5 G"]]
    assert columns(rows, width).split("\n") == says
