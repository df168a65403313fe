"""Importances find what was planted, say so where there is nothing to find, and load Optuna for that alone."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from analysis.statistics.importances import FEWEST, Method, NothingToJudgeError, _distribution, _study, importances

CHANCE = np.random.default_rng(0)
TRIALS = pd.DataFrame({
    "lr": 10 ** CHANCE.uniform(-4, 0, 150),
    "width": CHANCE.integers(8, 64, 150),
    "gate": CHANCE.choice(["se", "none"], 150),
    "zero_gamma": CHANCE.choice([True, False], 150),
    "seed": 7,
})  # fmt: skip
NOISE = CHANCE.normal(size=150)


@pytest.mark.parametrize("method", ["ped-anova", "fanova"])
def test_the_planted_choice_matters_most(method: Method) -> None:
    error = (np.log10(TRIALS["lr"]) + 2) ** 2 + 0.1 * NOISE
    found = importances(TRIALS, error, method=method, logarithmic=["lr"])
    assert next(iter(found)) == "lr"
    assert found["lr"].share > 0.5
    assert found["seed"].share == 0
    assert sum(one.share for one in found.values()) == pytest.approx(1)
    assert set(found) == set(TRIALS.columns)


def test_categories_matter_too_and_answers_repeat() -> None:
    error = 5.0 * (TRIALS["gate"] == "none") + CHANCE.uniform(size=150)
    found = importances(TRIALS, error, method="fanova", logarithmic=["lr"])
    assert next(iter(found)) == "gate"
    assert importances(TRIALS, error, method="fanova", logarithmic=["lr"]) == found


def test_what_matters_is_above_chance_and_what_does_not_is_seldom() -> None:
    planted = importances(TRIALS, (np.log10(TRIALS["lr"]) + 2) ** 2 + 0.1 * NOISE, logarithmic=["lr"])
    assert planted["lr"].share > 3 * (planted["lr"].chance or 1)
    assert planted["seed"].chance is None  # it was not judged
    above = [
        one.share > (one.chance or 0)
        for shift in range(5)
        for one in importances(TRIALS.drop(columns="seed"), np.roll(NOISE, 30 * shift)).values()
    ]
    assert sum(above) <= 3  # of twenty


def test_a_number_of_few_values_is_a_category() -> None:
    """As a number, `C` has a third of a sweep of 100,000 trials that it has no effect on, and here a seventh."""
    chance = np.random.default_rng(0)
    trials = pd.DataFrame({"lr": chance.uniform(size=2000), "C": chance.choice([1, 2, 4, 8, 16, 32], 2000)})
    found = importances(trials, (trials["lr"] - 0.5) ** 2 + 0.01 * chance.normal(size=2000))
    assert found["C"].share < 0.02


def test_a_choice_within_a_choice_is_judged_where_it_was_made() -> None:
    radix = np.where(TRIALS["gate"] == "se", TRIALS["width"], np.nan)
    error = np.where(TRIALS["gate"] == "se", TRIALS["width"] / 64, 0.8 + 0.1 * NOISE)
    within = TRIALS[["lr", "gate"]].assign(radix=radix)
    assert next(iter(importances(within, error))) == "radix"
    assert importances(within, error, method="fanova")["radix"].share == 0


def test_no_trial_has_a_distribution_of_its_own() -> None:
    """That PED-ANOVA would compare with every other's, choice by choice."""
    columns = {"lr": TRIALS["lr"], "width": TRIALS["width"], "gate": TRIALS["gate"]}
    made = {name: _distribution(column, log=name == "lr") for name, column in columns.items()}
    for trial in _study(columns, made).get_trials(deepcopy=False):
        assert all(trial.distributions[name] is one for name, one in made.items())


def test_failed_trials_do_not_count() -> None:
    error = np.log10(TRIALS["lr"]).to_numpy().copy()
    error[:3] = [np.nan, np.inf, -np.inf]
    assert importances(TRIALS, error) == importances(TRIALS[3:], error[3:])


@pytest.mark.parametrize("method", ["ped-anova", "fanova"])
@pytest.mark.parametrize(
    ("trials", "values", "says"),
    [
        (TRIALS[: FEWEST - 1], NOISE[: FEWEST - 1], "importances need 20 finished proposals, and there are 19"),
        (TRIALS[:0], [], "importances need 20 finished proposals, and there are 0"),
        (TRIALS, [*NOISE[:19], *[np.nan] * 131], "importances need 20 finished proposals, and there are 19"),
        (TRIALS, np.ones(150), "all 150 finished proposals came to the same"),
        (TRIALS[["seed"]], NOISE, "all 150 finished proposals were chosen alike"),
        (TRIALS[[]], NOISE, "all 150 finished proposals were chosen alike"),
    ],
)
def test_where_there_is_nothing_to_judge_it_says_why(
    trials: pd.DataFrame, values: object, says: str, method: Method
) -> None:
    with pytest.raises(NothingToJudgeError, match=f"^{says}$"):
        importances(trials, values, method=method)  # type: ignore[arg-type]


def test_what_optuna_refuses_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("Encountered zero total variance in all trees.")

    monkeypatch.setattr("optuna.importance.get_param_importances", refuse)
    with pytest.raises(NothingToJudgeError, match=r"fanova gives no importances \(Encountered zero"):
        importances(TRIALS, NOISE, method="fanova")


def test_optuna_waits_until_it_is_asked() -> None:
    code = "import analysis.statistics.importances, sys; assert 'optuna' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
