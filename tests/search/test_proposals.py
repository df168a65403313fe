"""Laws of a sweep's proposals, whatever its trials come to and whenever it is stopped."""

from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest
from optuna.trial import TrialState

from analysis.recipe import Recipe
from analysis.record import Run
from analysis.sweep import Among
from search.errors import FailedError
from search.jobs import Job
from space import Arch, cost, parse
from space.budget import limit
from space.errors import SpaceError
from space.proxy import reduced
from tests.search.sweeps import BUDGET, LR, WHOLE, a_sweep, chance, drive, ended, finished, new, proposer

ADAPTIVE = ("tpe", "nsga2", "gp")
FIXED = ("random", "grid")
TRIALS = {"gp": 13}  # three by the sampler's own rule, which take it a second each; of others 25
TWO: dict[str, Any] = {"objectives": ("loss", "params")}


def what_was_proposed(run: Run) -> list[tuple[int, dict[str, Any], str]]:
    return [(one.number, one.parameters, one.setting.sentence) for one in run.proposals()]


@pytest.mark.parametrize("sampler", [*ADAPTIVE, *FIXED])
def test_every_proposal_is_within_the_budget_and_no_trial_is_trained_twice(sampler: str, tmp_path: Path) -> None:
    run = new(tmp_path, a_sweep(sampler=sampler, trials=14))
    trained = drive(run, proposer(run))
    low, high = (getattr(limit(BUDGET, 0.3), end) for end in ("low", "high"))
    for proposal in run.proposals():
        assert low <= cost(parse(proposal.setting.sentence)).macs == proposal.setting.macs <= high
    keys = [trial.key for trial in run.latest().values()]
    assert len(keys) == len(set(keys)) == trained <= 14
    lines = (run.folder / "trials.jsonl").read_text().splitlines()
    assert sum('"state": "finished"' in line for line in lines) == trained


@pytest.mark.parametrize("sampler", [*ADAPTIVE, *FIXED])
@pytest.mark.parametrize("aims", [{}, TWO], ids=["one", "two"])
def test_a_sweep_continued_is_the_sweep_uninterrupted(sampler: str, aims: dict[str, Any], tmp_path: Path) -> None:
    recipe = a_sweep(sampler=sampler, tune=(LR,), trials=TRIALS.get(sampler, 25), **aims)
    whole, parts = new(tmp_path / "whole", recipe), new(tmp_path / "parts", recipe)
    drive(whole, proposer(whole))
    for number in (1, 0, 7, 1, 3):
        drive(Run.open(parts.folder), source := proposer(Run.open(parts.folder)), number)
        source.next(0)  # one was begun when the driver was killed
    drive(parts, proposer(parts))
    assert what_was_proposed(parts) == what_was_proposed(whole)
    assert parts.trials().equals(whole.trials())


@pytest.mark.parametrize("sampler", FIXED)
def test_how_many_workers_there_are_changes_no_proposal_of_a_fixed_sweep(sampler: str, tmp_path: Path) -> None:
    recipe = a_sweep(sampler=sampler, tune=(LR,), trials=25)
    one, three = new(tmp_path / "one", recipe), new(tmp_path / "three", recipe)
    drive(one, proposer(one))
    drive(three, proposer(three, slots=3), order=(2, 0, 1, 1))
    assert what_was_proposed(three) == what_was_proposed(one)
    assert three.trials().equals(one.trials())


@pytest.mark.parametrize("sampler", ["tpe", "nsga2"])
def test_many_workers_lose_and_repeat_nothing(sampler: str, tmp_path: Path) -> None:
    run = new(tmp_path, a_sweep(sampler=sampler, tune=(LR,), trials=25))
    trained = drive(run, source := proposer(run, slots=3), order=(2, 0, 1, 1))
    assert trained == len(run.latest()) == 25
    numbers = [one.number for one in run.proposals()]
    assert numbers == sorted(set(numbers))
    assert all(source.study.trials[number].state == TrialState.COMPLETE for number in numbers)


class Faulty:
    """One in three is stopped after the third epoch, one in six diverges after the fourth, some lose a worker first."""

    def __init__(self) -> None:
        self.lost: set[str] = set()

    def __call__(self, job: Job) -> dict[str, Any]:
        share, curve = chance(job, "end"), finished(job)["curve"]
        if chance(job, "worker") < 0.3 and job.key not in self.lost:
            self.lost.add(job.key)
            return {"state": "failed", "reason": "died", "passing": True, "again": True, "readings": curve[:6]}
        if share < 1 / 3:
            return {"state": "pruned", "curve": curve[:3]}
        return {"state": "failed", "reason": "Diverged", "readings": curve[:4]} if share < 1 / 2 else finished(job)


@pytest.mark.parametrize("replayed", [False, True])
@pytest.mark.parametrize("aims", [{"scheduler": "asha"}, TWO], ids=["asha", "two"])
def test_what_optuna_holds_is_what_the_ledger_holds(replayed: bool, aims: dict[str, Any], tmp_path: Path) -> None:
    run = new(tmp_path, a_sweep(sampler="random", tune=(LR,), trials=30, **aims))
    source = proposer(run)
    drive(run, source, come_to=Faulty() if "scheduler" in aims else finished)
    if replayed:
        source = proposer(run)
    trials, latest = source.study.get_trials(), {trial.sentence: trial for trial in run.latest().values()}
    assert [trial.params for trial in trials] == [one.parameters for one in run.proposals()]
    kinds = {"finished": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}
    for proposal, trial in zip(run.proposals(), trials, strict=True):
        line = next(
            one for one in run.latest().values()
            if (one.sentence, one.hyperparameters) == (proposal.setting.sentence, proposal.hyperparameters)
        )  # fmt: skip
        assert trial.state == kinds[line.state]
        if line.state == "finished":
            wanted = [
                line.metrics["validation_loss"],
                *([float(proposal.setting.params)] if "objectives" in aims else []),
            ]
            assert trial.values == wanted
        if "scheduler" in aims:
            readings = line.curve if line.state == "pruned" else line.curve[:-1]
            assert trial.intermediate_values == {int(r["epoch"]): r["validation_loss"] for r in readings}
            assert not readings or trial.last_step == int(readings[-1]["epoch"])
    assert latest


def test_a_proposal_from_several_seeds_is_told_once_with_their_mean(tmp_path: Path) -> None:
    run = new(tmp_path, a_sweep(sampler="random", seeds=3, trials=4))
    drive(run, source := proposer(run))
    assert len(run.latest()) == 12
    for proposal, trial in zip(run.proposals(), source.study.get_trials(), strict=True):
        losses = [
            one.metrics["validation_loss"] for one in run.latest().values() if one.sentence == proposal.setting.sentence
        ]
        assert len(losses) == 3
        assert trial.value == pytest.approx(sum(losses) / 3, rel=1e-12)


def test_a_space_that_is_used_up_ends_the_sweep(tmp_path: Path) -> None:
    """Every network once, and no more."""
    every = new(tmp_path / "grid", a_sweep(sampler="grid", trials=10_000))
    count = drive(every, source := proposer(every))
    assert source.notice == f"the grid has {count} points that can be trained, and 10000 were asked for"
    some = new(tmp_path / "random", a_sweep(sampler="random", trials=10_000))
    assert 1 < drive(some, source := proposer(some)) <= count < 10_000
    assert "50 more in a row gave nothing new to train" in (source.notice or "")
    sentences = [one.setting.sentence for one in every.proposals()]
    assert len(sentences) == len(set(sentences)) == count
    assert {one.setting.sentence for one in some.proposals()} <= set(sentences)


def test_a_grid_has_every_combination(tmp_path: Path) -> None:
    tune = (LR, Among(field="batch_size", values=(32, 64)))
    run = new(tmp_path, a_sweep(sampler="grid", trials=10_000, tune=tune))
    alone = new(tmp_path / "alone", a_sweep(sampler="grid", trials=10_000))
    assert drive(run, proposer(run)) == 6 * drive(alone, proposer(alone))
    assert {one.hyperparameters["lr"] for one in run.proposals()} == {0.02, (0.02 * 2.0) ** 0.5, 2.0}


def test_more_trials_may_be_asked_and_go_on_as_if_they_had_been(tmp_path: Path) -> None:
    few, many = a_sweep(trials=8, tune=(LR,)), a_sweep(trials=16, tune=(LR,))
    run, whole = new(tmp_path, few), new(tmp_path / "whole", many)
    drive(run, proposer(run))
    again = Run.create(run.folder, many)
    drive(again, proposer(again))
    drive(whole, proposer(whole))
    assert what_was_proposed(again) == what_was_proposed(whole)
    assert len(Run.create(run.folder, few).latest()) == 16  # nothing is taken back


def test_a_lost_line_leaves_a_gap_and_the_others_their_numbers(tmp_path: Path) -> None:
    run = new(tmp_path, a_sweep(sampler="random", trials=6))
    drive(run, proposer(run))
    ledger = run.folder / "trials.jsonl"
    lines = ledger.read_text().splitlines(keepends=True)
    ledger.write_text("".join(line for line in lines if '"number": 2,' not in line))
    after = proposer(Run.open(run.folder))
    assert [trial.state for trial in after.study.get_trials()].count(TrialState.FAIL) == 1
    assert after.study.get_trials()[2].state == TrialState.FAIL


def test_nothing_begins_when_the_time_is_over(tmp_path: Path) -> None:
    run = new(tmp_path, a_sweep())
    source = proposer(run)
    source.until = 0.0
    assert source.next(0) is None
    assert source.is_exhausted()


def test_a_fault_that_passes_is_tried_again_and_told_to_nobody(tmp_path: Path) -> None:
    run = new(tmp_path, a_sweep(sampler="random", trials=3))
    first: list[str] = []

    def come_to(job: Job) -> dict[str, Any]:
        first.append(job.key)
        return (
            {"state": "failed", "reason": "died", "passing": True, "again": True}
            if first.count(job.key) == 1
            else finished(job)
        )

    assert drive(run, source := proposer(run), come_to=come_to) == 6
    assert {trial.state for trial in source.study.get_trials()} == {TrialState.COMPLETE}


def test_the_sampler_learns(tmp_path: Path) -> None:
    """With a loss that is least at one learning rate, TPE comes nearer to it than chance does."""

    def come_to(job: Job) -> dict[str, Any]:
        outcome = finished(job)
        loss = abs(job.training.lr - 0.5)
        return {**outcome, "metrics": {**outcome["metrics"], "validation_loss": loss}}

    best = {}
    for sampler in ("random", "tpe"):
        run = new(tmp_path / sampler, a_sweep(sampler=sampler, tune=(LR,), trials=40))
        drive(run, source := proposer(run), come_to=come_to)
        best[sampler] = sorted(trial.value or 0.0 for trial in source.study.get_trials())[4]
    assert best["tpe"] < best["random"] / 2


def test_a_failure_that_may_pass_is_tried_again_by_the_next_command_and_no_other(tmp_path: Path) -> None:
    run = new(tmp_path, a_sweep(sampler="random", trials=6))

    def fail(job: Job) -> dict[str, Any]:
        return {"state": "failed", "reason": "why", "passing": chance(job, "passing") < 0.5}

    assert drive(run, proposer(run), come_to=fail) == 6
    may_pass = {trial.key for trial in run.latest().values() if trial.passing}
    assert 0 < len(may_pass) < 6
    source = proposer(run)
    assert drive(run, source) == len(may_pass)
    assert run.settled().keys() == may_pass
    states = [trial.state for trial in source.study.get_trials()]
    assert states.count(TrialState.COMPLETE) == len(may_pass)
    assert states.count(TrialState.FAIL) == 6 - len(may_pass)


def test_what_has_no_proxy_is_counted_and_said_and_ends_no_grid(tmp_path: Path) -> None:
    def sometimes(arch: Arch) -> Arch:
        if arch.stages[0].depth < 3:
            raise SpaceError("too small")
        return reduced(arch, WHOLE)

    run = new(tmp_path, a_sweep(sampler="grid", trials=10_000, tune=(LR,)))
    trained = drive(run, source := proposer(run, proxy=sometimes))
    assert trained > 0
    assert "had no proxy, such as: too small" in (source.notice or "")
    assert all(parse(one.setting.sentence).stages[0].depth >= 3 for one in run.proposals())
    never = new(tmp_path / "never", a_sweep(trials=10))
    source = proposer(never, proxy=_refuse)
    assert source.next(0) is None
    assert source.is_exhausted()
    assert "had no proxy" in (source.notice or "")


def _refuse(arch: Arch) -> NoReturn:
    raise SpaceError("too small")


@pytest.mark.parametrize(
    ("what", "changed"),
    [
        ("number", 10**9),
        ("parameters", {"no": 1}),
        ("parameters", {"C": 3}),
        ("hyperparameters", {"no": 1}),
        ("hyperparameters", {"lr": -1.0}),
    ],
)
def test_a_ledger_of_another_sweep_is_refused_in_one_line(what: str, changed: object, tmp_path: Path) -> None:
    run = new(tmp_path, a_sweep(trials=2))
    drive(run, proposer(run))
    first, ledger = run.proposals()[0], run.folder / "trials.jsonl"
    ledger.write_text(replace(first, **{what: changed}).to_line() + "\n")  # type: ignore[arg-type]
    with pytest.raises(FailedError, match="of its ledger is not of this sweep"):
        proposer(Run.open(run.folder))


def test_a_mirror_hears_of_every_trial_and_of_running_ones_as_they_read(tmp_path: Path) -> None:
    run = new(tmp_path, a_sweep(sampler="random", trials=5))
    source = proposer(run)
    job = source.next(0)
    assert job
    (name,) = source.news()
    source.read(job, finished(job)["curve"][0])
    (shown,) = source.news().values()
    assert (shown.state, list(shown.intermediate_values)) == (TrialState.RUNNING, [1])
    assert source.study.get_trials()[0].intermediate_values == {}  # a sampler learns of what has ended
    trial = ended(run, job, finished(job))
    run.append(trial)
    source.end(job, trial, again=False)
    assert source.news()[name].state == TrialState.COMPLETE
    drive(run, source)
    assert source.news().keys() | {name} >= source.known().keys()


def recipes() -> tuple[Recipe, Recipe]:
    return a_sweep(sampler="tpe"), a_sweep(sampler="random")


def test_another_sampler_is_another_run(tmp_path: Path) -> None:
    one, other = recipes()
    assert one.difference(other) == ["sweep.sampler: tpe here, random asked"]
