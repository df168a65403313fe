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
from tests.analysis.browser import BROWSER
from tests.analysis.runs import a_plane, a_recipe, a_sweep, trials
from tests.analysis.test_searched import proposed
from tests.committed import ROOT

HOSTILE = {
    1: "a|b_c & $x$ \\input{y} <b>",
    2: "line\nbreak 🦊",
    3: '"a",\rb',
    4: "1e5",
    5: "007",
    6: "NA",
    7: "\x00",
    8: "[2]",
}


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


def changed(folder: Path) -> Run:
    """By hand, so that what was tuned is a number, a word, a list or nothing."""
    run = Run.create(folder / "run", a_sweep())
    for number, lr in enumerate((0.1, "fast", [1, 2], None)):
        run.append(proposed(run, number, 10.0, lr=lr))  # type: ignore[arg-type]
    lines = (run.folder / "trials.jsonl").read_text(encoding="utf-8")
    (run.folder / "trials.jsonl").write_text(lines.replace('"lr": null, ', ""), encoding="utf-8")
    return Run.open(run.folder)


def empty(folder: Path) -> Run:
    return Run.create(folder / "run", a_recipe())


@pytest.mark.parametrize("make", [of_axis, of_plane, hostile, of_sweep, changed, empty])
@pytest.mark.parametrize("suffix", TABLES)
def test_every_table_is_written_whole(make: Callable[[Path], Run], suffix: str, tmp_path: Path) -> None:
    for name, table in tables(make(tmp_path)).items():
        save_table(table, path := tmp_path / f"{name}{suffix}")
        match suffix:
            case ".csv":
                pd.testing.assert_frame_equal(as_read(path, table), table, rtol=1e-15)
            case ".parquet":
                pd.testing.assert_frame_equal(pd.read_parquet(path), table, check_exact=True)
            case ".md":
                lines = path.read_text(encoding="utf-8").splitlines()
                assert len(lines) == len(table) + 2
                assert {line.replace(r"\|", "").count("|") for line in lines} == {len(table.columns) + 1}
            case _:
                rows = [line for line in path.read_text(encoding="utf-8").splitlines() if line.endswith(r"\\")]
                assert len(rows) == len(table) + 1


def as_read(path: Path, table: pd.DataFrame) -> pd.DataFrame:
    """A CSV with the types that the table has, as CSV knows none."""
    read = pd.read_csv(path, dtype=dict(table.dtypes), keep_default_na=False, na_values=[""])
    assert list(read.columns) == list(table.columns)
    return read


def test_a_plane_has_a_column_for_each_axis(tmp_path: Path) -> None:
    found = tables(of_plane(tmp_path))
    for table in found.values():
        row = table[table["setting"] == "2s4x24d"].iloc[0]
        assert (row["radix"], row["cardinality"]) == (2, 4)
    assert "value" not in found["trials"]
    assert list(found["trials"].columns[:4]) == ["state", "key", "radix", "cardinality"]


def test_a_table_is_never_half_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tables(of_axis(tmp_path))["trials"]
    save_table(table, path := tmp_path / "t.csv")
    before = path.read_bytes()

    def refuse(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(OSError, match="no space"):
        save_table(table.head(1), path)
    assert path.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run", "t.csv"]


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.csv").mkdir()
    with pytest.raises(OSError, match="directory") as refused:
        save_table(tables(of_axis(tmp_path))["trials"], tmp_path / "t.csv")
    assert refused.value.filename == str(tmp_path / "t.csv")


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


def test_figures_have_the_names_of_the_report(tmp_path: Path) -> None:
    run = of_axis(tmp_path)
    assert list(figures(run)) == [plot.name for plot in plots_of(run)] == [
        "error", "loss", "budget", "costs", "training", "curves", "times", "placing",
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
