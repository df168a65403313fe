"""What the papers measured stands beside a run only where it is about the same networks."""

from dataclasses import replace
from typing import Any

import pytest

from analysis.published import published, published_for
from analysis.recipe import Recipe
from space import cost, parse
from space.budget import budget
from space.plan import Match, plan
from tests.analysis.runs import RADIX_PLANE, a_plane, a_recipe, a_setting


def test_cardinality_has_table_3_at_both_depths() -> None:
    at_50, at_101 = published_for(a_recipe()), published_for(a_recipe(base="resnet101"))
    assert at_50
    assert at_50.errors == {"1x64d": 23.9, "2x40d": 23.0, "4x24d": 22.6, "8x14d": 22.3, "32x4d": 22.2}
    assert "1611.05431" in at_50.source
    assert at_101
    assert at_101.errors == {"1x64d": 22.0, "2x40d": 21.7, "4x24d": 21.4, "8x14d": 21.3, "32x4d": 21.2}


@pytest.mark.parametrize("axis", [("radix", "cardinality"), ("cardinality", "radix")])
def test_the_radix_plane_has_the_seven_settings_of_the_ablation(axis: tuple[str, ...]) -> None:
    found = published_for(a_recipe(RADIX_PLANE, axis=axis, base="resnest50_fast_1s1x64d"))
    assert found
    assert found.errors == {
        "1s1x64d": 19.67, "2s1x64d": 19.47, "4s1x64d": 19.24, "1s2x40d": 19.41, "2s2x40d": 19.39, "4s2x40d": 18.86,
        "1s4x24d": 19.01,
    }  # fmt: skip


def test_table_4_stands_beside_the_doubled_budget() -> None:
    doubled = plan(budget("15GFLOPs"), ["cardinality"], base="resnext101_64x4d", values=(1, 2, 64))
    names = {int(str(setting.value)): setting.name for setting in doubled.settings}
    found = published_for(a_recipe(names, base=doubled.base_name))
    assert found
    assert found.table == "ResNeXt Table 4"
    assert found.errors == {"1x100d": 21.3, "2x64d": 20.7, "64x4d": 20.4}


def test_every_row_along_an_axis_stands_beside_the_run_on_it() -> None:
    for (axis, base), rows in published()[lambda t: t["axis"] != ""].groupby(["axis", "base"], sort=False):
        parse(base)
        axes, settings = tuple(axis.split(" x ")), rows["setting"].tolist()
        names = {(index,) * len(axes) if len(axes) > 1 else index: name for index, name in enumerate(settings, 1)}
        found = published_for(a_recipe(names, axis=axes, base=base))
        assert found
        assert list(found.errors) == settings


@pytest.mark.parametrize(
    ("axes", "table", "errors"),
    [
        (["scale"], "Res2Net Table 3", {"64w1s": 23.85, "48w2s": 22.68, "26w4s": 22.01, "14w8s": 21.86}),
        (["cardinality", "depth"], "ResNeXt Table 3",
         {"3-4-6-3 1x64d": 23.9, "3-4-6-3 2x40d": 23.0, "3-4-6-3 4x24d": 22.6}),
    ],
)  # fmt: skip
def test_a_run_finds_its_counterpart_by_the_networks_it_is_about(
    axes: list[str], table: str, errors: dict[str, float]
) -> None:
    planned = plan(budget("4GFLOPs"), axes)
    settings = [replace(a_setting(s.value, s.name, 4 * 10**9), sentence=str(s.arch)) for s in planned.settings]
    recipe = a_recipe({}, axis=tuple(axes), base=planned.base_name)
    found = published_for(replace(recipe, settings=tuple(settings)))
    assert found
    assert found.table == table
    assert errors.items() <= found.errors.items()


@pytest.mark.parametrize("axis", ["cardinality", "scale", "radix"])
def test_exact_matching_stands_beside_the_same_settings_at_the_papers_widths(axis: str) -> None:
    by_rule, exact = (recipe_of(axis, match=match) for match in ("paper", "exact"))
    found, published = published_for(exact), published_for(by_rule)
    assert found
    assert published
    assert found.table == f"{published.table}, at the paper's widths"
    paper, own = ({s.setting: s.value for s in recipe.settings} for recipe in (by_rule, exact))
    assert {own[name]: error for name, error in found.errors.items()} == {
        paper[name]: error for name, error in published.errors.items()
    }


@pytest.mark.parametrize("change", [{"match": "paper"}, {"against": "depth"}, {"resolution": 160}])
def test_exact_matching_stands_beside_no_other_question(change: dict[str, Any]) -> None:
    exact = recipe_of("cardinality", match="exact")
    assert published_for(exact)
    assert published_for(replace(exact, **change)) is None
    far = [replace(setting, base_error=0.2) for setting in exact.settings]
    assert published_for(replace(exact, settings=tuple(far))) is None


def recipe_of(axis: str, *, match: Match) -> Recipe:
    """Of the plan at 4 GFLOPs."""
    planned = plan(budget("4GFLOPs"), [axis], match=match)
    settings = [
        replace(a_setting(s.value, s.name, s.cost.macs), sentence=str(s.arch), base_error=s.base_error)
        for s in planned.settings
    ]
    recipe = a_recipe({}, axis=planned.axis, base=planned.base_name, match=match)
    return replace(recipe, settings=tuple(settings))


@pytest.mark.parametrize(
    "recipe",
    [
        a_recipe(axis=("depth",)),
        a_recipe(axis=("width",)),
        a_recipe(base="resnet152"),
        a_recipe({1: "1x64d", 3: "3x31d"}),
        a_recipe({}),
        replace(a_plane(), base="resnet50"),
    ],
)
def test_nothing_published_is_nothing(recipe: Recipe) -> None:
    assert published_for(recipe) is None


def test_no_number_is_from_memory() -> None:
    rows = published()
    assert not rows["source"].str.contains("memory|unverified|seed 0").any()
    assert rows["value"].notna().all()


def test_the_papers_are_there() -> None:
    tables = " ".join(published()["table"].unique())
    for paper in ("ResNet", "WRN", "ResNeXt", "SENet", "ResNeSt", "DenseNet", "DPN", "HarDNet", "Bag of Tricks",
                  "Res2Net", "involution", "Keras", "Xception"):  # fmt: skip
        assert paper in tables
    assert {f"ResNeXt Table {number}" for number in (2, 3, 4, 5)} <= set(published()["table"])


def test_named_networks_have_the_parameters_their_papers_print() -> None:
    """Within what a printed digit or two can say; Keras counts moving statistics, and one weight file an extra head."""
    rows = published()[lambda t: (t["network"] != "") & t["params_m"].notna()]
    rows = rows[(rows["table"] != "Keras applications") & ~rows["model"].str.contains("aux")]
    assert len(rows) > 200
    for row in rows.drop_duplicates(["network", "params_m"]).itertuples():
        assert cost(parse(row.network)).params / 1e6 == pytest.approx(row.params_m, rel=0.03, abs=0.06), row


UNITS = {  # what the words of a metric end with, and between what such numbers are
    "error %": (2, 46), "accuracy %": (60, 98), "reduction %": (29, 46), "AP": (26, 31), "AP@0.5": (47, 52),
    "(M elements)": (4, 45), "(M)": (1, 11), "x1e6": (25, 26), "x1e9": (4, 5), ", G)": (1, 12), "GFLOPS": (15, 16),
    "runtime ms": (100, 180), "size MB": (10, 600), "memory MB": (1000, 6000), "s per mini-batch": (0.1, 0.2),
    "(=C*d)": (64, 128), "depth (Keras topological depth)": (20, 600),
}  # fmt: skip
ONE_NUMBER = ["table", "model", "notation", "resolution", "data", "metric", "how"]


def test_every_number_has_its_unit_and_stands_once() -> None:
    rows = published()
    for metric, values in rows.groupby("metric")["value"]:
        (bounds,) = (bounds for unit, bounds in UNITS.items() if str(metric).endswith(unit))
        assert values.between(*bounds).all(), metric
    assert rows["params_m"].dropna().between(0.05, 900).all()
    assert rows["gmacs"].dropna().between(0.1, 200).all()
    assert not rows.duplicated(ONE_NUMBER).any()


def test_every_source_can_be_looked_up() -> None:
    """A paper by its number, a repository by its commit, a release by its version, or a page by its name."""
    sources = published()["source"]
    found = sources.str.contains(r"arXiv:\d{4}\.\d{5}|@[0-9a-f]{7} |torchvision \d|Keras applications documentation")
    assert found.all(), sources[~found].unique()


def test_the_class_among_five_is_missed_less_often_than_the_first() -> None:
    rows = published()
    errors = rows["value"].where(~rows["metric"].str.contains("accuracy"), 100 - rows["value"])
    keyed = rows.assign(error=errors).set_index([*ONE_NUMBER[:5], "how"])
    kinds = {k: keyed[keyed["metric"].isin([f"top-{k} error %", f"top-{k} accuracy %"])]["error"] for k in (1, 5)}
    both = kinds[1].to_frame("first").join(kinds[5].to_frame("five"), how="inner")
    assert len(both) > 100
    assert (both["first"] > both["five"]).all()


COUNTERPARTS = {
    ("4GFLOPs", "cardinality"): "ResNeXt Table 3", ("8GFLOPs", "cardinality"): "ResNeXt Table 3",
    ("4GFLOPs", "radix"): "ResNeSt ablation",
    ("4GFLOPs", "scale"): "Res2Net Table 3", ("8GFLOPs", "scale"): "Res2Net Table 2",
    # no paper varies these at a constant cost
    ("4GFLOPs", "growth-rate"): None, ("4GFLOPs", "width"): None, ("4GFLOPs", "depth"): None,
}  # fmt: skip


@pytest.mark.parametrize(("budget_axis", "table"), COUNTERPARTS.items())
def test_a_run_along_each_axis_finds_the_table_there_is(budget_axis: tuple[str, str], table: str | None) -> None:
    amount, axis = budget_axis
    planned = plan(budget(amount), [axis])
    settings = [replace(a_setting(s.value, s.name, 4 * 10**9), sentence=str(s.arch)) for s in planned.settings]
    recipe = a_recipe({}, axis=planned.axis, base=planned.base_name)
    found = published_for(replace(recipe, settings=tuple(settings)))
    assert (found.table if found else None) == table
    assert not found or set(found.errors) <= {setting.name for setting in planned.settings}
