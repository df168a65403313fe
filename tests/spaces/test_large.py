"""Numbers of networks and costs far beyond what can be written out, or held in 64 bits."""

from itertools import product

import numpy as np
import pytest

from space import SpaceError, cost, parse
from space.budget import LARGEST, Limit
from space.spaces import meeting
from space.spaces.bins import bins
from space.spaces.counting import Count, count, size
from space.spaces.filling import tables
from space.spaces.listing import nearest, networks
from space.spaces.sampling import samples
from space.spaces.space import space
from space.spaces.tables import MEASURES

STAGE = "1..50*bottleneck({16|24|32|40|48|56|64|72|80|88|96|104|112|120|128|136}, {64|96|128|160})/2"
HUGE = "conv_stem(64) > " + " > ".join([STAGE] * 9)
WAYS = (50 * 16 * 4) ** 9  # 3.5e31: nothing is refused, and no two ways come to the same

LAYERS = 9
SAME = "conv_stem(8) > " + " > ".join(["dense_layer({1|2}, dropout=0..99)"] * LAYERS) + " > norm_head(10)"
"""Dropout costs nothing: 200^9 networks, 5.1e20, of at most 512 costs."""


def test_a_huge_space_is_counted_exactly_and_within_a_budget_between_bounds() -> None:
    known = tables(space(HUGE))
    assert size(known) == WAYS > 10**31
    limits = (Limit("4GFLOPs", "macs", 3_960_000_000, 4_040_000_000),)
    within = count(known, limits)
    assert not within.exact
    assert 0 < within.low < within.high < WAYS
    assert within.high / within.low < 1.5
    costs = known.costs(np.concatenate(list(samples(known, (), 100_000, seed=0))))[:, MEASURES.index("macs")]
    share = np.mean((costs >= limits[0].low) & (costs <= limits[0].high))
    error = 6 * np.sqrt(share / len(costs))  # a false alarm in 10^9
    assert share > 4 * error
    assert within.low / WAYS < share + error
    assert within.high / WAYS > share - error


def test_counts_beyond_64_bits_are_exact_where_costs_are_few() -> None:
    known = tables(space(SAME))
    assert size(known) == 200**LAYERS > LARGEST
    costs = {}
    for rates in product((1, 2), repeat=LAYERS):
        stages = " > ".join(f"dense_layer({rate})" for rate in rates)
        costs[rates] = cost(parse(f"conv_stem(8) > {stages} > norm_head(10)"))
    for measure in ("macs", "params"):
        values = sorted(getattr(one, measure) for one in costs.values())
        for low, high in ((0, values[200]), (values[50], values[400]), (values[7], values[7])):
            ways = sum(low <= value <= high for value in values) * 100**LAYERS
            limits = (Limit("", measure, low, high),)
            assert count(known, limits) == Count(ways, ways)
            below, above = bins(known, limits).bounds()
            assert below <= ways <= above
    both = (Limit("", "macs", 0, 10**18), Limit("", "params", 0, values[200]))
    assert count(known, both).low == sum(value <= values[200] for value in values) * 100**LAYERS


def test_a_meeting_that_would_take_too_long_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    known = tables(space(SAME))
    limits = (Limit("", "macs", 0, int(sum(place.cost[:, 1].mean() for place in known.places))),)
    exact = count(known, limits)
    monkeypatch.setattr(meeting, "MOST_LARGE_SUMS", 100)
    bounded = count(known, limits)
    assert exact.exact
    assert bounded.low <= exact.low <= bounded.high
    assert not bounded.exact


def test_more_networks_than_a_float_can_say_have_a_size_and_no_budget() -> None:
    known = tables(space("conv_stem(8) > " + " > ".join(["basic(1..9)"] * 330)))
    assert size(known) == 9**330
    for ask in (count, lambda *words: list(samples(*words, 1, 0))):
        with pytest.raises(SpaceError, match="more than 1e308 sentences"):
            ask(known, (Limit("4GFLOPs", "macs", 0, 4 * 10**9),))


def test_ten_thousand_choices_are_ten_thousand_networks() -> None:
    known = tables(space("conv_stem(8) > basic(8) > head(1..10000)"))
    assert size(known) == 10_000
    assert count(known, (Limit("", "params", 0, 10**18),)) == Count(10_000, 10_000)
    first = next(networks(known, ()))
    assert known.sentences(first[:1]) == ["conv_stem(8) > 1*basic(8) > head(1)"]


def test_costs_near_the_largest_do_not_wrap() -> None:
    text = "conv_stem(8) > basic({8|4000000|6200000})"
    known = tables(space(text))
    (paths,) = [np.concatenate(list(networks(known, ())))]
    traced = [cost(parse(sentence)) for sentence in known.sentences(paths)]
    assert (
        [one.macs for one in traced] == sorted(one.macs for one in traced) == list(map(int, known.costs(paths)[:, 1]))
    )
    assert [one.cio for one in traced] == list(map(int, known.costs(paths)[:, MEASURES.index("cio")]))
    assert 10**18 < traced[-1].macs < LARGEST
    for i, one in enumerate(traced):
        assert count(known, (Limit("", "macs", 0, one.macs),)).low == i + 1
        assert count(known, (Limit("", "macs", one.macs + 1, LARGEST),)).high == 2 - i
        below, above = nearest(known, (), Limit("", "macs", one.macs, one.macs))
        assert (below is None, above is None) == (i == 0, i == 2)
        assert len(np.concatenate(list(samples(known, (Limit("", "macs", one.macs, one.macs),), 9, 0)))) == 9


@pytest.mark.parametrize("width", [7_000_000, 10**8, 10**9])
def test_costs_beyond_it_are_refused(width: int) -> None:
    with pytest.raises(SpaceError, match="networks cost less than"):
        tables(space(f"conv_stem(8) > basic({{8|{width}}})"))
