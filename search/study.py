"""The study: Ray Tune runs the trials, Optuna holds what was asked and told, the ledger keeps every finished one."""

import logging
import os
import platform
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import optuna
import ray
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.trial import TrialState
from ray import tune
from ray.tune.search import Searcher

from analysis.recipe import Recipe
from analysis.record import Run, Trial
from search.data import DataSet
from search.jobs import Event, Job, Watch, jobs
from search.trainable import ProxyTrainable, machine

STORE = 200_000_000  # bytes of shared memory besides what the images need
VERSIONS = ("design-space-explorer", "torch", "ray", "optuna", "numpy")


@dataclass(frozen=True)
class Resources:
    """Where trials run: `address` of a Ray cluster (None: this machine), and each trial's share of a GPU."""

    address: str | None = None
    gpus_per_trial: float = 0.0


class LedgerSearcher(Searcher):
    """Hands Ray Tune the trials that the ledger lacks; what comes back is in the ledger before Optuna hears of it."""

    def __init__(self, run: Run, watch: Watch) -> None:
        super().__init__()  # without a metric: Optuna is told what a trial came to, and Ray need not know
        self.run = run
        self.watch = watch
        finished = run.finished()
        self.pending = [job for job in jobs(run.recipe) if job.key not in finished]
        self.study = replay(run.recipe, finished)
        self.running: dict[str, tuple[Job, optuna.Trial]] = {}

    def suggest(self, trial_id: str) -> dict[str, Any] | str:  # type: ignore[override]  # FINISHED is a string
        if not self.pending:
            return Searcher.FINISHED
        job = self.pending.pop(0)
        self.study.enqueue_trial(_parameters(job))
        self.running[trial_id] = job, self.study.ask(distributions(self.run.recipe))
        return {"proxy": job.setting.proxy, "candidate": job.setting.sentence, "replicate": job.replicate}

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        job, _ = self.running[trial_id]
        self.watch(Event("epoch", job, result))

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:  # noqa: FBT001, FBT002 -- Ray's signature
        job, asked = self.running.pop(trial_id)
        if result is None or error or "outcome" not in result:
            reason = (result or {}).get("reason") or "the worker process died"
            self.run.append(_record(self.run.recipe, job, state="failed", reason=reason))
            self.study.tell(asked, state=TrialState.FAIL)
            self.watch(Event("failed", job, {"reason": reason}))
            return
        outcome = result["outcome"]
        trial = _record(
            self.run.recipe,
            job,
            metrics=outcome.metrics,
            curve=tuple(result["curve"]),
            seconds=result["trial_seconds"],
            host=result["host"],
        )
        self.run.append(trial, scores=(outcome.losses, outcome.correct))
        self.study.tell(asked, outcome.metrics["validation_loss"])
        self.watch(Event("finished", job, outcome.metrics))

    # The ledger is the searcher's state; Ray has nothing to save or restore.
    def save(self, checkpoint_path: str) -> None:
        del checkpoint_path

    def restore(self, checkpoint_path: str) -> None:
        del checkpoint_path


def _record(recipe: Recipe, job: Job, **outcome: Any) -> Trial:  # noqa: ANN401 -- the rest of Trial's fields
    setting = job.setting
    return Trial(
        **{"state": "finished", "host": machine(), **outcome},
        key=job.key,
        value=setting.value,
        setting=setting.setting,
        sentence=setting.sentence,
        proxy=setting.proxy,
        replicate=job.replicate,
        fidelity=recipe.fidelity.name,
        hyperparameters=asdict(recipe.training),
        versions={name: version(name) for name in VERSIONS} | {"python": platform.python_version()},
        finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def distributions(recipe: Recipe) -> dict[str, BaseDistribution]:
    """What Optuna's study is over."""
    return {
        "setting": CategoricalDistribution([setting.setting for setting in recipe.settings]),
        "replicate": IntDistribution(0, recipe.seeds - 1),
    }


def _parameters(job: Job) -> dict[str, str | int]:
    return {"setting": job.setting.setting, "replicate": job.replicate}


def replay(recipe: Recipe, finished: Mapping[str, Trial]) -> optuna.Study:
    """Optuna's study of the run, rebuilt from the ledger's finished trials."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="minimize")
    for job in jobs(recipe):
        if job.key in finished:
            study.add_trial(
                optuna.trial.create_trial(
                    params=_parameters(job),
                    distributions=distributions(recipe),
                    value=finished[job.key].metrics["validation_loss"],
                )
            )
    return study


def execute(run: Run, data: DataSet, resources: Resources, watch: Watch) -> optuna.Study:
    """Train every trial the ledger lacks. An interrupt (Ctrl-C) ends the workers and is passed on."""
    searcher = LedgerSearcher(run, watch)
    if not searcher.pending:
        return searcher.study
    with cluster(run.folder, resources, sum(part.pixels.nbytes for part in (data.train, data.test))):
        device = "cuda" if resources.gpus_per_trial else "cpu"
        trainable = tune.with_parameters(ProxyTrainable, data=data, recipe=run.recipe, device=device)
        share = {"cpu": run.recipe.training.threads, "gpu": resources.gpus_per_trial}
        with tempfile.TemporaryDirectory(prefix="explore-") as scratch:
            tune.Tuner(
                tune.with_resources(trainable, share),
                tune_config=tune.TuneConfig(search_alg=searcher, num_samples=len(searcher.pending), reuse_actors=True),
                run_config=tune.RunConfig(
                    name="study",
                    storage_path=scratch,
                    verbose=0,
                    checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
                ),
            ).fit()
    return searcher.study


@contextmanager
def cluster(folder: Path, resources: Resources, data_bytes: int) -> Iterator[None]:
    """Ray, started on this machine or joined, from within the run's folder.

    Ray puts the driver's working directory first on every worker's path: in a folder of the user's that holds a
    package called `search`, workers would import that one.
    """
    os.environ.update(TUNE_DISABLE_AUTO_CALLBACK_LOGGERS="1", TUNE_DISABLE_SIGINT_HANDLER="1", RAY_AIR_NEW_OUTPUT="0")
    store = None if resources.address else STORE + 2 * data_bytes
    before, on_sigterm = Path.cwd(), signal.getsignal(signal.SIGTERM)
    os.chdir(folder)
    try:
        ray.init(
            resources.address,
            object_store_memory=store,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
        signal.signal(signal.SIGTERM, on_sigterm)  # Ray's own would exit without a word
        yield
    finally:
        with suppress(Exception):  # a second interrupt, or a cluster already gone: nothing is kept there
            ray.shutdown()
        os.chdir(before)
