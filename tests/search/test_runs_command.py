"""`explore runs` lists what is there, whatever state it is in; `explore report --text` prints one."""

import json
import os
import shutil
from pathlib import Path

import pytest

from analysis.questions import answer
from analysis.record import Run
from search.cli import main
from tests.analysis.runs import a_recipe, failed, trials
from tests.committed import RUNS


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """One that is done, one that is half done with a failure, one without its recipe, one damaged, and other things."""
    recipe = a_recipe()
    for name, number in (("done", 15), ("half", 7)):
        run = Run.create(tmp_path / name, recipe)
        for trial in trials(recipe)[:number]:
            run.append(trial)
    run.append(failed(trials(recipe)[7]))
    (tmp_path / "orphan").mkdir()
    (tmp_path / "orphan" / "trials.jsonl").touch()
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "recipe.toml").write_text("budget = ")
    (tmp_path / "notes").mkdir()
    (tmp_path / "README.md").touch()
    return tmp_path


def listed(folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, object]]:
    assert main(["runs", str(folder), "--json"]) == 0
    return {Path(line["run"]).name: line for line in json.loads(capsys.readouterr().out)}


def test_every_run_is_listed_with_its_state(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = listed(runs, capsys)
    assert {name: line["state"] for name, line in found.items() if name in ("done", "half")} == {
        "done": "done, 15 trials",
        "half": "7 of 15 trials, 1 failed",
    }
    assert set(found) == {"done", "half", "orphan", "damaged"}
    assert "it has no recipe.toml" in str(found["orphan"]["state"])
    assert "recipe.toml" in str(found["damaged"]["state"])
    assert found["done"]["verdict"] == answer(Run.open(runs / "done")).words
    assert found["done"]["decided"] is answer(Run.open(runs / "done")).decided


def test_a_run_that_is_written_to_is_running(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Run.open(runs / "half").lock():
        assert listed(runs, capsys)["half"]["state"] == "running now, 7 of 15 trials, 1 failed"
    assert listed(runs, capsys)["half"]["state"] == "7 of 15 trials, 1 failed"


def test_the_latest_comes_first_and_lines_are_lines(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.utime(runs / "done" / "trials.jsonl", (2e9, 2e9))
    assert main(["runs", str(runs)]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{runs / 'done'}: done, 15 trials; last written 2033-05-18 03:33:20 UTC\n  At 4GFLOPs")


def test_a_folder_without_runs_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"no run is in {tmp_path}\n"
    assert main(["runs", str(tmp_path / "missing")]) == 2
    assert "is no folder; give the one that holds the run folders" in capsys.readouterr().err


def test_a_text_report_writes_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = shutil.copytree(RUNS[0], tmp_path / "run")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert main(["report", "--text", str(folder)]) == 0
    assert "of 18 trials finished" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
