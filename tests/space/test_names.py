"""Published networks, by name, cost what independent implementations cost."""

import csv

import pytest

from space import SpaceError, cost, listed, parse
from tests.conftest import GOLDEN

LINES = (GOLDEN / "networks.csv").read_text().splitlines()
ROWS = list(csv.DictReader(line for line in LINES if not line.startswith("#")))


@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_published_networks_cost_what_their_papers_say(row: dict[str, str]) -> None:
    arch = parse(row["name"])
    measured = cost(arch)
    assert (arch.input.resolution, arch.head.classes) == (int(row["resolution"]), int(row["classes"]))
    assert (measured.params, measured.macs, measured.cio) == (int(row["params"]), int(row["macs"]), int(row["cio"]))


@pytest.mark.parametrize("name", listed())
def test_every_listed_name_is_a_sentence(name: str) -> None:
    assert parse(str(parse(name))) == parse(name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("resnext50_1x64d", "resnet50"),
        ("resnet50b", "resnet50"),
        ("resnet34_shortcut_b", "resnet34"),
        ("32x4d", "resnext50_32x4d"),
        ("2s2x40d", "resnest50_fast_2s2x40d"),
        ("RESNET50", " resnet50\n"),
        ("conv_stem(8) > 2*basic(8) > 3*basic(8) > basic(9)/2 > basic(9)", "conv_stem(8) > 5*basic(8) > 2*basic(9)/2"),
        # At stride 1 there is nothing to pool, and where the shape stays there is nothing to project.
        ("conv_stem(8) > 2*bottleneck(8, 16, pool_after, pooled_projection)", "conv_stem(8) > 2*bottleneck(8, 16)"),
        ("conv_stem(8) > 2*basic(8, zero_padding)", "conv_stem(8) > 2*basic(8)"),
        ("conv_stem(8) > bottleneck(8, 16, split_attention(0, 4))", "conv_stem(8) > bottleneck(8, 16, grouped(4))"),
    ],
)
def test_two_writings_of_one_network_are_one_value(one: str, other: str) -> None:
    assert parse(one) == parse(other)
    assert hash(parse(one)) == hash(parse(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("resnet50", "resnet50a"),
        ("resnet18", "resnet18_shortcut_a"),
        ("resnest50_fast_1s1x64d", "resnest50_fast_0s1x64d"),
        ("conv_stem(8) > 2*basic(8)", "input(1, 224) > conv_stem(8) > 2*basic(8)"),
        ("conv_stem(8) > 2*basic(8)", "conv_stem(8) > 2*basic(8) > head(10)"),
    ],
)
def test_different_networks_are_different_values(one: str, other: str) -> None:
    assert parse(one) != parse(other)


def test_shortcut_options_differ_by_their_projections() -> None:
    """B over A: the blocks that change shape, c_in c_out + 2 c_out each; C over B: all others, c² + 2c."""
    a, b, c = (cost(parse(f"resnet18_shortcut_{option}")).params for option in "abc")
    shapes = ((64, 128), (128, 256), (256, 512))
    assert b - a == sum(i * o + 2 * o for i, o in shapes)
    assert c - b == sum(n * (p * p + 2 * p) for n, p in ((2, 64), (1, 128), (1, 256), (1, 512)))


def test_moving_the_stride_moves_the_first_convolutions_to_the_smaller_map() -> None:
    saved = sum(
        c_in * p * (side**2 - (side // 2) ** 2) for c_in, p, side in ((256, 128, 56), (512, 256, 28), (1024, 512, 14))
    )
    for depth in (50, 101, 152):
        assert cost(parse(f"resnet{depth}")).macs - cost(parse(f"resnet{depth}a")).macs == saved


def test_names_that_are_none_are_refused_with_the_nearest() -> None:
    with pytest.raises(SpaceError, match="the nearest is resnext50_32x4d"):
        parse("resnext50_32x4")
