"""A report says how far proxies of its fidelity are to be trusted, where that was measured."""

import re
from dataclasses import replace

import pytest

from analysis.record import Run
from analysis.report import render
from analysis.trust import UNMEASURED, measured, trust_words
from tests.committed import ROOT

STUDY = [Run.open(page.parent) for page in sorted((ROOT / "runs").glob("fidelity-*/README.md"))]


def test_every_fidelity_of_the_study_is_known_and_one_is_the_costliest() -> None:
    said = [trust_words(run.recipe) for run in STUDY]
    assert all(words.startswith(("Measured: 14 networks", "Whether larger proxies")) for words in said)
    assert sum(words.startswith("Whether") for words in said) == 1
    assert len(set(said)) == len(said)
    assert sum("Among the 9 ResNets, ResNeXts and Res2Nets" in words for words in said) == len(said) - 1


@pytest.mark.parametrize("run", STUDY, ids=lambda run: run.folder.name)
def test_it_is_known_by_what_it_is_and_not_by_its_name(run: Run) -> None:
    recipe = run.recipe
    renamed = replace(recipe, fidelity=replace(recipe.fidelity, name="mine"))
    assert trust_words(renamed) == trust_words(recipe)
    others = (
        replace(recipe, data="digits"),
        replace(recipe, fidelity=replace(recipe.fidelity, epochs=77)),
        replace(recipe, fidelity=replace(recipe.fidelity, width=0.3)),
        replace(recipe, training=replace(recipe.training, mixup=0.2)),
        replace(recipe, settings=tuple(replace(one, proxy_macs=2 * one.proxy_macs) for one in recipe.settings)),
        replace(recipe, against="depth"),
    )
    assert {trust_words(other) for other in others} == {UNMEASURED}


@pytest.mark.parametrize("name", ["free-search", "random-tree", "growth-rate"])
def test_of_proxies_with_all_their_blocks_nothing_was_measured(name: str) -> None:
    """The study's have a third of theirs."""
    recipe = Run.open(ROOT / "runs" / name).recipe
    assert measured(recipe.fidelity, recipe.data), "the fidelity is one of the study"
    assert trust_words(recipe) == UNMEASURED


def test_it_stands_in_the_report() -> None:
    run = Run.open(ROOT / "runs" / "cardinality-4GFLOPs-resnet50-fashion-mnist-quick")
    found = measured(run.recipe.fidelity, run.recipe.data)
    assert found
    assert re.search(r"not a result of it\. Measured: 14 networks, .* with Kendall.{1,5}s τ 0\.", render(run))
