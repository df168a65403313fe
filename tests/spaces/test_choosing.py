"""Whatever is answered, the network is within the budgets; and every network within them can be answered for."""

from collections.abc import Iterator, Sequence
from math import log
from random import Random

import pytest
from hypothesis import assume, given, settings, strategies as st

from space import SpaceError, cost, parse
from space.budget import Limit, limit
from space.spaces.choices import Parameter, Value
from space.spaces.choosing import Chooser, Chosen, chooser, nearest
from space.spaces.shortfall import shortfall
from space.spaces.space import space
from tests.spaces.strategies import texts
from tests.spaces.test_laws import limits, read


class OfferedError(Exception):
    """What is asked next."""

    def __init__(self, parameter: Parameter, values: tuple[Value, ...]) -> None:
        self.parameter, self.values = parameter, values


def every(asking: Chooser, taken: tuple[Value, ...] = ()) -> Iterator[Chosen]:
    """What all answers come to that begin with these."""
    given_ = iter(taken)

    def answer(parameter: Parameter, offered: tuple[Value, ...]) -> Value:
        for value in given_:
            return value
        raise OfferedError(parameter, offered)

    try:
        yield asking.choose(answer)
    except OfferedError as asked:
        parameter, values = asked.parameter, asked.values
    else:
        return
    assert parameter in asking.parameters
    assert len(parameter.values) > 1
    assert set(values) <= set(parameter.values)
    assert len(set(values)) == len(values) > 0
    for value in values:
        yield from every(asking, (*taken, value))


@given(texts())
@settings(max_examples=30)
def test_all_answers_together_are_the_space(text: str) -> None:
    _, brute = read(text)
    found = list(every(chooser(space(text), ())))
    assert {chosen.arch for chosen in found} == brute.costs.keys()
    assert len({tuple(chosen.answers.items()) for chosen in found}) == len(found)


@given(texts(), st.data())
@settings(max_examples=40)
def test_within_budgets_the_answers_are_those_that_lead_there_and_no_others(text: str, data: st.DataObject) -> None:
    """So that exactly the values are offered from which a network can be reached, whatever has been answered before."""
    _, brute = read(text)
    budgets = data.draw(limits(brute))
    inside = brute.within(budgets)
    assume(inside)
    possible = [chosen for chosen in every(chooser(space(text), ())) if chosen.arch in inside]
    assert list(every(chooser(space(text), budgets))) == possible


@given(texts(), st.sampled_from((5, 33)), st.data())
@settings(max_examples=15)
def test_budgets_hold_at_the_resolution_asked_for(text: str, resolution: int, data: st.DataObject) -> None:
    _, brute = read(text, resolution)
    budgets = data.draw(limits(brute))
    inside = brute.within(budgets)
    assume(inside)
    assert {chosen.arch for chosen in every(chooser(space(text), budgets, resolution))} == inside.keys()


@given(texts(), st.data())
@settings(max_examples=15)
def test_where_nothing_is_within_the_budgets_no_chooser_is_made(text: str, data: st.DataObject) -> None:
    known, brute = read(text)
    budgets = data.draw(limits(brute))
    assume(not brute.within(budgets))
    with pytest.raises(SpaceError) as refused:
        chooser(space(text), budgets)
    assert str(refused.value) == shortfall(known, budgets)


@given(texts(), st.data())
@settings(max_examples=20)
def test_a_network_has_answers_that_lead_to_it_if_it_is_within(text: str, data: st.DataObject) -> None:
    _, brute = read(text)
    budgets = data.draw(limits(brute))
    inside = brute.within(budgets)
    assume(inside)
    asking = chooser(space(text), budgets)
    for arch in brute.costs:
        answers = asking.answers(arch)
        assert (answers is None) == (arch not in inside)
        if answers is not None:
            assert asking.choose(lambda parameter, _: answers[parameter.name]) == (arch, answers)  # noqa: B023
    assert asking.answers(parse("input(3, 17) > conv_stem(7) > 2*vgg(9)")) is None


SHIPPED = [
    ("resnext", ("4GFLOPs",)),
    ("resnext", ("4GFLOPs", "<=20Mparams")),
    ("regnet", ("800MFLOPs",)),
    ("resnest", ("5GFLOPs", "25Mparams")),
    ("tree", ("4GFLOPs",)),
    ("tree", ("4GFLOPs", "26Mparams", "<=12Mactivations")),
]


@pytest.mark.parametrize(("name", "budgets"), SHIPPED)
def test_of_spaces_that_ship_random_answers_are_networks_within_the_budgets(name: str, budgets: Sequence[str]) -> None:
    within = [limit(text, 0.01) for text in budgets]
    asking = chooser(space(name), within)
    for seed in range(10):
        rng = Random(seed)
        arch, answers = asking.choose(lambda _, offered: rng.choice(offered))  # noqa: B023
        assert all(one.low <= getattr(cost(arch), one.measure) <= one.high for one in within)
        again = asking.choose(lambda parameter, offered: nearest(parameter, offered, answers[parameter.name]))  # noqa: B023
        assert again == (arch, answers)
        assert list(again.answers) == list(answers)
        found = asking.answers(arch)
        assert found is not None
        assert asking.choose(lambda parameter, _: found[parameter.name]).arch == arch  # noqa: B023


def test_resnext50_is_chosen_by_its_cardinality_group_width_and_depths() -> None:
    asking = chooser(space("resnext"), [limit("4.2GFLOPs", 0.01)])
    answers = {"C": 32, "d": 4, "stage1.depth": 3, "stage2.depth": 4, "stage3.depth": 6, "stage4.depth": 3}
    assert [parameter.name for parameter in asking.parameters] == list(answers)
    assert asking.choose(lambda parameter, _: answers[parameter.name]) == (parse("resnext50_32x4d"), answers)
    assert asking.answers(parse("resnext50_32x4d")) == answers
    assert asking.answers(parse("resnext101_32x4d")) is None  # 8 GFLOPs
    assert asking.answers(parse("resnet18")) is None


@pytest.mark.parametrize(
    ("out", "depths"),
    [(8, (1, 2, 3)), (16, (1,))],
)
def test_what_is_asked_later_gives_way(out: int, depths: tuple[int, ...]) -> None:
    """Stem and head cost 301,216 of 700,000 multiply-adds.

    Blocks of 8 channels cost 73,728 each, at most three and one of stage 2, 57,344; then there is room for another of
    73,728 there. A block of 16 costs 229,376 and the next one 294,912, so that there is one; then 77,824 and 73,728.
    """
    text = "input(3, 32) > conv_stem(8) > 1..3*basic({8|16}) > 1..3*basic(16)/2 > head(10)"
    offered: dict[str, tuple[Value, ...]] = {}

    def most(parameter: Parameter, values: tuple[Value, ...]) -> Value:
        offered[parameter.name] = values
        return out if parameter.name == "stage1.out" else values[-1]

    chooser(space(text), [limit("<=0.7MFLOPs", 0)]).choose(most)
    assert offered == {"stage1.out": (8, 16), "stage1.depth": depths, "stage2.depth": (1, 2)}


@pytest.mark.parametrize(
    ("params", "answers"),
    [
        (23_056, [(1, "1"), (1, "C")]),
        (21_904, [(2, "1")]),
        (22_768, []),  # the first stage in two groups, the second in one: C would have two values
        (21_616, [(2, "C")]),
    ],
)
def test_a_variable_keeps_the_value_that_was_asked_for(params: int, answers: list[tuple[Value, ...]]) -> None:
    """Of a first stage in one group the table does not say which value C has; the second stage depends on it."""
    text = "C = {1|2}; conv_stem(8) > basic(8, grouped({1|C})) > basic(16, grouped(C))/2"
    exactly = Limit(f"{params} params", "params", params, params)
    if not answers:
        with pytest.raises(SpaceError, match="no network of the space is within 22768 params"):
            chooser(space(text), [exactly])
        return
    assert [tuple(chosen.answers.values()) for chosen in every(chooser(space(text), [exactly]))] == answers


def test_parameters_are_called_by_where_they_stand() -> None:
    text = """C = {1|2}; B = {1|2}*basic(24, {projection|full_projection}); n = {1|2};
        conv_stem({8|16}) > {2|n}*basic(C*{4|8}) > {1|3}*{B|2*vgg(8)|vgg({16|32})|{2|4}*vgg(8)}/{2|C}
        > inception([[conv({8|16}, {3|[1, 7]})], [max_pooling(3), conv({4|8|4..8}, 1)]], {no_gate|no_gate})"""
    assert {one.name: one.values for one in chooser(space(text), ()).parameters} == {
        "stem.width": (8, 16),
        "C": (1, 2),
        "n": (1, 2),
        "stage1.out": (4, 8),
        "stage1.depth": ("2", "n"),
        "B.shortcut": ("projection", "full_projection"),
        "B.depth": (1, 2),
        "stage2": ("B", "vgg(8)", "vgg({16|32})"),
        "stage2.depth": (1, 3, 2, 6, 4, 12),
        "stage2.vgg({16|32}).out": (16, 32),
        "stage2.stride": ("2", "C"),
        "stage3.branches.1.1.out": (8, 16),
        "stage3.branches.1.1.kernel": ("3", "[1, 7]"),
        "stage3.branches.2.2.out": (4, 8, 5, 6, 7),
    }


def test_an_answer_that_was_not_offered_is_refused() -> None:
    asking = chooser(space("resnext"), [limit("4GFLOPs", 0.01)])
    with pytest.raises(SpaceError, match=r"^C = 3 leads to no network within the budgets; 1, 2, 4, 8, 16, 32 do$"):
        asking.choose(lambda *_: 3)


@given(st.lists(st.integers(0, 64), min_size=1, unique=True), st.integers(0, 64))
def test_the_nearest_value_is_nearest_by_its_ratio(feasible: list[int], wish: int) -> None:
    parameter = Parameter("d", tuple(range(65)))
    found = nearest(parameter, feasible, wish)
    assert found in feasible
    if wish and isinstance(found, int) and found:
        assert all(abs(log(found / wish)) <= abs(log(other / wish)) for other in feasible if other)


@pytest.mark.parametrize(
    ("feasible", "wish", "found"),
    [
        ((4, 16, 64), 32, 16),  # both are twice as far: the smaller
        ((64, 16), 33, 64),
        ((0, 8), 1, 8),  # zero is far from everything
        ((8, 4), 0, 4),
        ((0,), 7, 0),
        (("basic", "vgg"), "vgg", "vgg"),
        (("basic", "vgg"), "separable", "basic"),
    ],
)
def test_the_nearest_of_a_few(feasible: tuple[Value, ...], wish: Value, found: Value) -> None:
    assert nearest(Parameter("x", (*feasible, wish)), feasible, wish) == found
