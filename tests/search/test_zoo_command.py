"""`explore zoo` prints the named networks, and refuses what it does not know."""

import json
from pathlib import Path

import pytest

from analysis.figures.zoo import devices, known_networks
from search.cli import main


def test_those_that_cost_least_come_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["zoo"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split()[:2] == ["network", "MACs"]
    macs = {one.name: one.macs for one in known_networks()}
    assert [row.split()[0] for row in rows] == sorted(macs, key=macs.__getitem__)


def test_the_fastest_come_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["zoo", "--by", "speed", "--device", devices()[2], "--json"]) == 0
    found = [one["speeds"][devices()[2]] for one in json.loads(capsys.readouterr().out)]
    assert found == sorted(found, reverse=True)


def test_the_map_is_written_where_it_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "zoo.html"
    assert main(["zoo", "--plot", str(path)]) == 0
    assert capsys.readouterr().out.endswith(f"plot: {path}\n")
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--by", "size"], "--by: 'size' is no measure; write macs, params, activations, speed"),
        (["--device", "gpu"], "--device: only speed was measured on devices; add --by speed"),
        (["--by", "speed", "--device", "rtx4090"], "the nearest is gpu_rtx4090_amp"),
        (["--plot", "no/zoo.html"], "there is no folder 'no'"),
    ],
)
def test_what_it_does_not_know_is_one_line(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["zoo", *words]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1
