"""Importances find what was planted, and Optuna is loaded for them alone."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from analysis.importances import Method, importances

CHANCE = np.random.default_rng(0)
TRIALS = pd.DataFrame({
    "lr": 10 ** CHANCE.uniform(-4, 0, 150),
    "width": CHANCE.integers(8, 64, 150),
    "gate": CHANCE.choice(["se", "none"], 150),
    "zero_gamma": CHANCE.choice([True, False], 150),
    "seed": 7,
})  # fmt: skip


@pytest.mark.parametrize("method", ["ped-anova", "fanova"])
def test_the_planted_choice_matters_most(method: Method) -> None:
    error = (np.log10(TRIALS["lr"]) + 2) ** 2 + 0.1 * CHANCE.normal(size=150)
    found = importances(TRIALS, error, method=method, logarithmic=["lr"])
    assert next(iter(found)) == "lr"
    assert found["lr"] > 0.5
    assert found["seed"] == 0
    assert sum(found.values()) == pytest.approx(1)
    assert set(found) == set(TRIALS.columns)


def test_categories_matter_too_and_answers_repeat() -> None:
    error = 5.0 * (TRIALS["gate"] == "none") + CHANCE.uniform(size=150)
    found = importances(TRIALS, error, method="fanova", logarithmic=["lr"])
    assert next(iter(found)) == "gate"
    assert importances(TRIALS, error, method="fanova", logarithmic=["lr"]) == found


def test_failed_trials_do_not_count_and_gaps_have_no_share() -> None:
    error = np.log10(TRIALS["lr"]).to_numpy().copy()
    error[:3] = np.nan
    gaps = TRIALS.assign(radix=np.where(TRIALS["gate"] == "se", TRIALS["width"], np.nan))
    found = importances(gaps, error)
    assert found["radix"] == 0
    assert found["lr"] > 0.5


def test_nothing_to_judge_by_is_no_share() -> None:
    assert importances(TRIALS.iloc[:0], []) == dict.fromkeys(TRIALS.columns, 0.0)
    assert importances(TRIALS[["seed"]], np.arange(150.0)) == {"seed": 0.0}


def test_optuna_waits_until_it_is_asked() -> None:
    code = "import analysis.importances, sys; assert 'optuna' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
