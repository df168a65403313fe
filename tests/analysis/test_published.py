"""What the papers measured stands beside a run only where it is about the same networks."""

import csv
from dataclasses import replace
from importlib.resources import files

import pytest

from analysis.published import published_for
from analysis.recipe import Recipe
from space import parse
from space.budget import budget
from space.plan import plan
from tests.analysis.runs import CARDINALITIES, RADIX_PLANE, a_plane, a_recipe


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


def test_every_published_row_is_of_a_network_and_is_read() -> None:
    rows = csv.DictReader(files("analysis").joinpath("published.csv").read_text().splitlines())
    tables: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        parse(row["base"])
        tables.setdefault((row["axis"], row["base"]), []).append(row["setting"])
    for (axis, base), settings in tables.items():
        axes = tuple(axis.split(" x "))
        names = {(index,) * len(axes) if len(axes) > 1 else index: name for index, name in enumerate(settings, 1)}
        found = published_for(a_recipe(names, axis=axes, base=base))
        assert found
        assert list(found.errors) == settings


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


def test_every_published_row_has_a_source_and_a_percentage() -> None:
    rows = list(csv.DictReader(files("analysis").joinpath("published.csv").read_text().splitlines()))
    assert {row["table"] for row in rows} == {
        "ResNeXt Table 3", "ResNeXt Table 4", "ResNeSt ablation", "Res2Net Table 3",
    }  # fmt: skip
    assert all(0 < float(row["value"]) < 100 and row["source"] for row in rows)
    assert set(CARDINALITIES.values()) <= {row["setting"] for row in rows}
