"""The pictures and tables in the documents show what the committed runs say."""

import re
from pathlib import Path

import pytest

from docs import notation, study, tables
from docs.pictures import PICTURES, SOURCES, mark

ROOT = Path(__file__).parents[1]
SHOWN = r'<source media="\(prefers-color-scheme: dark\)" srcset="([^"]+)">\s*<img alt="[^"]+" src="([^"]+)">'
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("name", PICTURES)
def test_the_numbers_of_a_picture_are_its_runs_to_the_byte(name: str) -> None:
    assert PICTURES[name].numbers() == (ROOT / "docs" / f"{name}.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SOURCES)
def test_a_picture_was_drawn_of_the_numbers_that_are_beside_it(name: str) -> None:
    for suffix in ("", "-dark"):
        assert (ROOT / "docs" / f"{name}{suffix}.svg").read_text(encoding="utf-8").endswith(f"</svg>\n{mark(name)}\n")


def test_the_tables_of_the_evidence_are_its_runs_to_the_byte() -> None:
    page = tables.PAGE.read_text(encoding="utf-8")
    assert tables.filled(page) == page
    assert study.trust() == tables.TRUST.read_text(encoding="utf-8")


def test_the_page_of_the_notation_is_the_grammars() -> None:
    assert notation.PAGE.read_text(encoding="utf-8") == notation.page()


def test_every_picture_is_shown_light_and_dark_and_every_one_that_is_shown_is_there() -> None:
    shown = [
        tuple((path.parent / target).resolve() for target in pair)
        for path in DOCUMENTS
        for pair in re.findall(SHOWN, path.read_text(encoding="utf-8"))
    ]
    assert all(dark == light.with_stem(f"{light.stem}-dark") for dark, light in shown)
    assert {path for pair in shown for path in pair} == set((ROOT / "docs").glob("*.svg"))
    assert {ROOT / "docs" / f"{name}.svg" for name in PICTURES} <= {light for _, light in shown}
