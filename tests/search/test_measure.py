"""What is measured is said with its spread and its device; the predictor is a sum over operations."""

import json

import numpy as np
import pytest
import torch

from search import latency
from search.cli import main
from search.latency import KINDS, Predictor, blocks, features, fit
from search.measure import FEWEST, measured, speed
from space import build, cost, parse, trace

SMALL = "input(3, 16) > conv_stem(8) > 2*bottleneck(8, 16, grouped(2)) > head(10)"


def test_a_speed_has_its_runs_and_its_device() -> None:
    found = speed(parse(SMALL), batch=3)
    low, high = found.spread
    assert len(found.seconds) >= FEWEST
    assert 0 < low <= found.latency <= high
    assert found.throughput == pytest.approx(3 / found.latency)
    assert "thread" in found.device
    assert speed(parse(SMALL), batch=3) is found  # equal networks are measured once


def test_peak_memory_is_of_weights_and_of_the_maps_alive_at_a_time() -> None:
    """Of a chain of two convolutions, one reads what the other has made: two maps, the image being held by us."""
    model = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 1, bias=False), torch.nn.Conv2d(4, 1, 1, bias=False))
    image = torch.zeros(1, 1, 10, 10)
    assert measured(model, image).peak == 4 * (8 + 100 + 400 + 100)


def test_a_features_multiply_adds_and_weights_are_the_networks() -> None:
    graph = trace(parse("resnet18"))
    macs, _, params, calls = features(graph).reshape(len(KINDS), 4).sum(0)
    found = cost(parse("resnet18"))
    assert (macs, params, calls) == (found.macs, found.params, len(graph.nodes) - 1)


def test_blocks_are_distinct_and_make_up_the_network() -> None:
    """Of ResNet-18: stem, head, a first and a second block of each stage, but for the first, whose two are equal."""
    graphs = blocks([parse("resnet18"), parse("resnet34")])
    assert len(graphs) == 2 + 1 + 2 * 3
    whole = sum(features(graph) for graph in blocks([parse("resnet18")]))
    assert np.allclose(whole + features(graphs[1]), features(trace(parse("resnet18"))))


def test_a_machine_that_is_a_sum_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds that are exactly linear in the features are predicted exactly."""
    rate = np.abs(np.random.default_rng(0).normal(size=4 * len(KINDS))) * 1e-9
    monkeypatch.setattr(latency, "measured_in_turn", lambda graphs, *_: np.array([features(g) @ rate for g in graphs]))
    predictor = fit([parse(name) for name in ("resnet18", "densenet121", "mobilenetv2", "seresnet18")])
    assert predictor.error < 1e-6
    assert predictor.latency(parse("resnet34")) == pytest.approx(features(trace(parse("resnet34"))) @ rate, rel=1e-3)


def test_a_fit_is_of_this_machine() -> None:
    predictor = fit([parse(SMALL), parse("resnet20_cifar")])
    assert isinstance(predictor, Predictor)
    assert predictor.latency(parse(SMALL)) > 0
    assert predictor.blocks == len(blocks([parse(SMALL), parse("resnet20_cifar")]))


def test_costs_gain_what_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cost", SMALL, "--measure", "--batch", "2", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["batch"] == 2
    assert row["latency_10"] <= row["latency"] <= row["latency_90"]
    assert row["images_per_second"] == pytest.approx(2 / row["latency"])
    weights = sum(t.numel() * t.element_size() for t in build(parse(SMALL)).state_dict().values())
    assert row["peak_bytes"] > weights
    assert main(["cost", SMALL, "--measure"]) == 0
    assert "measured on " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--device", "tpu"], "--device: 'tpu' is no device; write cpu, cuda or mps"),
        (["--batch", "0"], "--batch: '0' is not possible; write a whole number from 1 to 10000"),
    ],
)
def test_wrong_words_are_one_line(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["cost", SMALL], ["compare", SMALL, SMALL]):
        assert main([*command, "--measure", *words]) == 2
        assert capsys.readouterr().err == f"explore: {message}\n"


def test_networks_stand_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "resnet50", "32x4d", "--resolution", "64"]) == 0
    said = capsys.readouterr().out
    lines = said.splitlines()
    assert lines[:4] == ["A: resnet50", f"   {parse('resnet50')}", "B: 32x4d", f"   {parse('32x4d')}"]
    assert "params 25,557,032 25,028,904 (0.98 x)" in " ".join(said.split())
    assert "B  stage1 16x16 [1x1, 128 | 3x3, 128, C=32 | 1x1, 256] x3" in lines
    for letter, error in (("A", 23.9), ("B", 22.2)):
        after = lines[lines.index(f"{letter}: published top-1 errors") :]
        assert f"   {error} %  ResNeXt arXiv:1611.05431 Table 3" in after


def test_stages_that_one_lacks_are_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", SMALL, "densenet121", "--measure", "--resolution", "32"]) == 0
    said = capsys.readouterr().out
    assert "latency, ms" in said
    assert "B  stage7 " in said


def test_one_network_is_not_compared(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "resnet50"]) == 2
    assert capsys.readouterr().err == "explore: network: 1 given; write 2 to 26 names or sentences\n"
