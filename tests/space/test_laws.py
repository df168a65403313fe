"""Laws over the whole grammar."""

import re
from fractions import Fraction
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings, strategies as st

from search.counters import measured_macs
from space import Arch, SpaceError, Stage, build, cost, parse, trace
from space.cost import graph_cost
from space.families.resnet import Basic, Bottleneck, NoShortcut
from space.module import residual_norms
from space.parts import Shortcut
from space.table import table
from tests import strategies
from tests.space import test_whole_tree as whole_tree
from tests.strategies import RESOLUTIONS, archs


@given(archs(), RESOLUTIONS)
def test_declared_cost_is_measured_cost(arch: Arch, resolution: int) -> None:
    declared, model = cost(arch, resolution), build(arch)
    assert declared.params == sum(p.numel() for p in model.parameters())
    assert declared.macs == measured_macs(model, arch.input.shape(resolution))


@given(whole_tree.archs, RESOLUTIONS)
def test_declared_shapes_are_measured_shapes(arch: Arch, resolution: int) -> None:
    resolution = whole_tree.fitting(arch, resolution)
    model, image = build(arch).eval(), torch.zeros(2, *arch.input.shape(resolution))
    convolutions: list[int] = []
    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(lambda _m, _x, y: convolutions.append(y[0].numel()))
    assert model(image).shape == (2, arch.head.classes)
    assert cost(arch, resolution).activations == sum(convolutions)


@given(whole_tree.archs)
def test_notation_round_trips(arch: Arch) -> None:
    assert parse(str(arch)) == arch


@given(whole_tree.archs)
def test_spaces_between_tokens_mean_nothing(arch: Arch) -> None:
    text = str(arch)
    assert parse(text.replace(" ", "")) == parse(text.replace("(", " ( ").replace(",", " , \n")) == arch


BROKEN = {
    "bottleneck(12, 8, grouped(5))": (12, 5),
    "bottleneck(12, 8, split_attention(2, 5))": (12, 10),
    "bottleneck(12, 8, hierarchical(5))": (12, 5),
    "bottleneck(12, 8, hierarchical(2, grouped(4)))": (6, 4),
    "bottleneck(12, 8, involution(3, group_width=7))": (12, 7),
    "aggregated(2, 12, 8, grouped(5))": (12, 5),
    "inverted_residual(0, 2)": (0, 1),
}
"""Blocks that cannot be, with the two numbers that do not fit."""


@given(whole_tree.archs, st.sampled_from(sorted(BROKEN)), st.data())
def test_what_cannot_be_is_refused_where_it_stands_with_both_numbers(
    arch: Arch, block: str, data: st.DataObject
) -> None:
    i = data.draw(st.integers(0, len(arch.stages)))
    stages = [*map(str, arch.stages[:i]), block, *map(str, arch.stages[i:])]
    with pytest.raises(SpaceError, match=rf"^stage{i + 1}\.block1\b") as caught:
        parse(" > ".join((str(arch.input), str(arch.stem), *stages, str(arch.head))))
    assert {str(number) for number in BROKEN[block]} <= set(re.findall(r"\d+", caught.value.message))


@given(st.one_of(strategies.writings, whole_tree.writings))
@settings(max_examples=300)
def test_equal_networks_are_equal_values(writing: dict[str, object]) -> None:
    """Normal form: what any one argument at its default leaves unchanged is written without it, and only that."""
    try:
        arch = Arch(**writing)  # type: ignore[arg-type]
    except SpaceError:
        return
    assert Arch(stem=arch.stem, stages=arch.stages, head=arch.head, input=arch.input) == arch
    for other in _neighbours(arch):
        assert (other == arch) == (trace(other).wiring() == trace(arch).wiring())


@given(whole_tree.archs, st.data())
def test_a_stage_may_be_written_in_two_pieces(arch: Arch, data: st.DataObject) -> None:
    """It is the same network, unless its second piece opens a stage otherwise: Res2Net's first block pools."""
    i = data.draw(st.integers(0, len(arch.stages) - 1))
    stage = arch.stages[i]
    cut = data.draw(st.integers(0, stage.depth))
    pieces = [Stage(stage.block, n, stride) for n, stride in ((cut, stage.stride), (stage.depth - cut, 1)) if n]
    pieces = pieces if cut else [stage]
    split = Arch(
        stem=arch.stem, stages=(*arch.stages[:i], *pieces, *arch.stages[i + 1 :]), head=arch.head, input=arch.input
    )
    assert (split == arch) == (trace(split).wiring() == trace(arch).wiring())


def _neighbours(arch: Arch) -> list[Arch]:
    """The network with one stage's shortcut, downsampling or spatial part as another stage has it."""
    found = []
    for i, stage in enumerate(arch.stages):
        for donor in arch.stages:
            changes = {
                k: v for k, v in vars(donor.block).items() if k in vars(stage.block) and k not in ("inner", "out")
            }
            for name, value in changes.items():
                block = type(stage.block)(**{**vars(stage.block), name: value})
                stages = (*arch.stages[:i], type(stage)(block, stage.depth, stage.stride), *arch.stages[i + 1 :])
                try:
                    found.append(Arch(stem=arch.stem, stages=stages, head=arch.head, input=arch.input))
                except SpaceError:
                    continue
    return found


@given(st.lists(strategies.writings, min_size=60, max_size=60))
@settings(max_examples=3, deadline=None)
def test_most_writings_are_sentences(writings: list[dict[str, object]]) -> None:
    """A grammar that refuses its way through these laws has failed them."""
    accepted = 0
    for writing in writings:
        try:
            Arch(**writing)  # type: ignore[arg-type]
            accepted += 1
        except SpaceError:
            continue
    assert Fraction(accepted, len(writings)) >= Fraction(6, 10)


@given(whole_tree.archs, RESOLUTIONS)
def test_memoised_cost_is_the_sum_over_the_graph(arch: Arch, resolution: int) -> None:
    try:
        graph = trace(arch, resolution)
    except SpaceError as error:  # an unpadded window may not fit a smaller image
        with pytest.raises(SpaceError, match=re.escape(str(error))):
            cost(arch, resolution)
    else:
        assert cost(arch, resolution) == graph_cost(graph)


@given(whole_tree.archs)
def test_the_stage_table_adds_up(arch: Arch) -> None:
    rows = table(arch)
    assert sum(row.cost.macs for row in rows) == cost(arch).macs
    assert rows[-1].output.channels == arch.head.classes


@given(archs())
@settings(max_examples=30)
def test_every_parameter_gets_a_finite_gradient(arch: Arch) -> None:
    model = build(arch)
    generator = torch.Generator().manual_seed(0)
    # Eight images, as a batch norm needs more than one value a channel.
    model(torch.randn(8, *arch.input.shape(), generator=generator)).square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


@given(archs())
@settings(max_examples=30)
def test_residual_norms_end_the_branches(arch: Arch) -> None:
    """With them at zero, no weight of a branch moves the output."""
    graph, model = trace(arch), build(arch).eval()
    norms = residual_norms(graph)
    assert len(norms) == sum(s.depth for s in arch.stages if not isinstance(_shortcut(s), NoShortcut))
    for name in norms:
        torch.nn.init.zeros_(model.get_parameter(f"{name}.weight"))
    image = torch.randn(1, *arch.input.shape(), generator=torch.Generator().manual_seed(0))
    before = model(image)
    for name in norms:
        branch = name.rsplit(".", 1)[0]
        torch.nn.init.ones_(model.get_parameter(f"{branch}.conv1.weight"))
    assert torch.equal(model(image), before)


def _shortcut(stage: Stage) -> Shortcut:
    assert isinstance(stage.block, Basic | Bottleneck)
    return stage.block.shortcut


@pytest.mark.parametrize("resolution", [224, 225, 97])
def test_an_odd_resolution_is_halved_upwards(resolution: int) -> None:
    sides = [row.output.height for row in table(parse("resnest50_fast_2s1x64d"), resolution)][1:5]
    assert all(after == -(-before // 2) for before, after in pairwise(sides))
