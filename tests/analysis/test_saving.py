"""What is saved of a run can be read back, and is text wherever it is shown."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from analysis.figures.drawing import PALETTE
from analysis.measured import summaries
from analysis.plots import plots_of
from analysis.record import Run
from analysis.saving import FIGURES, TABLES, figures, save_table, tables
from tests.analysis.runs import a_plane, a_recipe, a_sweep, trials
from tests.analysis.test_browser import BROWSER
from tests.analysis.test_searched import proposed
from tests.committed import ROOT

HOSTILE = {1: "a|b_c & $x$ \\input{y} <b>", 2: "line\nbreak 🦊"}


def of_axis(folder: Path) -> Run:
    return holding(Run.create(folder / "run", a_recipe()))


def of_plane(folder: Path) -> Run:
    return holding(Run.create(folder / "run", a_plane()))


def hostile(folder: Path) -> Run:
    return holding(Run.create(folder / "run", a_recipe(HOSTILE)))


def holding(run: Run) -> Run:
    for trial in trials(run.recipe):
        run.append(trial)
    return run


def of_sweep(folder: Path) -> Run:
    run = Run.create(folder / "run", a_sweep())
    for number, error in enumerate((12.0, 10.0, 11.0)):
        run.append(proposed(run, number, error))
    return run


def empty(folder: Path) -> Run:
    return Run.create(folder / "run", a_recipe())


@pytest.mark.parametrize("make", [of_axis, of_plane, hostile, of_sweep, empty])
@pytest.mark.parametrize("suffix", TABLES)
def test_every_table_is_written_whole(make: Callable[[Path], Run], suffix: str, tmp_path: Path) -> None:
    for name, table in tables(make(tmp_path)).items():
        save_table(table, path := tmp_path / f"{name}{suffix}")
        match suffix:
            case ".csv":
                read = pd.read_csv(path, keep_default_na=True)
                pd.testing.assert_frame_equal(read[numeric(table)], table[numeric(table)], check_dtype=False)
                assert list(read.columns) == list(table.columns)
            case ".parquet":
                read = pd.read_parquet(path)
                pd.testing.assert_frame_equal(read[numeric(table)], table[numeric(table)], check_dtype=False)
            case ".md":
                lines = path.read_text(encoding="utf-8").splitlines()
                assert len(lines) == len(table) + 2
                assert {line.replace(r"\|", "").count("|") for line in lines} == {len(table.columns) + 1}
            case _:
                rows = [line for line in path.read_text(encoding="utf-8").splitlines() if line.endswith(r"\\")]
                assert len(rows) >= len(table)


def numeric(table: pd.DataFrame) -> list[str]:
    return [name for name in table.columns if table[name].dtype.kind in "if"]


def test_the_settings_are_the_reports(tmp_path: Path) -> None:
    run = of_axis(tmp_path)
    table = tables(run)["settings"]
    for (_, row), found in zip(table.iterrows(), summaries(run.recipe, run.trials()), strict=True):
        assert (row["test_error"], row["test_error_low"], row["seeds"]) == (found.error.mean, found.error.low, 3)
    assert table["change"].isna().tolist() == [True, False, False, False, False]


def test_the_proposals_stand_the_best_first(tmp_path: Path) -> None:
    table = tables(of_sweep(tmp_path))["proposals"]
    assert table["proposal"].tolist() == [1, 2, 0]
    assert table["lr"].tolist() == [0.1] * 3
    assert table["objective_loss"].is_monotonic_increasing


def test_nothing_commands_latex_or_breaks_a_markdown_row(tmp_path: Path) -> None:
    table = tables(hostile(tmp_path))["settings"]
    save_table(table, tex := tmp_path / "t.tex")
    save_table(table, md := tmp_path / "t.md")
    assert r"\input{" not in tex.read_text(encoding="utf-8")
    assert r"a|b\_c \& \$x\$ \textbackslash input\{y\} <b>" in tex.read_text(encoding="utf-8")
    assert r"a\|b_c & $x$ \input{y} <b>" in md.read_text(encoding="utf-8")


def test_figures_have_the_names_of_the_report(tmp_path: Path) -> None:
    run = of_axis(tmp_path)
    assert list(figures(run)) == [plot.name for plot in plots_of(run)] == [
        "error", "loss", "costs", "training", "curves", "times",
    ]  # fmt: skip


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine for kaleido to draw with")
def test_a_figure_is_drawn_in_every_form(tmp_path: Path) -> None:
    """In a process of its own: kaleido talks to its browser from threads that pytest's warnings would end."""
    run = of_axis(tmp_path)
    for suffix in FIGURES:
        words = ["report", str(run.folder), "--figure", "error", "--output", str(path := tmp_path / f"error{suffix}")]
        code = f"import sys; from search.cli import main; sys.exit(main({words!r}))"
        subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=120, stdout=subprocess.DEVNULL)
        assert path.read_bytes().startswith({".png": b"\x89PNG", ".svg": b"<svg", ".pdf": b"%PDF"}[suffix])
    red, green, blue = (int(PALETTE[0][at : at + 2], 16) for at in (1, 3, 5))
    assert f"rgb({red}, {green}, {blue})" in (tmp_path / "error.svg").read_text()
