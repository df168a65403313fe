"""Plans: the papers' settings come out of the rules, and proxies cost the same."""

import math
from itertools import combinations, product
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from analysis.record import Run
from search.presets import FIDELITIES
from space import SpaceError, cost, parse
from space.arch import Input
from space.axes import AXES
from space.axes.extent import at_width
from space.axes.paper import block_macs, keep_block, nearest
from space.budget import budget, shown
from space.draft import Draft
from space.families.resnet import Bottleneck, Grouped
from space.middle import inner, middle
from space.plan import Match, Plan, Setting, plan
from space.proxy import TOLERANCE, Reduction, proxies, reduced
from space.solve import round_depths, solve_widths
from tests.committed import AXIS_RUNS

FOUR = budget("4GFLOPs")
SMALL = Reduction(width=1 / 4, depth=1 / 3, input=Input(1, 28), classes=10)


def point(setting: Setting) -> tuple[int, ...]:
    assert isinstance(setting.value, tuple)
    return setting.value


def names(it: Plan) -> list[str]:
    return [setting.name for setting in it.settings]


@pytest.mark.parametrize(
    ("text", "macs"),
    [
        ("4GFLOPs", 4 * 10**9),
        ("4.1 GFLOPs", 4_100_000_000),
        ("800MFLOPs", 8 * 10**8),
        ("4e9", 4 * 10**9),
        ("4gmacs", 4 * 10**9),
        ("4000000000", 4 * 10**9),
        (".5TFLOP", 5 * 10**11),
        ("12kMAC", 12_000),
    ],
)
def test_amounts_are_read_as_the_field_writes_them(text: str, macs: int) -> None:
    assert budget(text).macs == macs


@pytest.mark.parametrize(
    "text", ["4GF", "-1GFLOPs", "0", "", "GFLOPs", "4 G", "1e99", "nan", "inf", "4GFLOPs!", "4" * 50]
)
def test_what_is_no_amount_is_quoted(text: str) -> None:
    with pytest.raises(SpaceError, match="write") as caught:
        budget(text)
    assert repr(text)[:20] in str(caught.value)


@given(st.integers(1, 10**15))
def test_shown_amounts_are_right_to_half_a_percent(macs: int) -> None:
    assert macs < 10**4 or budget(shown(macs)).macs == pytest.approx(macs, rel=5e-3)


def test_cardinality_at_4_gflops_is_resnexts_table() -> None:
    it = plan(FOUR, ["cardinality"])
    assert names(it) == ["1x64d", "2x40d", "4x24d", "8x14d", "16x8d", "32x4d"]
    macs = {setting.name: setting.cost.macs for setting in it.settings}
    del macs["16x8d"]  # not in the paper
    assert list(macs.values()) == [4089184256, 4124508160, 4159832064, 4267409408, 4230479872]
    assert it.base_name == "resnet50"
    assert it.settings[0].base_error == 0
    assert it.settings[3].base_error == pytest.approx(0.0436, abs=5e-5)
    assert it.settings[3].budget_error == pytest.approx(0.0669, abs=5e-5)


def test_the_same_rule_gives_resnext_101() -> None:
    for it in (plan(FOUR, ["cardinality"], base="resnet101"), plan(budget("8GFLOPs"), ["cardinality"])):
        found = {setting.name: setting.arch for setting in it.settings}
        for name in ("1x64d", "2x40d", "4x24d", "8x14d", "32x4d"):
            assert found[name] == parse(f"resnext101_{name}")


def test_radix_at_4_gflops_holds_resnests_ablation() -> None:
    it = plan(FOUR, ["radix"])
    assert len(it.settings) == 12
    assert it.axis == ("radix", "cardinality")
    found = {setting.name: setting for setting in it.settings}
    for name in ("1s1x64d", "2s1x64d", "4s1x64d", "1s2x40d", "2s2x40d", "4s2x40d", "1s4x24d"):
        assert found[name].arch == parse(f"resnest50_fast_{name}")
    assert found["4s2x40d"].value == (4, 2)
    assert found["2s1x64d"].cost.params == 27483240
    assert found["1s4x24d"].cost.params == 25677000
    assert names(plan(FOUR, ["cardinality", "radix"])) == names(it)


@given(st.sampled_from((1, 2, 3, 4, 6, 8, 16, 32, 64)), st.sampled_from((64, 128, 256)), st.integers(8, 80))
@settings(max_examples=40)
def test_the_papers_rule_minimises_the_difference(cardinality: int, out: int, channels: int) -> None:
    """No width anywhere near is closer, and the block is C(out·d + 9d² + d·out)."""

    def macs(d: int) -> int:
        return block_macs(Bottleneck(cardinality * d, out, Grouped(cardinality)))

    target = block_macs(Bottleneck(channels, out))
    assert macs(5) == cardinality * (5 * out + 9 * 25 + 5 * out)
    best = nearest(macs, target)
    errors = {d: abs(macs(d) - target) for d in range(1, channels + 2)}
    assert errors[best] == min(errors.values())
    assert all(error > errors[best] for d, error in errors.items() if d < best)


@given(st.data(), st.sampled_from((1, 2, 4)))
@settings(max_examples=40)
def test_the_bases_own_cardinality_gives_the_base(data: st.DataObject, groups: int) -> None:
    """Whatever its widths and outputs are."""
    widths = data.draw(st.lists(st.integers(1, 12), min_size=1, max_size=4))
    outs = data.draw(st.lists(st.integers(8, 64), min_size=len(widths), max_size=len(widths)))
    pairs = zip(widths, outs, strict=True)
    stages = " > ".join(f"2*bottleneck({groups * w}, {out}, grouped({groups}))/2" for w, out in pairs)
    base = parse(f"conv_stem(8) > {stages}")
    put = AXES["cardinality"].put(Draft.of(base), groups)
    assert keep_block(Draft.of(base), put).arch() == base
    assert at_width(Draft.of(base), widths[0]).arch() == base


@pytest.mark.parametrize(("axis", "against"), [("width", "depth"), ("depth", "width"), ("cardinality", "depth")])
def test_what_gives_way_brings_the_cost_back_to_the_base(axis: str, against: str) -> None:
    it = plan(FOUR, [axis], against=against)
    assert all(abs(setting.base_error) < 0.03 for setting in it.settings), [s.base_error for s in it.settings]
    assert it.base in [setting.arch for setting in it.settings]


@pytest.mark.parametrize("axis", AXES)
def test_every_default_value_has_a_setting(axis: str) -> None:
    it = plan(FOUR, [axis])
    assert len({setting.arch for setting in it.settings}) == len(it.settings)
    assert all(setting.cost == cost(setting.arch) for setting in it.settings)


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("side", [8, 28, 32])
def test_proxies_of_a_run_cost_the_same(axis: str, side: int) -> None:
    it = plan(FOUR, [axis])
    found = proxies(it, Reduction(SMALL.width, SMALL.depth, Input(1, side), 10))
    macs = [cost(proxy).macs for proxy in found]
    assert max(macs) / min(macs) - 1 < 0.02
    assert len(set(found)) == len(it.settings)
    assert all(parse(str(proxy)) == proxy for proxy in found)


def test_a_proxy_keeps_the_axis_value() -> None:
    it = plan(FOUR, ["cardinality"])
    for setting, proxy in zip(it.settings, proxies(it, SMALL), strict=True):
        assert {middle(s.block).cardinality for s in proxy.stages} == {setting.value}
    dense = plan(FOUR, ["growth-rate"])
    rates = [AXES["growth-rate"].read(Draft.of(proxy)) for proxy in proxies(dense, SMALL)]
    assert len(set(rates)) == len(rates)
    assert rates == sorted(rates)
    deep = plan(FOUR, ["depth"])
    for setting, proxy in zip(deep.settings, proxies(deep, SMALL), strict=True):
        assert [s.depth for s in proxy.stages] == [s.depth for s in setting.arch.stages]


@pytest.mark.parametrize("folder", AXIS_RUNS, ids=lambda folder: folder.name)
def test_the_committed_runs_would_be_planned_and_reduced_as_they_were(folder: Path) -> None:
    """Byte for byte: else the same command would train them again."""
    recipe = Run.open(folder).recipe
    match: Match = "exact" if recipe.match == "exact" else "paper"
    it, kept = plan(budget(recipe.budget), recipe.axis, match=match), recipe.fidelity
    trained = proxies(it, Reduction(kept.width, kept.depth, Input(1, kept.resolution), 10))
    assert [(s.setting, s.sentence, s.proxy) for s in recipe.settings] == [
        (s.name, str(s.arch), str(proxy)) for s, proxy in zip(it.settings, trained, strict=True)
    ]


def test_the_whole_fidelity_is_the_network_itself() -> None:
    arch = parse("resnest50_fast_2s2x40d")
    assert reduced(arch, Reduction(1.0, 1.0, Input(3, 224), 1000)) == arch


def test_settings_that_would_share_a_proxy_are_refused() -> None:
    it = plan(FOUR, ["width"], values=(64, 65))
    with pytest.raises(SpaceError, match="the same proxy"):
        proxies(it, Reduction(1 / 256, 1 / 4, Input(1, 8), 10))


COMBINATIONS = [(axis.name, against) for axis in AXES.values() for against in axis.against]


@pytest.mark.parametrize("fidelity", ["tiny", "quick", "medium"])
@pytest.mark.parametrize(("axis", "against"), COMBINATIONS)
def test_every_question_has_proxies(axis: str, against: str, fidelity: str) -> None:
    preset = FIDELITIES[fidelity]
    for match in ("paper", "exact"):
        it = plan(FOUR, [axis], against=against, match=match)  # type: ignore[arg-type]
        for side in (8, 28) if axis == "growth-rate" else (8, 28, 32):
            image = Input(1, min(side, preset.resolution))
            found = proxies(it, Reduction(preset.width, preset.depth, image, 10))
            macs = [cost(proxy).macs for proxy in found]
            assert max(macs) / min(macs) - 1 < 0.02


@given(st.sampled_from((1, 2, 4, 8)), st.floats(0.6, 1.6))
@settings(max_examples=20)
def test_widths_are_solved_to_the_tolerance_and_nearest_to_their_proportions(groups: int, factor: float) -> None:
    arch = parse(f"resnext26_{groups}x{64 // groups}d")
    solved = solve_widths(Draft.of(arch), round(factor * cost(arch).macs), tolerance=TOLERANCE).arch
    assert cost(solved).macs == pytest.approx(factor * cost(arch).macs, rel=TOLERANCE)
    ratios = [inner(a.block) / inner(b.block) for a, b in zip(solved.stages, arch.stages, strict=True)]
    assert max(ratios) / min(ratios) < 1.35


def test_solving_for_the_own_cost_changes_nothing() -> None:
    for name in ("resnet50", "32x4d", "2s2x40d"):
        arch = parse(name)
        assert solve_widths(Draft.of(arch), cost(arch).macs, tolerance=1e-6).arch == arch
        assert round_depths(Draft.of(arch), cost(arch).macs) == arch


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"axis": ["colour"]}, "'colour' is no axis; write cardinality, width, depth, radix"),
        ({"axis": ["width", "depth"]}, "width x depth is no plane: no dimension gives way to both"),
        ({"axis": ["radix", "scale", "depth"]}, "a plane has two axes"),
        ({"axis": ["cardinality"], "against": "radix"}, "'radix' does not give way to cardinality"),
        ({"axis": ["cardinality"], "values": (0,)}, "cardinality 0 is not possible"),
        ({"axis": ["cardinality"], "values": (1000,)}, "fits no width: even 1000x1d costs 521000"),
        ({"axis": ["cardinality"], "values": (2, 2)}, "value 2 is given twice"),
        ({"axis": ["cardinality"], "values": (3,), "against": "depth"}, "64 channels are not divisible by 3 groups"),
        ({"axis": ["radix"], "values": (3,)}, r"not divisible by 3 groups \(radix 3 × cardinality 1\)"),
        ({"axis": ["depth"], "values": (60,)}, "60 layers; write 14, 26, 50, 101, 152, 200"),
        ({"axis": ["width"], "values": (0,)}, "width 0 is not possible"),
        ({"axis": ["cardinality"], "base": "resnet18"}, "no width to solve for"),
        ({"axis": ["depth"], "base": "resnext29_8x64d_cifar"}, "the base has 3 stages"),
        ({"axis": ["width"], "base": "resnet200", "values": (1,)}, "is not possible at"),
        ({"axis": ["width"], "values": (64, 1000)}, "value 1000 does not hold the budget: .* 2874% more"),
        ({"axis": ["width"], "match": "exact", "multiple": 8}, "widths are not solved exactly"),
        ({"axis": ["scale"], "base": "senet154", "values": (2,)}, "takes neither radix nor scale"),
        ({"axis": ["scale"], "values": (0,)}, "scale 0 is not possible"),
        ({"axis": ["growth-rate"], "base": "resnet50"}, "has no growth rate"),
        ({"axis": ["growth-rate"], "values": (0,)}, "growth rate 0 is not possible"),
        ({"axis": ["cardinality"], "base": "densenet201"}, "the axes solve the widths of bottlenecks"),
        ({"axis": ["cardinality"], "base": "rednet50"}, "involution.* has no cardinality"),
        ({"axis": ["growth-rate"], "resolution": 8}, "densenet121 is not possible at 8 pixels"),
        ({"axis": ["cardinality"], "base": "nonsense"}, "no network is called 'nonsense'"),
    ],
)
def test_what_does_not_fit_is_said_with_its_numbers(arguments: dict[str, object], says: str) -> None:
    with pytest.raises(SpaceError, match=says):
        plan(FOUR, **arguments)  # type: ignore[arg-type]


def test_depth_is_solved_for_a_base_with_a_radix_too() -> None:
    it = plan(FOUR, ["depth"], base="resnest50_fast_2s1x64d")
    assert it.base in [setting.arch for setting in it.settings]


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("text", ["2GFLOPs", "3GFLOPs", "6GFLOPs", "14GFLOPs"])
def test_the_usual_values_never_refuse_a_budget_on_the_ladder(axis: str, text: str) -> None:
    """Of them those stay that hold the budget."""
    assert len(plan(budget(text), [axis]).settings) >= 2


def test_a_base_of_unlike_stages_is_refused() -> None:
    mixed = "conv_stem(64) > 3*bottleneck(64, 256, split_attention(2, 1)) > 2*bottleneck(128, 512)/2"
    with pytest.raises(SpaceError, match="stages differ in cardinality or radix"):
        plan(FOUR, ["cardinality"], base=mixed)


def test_values_are_those_of_the_axis_written_first() -> None:
    assert {s.value for s in plan(FOUR, ["cardinality", "radix"], values=(2,)).settings} == {
        (r, 2) for r in (0, 1, 2, 4)
    }
    assert {s.value for s in plan(FOUR, ["radix", "cardinality"], values=(2,)).settings} == {(2, c) for c in (1, 2, 4)}


@pytest.mark.parametrize("axes", [["cardinality", "radix"], ["radix", "cardinality"], ["radix"]])
def test_a_plane_may_have_values_of_both_its_axes(axes: list[str]) -> None:
    radices, cardinalities = (0, 2), (1, 4)
    values, across = (cardinalities, radices) if axes[0] == "cardinality" else (radices, cardinalities)
    it = plan(FOUR, axes, values=values, across=across)
    assert [s.value for s in it.settings] == [(0, 1), (0, 4), (2, 1), (2, 4)]
    assert not it.usual


def test_values_of_the_second_axis_need_a_second_axis_and_are_given_once() -> None:
    assert [s.value for s in plan(FOUR, ["radix"], across=(4,)).settings] == [(r, 4) for r in (0, 1, 2, 4)]
    with pytest.raises(SpaceError, match="cardinality is one axis, and values are given for two"):
        plan(FOUR, ["cardinality"], values=(1,), across=(2,))
    with pytest.raises(SpaceError, match="value 4 is given twice"):
        plan(FOUR, ["radix"], across=(4, 4))


def test_a_budget_that_no_network_is_as_small_as_is_refused() -> None:
    draft = Draft.of(parse("resnet50"))
    with pytest.raises(SpaceError, match="stem and head alone cost 120 MFLOPs, no less than the 100 MFLOPs"):
        round_depths(draft, 10**8)
    with pytest.raises(SpaceError, match="the smallest network costs 491 MFLOPs, more than the 400 MFLOPs"):
        solve_widths(draft, 4 * 10**8, tolerance=1e-3)


@pytest.mark.parametrize("pair", [pair for pair in combinations(AXES, 2) if pair != ("width", "depth")], ids=" x ".join)
@given(st.floats(0.3, 12))
@settings(max_examples=3, deadline=None)
def test_a_plane_is_a_whole_grid_or_none(pair: tuple[str, str], giga: float) -> None:
    """Its axes could not be told apart otherwise: what has gaps is left out, and said."""
    try:
        it = plan(budget(f"{giga:.3f}GFLOPs"), pair)
    except SpaceError:
        return
    columns = [sorted({point(setting)[axis] for setting in it.settings}) for axis in (0, 1)]
    assert min(map(len, columns)) > 1
    assert sorted(map(point, it.settings)) == sorted(product(*columns))
    assert len(it.settings) + len(it.left_out) == math.prod(len(AXES[name].grid) for name in it.axis)


def test_a_plane_of_one_column_is_none() -> None:
    with pytest.raises(SpaceError, match="span no plane; write values of both"):
        plan(budget("600MFLOPs"), ["cardinality", "width"])


def test_what_is_left_out_is_said() -> None:
    it = plan(budget("10MFLOPs"), ["cardinality"])
    assert [s.value for s in it.settings] == [1, 2, 4]
    assert [reason.split(":")[0] for reason in it.left_out] == ["8", "16", "32"]
    assert "fits no width" in it.left_out[0]
    assert not it.usual
    assert plan(FOUR, ["cardinality"]).usual
