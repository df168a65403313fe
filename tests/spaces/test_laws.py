"""What tables say of a small space is what writing out and parsing every one of its sentences says."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

from space import SpaceError, parse
from space.budget import Limit
from space.spaces.bins import bins
from space.spaces.counting import Count, count, size
from space.spaces.filling import tables
from space.spaces.listing import nearest, networks
from space.spaces.sampling import Paths, samples
from space.spaces.shortfall import shortfall
from space.spaces.space import space
from space.spaces.tables import MEASURES, Tables
from tests.spaces.brute import Costs, Listed, costs_of, listed
from tests.spaces.strategies import texts

ALL = 10**18
ENDS = ("low", "high")


def read(text: str, resolution: int | None = None) -> tuple[Tables, Listed]:
    """The tables of a space, and its networks written out; where it is refused, with good reason, on to another."""
    brute = listed(text, resolution)
    try:
        return tables(space(text), resolution), brute
    except SpaceError as error:
        said = str(error)
    assert "\n" not in said
    assert brute.merges if "write them as one stage" in said else not brute.costs, said
    assume(False)
    raise AssertionError


def found(known: Tables, batches: list[Paths]) -> list[tuple[str, Costs]]:
    """Sentences with their costs."""
    return [
        (sentence, tuple(map(int, row)))
        for paths in batches
        for sentence, row in zip(known.sentences(paths), known.costs(paths), strict=True)
    ]


@st.composite
def limits(draw: st.DrawFn, brute: Listed) -> tuple[Limit, ...]:
    """Up to three, of any measures, whose ends are at networks or just beside them; some contradict each other."""
    drawn = []
    for _ in range(draw(st.integers(0, 3))):
        measure = draw(st.sampled_from(MEASURES))
        values = sorted({costs[MEASURES.index(measure)] for costs in brute.costs.values()})
        ends = st.builds(lambda value, step: max(value + step, 0), st.sampled_from(values), st.integers(-1, 1))
        low, high = draw(ends), draw(ends)
        drawn.append(
            draw(
                st.sampled_from(
                    (
                        Limit("<=", measure, 0, high),
                        Limit(">=", measure, low, ALL),
                        Limit("=", measure, *sorted((low, high))),
                        Limit("=", measure, *sorted((low, high))),
                    )
                )
            )
        )
    return tuple(drawn)


@given(texts())
@settings(max_examples=60)
def test_a_space_is_its_distinct_networks(text: str) -> None:
    known, brute = read(text)
    lines = found(known, list(networks(known, ())))
    assert size(known) == len(brute.costs) == len(lines)
    assert dict(lines) == brute.written(())  # and in normal form, as sentences of networks are


@given(texts())
def test_what_a_space_says_of_itself_is_the_space(text: str) -> None:
    written = space(text)
    assert space(str(written)) == written
    assert str(space(str(written))) == str(written)


@given(texts(), st.sampled_from((1, 5, 16, 33, 64)))
@settings(max_examples=40)
def test_at_another_resolution_the_networks_are_the_same_and_costed_there(text: str, resolution: int) -> None:
    known, brute = read(text, resolution)
    lines = found(known, list(networks(known, ())))
    assert dict(lines) == brute.written(())
    assert size(known) == len(lines)


@given(texts(), st.data(), st.integers(1, 300))
def test_a_count_is_the_number_of_networks_within_and_bins_bracket_it(
    text: str, data: st.DataObject, cells: int
) -> None:
    known, brute = read(text)
    budgets = data.draw(limits(brute))
    within = len(brute.within(budgets))
    assert count(known, budgets) == Count(within, within)
    for few in (cells, 1, 1 << 13):
        low, high = bins(known, budgets, few).bounds()
        assert low <= within <= high
    share = {budget.measure for budget in budgets} or {"macs"}
    if len(share) == 1 and _spread(brute, share.pop()) < 1 << 13:  # a bin for every cost
        assert (low, high) == (within, within)


def _spread(brute: Listed, measure: str) -> int:
    """Between the cheapest and the dearest network."""
    return int(np.ptp([costs[MEASURES.index(measure)] for costs in brute.costs.values()]))


@given(texts(), st.data(), st.booleans())
@settings(max_examples=80)
def test_networks_within_budgets_are_listed_once_in_order_of_cost(
    text: str, data: st.DataObject, descending: bool
) -> None:
    known, brute = read(text)
    budgets = data.draw(limits(brute))
    lines = found(known, list(networks(known, budgets, descending=descending)))
    assert dict(lines) == brute.written(budgets)
    assert len(dict(lines)) == len(lines)
    column = MEASURES.index(budgets[0].measure if budgets else "macs")
    ordered = [costs[column] for _, costs in lines]
    assert ordered == sorted(ordered, reverse=descending)


@given(texts(), st.data())
@settings(max_examples=60)
def test_the_nearest_are_the_nearest(text: str, data: st.DataObject) -> None:
    known, brute = read(text)
    *others, to = (*data.draw(limits(brute)), Limit("4GFLOPs", "macs", 4 * 10**9, 4 * 10**9))
    column = MEASURES.index(to.measure)
    values = [costs[column] for costs in brute.within(others).values()]
    below = max((value for value in values if value < to.low), default=None)
    above = min((value for value in values if value > to.high), default=None)
    ends = nearest(known, others, to)
    assert [None if paths is None else int(known.costs(paths)[0, column]) for paths in ends] == [below, above]
    for paths in ends:
        assert paths is None or known.sentences(paths)[0] in brute.written(others)


@given(texts(), st.data())
@settings(max_examples=40)
def test_a_shortfall_is_said_where_nothing_is_within_and_only_there(text: str, data: st.DataObject) -> None:
    known, brute = read(text)
    budgets = data.draw(limits(brute))
    said = shortfall(known, budgets)
    assert (said is None) == bool(brute.within(budgets))
    if said is not None:
        assert "\n" not in said
        low, high = ({m: [getattr(x, end) for x in budgets if x.measure == m] for m in MEASURES} for end in ENDS)
        contradict = any(max(low[m]) > min(high[m]) for m in MEASURES if low[m])
        assert said.startswith(f"no network of {'any' if contradict else 'the'} space is within ")
        assert contradict or any(str(arch) in said for arch in brute.costs)


@given(texts(), st.data(), st.integers(0, 9))
@settings(max_examples=25)
def test_samples_are_networks_within_the_budgets_the_same_for_the_same_seed(
    text: str, data: st.DataObject, seed: int
) -> None:
    known, brute = read(text)
    budgets = data.draw(limits(brute))
    inside = brute.written(budgets)
    if not inside:
        with pytest.raises(SpaceError, match=r"no sentence|near the budgets"):
            list(samples(known, budgets, 50, seed))
        return
    drawn, again, other = (np.concatenate(list(samples(known, budgets, 50, one))) for one in (seed, seed, seed + 1))
    assert len(drawn) == 50
    assert np.array_equal(drawn, again)
    assert len(inside) < 9 or not np.array_equal(drawn, other)
    assert all(inside[sentence] == costs for sentence, costs in found(known, [drawn]))


@pytest.mark.parametrize(
    ("text", "networks_"),
    [
        # two ways to one network are one
        ("conv_stem(8) > bottleneck(8, 16, {grouped(1)|split_attention(0, 1)|hierarchical(1)|grouped({1|1})})", 1),
        ("conv_stem(8) > basic(8, {depthwise|grouped(8)|grouped(4)})", 2),
        ("conv_stem(8) > {aggregated({1|2}, 4, 16)|bottleneck(4, 16)}", 2),
        # a variable has one value wherever it stands; choices by themselves are free
        ("C = {1|2|4}; conv_stem(8) > basic(8, grouped(C)) > basic(16, grouped(C))/2", 3),
        ("conv_stem(8) > basic(8, grouped({1|2|4})) > basic(16, grouped({1|2|4}))/2", 9),
        # what is refused drops out, also where only what follows refuses it
        ("conv_stem(8) > basic({8|12}, grouped({1|3}))", 3),
        ("conv_stem(8) > basic({8|16}) > basic(8, zero_padding)/2", 1),
        ("input(3, {8|64}) > conv_stem(8) > inception([[conv(8, 7, valid)]])", 1),
        # choices within an alternative are made only where it is
        ("conv_stem(8) > {{1|2|3}*basic(8)|bottleneck({4|8}, 8)|vgg(8)}", 6),
        # growing channels are an interface of their own at every depth
        ("k = {4|8}; conv_stem(8) > {1|2|3}*dense_layer(k) > transition/2 > 1*dense_layer(k)", 6),
        # as is all that differs only once they have grown
        ("conv_stem(64) > 3*dense_layer(26, bottleneck=0, involution(3, 1, {30|31}))", 2),
        # one stage written as two is one
        ("conv_stem(8) > basic({8|16}) > 2*basic({8|16})", 4),
    ],
)
def test_spaces_counted_by_hand(text: str, networks_: int) -> None:
    known = tables(space(text))
    lines = found(known, list(networks(known, ())))
    assert size(known) == len(lines) == networks_ == len(listed(text).costs)
    assert all(str(parse(sentence)) == sentence and costs_of(parse(sentence)) == costs for sentence, costs in lines)


@pytest.mark.parametrize(
    "text",
    [
        "conv_stem(8) > 1..2*basic(8) > 1..2*basic(8)",
        # the alternative that stops early is another way to write the beginning of the one that goes on
        "conv_stem(8) > {1*basic(16, full_projection)|2*basic(16)} > {1|2}*basic(16)",
        "conv_stem(8) > {1*basic(16, full_projection)|1..2*basic(16)} > {1|2}*basic(16)",
    ],
)
def test_one_network_is_not_counted_where_a_stage_ends_too(text: str) -> None:
    with pytest.raises(SpaceError, match="write them as one stage"):
        tables(space(text))


@pytest.mark.parametrize("resolution", [8, 224, 225])
def test_a_sentence_that_its_own_resolution_refuses_is_none_at_any_other(resolution: int) -> None:
    with pytest.raises(SpaceError, match="has no sentence"):
        tables(space("input(3, 8) > conv_stem(8) > inception([[conv(8, 7, valid)]])"), resolution)


def test_equal_costs_come_in_the_order_of_the_choices() -> None:
    known = tables(space("conv_stem(8) > basic(8) > head(5, dropout={30|10|20})"))
    (paths,) = networks(known, ())
    assert [text.rpartition("=")[2] for text in known.sentences(paths)] == ["30)", "10)", "20)"]
    assert all(a == b for a, b in pairwise(known.costs(paths)[:, 0]))
