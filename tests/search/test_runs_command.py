"""`explore runs` lists what is there, whatever state it is in; `explore report --text` prints one."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from analysis.questions import answer
from analysis.record import Run
from analysis.verdict import Verdict
from search.cli import main
from tests.analysis.runs import a_recipe, failed, trials
from tests.analysis.synthetic import KINDS
from tests.committed import AXIS_RUNS


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """One that is done, one that is half done with a failure, and what else may stand in a folder."""
    recipe = a_recipe()
    for name, number in (("done", 15), ("half", 7)):
        run = Run.create(tmp_path / name, recipe)
        for trial in trials(recipe)[:number]:
            run.append(trial)
    run.append(failed(trials(recipe)[7]))
    for name, file, content in FOREIGN:
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_text(content)
    (tmp_path / "notes").mkdir()
    (tmp_path / "a folder" / "recipe.toml").mkdir(parents=True)
    (tmp_path / "lost").symlink_to(tmp_path / "nowhere")
    (tmp_path / "README.md").touch()
    return tmp_path


FOREIGN = (
    ("orphan", "trials.jsonl", ""),
    ("damaged", "recipe.toml", "budget = "),
    ("empty", "recipe.toml", ""),
    ("another's", "recipe.toml", '[project]\nname = "bread"'),
    ("deep", "recipe.toml", "a = " + "[" * 5000 + "]" * 5000),
)


def listed(folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, object]]:
    assert main(["runs", str(folder), "--json"]) == 0
    return {Path(line["run"]).name: line for line in json.loads(capsys.readouterr().out)}


def test_every_run_is_listed_with_its_state(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = listed(runs, capsys)
    said = {name: (line["state"], line["progress"]) for name, line in found.items()}
    assert (said.pop("done"), said.pop("half")) == (
        ("finished", "15 trials"),
        ("interrupted", "7 of 15 trials, 1 failed"),
    )
    assert said.keys() == {name for name, _, _ in FOREIGN}
    assert {state for state, _ in said.values()} == {"unreadable"}
    assert "it has no recipe.toml" in said["orphan"][1]
    assert "recipe.toml" in said["damaged"][1]
    answered = answer(Run.open(runs / "done"))
    assert (found["done"]["verdict"], found["done"]["decided"]) == (answered.words, answered.decided)
    assert str(found["done"]["brief"]) in answered.words


def test_a_run_that_is_written_to_is_running(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Run.open(runs / "half").lock():
        assert listed(runs, capsys)["half"]["state"] == "running"
    assert listed(runs, capsys)["half"]["state"] == "interrupted"


def test_a_run_that_stumbles_hides_no_other(
    runs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stumble(run: Run) -> Verdict:
        if run.folder.name == "half":
            raise KeyError("not foreseen")
        return answer(run)

    monkeypatch.setattr("search.commands.runs.answer", stumble)
    found = listed(runs, capsys)
    assert (found["half"]["state"], found["half"]["progress"]) == ("unreadable", "KeyError: 'not foreseen'")
    assert found["done"]["state"] == "finished"


def test_the_latest_comes_first_by_what_the_ledger_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A copy's files are new; a run without a trial, or with a date that is none, has no other date."""
    ended = {"b": "2026-03-04T05:06:07+02:00", "a": "2026-03-04T04:06:07+00:00", "c": "yesterday", "d": "1999-01-01"}
    for name, date in ended.items():
        run = Run.create(tmp_path / name, a_recipe())
        run.append(replace(trials(run.recipe)[0], finished_at=date))
        os.utime(run.folder / "trials.jsonl", (2e9, 2e9))
    assert [(name, line["changed"]) for name, line in listed(tmp_path, capsys).items()] == [
        ("c", "2033-05-18T03:33:20+00:00"),
        ("a", "2026-03-04T04:06:07+00:00"),
        ("b", "2026-03-04T03:06:07+00:00"),
        ("d", "1999-01-01T00:00:00+00:00"),
    ]
    assert main(["runs", str(tmp_path / "b")]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[:2] == [str(tmp_path / "b"), "  interrupted, 1 of 15 trials; 2026-03-04 03:06 UTC"]


@pytest.mark.parametrize("width", ["80", "200"])
def test_no_line_overruns_the_terminal(
    width: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("axis", "plane", "sweep", "hostile", "long names", "sweep, hostile", "none finished"):
        KINDS[name]().write(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", width)
    assert main(["runs", "."]) == 0
    said = capsys.readouterr().out.splitlines()
    assert max(map(cell_len, said)) <= int(width)
    assert sum(not line.startswith(" ") for line in said if line) == 7


def test_a_folder_without_runs_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"no run is in {tmp_path}\n"
    assert main(["runs", str(tmp_path / "missing")]) == 2
    assert "is no folder; give the one that holds the run folders" in capsys.readouterr().err


def test_a_text_report_writes_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = shutil.copytree(AXIS_RUNS[0], tmp_path / "run")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert main(["report", "--text", str(folder)]) == 0
    assert f"of {len(Run.open(folder).trials())} trials finished" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_what_a_record_says_reaches_the_terminal_as_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = a_recipe({1: "\x1b[2J\u202e", 2: "a\rb"})
    run = Run.create(tmp_path / "run", recipe)
    for trial in trials(recipe):
        run.append(trial)
    (tmp_path / "\x1b[2J").mkdir()
    (tmp_path / "\x1b[2J" / "recipe.toml").write_text('x = "\x1b[2J"')
    for words in (["report", str(run.folder)], ["report", "--text", str(run.folder)], ["runs", str(tmp_path)],
                  ["report", str(tmp_path / "\x1b[2J")], ["report", "\x1b[2J"]):  # fmt: skip
        main(words)
        said = "".join(capsys.readouterr())
        assert said.replace("\n", "").isprintable()
        assert r"\x1b[2J" in said


def test_a_terminal_that_has_no_word_for_a_sign_is_told_its_number() -> None:
    code = f"from search.cli import main; main(['report', '--text', {str(AXIS_RUNS[0])!r}])"
    said = subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONIOENCODING": "ascii"}, check=True,
                          capture_output=True, cwd=AXIS_RUNS[0].parents[1])  # fmt: skip
    assert rb" \xb1 " in said.stdout
