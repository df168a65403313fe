"""`explore zoo` prints the named networks, and refuses what it does not know."""

import json
from pathlib import Path

import pytest

from analysis.zoo import devices, known_networks
from search.cli import main


def test_those_that_cost_least_come_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["zoo"]) == 0
    head, *rows = capsys.readouterr().out.split("\n\n")[0].splitlines()
    assert head.split()[:3] == ["network", "px", "FLOPs"]
    by_cost = sorted(known_networks(), key=lambda one: one.macs)
    assert [tuple(row.split()[:2]) for row in rows] == [(one.name, str(one.resolution)) for one in by_cost]
    assert max(map(len, (head, *rows))) <= 80


def test_a_family_and_a_resolution_are_filters(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["zoo", "--family", "resnext", "--family", "wrn", "--resolution", "224", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {(one["family"], one["resolution"]) for one in found} == {("resnext", 224), ("wrn", 224)}
    assert found == sorted(found, key=lambda one: one["macs"])


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
        (["--by", "size"], "--by: 'size' is not known; write macs, params, activations, speed"),
        (["--device", "gpu"], "--device: only speed was measured on devices; add --by speed"),
        (["--by", "speed", "--device", "rtx4090"], "the nearest is gpu_rtx4090_amp"),
        (["--plot", "no/zoo.html"], "there is no folder 'no'"),
        (["--plot", "zoo.png"], "--plot: 'zoo.png' is no map's file; it ends with .html"),
        (["--resolution", "9" * 5_000], "is none at which weights were tested"),
        (["--family", "resnxt"], "--family: 'resnxt' is not known; write resnet, res2net, "),
        (["--family", "resnxt"], "(the nearest is resnext)"),
        (["--resolution", "230"], "--resolution: '230' is none at which weights were tested: 160, 176, 224"),
        (["--resolution", "230"], "(the nearest is 224)"),
        (["--resolution", "many"], "(the nearest is 224)"),
        (["--resolution", "416", "--family", "vgg"], "zoo: no network of vgg was tested at 416 pixels"),
    ],
)
def test_what_it_does_not_know_is_one_line(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["zoo", *words]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1
