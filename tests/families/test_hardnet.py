"""HarDNet: links, widths, figures and weights."""

from itertools import pairwise

import pytest
import torch
from pytorchcv.models import hardnet as theirs
from torch import nn

from space import SpaceError, Stage, build, cost, parse
from space.cost import part_cost
from space.families.hardnet import SETTINGS, HardBlock, Links, sources
from space.graph import Interface, source
from space.ops import Concat, Conv, Shape
from space.parts import Position
from tests.weights import moved, randomised, relative_error


def test_links_go_back_by_the_powers_of_two_that_divide_a_layers_number() -> None:
    published = [(0,), (1, 0), (2,), (3, 2, 0), (4,), (5, 4), (6,), (7, 6, 4, 0)]
    assert [sources(layer) for layer in range(1, 9)] == published
    assert sources(6, Links.LOG_DENSE) == (5, 4, 2)
    assert sources(6, Links.ALL_DENSE) == (5, 4, 3, 2, 1, 0)


def test_widths_grow_with_those_powers_and_are_even() -> None:
    block = HardBlock(8, 14, 128)
    assert [block.width(layer) for layer in range(1, 9)] == [14, 24, 14, 40, 14, 24, 14, 68]


@pytest.mark.parametrize(
    ("name", "handed_on"),
    [
        ("hardnet68", [124, 262, 328, 654, 782]),
        ("hardnet39ds", [72, 292, 518, 730]),
        ("hardnet85", [214, 392, 458, 588, 784, 1252]),
    ],
)
def test_odd_layers_and_the_last_are_handed_on(name: str, handed_on: list[int]) -> None:
    for stage, channels in zip(parse(name).stages, handed_on, strict=True):
        block = stage.block
        assert isinstance(block, HardBlock)
        kept = [*range(1, block.layers, 2), block.layers]
        assert sum(block.width(layer) for layer in kept) == channels
        graph = block.apply(source(Interface(Shape(8, 9, 9))), Position()).graph
        last = next(node for node in reversed(graph.nodes) if isinstance(node.op, Conv))
        assert graph.inputs(last)[0].channels == channels


def test_the_figures_of_the_largest_are_the_released_codes() -> None:
    measured = cost(parse("hardnet85"))
    assert (measured.params, measured.macs) == (36_670_212, 9_074_081_584)


def test_memory_traffic_is_the_papers_but_for_the_ds_forms() -> None:
    """11.5 M elements; for the DS forms it prints 8.2 and 15.3, and the released code has 9.8 and 17.3."""
    traffic = {name: cost(parse(name)) for name in ("hardnet68", "hardnet39ds", "hardnet68ds", "densenet121")}
    assert [round(c.cio / 1e6, 1) for c in traffic.values()] == [11.5, 9.8, 17.3, 21.9]
    assert traffic["hardnet68"].moc == 4246114304 / 11468940
    assert traffic["hardnet68"].moc > 2 * traffic["densenet121"].moc


@pytest.mark.parametrize("name", ["hardnet39ds", "hardnet68ds", "hardnet68", "hardnet85"])
def test_outputs_are_those_of_an_independent_implementation(name: str) -> None:
    model = getattr(theirs, name)()
    model.features.final_pool = nn.AdaptiveAvgPool2d(1)  # theirs averages 7x7
    image = torch.randn(1, 3, 64, 64, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    ours = build(parse(name)).double()
    moved(randomised(model), ours, image)
    with torch.no_grad():
        assert relative_error(ours.eval()(image), model(image)) < 1e-9


def test_dropout_stands_where_the_released_code_has_it() -> None:
    assert [str(parse(f"hardnet{d}").head) for d in ("39ds", "68ds", "68", "85")] == [
        *["head(1000, dropout=5)"] * 2,
        "head(1000, dropout=10)",
        "head(1000, dropout=20)",
    ]
    percents = [stage.block.dropout for stage in parse("hardnet85").stages if isinstance(stage.block, HardBlock)]
    assert percents == [0, 0, 0, 0, 0, SETTINGS[85].dropout] == [0, 0, 0, 0, 0, 10]


def test_with_links_to_the_last_layer_only_it_is_a_plain_chain() -> None:
    """At multiplier 1, of equal layers; what is handed on is still the odd ones and the last."""
    graph = HardBlock(6, 8, 12, 1.0, links=Links.CHAINED).apply(source(Interface(Shape(8, 9, 9))), Position()).graph
    *chain, last = [node for node in graph.nodes if isinstance(node.op, Conv)]
    assert {node.op for node in chain} == {Conv(8, (3, 3))}
    for before, node in pairwise(chain):
        activation = graph.nodes[node.inputs[0]]
        norm = graph.nodes[activation.inputs[0]]
        assert graph.nodes[norm.inputs[0]] is before
    assert [len(node.inputs) for node in graph.nodes if isinstance(node.op, Concat)] == [4]
    assert last.op == Conv(12)


def test_the_more_links_the_more_traffic() -> None:
    def traffic(links: Links) -> int:
        return part_cost(Stage(HardBlock(16, 16, 64, 1.0, links=links), 1), Interface(Shape(32, 28, 28)))[0].cio

    order = [Links.CHAINED, Links.HARMONIC, Links.LOG_DENSE, Links.ALL_DENSE]
    assert sorted(order, key=traffic) == order


def test_the_ds_form_is_a_depthwise_part_after_a_1x1() -> None:
    share = cost(parse("input(3, 32) > hard_stem(8) > hard_block(1, 6, 4, depthwise) > head(2)"))
    plain = cost(parse("input(3, 32) > hard_stem(8) > hard_block(1, 6, 4) > head(2)"))
    assert plain.params - share.params == 9 * 8 * 6 - (8 * 6 + 9 * 6 + 2 * 6)


def test_other_parts_stand_in_the_block() -> None:
    for part in ("involution(3, group_width=2)", "hierarchical(2)", "split_attention(2, 2)", "grouped(4)"):
        arch = parse(f"input(3, 32) > hard_stem(8) > hard_block(4, 8, 12, multiplier=2, {part}) > head(3)")
        assert parse(str(arch)) == arch
        assert build(arch)(torch.zeros(2, 3, 32, 32)).shape == (2, 3)


@pytest.mark.parametrize(
    ("sentence", "message"),
    [
        ("hard_block(0, 4, 8)", "hard_block(0, 4, 8): a block has 1 to 64 layers, not 0"),
        ("hard_block(65, 4, 8)", "hard_block(65, 4, 8): a block has 1 to 64 layers, not 65"),
        ("hard_block(4, 0, 8)", "a convolution to 0 channels; at least 1 is needed"),
        ("hard_block(4, 6, 8, grouped(4))", "grouped(4): 6 channels are not divisible by 4 groups"),
    ],
)
def test_what_does_not_fit_is_refused(sentence: str, message: str) -> None:
    with pytest.raises(SpaceError) as refused:
        parse(f"hard_stem(8) > {sentence}")
    assert str(refused.value) == f"stage1.block1: {message}"
