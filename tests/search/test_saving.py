"""Half-said wishes for a part of a report get one line."""

from pathlib import Path

import pytest

from analysis.record import Run
from search.cli import main
from tests.committed import AXIS_RUNS

RUN = str(AXIS_RUNS[0])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--output", "x.csv"], "--output: 'x.csv' is no page's file; it ends with .html"),
        (["--table", "trials"], "--table: give the file to write, --output FILE"),
        (
            ["--table", "trials", "--output", "x.xls"],
            "'x.xls' is no table's file; it ends with .csv, .parquet, .md",
        ),
        (["--figure", "error", "--output", "x"], "'x' is no figure's file; it ends with .png, .svg, .pdf\n"),
        (["--figure", "error", "--output", "r.pgn"], "ends with .png, .svg, .pdf (the nearest is .png)\n"),
        (["--table", "trials", "--output", "r.CVS"], "ends with .csv, .parquet, .md, .tex (the nearest is .csv)\n"),
        (["--table", "trials", "--output", "r.parq"], "(the nearest is .parquet)\n"),
        (["--figure", "front", "--output", "x.svg"], "'front' is none of this run's: error, loss, budget, costs, "),
        (["--figure", "error", "--table", "trials", "--output", "x.csv"], "one of them at a time, without --text"),
        (["--table", "trials", "--output", "x.csv", "--text"], "one of them at a time, without --text"),
        (
            ["--table", "trails", "--output", "x.csv"],
            "none of this run's: trials, settings (the nearest is trials)",
        ),
        (["--figure", "eror", "--output", "x.svg"], "'eror' is none of this run's: error, loss, budget, costs"),
        (["--table", "trials", "--output", "no/x.csv"], "there is no folder 'no'"),
        (
            ["--importance", "fanva"],
            "--importance: 'fanva' is not known; write ped-anova, fanova (the nearest is fanova",
        ),
        (["--importance", "fanova"], "is no sweep: its settings differ in the axis alone"),
        (["--importance", "fanova", "--text"], "--importance: is of a report's figure; leave --text and --table out"),
    ],
)
def test_it_says_what_is_missing(
    words: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["report", RUN, *words]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_without_kaleido_it_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ValueError("Image export using the kaleido engine requires the Kaleido package")

    monkeypatch.setattr("plotly.graph_objects.Figure.to_image", refuse)
    assert main(["report", RUN, "--figure", "error", "--output", str(tmp_path / "x.svg")]) == 1
    assert "pip install 'design-space-explorer[figures]'" in capsys.readouterr().err


def test_a_table_is_written_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "trials.CSV"
    assert main(["report", RUN, "--table", "trials", "--output", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}\n"
    assert len(path.read_text().splitlines()) == 1 + len(Run.open(AXIS_RUNS[0]).trials())
