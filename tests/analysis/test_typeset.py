"""What stands in a cell of a table is text on the page, whatever it is."""

import re
from html.parser import HTMLParser

import pandas as pd
import pytest
from hypothesis import example, given, strategies as st
from markdown_it import MarkdownIt

from analysis.typeset import latex, markdown
from analysis.words import MISSING, shown

WORDS = st.text(st.sampled_from("\\|`*_~[]<>&$#^%{}!-'\":/.\n\t\x1b ab1é字🦊\u202e"), max_size=12) | st.text(
    max_size=12
)
HOSTILE = ("<script>alert(1)</script>", r"\|", r"a\\|b", "`a|b`", "a\nb", "**b** _c_ ~~d~~", "[a](b) ![c](d)", "&lt;",
           r"\input{x} \\ [2]", "$x$ 5 %", "a--b ^ ~ # {}", "https://a.de www.b.de", "\x1b[2J", "C:\\dir")  # fmt: skip


class Cells(HTMLParser):
    """The text of every cell, and what elements there are."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.elements: set[str] = set()
        self.within = False
        self.feed(page)

    def handle_starttag(self, tag: str, _: object) -> None:
        self.elements.add(tag)
        if tag in ("th", "td"):
            self.cells.append("")
            self.within = True
        elif tag == "br":
            self.cells[-1] += "\n"

    def handle_endtag(self, tag: str) -> None:
        self.within = self.within and tag not in ("th", "td")

    def handle_data(self, data: str) -> None:
        if self.within:
            self.cells[-1] += data


def collapsed(text: str) -> str:
    """As a browser shows it."""
    return "\n".join(" ".join(shown(line).split(" ")).strip() for line in text.splitlines()).strip()


@given(WORDS, WORDS)
@example("a", "".join(HOSTILE))
@example(*HOSTILE[:2])
def test_github_shows_a_cell_as_it_is(name: str, cell: str) -> None:
    page = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(
        markdown(pd.DataFrame([[cell, 1.5]], columns=[name, "a number"]))
    )  # fmt: skip
    read = Cells(page)
    assert read.elements <= {"table", "thead", "tbody", "tr", "th", "td", "br", "span"}
    found = [collapsed(text) for text in read.cells]
    assert found == [collapsed(name), "a number", collapsed(cell), "1.5"]


def test_addresses_are_no_links() -> None:
    """GitHub makes links of bare addresses, which is no part of CommonMark."""
    assert not re.search(r"http[s]?://|www\.", markdown(pd.DataFrame({"a": ["http://a HTTPS://b www.c ftp://d"]})))


TOKEN = re.compile(r"\\([&%$#_{}])|\\text(backslash|asciitilde|asciicircum|less|greater|bar)\{\}|\{(\[)\}|(-)\{\}(?=-)"
                   r"|([^\\&%$#_{}~^<>|\[])")  # fmt: skip
NAMED = {"backslash": "\\", "asciitilde": "~", "asciicircum": "^", "less": "<", "greater": ">", "bar": "|"}


def typeset(cell: str) -> str:
    """What LaTeX prints of it; fails on whatever would be a command."""
    text, at = "", 0
    while at < len(cell):
        found = TOKEN.match(cell, at)
        assert found, cell[at:]
        text += next(NAMED.get(part, part) for part in found.groups() if part)
        at = found.end()
    return text


@given(WORDS, WORDS)
@example("a", "".join(HOSTILE))
def test_latex_prints_a_cell_as_it_is(name: str, cell: str) -> None:
    lines = latex(pd.DataFrame([[cell, 1.5]], columns=[name, "a number"])).splitlines()
    assert (lines[0], lines[-1], len(lines)) == (r"\begin{tabular}{lr}", r"\end{tabular}", 7)
    for line, written, number in ((lines[2], name, "a number"), (lines[4], cell, "1.5")):
        first, last = line.removesuffix(r" \\").rsplit(" & ", 1)
        assert typeset(first) == " ".join(map(shown, written.splitlines()))
        assert last == number
    assert "--" not in lines[4]


def test_numbers_are_short_and_on_the_right_and_what_lacks_is_a_dash() -> None:
    table = pd.DataFrame({"n": pd.Series([4_089_184_256, None], dtype="Int64"), "e": [1 / 3, float("nan")],
                          "b": [True, False], "r": pd.Series([None, "why"], dtype="string")})  # fmt: skip
    assert markdown(table) == (
        "| n | e | b | r |\n| ---: | ---: | :--- | :--- |\n"
        f"| 4089184256 | 0.333333 | True | {MISSING} |\n| {MISSING} | {MISSING} | False | why |\n"
    )
    assert latex(table).startswith(
        "\\begin{tabular}{rrll}\n\\toprule\nn & e & b & r \\\\\n\\midrule\n4089184256 & 0.333333 &"
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a\x1b[2Jb\n", r"a\x1b[2Jb\n"),
        ("\u202e\u200b", r"\u202e\u200b"),
        ("a\xa0b 🦊 é", "a b 🦊 é"),
        ("\udcff", r"\udcff"),
    ],
)
def test_what_nobody_would_see_is_shown(text: str, says: str) -> None:
    assert shown(text) == says
    assert shown(says) == says
