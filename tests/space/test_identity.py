"""Equal networks are equal values, however they are written."""

import re
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, strategies as st

from space import Arch, SpaceError, cost, parse, trace
from space.graph import Interface, source
from tests.space.test_whole_tree import writings

WORDS = re.compile(r"depthwise\b|grouped\(\d+\)")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bottleneck(32, 128, depthwise)", "bottleneck(32, 128, grouped(32))"),
        ("bottleneck(32, 128, hierarchical(4, depthwise))", "bottleneck(32, 128, hierarchical(4, grouped(8)))"),
        ("bottleneck(1, 128, depthwise)", "bottleneck(1, 128)"),
        ("basic(64, depthwise)", "basic(64, grouped(64))"),
        ("separable(64, grouped(64))", "separable(64)"),
    ],
)
def test_a_depthwise_convolution_has_as_many_groups_as_channels(one: str, other: str) -> None:
    assert parse(f"conv_stem(64) > 2*{one}") == parse(f"conv_stem(64) > 2*{other}")


def test_a_depthwise_convolution_is_not_one_in_fewer_groups() -> None:
    assert parse("conv_stem(64) > basic(64, depthwise)") != parse("conv_stem(64) > basic(64, grouped(32))")


@given(writings, st.data())
def test_words_for_convolutions_in_groups_are_one_where_their_graphs_are(
    writing: dict[str, object], data: st.DataObject
) -> None:
    try:
        sentence = str(Arch(**writing))  # type: ignore[arg-type]
    except SpaceError:
        return
    found = list(WORDS.finditer(sentence))
    groups = sorted({"depthwise", *(f"grouped({n})" for n in (1, 2, 4, 8)), *(match[0] for match in found)})
    swaps = [sentence[: match.start()] + word + sentence[match.end() :] for match, word in product(found, groups)] or [
        sentence
    ]
    other = data.draw(st.sampled_from(swaps))
    try:
        swapped = parse(other)
    except SpaceError:
        return
    arch = parse(sentence)
    assert (swapped == arch) == (trace(swapped).wiring() == trace(arch).wiring())


@pytest.mark.parametrize(
    "sentence",
    [
        "conv_stem(5) > 8*dense_layer(1, bottleneck=0, involution(3, 1, {}))",
        "conv_stem(64) > 3*dense_layer(26, bottleneck=0, involution(3, 1, {}))",
    ],
)
def test_blocks_that_differ_only_where_channels_have_grown_are_told_apart(sentence: str) -> None:
    reductions = (4, 5) if "(5)" in sentence else (30, 31)
    one, other = (parse(sentence.format(reduction)) for reduction in reductions)
    assert one != other
    assert cost(one) != cost(other)


def test_a_stage_that_shrinks_to_nothing_is_refused_though_its_first_blocks_are_not() -> None:
    with pytest.raises(SpaceError, match="block3"):
        parse("conv_stem(11, stride=32, pool=false) > 3*transition(0.49)")


@given(writings, st.integers(1, 5))
def test_normal_form_computes_what_is_written(writing: dict[str, object], depth: int) -> None:
    """The parts as they are written have the wiring of the network."""
    writing = {**writing, "stages": tuple(replace(stage, depth=depth) for stage in writing["stages"])}  # type: ignore[attr-defined]
    try:
        arch = Arch(**writing)  # type: ignore[arg-type]
    except SpaceError:
        return
    x = source(Interface(arch.input.shape()))
    for part in (writing["stem"], *writing["stages"], writing["head"]):  # type: ignore[misc]
        x = part.apply(x)
    assert x.graph.wiring() == trace(arch).wiring()
