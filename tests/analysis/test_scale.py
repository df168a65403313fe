"""Runs of every kind and size load, and have a report."""

import re
from pathlib import Path

import numpy as np
import pytest
from plotly.offline import get_plotlyjs  # type: ignore[import-untyped]
from rich.cells import cell_len

from analysis import report
from analysis.questions import question
from analysis.record import Run
from analysis.searched import outcomes
from analysis.statistics import importances
from analysis.text import text
from tests.analysis.scores import ERRORS
from tests.analysis.synthetic import KINDS, axis, sweep, true_error
from tests.analysis.test_report import Page

SMALL = [name for name in KINDS if "many" not in name]


@pytest.mark.parametrize("name", SMALL)
def test_a_run_of_every_kind_has_a_report_and_a_text(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importances, "SHUFFLES", 1)  # in haste
    run = KINDS[name]().write(tmp_path / "run")
    words = Page(report.write(run).read_text(encoding="utf-8").replace(get_plotlyjs(), "")).words
    assert question(run.recipe) in words
    assert not re.search(r"\b(nan|None|inf)\b", words)
    assert ("not a number" in words) == ("diverged" in name and not run.recipe.sweep)
    said = text(run).splitlines()
    assert len(said) > 4
    assert max(map(cell_len, said)) <= 80
    assert run.notices == []


# the synthetic runs themselves ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["axis", "axis with scores", "sweep of seeds", "hostile"])
def test_what_is_written_at_once_is_what_would_have_been_appended(name: str, tmp_path: Path) -> None:
    made = KINDS[name]()
    at_once, one_by_one = made.write(tmp_path / "a"), Run.create(tmp_path / "b", made.recipe)
    for entry in (*made.proposals, *made.trials):
        key = getattr(entry, "key", "")
        errors = made.scores.errors.get(key)
        one_by_one.append(entry, None if errors is None else (made.scores.losses[key], errors == 0))
    files = {path.relative_to(at_once.folder) for path in at_once.folder.rglob("*") if path.is_file()}
    assert len(files) == 2 + len(made.scores.errors)
    for file in files:
        assert (at_once.folder / file).read_bytes() == (one_by_one.folder / file).read_bytes()


def test_the_scores_of_a_trial_are_what_its_line_says(tmp_path: Path) -> None:
    run = axis(world=ERRORS, images=200).write(tmp_path / "run")
    for key, trial in run.finished().items():
        assert 100 * (1 - run.scores(key)[1].mean()) == pytest.approx(trial.metrics["test_error"])


def test_a_sweep_is_of_networks_within_its_budget_and_its_truth_is_found(tmp_path: Path) -> None:
    run = sweep(400).write(tmp_path / "run")
    found = outcomes(run)
    assert all(abs(one.proposal.setting.budget_error) <= 0.01 for one in found)
    off = [one.test_error - true_error(one.proposal.parameters) for one in found]
    assert np.mean(off) == pytest.approx(0, abs=0.05)
    assert np.std(off) == pytest.approx(0.2, rel=0.2)
