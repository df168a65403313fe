"""Scores of a cheap run against the order of a costly one."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.comparison.page import render
from analysis.comparison.pairs import comparison
from analysis.comparison.prediction import SCORES
from analysis.comparison.saving import scores_table
from analysis.recipe import Recipe
from analysis.record import Run
from analysis.trial import Trial
from tests.analysis.runs import a_recipe, a_trial

FOUR = a_recipe({1: "1x64d", 2: "2x40d", 4: "4x24d", 8: "8x14d"})
RISING = np.array([10.0, 11.0, 12.0, 13.0])


def of_fidelity(name: str, epochs: int) -> Recipe:
    return replace(FOUR, fidelity=replace(FOUR.fidelity, name=name, epochs=epochs))


def written(folder: Path, recipe: Recipe, made: Sequence[Sequence[Trial]]) -> Run:
    run = Run.create(folder, recipe)
    for trial in (one for row in made for one in row):
        run.append(trial)
    return run


def reading(train: float, validation: float) -> dict[str, float]:
    return {"train_loss": train, "validation_loss": validation, "validation_error": 0.0, "seconds": 1.0}


@pytest.fixture
def runs(tmp_path: Path) -> list[Run]:
    """The cheap one is right in its training losses, at first and on average, and wrong in everything else."""
    cheap, dear = of_fidelity("cheap", 4), of_fidelity("dear", 9)
    noise = np.random.default_rng(0).normal(0, 0.001, (3, 4))

    def of_cheap(index: int, seed: int) -> Trial:
        up, down = RISING[index] + noise[seed, index], -RISING[index] + noise[seed, index]
        curve = (reading(3 * up, down), reading(up, down), reading(down, down), reading(down, down))
        metrics = {"test_loss": down, "validation_loss": down, "validation_error": 50 + down, "train_loss": down}
        trial = a_trial(cheap, index, seed, 50 + down, seconds=1.0, curve=curve)
        return replace(trial, metrics=trial.metrics | metrics)

    return [
        written(tmp_path / "cheap", cheap, [[of_cheap(i, seed) for i in range(4)] for seed in range(3)]),
        written(
            tmp_path / "dear",
            dear,
            [[a_trial(dear, i, s, RISING[i] + noise[s, i], seconds=99.0) for i in range(4)] for s in range(3)],
        ),
    ]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_every_score_is_held_against_the_costliest_runs_errors(runs: list[Run], order: tuple[int, int]) -> None:
    (study,) = comparison([runs[i] for i in order]).studies
    cheap, reference = study.steps
    assert list(cheap.by_score) == list(SCORES)
    assert reference.by_score == {}
    taus = {name: found.tau.mean for name, found in cheap.by_score.items()}
    assert taus.pop("training loss, mean over all epochs") == 1
    assert set(taus.values()) == {-1}
    assert cheap.to_reference
    assert cheap.by_score["test error"] == cheap.to_reference.by_error


def test_a_score_that_no_trial_has_is_no_order(tmp_path: Path) -> None:
    cheap, dear = (
        written(tmp_path / name, recipe, [[a_trial(recipe, i, 0, 10.0 + i, seconds=s, curve=()) for i in range(4)]])
        for name, recipe, s in (("a", of_fidelity("a", 1), 1.0), ("b", of_fidelity("b", 2), 2.0))
    )
    (study,) = comparison([cheap, dear]).studies
    found = study.steps[0].by_score
    assert found["test error"].tau.mean == 1
    assert found["training loss, mean over all epochs"].pairs == 0


def test_page_and_table_hold_all_of_them(runs: list[Run]) -> None:
    compared = comparison(runs)
    table = scores_table(compared)
    assert list(table["score"]) == list(SCORES)
    best = table.loc[table["tau"].idxmax()]
    assert best["score"] == "training loss, mean over all epochs"
    assert best["tau_low"] > 0
    page = render(compared)
    assert "What predicts the order" in page
    assert all(name in page for name in SCORES)
