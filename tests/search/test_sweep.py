"""Sweeps as a user runs them: Ray trains and stops, the ledger keeps it, and Optuna is told no more than happened."""

import os
import signal
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState
from ray import tune
from ray.tune.schedulers import AsyncHyperBandScheduler
from ray.tune.search.optuna import OptunaSearch

from analysis import ledger
from analysis.recipe import Fidelity
from analysis.record import Run
from analysis.sweep import REDUCTION
from search.cluster import Resources, cluster
from search.data import load
from search.early import scheduler
from search.jobs import Job
from search.proposals import Proposer
from search.study import execute
from search.trainable import ProxyTrainable
from tests.search.sweeps import LR, a_sweep, drive, finished, new, proposer
from tests.search.test_study import explore, only_run

pytestmark = pytest.mark.ray

EPOCHS = 9
TINY = Fidelity(name="test", resolution=8, width=1.0, depth=1.0, train_images=64, epochs=EPOCHS)
STATES = {"finished": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}


def faulty(notes: Path) -> type[ProxyTrainable]:
    """The trainable; the first trial to come to its second epoch raises, the next loses its worker."""

    class Faulty(ProxyTrainable):
        def _epoch(self) -> dict[str, Any]:
            if self.trainer and self.trainer.epochs and first(notes / "raised"):
                raise ValueError("no such thing")
            if self.trainer and self.trainer.epochs and first(notes / "killed"):
                os.kill(os.getpid(), signal.SIGKILL)
            return super()._epoch()

    def first(note: Path) -> bool:
        there = note.exists()
        note.touch()
        return not there

    return Faulty


@pytest.fixture(scope="module")
def halved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Proposer]:
    """Twelve proposals trained on Ray, most of which ASHA stops early, one raises and one loses its worker once."""
    folder = tmp_path_factory.mktemp("asha")
    run = new(folder, a_sweep(scheduler="asha", sampler="random", tune=(LR,), trials=12, fidelity=TINY))
    data, source = load("digits"), proposer(run)
    with pytest.MonkeyPatch.context() as patch, cluster(Resources(), data.train.pixels.nbytes) as there:
        patch.setattr("search.study.ProxyTrainable", faulty(folder))
        execute(run, source, data, there, lambda _: None)
    return run, source


def test_a_trial_that_fails_is_a_row_of_a_sweep_that_goes_on(halved: tuple[Run, Proposer]) -> None:
    run, _ = halved
    (failed,) = [trial for trial in run.latest().values() if trial.state == "failed"]
    assert failed.reason == "ValueError: no such thing"
    lines = ledger.read(run.folder / "trials.jsonl").trials
    (died,) = [trial for trial in lines if trial.passing]
    assert died.reason == "the worker process died"
    assert run.latest()[died.key].state in ("finished", "pruned")
    assert run.latest()[died.key].attempt == 2


def test_optuna_is_told_the_state_the_last_step_and_every_value_of_what_was_stopped(
    halved: tuple[Run, Proposer],
) -> None:
    run, source = halved
    lines = list(run.latest().values())
    assert {line.state for line in lines} == {"finished", "pruned", "failed"}
    assert len(lines) == 12
    by_sentence = {(line.sentence, line.hyperparameters["lr"]): line for line in lines}
    for study in (source.study, proposer(run).study):
        for proposal, trial in zip(run.proposals(), study.get_trials(), strict=True):
            line = by_sentence[proposal.setting.sentence, proposal.hyperparameters["lr"]]
            assert trial.state == STATES[line.state]
            told = {**trial.intermediate_values, **({EPOCHS: trial.value} if line.state == "finished" else {})}
            assert told == {int(reading["epoch"]): reading["validation_loss"] for reading in line.curve}


def test_a_stopped_trial_has_a_curve_and_no_metrics_and_was_stopped_at_a_rung(halved: tuple[Run, Proposer]) -> None:
    run, _ = halved
    for line in run.latest().values():
        if line.state == "pruned":
            assert line.metrics == {}
            assert line.scores is None
            assert len(line.curve) in (1, REDUCTION)
            assert line.seconds > sum(reading["seconds"] for reading in line.curve)  # what was built before counts, too
            assert 0 < line.core_seconds == line.cpu_seconds
    table = run.trials()
    assert set(table["epochs"]) <= {0, 1, REDUCTION, EPOCHS}  # none of one that failed
    assert table["test_error"].notna().sum() == (table["state"] == "finished").sum()
    assert table["lr"].between(LR.low, LR.high).all()


@pytest.mark.parametrize("kind", ["asha", "hyperband"])
def test_a_scheduler_that_begins_again_decides_as_the_one_that_went_on(kind: str, tmp_path: Path) -> None:
    """Ray's own decisions, on curves that follow from the trials' keys."""
    run = new(tmp_path, a_sweep(scheduler=kind, sampler="random", tune=(LR,), trials=40))
    went_on, stopped = scheduler(run.recipe, ()), []

    def come_to(job: Job) -> dict[str, Any]:
        outcome = finished(job)
        trial: Any = SimpleNamespace(trial_id=job.key, config={"key": job.key})
        begun_again = scheduler(run.recipe, run.settled().values())
        for one in (went_on, begun_again):
            one.on_trial_add(None, trial)  # type: ignore[arg-type]
        for reading in outcome["curve"]:
            result = dict(reading)
            first, second = (one.on_trial_result(None, trial, result) for one in (went_on, begun_again))  # type: ignore[arg-type]
            assert first == second
            if first == "STOP" and reading["epoch"] < EPOCHS:
                stopped.append(reading["epoch"])
                return {"state": "pruned", "curve": outcome["curve"][: int(reading["epoch"])]}
        return outcome

    drive(run, proposer(run), come_to=come_to)
    assert set(stopped) <= {1, REDUCTION}
    assert 5 < len(stopped) < 40


@pytest.mark.parametrize("kind", ["asha", "hyperband"])
@pytest.mark.parametrize("epochs", [1, 2, 3, 9, 10, 81, 100, 243, 244])
def test_the_rungs_of_a_recipe_are_its_schedulers(kind: str, epochs: int) -> None:
    recipe = a_sweep(scheduler=kind, fidelity=replace(TINY, epochs=epochs))
    brackets = scheduler(recipe, ())._brackets  # type: ignore[attr-defined]
    rays = {epoch for bracket in brackets for epoch, _ in bracket._rungs}
    assert recipe.sweep
    assert recipe.sweep.rungs(epochs) == tuple(sorted(epoch for epoch in rays if epoch < epochs))


def test_ray_s_own_search_tells_optuna_that_stopped_trials_are_complete(tmp_path: Path) -> None:
    """Why there is an adapter of ours: a trial that ASHA stops is told with its early loss, as if it were final."""
    study = OptunaSearch(
        space={"level": optuna.distributions.FloatDistribution(0, 1)},
        metric="validation_loss",
        mode="min",
        sampler=optuna.samplers.RandomSampler(seed=0),
    )

    def train(config: dict[str, float]) -> None:
        for epoch in range(1, EPOCHS + 1):
            tune.report({"validation_loss": config["level"] + 1 / epoch, "epoch": epoch})

    halving = AsyncHyperBandScheduler(time_attr="epoch", max_t=EPOCHS, reduction_factor=REDUCTION)
    with cluster(Resources(), 0) as there:
        tune_config = tune.TuneConfig(
            metric="validation_loss", mode="min", search_alg=study, scheduler=halving, num_samples=8
        )
        run_config = tune.RunConfig(storage_path=str(there.folder), verbose=0)
        results = tune.Tuner(
            tune.with_resources(train, {"cpu": 1}), tune_config=tune_config, run_config=run_config
        ).fit()
    stopped = [result for result in results if result.metrics and result.metrics["epoch"] < EPOCHS]
    assert stopped
    told = study._ot_study.get_trials()
    assert {trial.state for trial in told} == {TrialState.COMPLETE}
    assert {result.metrics["validation_loss"] for result in stopped if result.metrics} <= {t.value for t in told}


WORDS = ["--budget", "1GFLOPs", "--data", "digits", "--fidelity", "tiny"]


def test_a_sweep_runs_continues_and_reports(tmp_path: Path) -> None:
    words = ["sweep", "resnext", *WORDS, "--tolerance", "10%", "--sampler", "random", "--tune", "lr"]
    few = explore(tmp_path, *words, "--trials", "2")
    assert few.returncode == 0, few.stderr
    assert "2 of 2 proposals trained to the end" in few.stdout
    assert few.stdout.splitlines()[-1].startswith("report: ")
    page = Path(few.stdout.splitlines()[-1].removeprefix("report: ")).read_text()
    assert only_run(tmp_path).proposals()[0].setting.sentence.replace(">", "&gt;") in page
    more = explore(tmp_path, *words, "--trials", "3")
    assert more.returncode == 0, more.stderr
    assert len(only_run(tmp_path).latest()) == 3
    again = explore(tmp_path, *words, "--trials", "3")
    assert "3 of 3 proposals" in again.stdout
    changed = explore(tmp_path, *words, "--trials", "3", "--scheduler", "asha", "--run", str(only_run(tmp_path).folder))
    assert changed.returncode == 2
    assert "sweep.scheduler: none here, asha asked" in changed.stderr
    assert only_run(tmp_path).recipe.command.startswith("explore sweep resnext ")


def test_settings_of_an_axis_are_swept_with_their_hyperparameters(tmp_path: Path) -> None:
    words = ["sweep", "--axis", "cardinality", "--values", "1,32", "--budget", "4GFLOPs", *WORDS[2:]]
    done = explore(tmp_path, *words, "--sampler", "grid", "--tune", "lr=0.1..0.4", "--trials", "4")
    assert done.returncode == 0, done.stderr
    run = only_run(tmp_path)
    table = run.trials()
    assert run.recipe.command.startswith("explore sweep --axis ")
    assert len(table) == 4
    assert set(table["setting"]) <= {"1x64d", "32x4d"}
    assert set(table["lr"]) <= {0.1, 0.2, 0.4}
