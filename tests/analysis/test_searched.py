"""What a sweep has found, from its ledger alone."""

import math
import re
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from analysis.record import Run
from analysis.report import write
from analysis.searched import front, outcomes, ranked, sweep_verdict
from analysis.trial import Proposal, Trial
from tests.analysis.runs import a_setting, a_sweep, failed, trial_of


def proposed(run: Run, number: int, error: float, *, seed: int = 0, lr: float = 0.1, macs: int = 4 * 10**9) -> Trial:
    """A proposal and its trial, which is finished."""
    setting = a_setting(2**number, f"#{number}", macs)
    hyperparameters = {**asdict(run.recipe.training), "lr": lr}
    if number not in {one.number for one in run.proposals()}:
        run.append(Proposal(number=number, parameters={"lr": lr}, setting=setting, hyperparameters=hyperparameters))
    return trial_of(run.recipe, setting, hyperparameters, seed, error)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Five proposals: three finished, one stopped early, one failed."""
    made = Run.create(tmp_path / "run", a_sweep())
    for number, error in enumerate((12.0, 10.0, 11.0)):
        made.append(proposed(made, number, error))
    stopped = proposed(made, 3, 9.0)
    made.append(replace(stopped, state="pruned", metrics={}, curve=stopped.curve[:1]))
    made.append(failed(proposed(made, 4, 9.0), "Diverged: training loss is nan"))
    return made


def test_what_is_finished_is_ranked_and_nothing_else(run: Run) -> None:
    assert [one.proposal.number for one in ranked(outcomes(run))] == [1, 2, 0]
    assert [one.state for one in outcomes(run)] == ["finished", "finished", "finished", "pruned", "failed"]
    assert math.isnan(outcomes(run)[3].values[0])


def test_the_verdict_counts_and_decides_nothing(run: Run) -> None:
    verdict = sweep_verdict(run.recipe, outcomes(run))
    assert not verdict.decided
    assert (
        "of #1, whose test error is 10.00 %; 3 of 6 proposals trained to the end, 1 stopped early, 1 failed"
        in verdict.words
    )


def test_a_mean_waits_for_every_seed(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", a_sweep(seeds=2))
    run.append(proposed(run, 0, 10.0))
    assert ranked(outcomes(run)) == []
    assert sweep_verdict(run.recipe, outcomes(run)).words.startswith("undecided: 0 of 6 proposals trained to the end")
    run.append(proposed(run, 0, 12.0, seed=1))
    (one,) = ranked(outcomes(run))
    assert one.values[0] == pytest.approx(0.03 * 11 + 0.01)
    assert one.test_error == pytest.approx(11.0)


def test_what_is_proposed_twice_stands_once(run: Run) -> None:
    again = run.proposals()[1]
    run.append(replace(again, number=5))
    assert len(outcomes(run)) == 6
    assert [one.proposal.number for one in ranked(outcomes(run))] == [1, 2, 0]


def test_the_front_is_of_all_objectives(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", a_sweep(objectives=("loss", "macs")))
    for number, (error, macs) in enumerate(((12.0, 3), (10.0, 5), (11.0, 4), (12.5, 4), (10.5, 6))):
        run.append(proposed(run, number, error, macs=macs * 10**9))
    assert [one.proposal.number for one in front(outcomes(run))] == [1, 2, 0]
    assert "3 networks on the front of loss and macs" in sweep_verdict(run.recipe, outcomes(run)).words


def test_its_report_names_the_best_and_shows_hostile_words_as_text(run: Run, tmp_path: Path) -> None:
    text = write(run).read_text()
    assert "lowest validation loss" in text.lower()
    assert re.search(r"<th scope=\"row\">[^\n]*#1<.*<th scope=\"row\">[^\n]*#2<", text, re.DOTALL)
    assert "Diverged" in text
    hostile = Run.create(tmp_path / "hostile", a_sweep(command="<script>alert(1)</script>", space="<b>&"))
    assert "<script>alert" not in write(hostile).read_text()


def test_a_sweep_of_which_nothing_has_finished_has_a_report(tmp_path: Path) -> None:
    text = write(Run.create(tmp_path / "run", a_sweep())).read_text()
    assert "0 of 6 proposals trained to the end" in text
    assert "no trial has finished" in text


def test_only_networks_drawn_at_random_and_trained_to_the_end_are_a_sample_of_their_space() -> None:
    def selection(**changes: str) -> str:
        sweep = a_sweep(**changes).sweep
        assert sweep
        return sweep.selection

    assert not selection(sampler="random")
    assert selection(sampler="nsga2") == "were drawn by a sampler that learns"
    assert selection(sampler="random", scheduler="asha") == "are those that were not stopped early"
    assert selection(sampler="tpe", scheduler="hyperband").count(" and ") == 1
