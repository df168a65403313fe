"""Whatever stands in a run folder, the commands that read it say so in a line, with the right code, and never trip."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from analysis.score_files import pack, unpack
from search.cli import main
from tests.analysis.scores import ERRORS
from tests.analysis.synthetic import axis, stopped_early, sweep

Damage = Callable[[Path], object]


def replaced(name: str, content: bytes | None) -> Damage:
    """The file with this content, or gone."""

    def damage(run: Path) -> None:
        (run / name).unlink()
        if content is not None:
            (run / name).write_bytes(content)

    return damage


def a_folder(name: str) -> Damage:
    return lambda run: ((run / name).unlink(), (run / name).mkdir())


def a_link(name: str, to: str) -> Damage:
    return lambda run: ((run / name).unlink(), (run / name).symlink_to(to))


def a_file(run: Path) -> None:
    shutil.rmtree(run)
    run.write_text("no folder")


def of_another_version(run: Path) -> None:
    path = run / "trials.jsonl"
    path.write_text(path.read_text().replace('"state": ', '"weather": "fair", "state": '))


UNREADABLE: dict[str, tuple[Damage, int, str]] = {
    "no folder": (shutil.rmtree, 2, "is no run folder: there is no such folder"),
    "a file": (a_file, 2, "is no run folder: it is a file"),
    "no recipe": (replaced("recipe.toml", None), 2, "is no run folder: it has no recipe.toml"),
    "recipe a folder": (a_folder("recipe.toml"), 1, "recipe.toml cannot be read or written: Is a directory"),
    "recipe binary": (replaced("recipe.toml", b"\x89PNG\xff\0"), 2, "recipe.toml: not UTF-8"),
    "recipe empty": (replaced("recipe.toml", b""), 2, "recipe.toml: command: missing; write command = a text"),
    "recipe of something else": (replaced("recipe.toml", b"[project]\n"), 2, "line 1: project: no such field"),
    "ledger a folder": (a_folder("trials.jsonl"), 1, "trials.jsonl cannot be read or written: Is a directory"),
    "ledger a broken link": (a_link("trials.jsonl", "gone"), 1, "trials.jsonl cannot be read or written: No such file"),
    "ledger a link to itself": (a_link("trials.jsonl", "trials.jsonl"), 1, "cannot be read or written: Too many"),
    "ledger binary": (replaced("trials.jsonl", bytes(range(256))), 2, "none of its 1 line is a trial; line 1: not"),
    "ledger without a line": (replaced("trials.jsonl", b"\0" * 99), 2, "its 99 bytes are no line, nor the beginning"),
    "ledger of something else": (replaced("trials.jsonl", b'{"a": 1}\n' * 9), 2, "none of its 9 lines is a trial"),
    "ledger of another version": (of_another_version, 2, "line 1: weather: no such field; the nearest is"),
}  # fmt: skip
READING = (["report"], ["report", "--text"], ["report", "--table", "trials"])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    axis(world=ERRORS, images=16).write(folder / "axis")
    stopped_early(sweep(8, networks=3)).write(folder / "sweep")
    return folder


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_one_line(
    name: str, whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damage, code, words = UNREADABLE[name]
    run = shutil.copytree(whole / "axis", tmp_path / "run")
    damage(run)
    for command in READING:
        table = ["--output", str(tmp_path / "t.csv")] if "--table" in command else []
        assert main([command[0], str(run), *command[1:], *table]) == code
        out, said = capsys.readouterr()
        assert out == ""
        assert said.count("\n") == 1
        assert words in said
        assert str(run) in said
    assert not (tmp_path / "t.csv").exists()


@pytest.mark.parametrize("name", [name for name in UNREADABLE if name not in ("no folder", "a file")])
def test_among_the_runs_it_is_unreadable_and_hides_no_other(
    name: str, whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(whole / "sweep", tmp_path / "whole")
    UNREADABLE[name][0](shutil.copytree(whole / "axis", tmp_path / "run"))
    assert main(["runs", str(tmp_path), "--json"]) == 0
    out, said = capsys.readouterr()
    found = {Path(line["run"]).name: line for line in json.loads(out)}
    assert said == ""
    assert found["whole"]["state"] == "finished"
    assert found["run"]["state"] == "unreadable"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("name", ["recipe.toml", "trials.jsonl", "."])
def test_what_may_not_be_read_is_one_line(
    name: str, whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = shutil.copytree(whole / "axis", tmp_path / "run")
    (run / name).chmod(0)
    try:
        assert main(["report", "--text", str(run)]) == 1
    finally:
        (run / name).chmod(0o700)
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "Permission denied" in said


def twice(run: Path) -> None:
    """Of as many errors in every hundred."""
    path = min((run / "scores").iterdir())
    path.write_bytes(pack(*(np.concatenate([one, one]) for one in unpack(path.read_bytes()))))


SCORES: dict[str, Damage] = {
    "gone": lambda run: shutil.rmtree(run / "scores"),
    "a file": lambda run: (shutil.rmtree(run / "scores"), (run / "scores").write_text("none")),
    "truncated": lambda run: [path.write_bytes(path.read_bytes()[:60]) for path in (run / "scores").iterdir()],
    "empty": lambda run: [path.write_bytes(b"") for path in (run / "scores").iterdir()],
    "folders": lambda run: [(path.unlink(), path.mkdir()) for path in list((run / "scores").iterdir())],
    "of another trial": lambda run: min((run / "scores").iterdir()).write_bytes(pack([9.0] * 16, [False] * 16)),
    "of more images": twice,
}  # fmt: skip


@pytest.mark.parametrize("name", SCORES)
def test_a_run_whose_scores_are_damaged_is_read_without_them(
    name: str, whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = shutil.copytree(whole / "axis", tmp_path / "run")
    SCORES[name](run)
    for command in READING[:2]:
        assert main([command[0], str(run), *command[1:]]) == 0
        out, said = capsys.readouterr()
        assert said.count("\n") == 1
        assert said.endswith("; intervals that need these scores are over seeds alone\n")
        assert "over seeds, not over test images" in " ".join(out.split())


# values ---------------------------------------------------------------------------------------------------------------

ODD = st.sampled_from(
    [None, True, -1, 0, 1.5, 10**30, 10**400, -(2**63), 2**63, 1e38, 1e308, float("inf"), float("nan"), "", "x",
     "\ud800", "<b>\n\x1b[31m", [], [1, 2], [10**30], {}, {"a": 1}]
)  # fmt: skip


def places(plain: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Of every value within."""
    inner = plain.items() if isinstance(plain, dict) else enumerate(plain) if isinstance(plain, list) else ()
    return [path, *(place for key, item in inner for place in places(item, (*path, key)))][not path :]


def put(plain: object, path: tuple[str | int, ...], value: object) -> None:
    *outer, last = path
    for key in outer:
        plain = plain[key]  # type: ignore[index]
    plain[last] = value  # type: ignore[index]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), kind=st.sampled_from(["axis", "sweep"]))
def test_no_value_in_a_record_is_an_accident(
    data: st.DataObject,
    kind: str,
    whole: Path,
    tmp_path_factory: pytest.TempPathFactory,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Warnings are errors here, too."""
    folder = tmp_path_factory.mktemp("odd")
    path = shutil.copytree(whole / kind, folder / "run") / "trials.jsonl"
    entries = [json.loads(line) for line in path.read_text().splitlines()]
    for _ in range(data.draw(st.integers(1, 3))):
        entry = data.draw(st.sampled_from(entries))
        put(entry, data.draw(st.sampled_from(places(entry))), data.draw(ODD))
    path.write_text("".join(f"{json.dumps(entry)}\n" for entry in entries))
    for words in (["report"], ["report", "--text"], ["report", "--table", "trials", "--output", str(folder / "t.csv")]):
        assert main([words[0], str(folder / "run"), *words[1:]]) == 0
        assert capsys.readouterr().err.count("\n") <= 4
    assert main(["runs", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["state"] != "unreadable"
