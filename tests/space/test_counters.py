"""Closed forms of the field's counters: sums over the graph, and the published figures they explain."""

import csv
from fractions import Fraction

import pytest
from hypothesis import given

from space import Arch, cost, parse, trace
from space.counters import CONVENTIONS, OURS, Quantity, Term, counts
from tests import flops
from tests.conftest import GOLDEN, ROOT
from tests.strategies import archs

LINES = (GOLDEN / "reconcile.csv").read_text().splitlines()
ROWS = list(csv.DictReader(line for line in LINES if not line.startswith("#")))
INVOLUTIONS_PUBLISHED = {26: "1.73", 38: "2.22", 50: "2.71", 101: "4.74", 152: "6.79"}


def said(name: str, network: str) -> int:
    return CONVENTIONS[name].total(counts(trace(parse(network))))


def prints(value: Fraction, published: str) -> bool:
    """Whether the value, rounded or truncated to as many digits, reads so."""
    unit = Fraction(1, 10 ** len(published.partition(".")[2]))
    return -unit < Fraction(published) - value <= unit / 2


@given(archs())
def test_our_conventions_are_our_costs(arch: Arch) -> None:
    known, declared = counts(trace(arch)), cost(arch)
    assert OURS[Quantity.FLOPS].total(known) == declared.macs
    assert OURS[Quantity.ACTIVATIONS].total(known) == declared.activations
    assert OURS[Quantity.PARAMS].total(known) == declared.params


@given(archs())
def test_a_difference_says_what_the_totals_differ_by(arch: Arch) -> None:
    """Its words, read as a sum, give the total."""
    known = counts(trace(arch))
    for convention in CONVENTIONS.values():
        if convention is OURS[convention.quantity]:
            continue
        words = convention.difference(known)
        for term in sorted(Term, key=len, reverse=True):
            words = words.replace(f" {term}", "")
        words = words.replace("ours", str(OURS[convention.quantity].total(known))).replace(",", "").replace("x", "*")
        assert eval(words) == convention.total(known), words


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['network']}-{row['counter']}-{row['published']}" for row in ROWS])
def test_published_figures_are_a_counters(row: dict[str, str]) -> None:
    value = Fraction(said(row["counter"], row["network"])) / Fraction(row["unit"])
    assert prints(value, row["published"]), float(value)


@pytest.mark.parametrize("depth", INVOLUTIONS_PUBLISHED)
def test_involution_publishes_what_mmcv_counts_of_a_7x7_stem(depth: int) -> None:
    """d-li14/involution README; the released code has a 3x3 stem."""
    sentence = str(parse(f"rednet{depth}")).replace("involution_stem(32)", "involution_stem(32, involution(7))")
    assert prints(Fraction(said("mmcv", sentence)) / 10**9, INVOLUTIONS_PUBLISHED[depth])
    assert not prints(Fraction(said("ours", sentence)) / 10**9, INVOLUTIONS_PUBLISHED[depth])


def test_one_network_in_four_conventions() -> None:
    """ResNeXt-50's norms see the 14,400,512 elements of its convolutions; 2048 maps of 7x7 are averaged."""
    counted = {name: said(name, "resnext50_32x4d") for name in CONVENTIONS}
    assert counted["ours"] == 4_230_479_872
    assert counted["fvcore_eval"] == counted["ours"] + 2 * 14_400_512 + 2048 * 7 * 7
    assert counted["fvcore_train"] == counted["ours"] + 5 * 14_400_512 + 2048 * 7 * 7
    assert counted["torch_flop_counter"] == 2 * counted["ours"]
    assert counted["our_activations"] == 14_400_512


@pytest.mark.parametrize(("setting", "giga"), [("1s1x64d", "4.3548"), ("1s4x24d", "4.4291")])
def test_fvcore_of_resnests_own_code(setting: str, giga: str) -> None:
    """fvcore in eval mode on zhanghang1989/ResNeSt at 1dfb3e8."""
    assert prints(Fraction(said("fvcore_eval", f"resnest50_fast_{setting}")) / 10**9, giga)


def test_the_page_of_counters_is_todays() -> None:
    page = (ROOT / "docs" / "flops.md").read_text()
    assert flops.rules() in page
    assert flops.figures() in page
    assert f"has {len(ROWS)} published figures" in page
