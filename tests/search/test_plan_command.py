"""What `explore plan` says beside its table, in text and in JSON."""

import json

import pytest

from search.cli import main
from space.arch import Input
from space.budget import budget
from space.cost import cost
from space.plan import plan
from space.proxy import Reduction, proxies


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["plan", *words]) == 0
    return capsys.readouterr().out


def test_a_base_that_was_grown_is_said_to_be(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, "--budget", "6GFLOPs", "--axis", "scale")
    assert "from resnet101 with every width x 0.877 (5.99 GFLOPs at 224 pixels)" in out
    assert json.loads(printed(capsys, "--budget", "4GFLOPs", "--axis", "scale", "--json"))["base"] == "resnet50"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--retries", "abc"], "--retries: 'abc'"),
        (["--address", "nonsense"], "--address: 'nonsense' is no address"),
        (["--race", "--seeds", "2"], "--race: at most 2 seeds"),
        (["--race", "--seeds", "21"], "--race: it is looked at up to 20 seeds"),
        (["--time", "soon"], "--time: 'soon' is no time"),
    ],
)
def test_a_plan_refuses_what_its_run_would(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--budget", "4GFLOPs", "--axis", "cardinality", *words]) == 2
    assert capsys.readouterr().err.startswith(f"explore: {message}")


def test_what_comes_no_nearer_is_proven(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--budget", "4GFLOPs", "--axis", "width", "--match", "exact", "--values", "64")
    assert "1x64d: the nearest of 864 networks, every one whose depths are within x 2 of" in printed(capsys, *words)
    (setting,) = json.loads(printed(capsys, *words, "--json"))["settings"]
    assert setting["proof"].startswith("the nearest of 864 networks")


def test_what_is_left_out_is_said_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--budget", "10MFLOPs", "--axis", "cardinality")
    assert "Left out, 8: cardinality 8 fits no width: even 8x1d costs 296" in printed(capsys, *words)
    assert len(json.loads(printed(capsys, *words, "--json"))["left_out"]) == 3


def test_the_proxies_are_those_that_the_run_would_train(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--budget", "4GFLOPs", "--axis", "scale", "--data", "digits", "--fidelity", "tiny", "--seeds", "5")
    settings = json.loads(printed(capsys, *words, "--proxies", "--json"))["settings"]
    planned = plan(budget("4GFLOPs"), ["scale"])
    trained = proxies(planned, Reduction(1 / 8, 1 / 4, Input(1, 8), 10))
    assert [one["proxy"] for one in settings] == [str(proxy) for proxy in trained]
    assert [one["proxy_macs"] for one in settings] == [cost(proxy).macs for proxy in trained]
    out = printed(capsys, *words, "--proxies")
    assert "\n4 settings, 5 seeds: 20 trials, each " in out
    assert all(one["proxy"] in out for one in settings)
    assert "proxy" not in printed(capsys, *words, "--json")


def test_multiples_and_planes_have_their_words(capsys: pytest.CaptureFixture[str]) -> None:
    exact = ("--budget", "4GFLOPs", "--axis", "cardinality", "--match", "exact", "--width-multiple", "8")
    assert "1x64-128-240-528d" in printed(capsys, *exact)
    plane = printed(capsys, "--budget", "4GFLOPs", "--axis", "cardinality", "--axis", "depth", "--json")
    assert json.loads(plane)["axis"] == ["cardinality", "depth"]
    both = ("--budget", "4GFLOPs", "--axis", "radix", "--match", "exact", "--values", "0,3", "--values", "3", "--json")
    assert [setting["value"] for setting in json.loads(printed(capsys, *both))["settings"]] == [[0, 3], [3, 3]]


@pytest.mark.parametrize(
    ("axis", "values", "said"),
    [
        ("cardinality", ("1", "2"), "--values: cardinality is one axis, and values are given for two"),
        ("radix", ("1", "2", "4"), "--values: given 3 times; a plane has two axes"),
        ("radix", ("1", "x"), "--values: 'x' is not possible"),
        ("radix", ("1", " "), "--values: ' ' says nothing"),
    ],
)
def test_values_are_given_once_for_each_axis(
    axis: str, values: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "--budget", "4GFLOPs", "--axis", axis, *(f"--values={value}" for value in values)]) == 2
    assert capsys.readouterr().err.startswith(f"explore: {said}")
