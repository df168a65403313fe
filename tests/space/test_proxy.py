"""Whatever a sweep finds has a proxy, and all proxies of a sweep cost the same."""

from functools import cache

import pytest

from search.presets import FIDELITIES
from space import Arch, SpaceError, cost, parse
from space.arch import Input
from space.budget import limit
from space.draft import Draft
from space.parts import Block
from space.proxy import Reduction, common_macs, proxy_of, reduced
from space.resize import channels, resized_part, stretched
from space.spaces.filling import tables
from space.spaces.sampling import samples
from space.spaces.space import space

BUDGET = 4 * 10**9
SPACES = ("densenet", "regnet", "res2net", "resnest", "resnext", "tree")
IMAGES = [("quick", 28), ("tiny", 16), ("tiny", 8)]
MODULE = "[[conv(192, 1)], [conv(96, 1), conv(208, 3)], [conv(16, 1), conv(48, 5)], [max_pooling(3), conv(64, 1)]]"
MIXED = [
    f"""conv_stem(64) > 6*dense_layer(24, squeeze_excite) > 1*hard_block(16, 20, 256, squeeze_excite)/2
        > 4*inception({MODULE}, squeeze_excite)/2 > 3*inverted_residual(256, 6, squeeze_excite)/2 > norm_head(1000)""",
    """deep_stem(32) > 2*dual_path(96, 256, 16, grouped(32), squeeze_excite) > 2*separable(256, squeeze_excite)/2
        > 2*xception([512, 512], squeeze_excite)/2 > 4*bottleneck(768, 2048, split_attention(4, 2))/2""",
    """conv_stem(64) > 4*vgg(64) > 6*basic(128)/2 > 12*bottleneck(256, 1024, involution(7), squeeze_excite)/2
        > 4*pre_bottleneck(512, 2048)/2""",
]
"""All families of the tree."""


def reduction(fidelity: str, side: int) -> Reduction:
    """Of a named fidelity, on images of one channel in ten classes."""
    preset = FIDELITIES[fidelity]
    return Reduction(preset.width, preset.depth, Input(1, side), 10)


@cache
def found(name: str, count: int) -> tuple[Arch, ...]:
    """Networks of a space at the budget, drawn uniformly."""
    known = tables(space(name))
    (paths,) = samples(known, [limit("4GFLOPs", 0.01)], count, seed=1)
    return tuple(map(parse, known.sentences(paths)))


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize(("fidelity", "side"), IMAGES)
def test_what_is_found_in_a_space_has_a_proxy_of_the_common_cost(name: str, fidelity: str, side: int) -> None:
    kept = reduction(fidelity, side)
    macs = common_macs(BUDGET, kept)
    for arch in found(name, 4):
        check(proxy_of(arch, kept, macs), kept, macs)


@pytest.mark.parametrize(("fidelity", "side"), IMAGES)
def test_every_family_has_a_proxy_of_the_common_cost(fidelity: str, side: int) -> None:
    kept = reduction(fidelity, side)
    macs = common_macs(BUDGET, kept)
    for text in MIXED:
        check(proxy_of(parse(text), kept, macs), kept, macs)


def check(proxy: Arch, kept: Reduction, macs: int) -> None:
    """It is a network at the common cost, on the images it is to be trained on."""
    assert abs(cost(proxy).macs / macs - 1) <= 0.05
    assert parse(str(proxy)) == proxy
    assert (proxy.input, proxy.head.classes) == (kept.input, 10)


def families(arch: Arch) -> list[type[Block]]:
    """The kinds of blocks, one by one."""
    return [type(stage.block) for stage in arch.stages for _ in range(stage.depth)]


def test_a_proxy_keeps_what_a_candidate_is_made_of() -> None:
    kept = Reduction(1 / 4, 1.0, Input(1, 28), 10)
    for arch in map(parse, MIXED):
        assert families(proxy_of(arch, kept, common_macs(BUDGET, kept))) == families(arch)
    proxy = proxy_of(parse("resnext50_32x4d"), kept, common_macs(BUDGET, kept))
    assert [stage.depth for stage in proxy.stages] == [3, 4, 6, 3]
    assert all("grouped(32)" in str(stage) for stage in proxy.stages)


@pytest.mark.parametrize(
    "name",
    ["resnet50", "resnet18", "vgg11", "densenet121", "dpn68", "hardnet68", "mobilenetv2", "googlenet", "seresnet50"],
)
def test_at_its_own_size_a_network_is_its_own_proxy(name: str) -> None:
    arch = parse(name)
    assert proxy_of(arch, Reduction(1.0, 1.0, Input(3, 224), 1000), cost(arch).macs) == arch


def test_the_common_cost_is_that_of_the_proxy_of_the_ladders_network() -> None:
    kept = reduction("quick", 28)
    assert common_macs(BUDGET, kept) == cost(reduced(parse("resnet50"), kept)).macs == 7_309_376
    assert common_macs(10**9, kept) < common_macs(2 * 10**9, kept) < common_macs(BUDGET, kept)


@pytest.mark.parametrize(
    ("macs", "why"),
    [
        (5_000, r"the smallest network costs 0\.00787 MFLOPs, more than the 0\.005 MFLOPs asked for"),
        (9_000, r"the nearest is -12\.6% off; choose a larger --fidelity"),
    ],
)
def test_a_cost_that_integers_do_not_reach_is_refused(macs: int, why: str) -> None:
    """The stem costs 6,272 multiply-adds, blocks and head of n channels 16 (72 n + 27 n^2) + 10 n: 1,594, 4,052, ..."""
    arch = parse("input(1, 8) > conv_stem(8, pool=false) > 4*vgg(8) > head(10)")
    with pytest.raises(SpaceError, match=rf"^'input\(1, 8\) > .*' has no proxy of .* MFLOPs: {why}$"):
        proxy_of(arch, Reduction(1.0, 1.0, arch.input, 10), macs)


def test_images_that_are_too_small_are_said_to_be() -> None:
    with pytest.raises(SpaceError, match=r"stage4\.block1: a window of 2 does not fit a map of 1 with padding 0$"):
        proxy_of(parse("vgg11"), reduction("tiny", 8), common_macs(BUDGET, reduction("tiny", 8)))


def block(text: str) -> Block:
    """As a sentence writes it."""
    return parse(f"conv_stem(16) > {text}").stages[0].block


@pytest.mark.parametrize(
    ("text", "half"),
    [
        ("vgg(64)", "vgg(32)"),
        ("bottleneck(64, 256, involution(7, group_width=8))", "bottleneck(32, 128, involution(7, group_width=8))"),
        ("dual_path(96, 256, 16, grouped(32))", "dual_path(48, 128, 8, grouped(32))"),
        ("hard_block(16, 20, 256)", "hard_block(16, 10, 128)"),
        ("inverted_residual(64, 6)", "inverted_residual(32, 6)"),
        ("xception([512, 30])", "xception([256, 15])"),
        (
            "inception([[conv(96, 1), fork([[conv(24, [1, 3])], [conv(48, 5)]])], [max_pooling(3), conv(3, 1)]])",
            "inception([[conv(48, 1), fork([[conv(12, [1, 3])], [conv(24, 5)]])], [max_pooling(3), conv(2, 1)]])",
        ),
    ],
)
def test_widths_are_scaled_wherever_they_stand_and_nothing_else_is(text: str, half: str) -> None:
    assert str(resized_part(block(text), 1 / 2)) == half


def test_the_numbers_of_channels_of_a_part_are_those_within_it_too() -> None:
    assert list(channels(block("inception([[conv(96, 1), conv(208, 3)], [max_pooling(3), conv(64, 1)]])"))) == [
        96,
        208,
        64,
    ]
    assert list(channels(block("bottleneck(64, 256, hierarchical(4), squeeze_excite)"))) == [64, 256]
    assert list(channels(block("xception([512, 30])"))) == [512, 30]


def test_a_gate_on_few_channels_squeezes_them_to_one() -> None:
    """Growth rates of 5 or so cannot be reduced 16 times; widths of the whole block must not grow for that."""
    arch = parse("input(1, 28) > conv_stem(8) > 3*dense_layer(32, squeeze_excite) > 2*basic(64)/2 > head(10)")
    small = stretched(Draft.of(arch), cost(arch).macs // 16, tolerance=0.05).arch
    layer = small.stages[0].block
    assert "squeeze_excite(reduction=" in str(layer)
    rate = next(channels(layer))
    assert rate < 16
    assert rate // layer.gate.reduction == 1  # type: ignore[attr-defined]
