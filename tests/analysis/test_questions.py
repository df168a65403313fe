"""What a run asks, in one sentence."""

from dataclasses import replace

from hypothesis import given, strategies as st

from analysis.questions import question
from tests.analysis.runs import a_plane, a_recipe, a_sweep
from tests.analysis.synthetic import axis_sweep


def test_along_an_axis_and_on_a_plane() -> None:
    assert question(a_recipe()) == "At 4GFLOPs, how does test error change with cardinality?"
    assert question(a_plane()) == "At 4GFLOPs, how does test error change with radix and cardinality?"


def test_a_sweep_asks_for_the_best() -> None:
    assert question(a_sweep(objectives=("loss", "macs"))) == "At 4GFLOPs, which network has the least loss and macs?"
    assert question(axis_sweep().recipe) == "At 4GFLOPs, which cardinality has the least loss, with lr of its own?"


@given(st.integers(10**6, 10**12))
def test_the_budget_is_named_where_the_settings_cost_about_that(macs: int) -> None:
    recipe = replace(a_recipe(), base_macs=macs)
    said = question(recipe)
    assert ("At 4GFLOPs," in said) is (abs(macs / 4e9 - 1) <= 0.1)
    assert (f"the cost of {recipe.base}," in said) is not ("At 4GFLOPs," in said)


def test_a_base_that_costs_something_else_is_said() -> None:
    far = replace(a_recipe(), budget="8GFLOPs", budget_macs=8 * 10**9)
    assert (
        question(far)
        == "At 4.09\N{NO-BREAK SPACE}GFLOPs, the cost of resnet50, how does test error change with cardinality?"
    )
