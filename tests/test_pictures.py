"""The pictures in the documents show what the committed runs say."""

import re
from pathlib import Path
from runpy import run_path

import pytest

ROOT = Path(__file__).parents[1]
PICTURES = run_path(str(ROOT / "docs" / "pictures.py"))["PICTURES"]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("name", PICTURES)
def test_the_numbers_of_a_picture_are_its_runs_to_the_byte(name: str) -> None:
    assert PICTURES[name].numbers() == (ROOT / "docs" / f"{name}.json").read_text(encoding="utf-8")


def test_every_picture_is_shown_and_every_one_that_is_shown_is_there() -> None:
    shown = {
        (path.parent / target).resolve()
        for path in DOCUMENTS
        for target in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", path.read_text(encoding="utf-8"))
    }
    assert shown == set((ROOT / "docs").glob("*.svg"))
    assert {ROOT / "docs" / f"{name}.svg" for name in PICTURES} <= shown
