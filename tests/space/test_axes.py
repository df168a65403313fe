"""Every axis is read as it was put; the papers' settings and planes come out; any budget has a plan."""

from itertools import product
from typing import Literal

import pytest
from hypothesis import given, settings, strategies as st

from space import SpaceError, cost, parse
from space.axes import AXES, Axis, axes, yielding
from space.base import NEAR, SPLIT, base_of
from space.budget import budget
from space.draft import Draft
from space.middle import inner, step
from space.plan import EXACT, FARTHEST, Plan, plan
from tests.conftest import ROOT

FOUR = budget("4GFLOPs")


def names(it: Plan) -> list[str]:
    return [setting.name for setting in it.settings]


@given(st.data(), st.sampled_from(list(AXES.values())))
def test_an_axis_reads_what_it_has_put(data: st.DataObject, own: Axis) -> None:
    base = Draft.of(parse(data.draw(st.sampled_from(own.ladder))))
    value = data.draw(st.sampled_from((26, 50, 101) if own.name == "depth" else (1, 2, 3, 4, 8)))
    moved = own.put(base, value)
    assert own.read(moved) == value
    assert own.put(moved, own.read(base)) == base


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("match", ["paper", "exact"])
def test_a_settings_network_has_its_value(axis: str, match: Literal["paper", "exact"]) -> None:
    for setting in plan(FOUR, [axis], match=match).settings:
        value = setting.value if isinstance(setting.value, int) else setting.value[0]
        assert AXES[axis].read(Draft.of(setting.arch)) == value


def test_scale_at_4_gflops_is_res2nets_table_3() -> None:
    it = plan(FOUR, ["scale"])
    assert names(it) == ["64w1s", "48w2s", "26w4s", "14w8s"]
    assert [s.arch for s in it.settings] == [parse(n) for n in ("resnet50", "48w2s", "26w4s", "14w8s")]
    assert it.settings[2].cost.macs == 4255166464


def test_scale_and_cardinality_span_res2next() -> None:
    it = plan(FOUR, ["scale", "cardinality"], base="resnet50", values=(1, 4))
    assert {"64w1s1c", "26w4s1c"} <= set(names(it))
    assert plan(FOUR, ["scale"], base="res2next50_4w4s8c", values=(4,)).settings[0].arch == parse("res2next50_4w4s8c")
    eight = plan(FOUR, ["cardinality"], base="res2net50_26w4s", values=(8,))
    assert eight.settings[0].arch == parse("res2next50_4w4s8c")


def test_growth_rate_moves_the_depth_of_dense_blocks_and_the_stem_with_it() -> None:
    it = plan(FOUR, ["growth-rate"])
    assert (it.base_name, it.against) == ("densenet201", "depth")
    assert it.base in [setting.arch for setting in it.settings]
    assert names(it)[-1] == "3-8-29-18 k48"
    assert str(it.settings[-1].arch).startswith("conv_stem(96) > 3*dense_layer(48) > 1*transition/2 > 8*")
    assert all(abs(setting.base_error) < 0.01 for setting in it.settings)


CASES = {
    "cardinality": (1, 2, 4, 8, 16, 32),
    "radix": (0, 1, 2, 3, 4),
    "scale": tuple(range(1, 9)),
    "growth-rate": tuple(range(12, 49)),
    "depth": (26, 50, 101, 152),
}


@pytest.mark.parametrize(("axis", "values"), CASES.items())
def test_exact_matching_meets_a_thousandth_of_the_budget(axis: str, values: tuple[int, ...]) -> None:
    """How long it takes is measured in tests/bench/solve.py."""
    it = plan(FOUR, [axis], values=values, match="exact")
    assert all(abs(setting.budget_error) <= EXACT for setting in it.settings)
    assert len(it.settings) == len(values) * (3 if axis == "radix" else 1)


def test_radix_by_cardinality_is_met_everywhere_threes_included() -> None:
    it = plan(FOUR, ["radix", "cardinality"], values=(0, 1, 2, 3, 4), across=(1, 2, 3, 4), match="exact")
    assert all(abs(setting.budget_error) <= EXACT for setting in it.settings)
    assert [setting.value for setting in it.settings] == list(product((0, 1, 2, 3, 4), (1, 2, 3, 4)))


def test_where_whole_blocks_come_no_nearer_the_plan_says_of_how_many_it_is_the_nearest() -> None:
    it = plan(FOUR, ["width"], match="exact")
    off = [setting for setting in it.settings if abs(setting.budget_error) > EXACT]
    assert off
    assert all("the nearest of" in setting.proof for setting in off)
    assert not any(setting.proof for setting in it.settings if setting not in off)


@pytest.mark.parametrize("axis", ["cardinality", "radix", "scale"])
def test_widths_are_multiples_of_what_the_hardware_wants_and_the_blocks_need(axis: str) -> None:
    for setting in plan(FOUR, [axis], match="exact", multiple=8).settings:
        blocks = [stage.block for stage in setting.arch.stages]
        assert all(inner(b) % 8 == 0 and inner(b) % step(b) == 0 for b in blocks)
        assert abs(setting.budget_error) <= EXACT


@pytest.mark.parametrize(
    ("asked", "order", "against"),
    [
        (["radix"], ("radix", "cardinality"), "width"),
        (["cardinality", "radix"], ("radix", "cardinality"), "width"),
        (["depth", "cardinality"], ("cardinality", "depth"), "width"),
        (["cardinality", "scale"], ("scale", "cardinality"), "width"),
        (["cardinality", "width"], ("cardinality", "width"), "depth"),
        (["cardinality", "growth-rate"], ("growth-rate", "cardinality"), "depth"),
        (["scale", "radix"], ("radix", "scale"), "width"),
    ],
)
def test_two_axes_span_a_plane_that_something_gives_way_to(
    asked: list[str], order: tuple[str, ...], against: str
) -> None:
    assert tuple(axis.name for axis in axes(asked)) == order
    assert yielding(axes(asked), None) == against
    it = plan(FOUR, asked)
    assert it.axis == order
    assert len(it.settings) >= 6
    for setting in it.settings:
        read = [AXES[name].read(Draft.of(setting.arch)) for name in order]
        assert read == list(setting.value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "base", ["preresnet50", "seresnet50", "resnext50_32x4d", "resnet50d", "res2net50_26w4s", "dpn92", "senet154"]
)
def test_cardinality_moves_every_family_of_bottlenecks(base: str) -> None:
    native = budget(str(cost(parse(base)).macs))
    assert plan(native, ["cardinality"], base=base, values=(1, 2), match="exact").settings
    own = AXES["cardinality"].read(Draft.of(parse(base)))
    assert plan(native, ["cardinality"], base=base, values=(own,)).settings[0].arch == parse(base)


def test_separate_branches_are_moved_as_the_grouped_convolution_is() -> None:
    form = plan(FOUR, ["cardinality"], base="resnext50_32x4d_form_b", values=(2, 4))
    assert names(form) == ["2x40d", "4x24d"]


@pytest.mark.parametrize("text", ["4GFLOPs", "4.3GFLOPs", "3.8GFLOPs"])
def test_near_a_network_of_the_ladder_it_is_the_base_itself(text: str) -> None:
    assert plan(budget(text), ["cardinality"]).base == parse("resnet50")


@given(st.floats(1e7, 2e11), st.sampled_from(["cardinality", "scale", "radix"]))
@settings(max_examples=30)
def test_elsewhere_every_width_is_multiplied_and_the_depth_is_kept(macs: float, axis: str) -> None:
    base = base_of(budget(f"{macs:.0f}"), AXES[axis], None, None)
    ladder = parse(base.network)
    assert [s.depth for s in base.arch.stages] == [s.depth for s in ladder.stages]
    assert cost(base.arch).macs == pytest.approx(macs, rel=NEAR)
    for own, new in zip(ladder.stages, base.arch.stages, strict=True):
        assert new.block.out == pytest.approx(
            base.factor * own.block.out, abs=(SPLIT if axis == "radix" else 1) / 2 + 1e-6
        )  # type: ignore[attr-defined]
    if base.factor != 1:
        assert base.name == f"{base.network} with every width x {base.factor:.3g}"


@given(
    st.floats(1e7, 2e11),
    st.sampled_from([*AXES, "depth,cardinality", "scale,cardinality"]),
    st.sampled_from([32, 97, 224, 512]),
    st.sampled_from(["paper", "exact"]),
)
@settings(max_examples=40, deadline=None)
def test_any_budget_axis_and_resolution_has_a_plan_that_keeps_its_promise_or_one_line(
    macs: float, axis: str, resolution: int, match: Literal["paper", "exact"]
) -> None:
    it: Plan | None
    lines: list[str] = []
    try:
        it = plan(budget(f"{macs:.0f}"), axis.split(","), resolution=resolution, match=match)
    except SpaceError as error:
        lines = str(error).splitlines()
        it = None
    assert (it and it.settings) or len(lines) == 1
    for setting in it.settings if it else ():
        assert cost(setting.arch) == setting.cost
        if match == "paper":
            assert abs(setting.base_error) <= FARTHEST
        else:
            assert abs(setting.budget_error) <= EXACT or "the nearest of" in setting.proof


@pytest.mark.parametrize("text", ["10MFLOPs", "1GFLOPs", "20GFLOPs", "200GFLOPs"])
@pytest.mark.parametrize("axis", AXES)
def test_from_10_mflops_to_200_gflops_every_axis_has_settings(axis: str, text: str) -> None:
    assert len(plan(budget(text), [axis]).settings) >= 2


def test_a_named_base_is_brought_to_the_budget_only_where_it_is_matched_exactly() -> None:
    assert plan(FOUR, ["cardinality"], base="resnet101").base == parse("resnet101")
    exact = plan(FOUR, ["cardinality"], base="resnet101", match="exact")
    assert exact.base_name == "resnet101 with every width x 0.713"
    assert [s.depth for s in exact.base.stages] == [3, 4, 23, 3]


@pytest.mark.parametrize("text", ["600MFLOPs", "2.5GFLOPs", "40GFLOPs", "200GFLOPs"])
def test_radix_splits_the_widths_of_any_base(text: str) -> None:
    """Every setting of the plane has its network: widths are multiples of four."""
    it = plan(budget(text), ["radix"])
    assert not it.left_out
    assert len(it.settings) == 12


def test_the_page_of_budgets_has_every_axis_with_its_values() -> None:
    page = (ROOT / "docs" / "budgets.md").read_text()
    for axis in AXES.values():
        alone = "–" if axis.name == "radix" else ", ".join(map(str, axis.values))  # radix alone spans a plane
        against = ", or ".join(axis.against)
        assert f"\n| {axis.name} | {alone} | {', '.join(map(str, axis.grid))} | {against} |" in page
