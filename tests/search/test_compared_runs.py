"""`explore report RUN RUN` writes one page on all of them, or prints it; what cannot be is one line."""

from pathlib import Path

import pandas as pd
import pytest

from analysis.comparison.pairs import comparison
from analysis.comparison.sides import MOST
from analysis.record import Run
from search.cli import main
from tests.analysis.synthetic import axis, sweep

Said = pytest.CaptureFixture[str]


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In the working folder, two runs along an axis and a search."""
    for name, made in (("quick", axis()), ("tiny", axis(seed=1)), ("search", sweep(5))):
        made.write(tmp_path / f"run-{name}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_page_is_written_here_and_named(runs: Path, capsys: Said) -> None:
    assert main(["report", "run-quick", "run-tiny"]) == 0
    *sentences, last = capsys.readouterr().out.splitlines()
    assert last == "report: compared-quick-tiny.html"
    assert (runs / "compared-quick-tiny.html").read_text().startswith("<!DOCTYPE html>")
    assert not (runs / "run-quick" / "report.html").exists()
    assert [one.split(" ")[0] for one in sentences] == ["A", "Test"]


def test_or_where_one_likes(runs: Path, capsys: Said) -> None:
    assert main(["report", "run-quick", "run-search", "--output", "x.html"]) == 0
    assert capsys.readouterr().out.endswith("report: x.html\n")
    assert (runs / "x.html").exists()


def test_or_printed(runs: Path, capsys: Said) -> None:
    before = sorted(runs.rglob("*"))
    assert main(["report", "--text", "run-quick", "run-tiny"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("2 runs compared: At 4GFLOPs, how does test error change with cardinality?\n")
    assert "B − A (points)" in said
    assert sorted(runs.rglob("*")) == before


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["run-quick", "nowhere"], "report: nowhere is no run folder: there is no such folder"),
        (["run-quick", "run-tiny", "--output", "x.pdf"], "'x.pdf' is no page's file; it ends with .html"),
        (["run-quick", "run-tiny", "--output", "no/x.html"], "there is no folder 'no'"),
        (
            ["run-quick", "run-tiny", "--output", "x.html", "--text"],
            "--output, --text: a page, or words",
        ),
        (
            ["run-quick", "run-tiny", "--table", "order", "--output", "x.csv"],
            "--table: 'order' is none of this comparison's: orders, differences, costs (the nearest is orders)",
        ),
        (
            ["run-quick", "run-tiny", "--figure", "shapes", "--output", "x.svg"],
            "--figure: 'shapes' is none of this comparison's: error, shape (the nearest is shape)",
        ),
        (["run-quick"] * (MOST + 1), f"report: {MOST + 1} runs given; compare {MOST} at most"),
        (["run-search", "run-tiny", "--importance", "fanova"], "--importance: is of the report of one sweep"),
    ],
)
def test_what_cannot_be_is_one_line(runs: Path, words: list[str], says: str, capsys: Said) -> None:
    before = sorted(runs.rglob("*"))
    assert main(["report", *words]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1
    assert sorted(runs.rglob("*")) == before


def test_what_could_not_be_read_is_said(runs: Path, capsys: Said) -> None:
    with (runs / "run-tiny" / "trials.jsonl").open("a") as file:
        file.write("no trial\n")
    assert main(["report", "--text", "run-quick", "run-tiny"]) == 0
    said = capsys.readouterr()
    assert "is no trial" in said.err
    assert "is no trial" not in said.out


def test_a_table_of_a_comparison_is_a_file(runs: Path, capsys: Said) -> None:
    """What differs between the two, in all digits."""
    assert main(["report", "run-quick", "run-tiny", "--table", "differences", "--output", "x.csv"]) == 0
    assert capsys.readouterr().out == "x.csv\n"
    table = pd.read_csv(runs / "x.csv")
    (pair,) = comparison([Run.open(runs / "run-quick"), Run.open(runs / "run-tiny")]).pairs
    assert table["setting"].tolist() == ["1x64d", "2x40d", "4x24d", "8x14d", "32x4d", "average"]
    assert table["difference"].tolist() == [one.mean for one in (*pair.differences, pair.difference)]
    assert table["difference_low"].tolist()[-1] == pair.difference.low
