"""The closed forms against the counters themselves, and what `explore cost --counters` says."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from search import counters
from search.cli import main
from search.configured import checked_macs
from space import Arch, SpaceError, cost, parse, trace
from space.counters import CONVENTIONS, counts
from tests.conftest import ROOT
from tests.space.test_whole_tree import writings

MEASURED = ("fvcore_eval", "fvcore_train", "torch_flop_counter")
UNSEEN = "input(3, 16) > involution_stem(16) > bottleneck(16, 32, {}, pool_after)/2 > head(3)"


def is_counted(arch: Arch) -> None:
    """A trial is not trained unless what fvcore sees of its network is what was declared."""
    assert checked_macs(str(arch)) == cost(arch).macs


def agree(arch: Arch, resolution: int | None = None) -> None:
    """What the tools count of the built module is what is predicted, to the last one."""
    graph = trace(arch, resolution)
    known = counts(graph)
    assert counters.measured(graph) == {name: CONVENTIONS[name].total(known) for name in MEASURED}, str(arch)


def test_the_counters_count_what_is_predicted_of_random_networks() -> None:
    accepted = []

    @settings(max_examples=200, database=None)
    @given(writings, st.integers(15, 41))
    def one(writing: dict[str, object], resolution: int) -> None:
        try:
            arch = Arch(**writing)  # type: ignore[arg-type]
            trace(arch, resolution)
        except SpaceError:
            return
        accepted.append(arch)
        agree(arch, resolution)
        is_counted(replace(arch, input=replace(arch.input, resolution=resolution)))

    one()
    assert len(set(accepted)) >= 100


@pytest.mark.parametrize(
    "spatial", ["involution(3)", "dcdc_reconstruction", "split_attention(2, 2)", "hierarchical(4)"]
)
def test_operations_of_our_own_are_seen_or_known_to_be_unseen(spatial: str) -> None:
    agree(parse(UNSEEN.format(spatial)))
    is_counted(parse(UNSEEN.format(spatial)))


@pytest.mark.parametrize("spatial", ["grouped(4)", "involution(3)"])
def test_a_trial_is_not_trained_whose_count_is_off(spatial: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "measured_macs", lambda *_: 1)
    with pytest.raises(AssertionError, match=r"multiply-adds of layers declared, fvcore measures 1$"):
        checked_macs.__wrapped__(UNSEEN.format(spatial))


def test_training_mode_holds_for_one_value_a_channel() -> None:
    """A norm over a 1x1 map refuses one image."""
    agree(parse("input(1, 8) > conv_stem(8) > 2*bottleneck(8, 8, split_attention(2, 1))/2 > head(3)"))


def test_the_table_says_who_counts_what(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cost", "resnet20_cifar", UNSEEN.format("involution(3)"), "--counters"]) == 0
    said = capsys.readouterr().out
    assert said.count("confirmed") == 2 * len(MEASURED)
    assert "off by" not in said
    assert "multiply-adds of involutions + 2 x" in said


def test_json_gains_an_object_and_loses_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    main(["cost", "resnet20_cifar", "--json"])
    (plain,) = json.loads(capsys.readouterr().out)
    main(["cost", "resnet20_cifar", "--counters", "--json"])
    (full,) = json.loads(capsys.readouterr().out)
    said = full.pop("counters")
    assert full == plain
    assert said["ours"]["predicted"] == plain["macs"]
    assert [name for name, one in said.items() if one["measured"] is not None] == list(MEASURED)
    assert all(one["measured"] in (None, one["predicted"]) for one in said.values())


def test_a_counter_that_disagrees_is_said_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = counts(trace(parse("resnet20_cifar")))
    wrong = CONVENTIONS["fvcore_eval"].total(known) - 7
    monkeypatch.setattr(counters, "measured", lambda _: {"fvcore_eval": wrong})
    assert main(["cost", "resnet20_cifar", "--counters"]) == 0
    assert "off by -7" in capsys.readouterr().out


def test_networks_too_large_for_memory_are_predicted_alone() -> None:
    assert counters.measured(trace(parse("resnet50"), 10_000)) == {}
    assert counters.measured(trace(parse("input(3, 8) > conv_stem(100000) > basic(100000) > head(10)"))) == {}


def test_closed_forms_need_no_torch() -> None:
    code = (
        "import sys; sys.modules['torch'] = None; from search.cli import main; main(['cost', 'resnet50', '--counters'])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    assert "4,111,512,576" in done.stdout
    assert "confirmed" not in done.stdout
