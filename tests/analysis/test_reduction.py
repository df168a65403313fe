"""What was reduced is read off the sentences, so it is true of them."""

from dataclasses import replace

import pytest

from analysis.recipe import Recipe, RecordError, Setting
from analysis.reduction import reduction
from space import cost
from space.arch import Input
from space.budget import budget
from space.plan import plan
from space.proxy import Reduction, proxies
from tests.analysis.runs import a_recipe


def planned(axis: str, values: tuple[int, ...], against: str | None = None) -> Recipe:
    """A recipe with the proxies that a study would train."""
    asked = plan(budget("4GFLOPs"), [axis], against=against, values=values)
    trained = proxies(asked, Reduction(1 / 4, 1 / 3, Input(1, 28), 10))
    settings = tuple(
        Setting(
            value=one.value, setting=one.name, sentence=str(one.arch), macs=one.cost.macs, params=one.cost.params,
            activations=one.cost.activations, budget_error=0.0, base_error=0.0,
            proxy=str(proxy), proxy_macs=cost(proxy).macs, proxy_params=cost(proxy).params,
        )
        for one, proxy in zip(asked.settings, trained, strict=True)
    )  # fmt: skip
    return replace(a_recipe(axis=(axis,)), settings=settings)


def rows(recipe: Recipe) -> dict[str, tuple[str, str]]:
    return {what: (candidate, proxy) for what, candidate, proxy in reduction(recipe)}


def test_along_cardinality_depths_and_widths_shrink_and_bottlenecks_are_solved() -> None:
    found = rows(planned("cardinality", (1, 32)))
    assert found["image"] == ("3 channels of 224 × 224 pixels", "1 channel of 28 × 28 pixels")
    assert found["stem"] == ("conv_stem(64)", "conv_stem(16, pool=false)")
    assert found["blocks of each stage"] == ("3, 4, 6, 3", "1, 1, 2, 1")
    assert found["channels each stage hands on"] == ("256, 512, 1024, 2048", "64, 128, 256, 512")
    candidate, proxy = found["bottleneck width of each stage"]
    assert candidate == "64, 128, 256, 512 (1x64d) to 128, 256, 512, 1024 (32x4d)"
    assert proxy.endswith("(32x4d); solved so that all proxies cost the same")
    assert found["classes"] == ("1000", "10")


@pytest.mark.parametrize(("axis", "values", "against"), [("depth", (26, 50), None), ("cardinality", (1, 2), "depth")])
def test_where_the_axis_moves_depth_what_is_said_is_what_the_proxies_have(
    axis: str, values: tuple[int, ...], against: str | None
) -> None:
    recipe = planned(axis, values, against)
    candidate, proxy = rows(recipe)["blocks of each stage"]
    depths = [[part.strip().split("*")[0] for part in s.proxy.split(">") if "*" in part] for s in recipe.settings]
    assert proxy == "kept" or all(", ".join(one) in proxy for one in depths)
    same = all(
        [p.split("*")[0] for p in s.sentence.split(" > ") if "*" in p] == d
        for s, d in zip(recipe.settings, depths, strict=True)
    )
    assert (proxy == "kept") is same
    assert candidate


def test_the_candidates_image_is_the_one_they_are_costed_at() -> None:
    recipe = replace(planned("cardinality", (1, 2)), resolution=160)
    assert rows(recipe)["image"][0] == "3 channels of 160 × 160 pixels"


@pytest.mark.parametrize("field", ["sentence", "proxy"])
def test_a_sentence_that_is_none_is_one_line_with_its_place(field: str) -> None:
    recipe = a_recipe()
    broken = replace(recipe.settings[1], **{field: "bottleneck(\n"})
    with pytest.raises(RecordError, match=rf"^settings\[1\]\.{field}: ") as caught:
        reduction(replace(recipe, settings=(recipe.settings[0], broken)))
    assert "\n" not in str(caught.value)


def test_without_settings_the_training_is_said() -> None:
    assert [row.what for row in reduction(a_recipe({}))] == ["training"]


def test_networks_in_no_order_are_told_by_kind() -> None:
    recipe = planned("cardinality", (1, 4, 32))
    named = replace(recipe, axis=("network",), against="", match="")
    ours = "64, 128, 256, 512 (1x64d); 96, 192, 384, 768 (4x24d); 128, 256, 512, 1024 (32x4d)"
    assert rows(named)["bottleneck width of each stage"][0] == ours
    assert rows(named)["stem"] == rows(recipe)["stem"]
    first = named.settings[0]
    other = replace(first, setting="short", value=3, sentence=first.sentence.replace("6*", "5*"), proxy="resnet18")
    assert rows(replace(named, settings=(*named.settings, other)))["bottleneck width of each stage"][0].startswith(
        "64, 128, 256, 512 (1x64d and 1 more); 96,"
    )
