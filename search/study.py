"""The study: Ray Tune runs the trials, Optuna holds what was asked and told, the ledger keeps every finished one."""

import platform
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.trial import TrialState
from ray import tune
from ray.exceptions import RayError
from ray.tune.error import TuneError
from ray.tune.search import Searcher

from analysis.recipe import Recipe
from analysis.record import Run, Trial
from search.cluster import Resources
from search.data import DataSet
from search.errors import FailedError
from search.heartbeat import DIED, Heartbeat
from search.jobs import Event, Job, Watch, jobs
from search.trainable import ProxyTrainable, machine

RETRIES = 2  # of a trial whose failure may pass
VERSIONS = ("design-space-explorer", "torch", "ray", "optuna", "numpy")


class Halt(tune.Stopper):
    """Ends a study whose trials can no longer be kept, because of the first failure to keep one."""

    def __init__(self) -> None:
        self.failure: FailedError | None = None

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        del trial_id, result
        return self.stop_all()

    def stop_all(self) -> bool:
        return self.failure is not None


class LedgerSearcher(Searcher):
    """Hands Ray Tune the trials that the ledger lacks; what comes back is in the ledger before Optuna hears of it."""

    def __init__(self, run: Run, watch: Watch, retries: int = RETRIES) -> None:
        super().__init__()  # without a metric: Optuna is told what a trial came to, and Ray need not know
        self.run = run
        self.watch = watch
        self.retries = retries
        self.heartbeat = Heartbeat(run.recipe)
        self.attempts: Counter[str] = Counter()  # by key
        finished = run.finished()
        self.pending = [job for job in jobs(run.recipe) if job.key not in finished]
        self.study = replay(run.recipe, finished)
        self.running: dict[str, tuple[Job, optuna.Trial]] = {}
        self.halt = Halt()

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:  # type: ignore[override]  # FINISHED is a string
        if self.halt.failure or not (self.pending or self.running):
            return Searcher.FINISHED
        if not self.pending:
            return None  # what runs may yet have to be tried again
        job = self.pending.pop(0)
        self.attempts[job.key] += 1
        self.study.enqueue_trial(_parameters(job))
        self.running[trial_id] = job, self.study.ask(distributions(self.run.recipe))
        return {"proxy": job.setting.proxy, "candidate": job.setting.sentence, "replicate": job.replicate}

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        job, _ = self.running[trial_id]
        self.watch(Event("epoch", job, result))

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:  # noqa: FBT001, FBT002 -- Ray's signature
        job, asked = self.running.pop(trial_id)
        if self.halt.failure:
            return
        try:
            self._keep(job, asked, {"reason": self.heartbeat.reason(trial_id)} if error else result or {})
        except Exception as reason:  # noqa: BLE001 -- Ray would end in a traceback of its own; `execute` raises this one
            what = f"{job.setting.setting}, seed {job.replicate}, could not be kept ({reason})"
            self.halt.failure = FailedError(
                f"{what}; what finished before is in {self.run.folder}, and nothing more is trained"
            )

    def _keep(self, job: Job, asked: optuna.Trial, result: dict[str, Any]) -> None:
        """Into the ledger first, then to Optuna and the display."""
        outcome = result.get("outcome")
        if outcome is None:
            self._keep_failure(job, asked, result)
            return
        trial = _record(
            self.run.recipe,
            job,
            metrics=outcome.metrics,
            curve=tuple(result["curve"]),
            seconds=result["trial_seconds"],
            host=result["host"],
            attempt=self.attempts[job.key],
        )
        self.run.append(trial, scores=(outcome.losses, outcome.correct))
        self.study.tell(asked, outcome.metrics["validation_loss"])
        self.watch(Event("finished", job, outcome.metrics))

    def _keep_failure(self, job: Job, asked: optuna.Trial, result: dict[str, Any]) -> None:
        """A row whether or not the trial is tried again: after all others, when what it lacked may be there."""
        reason, attempt = result.get("reason", DIED), self.attempts[job.key]
        self.run.append(_record(self.run.recipe, job, state="failed", reason=reason, attempt=attempt))
        self.study.tell(asked, state=TrialState.FAIL)
        again = result.get("passing", True) and attempt <= self.retries
        if again:
            self.pending.append(job)
        self.watch(Event("again" if again else "failed", job, {"reason": reason}))

    # The ledger is the searcher's state; Ray has nothing to save, pickle (a display's locks!) or restore.
    def __getstate__(self) -> dict[str, Any]:
        return {}

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


def execute(
    run: Run, data: DataSet, resources: Resources, scratch: Path, watch: Watch, retries: int = RETRIES
) -> optuna.Study:
    """Train every trial the ledger lacks, in the cluster that is there. An interrupt (Ctrl-C) is passed on."""
    searcher = LedgerSearcher(run, watch, retries)
    most = len(searcher.pending) * (1 + retries)
    device = "cuda" if resources.gpus_per_trial else "cpu"
    trainable = tune.with_parameters(ProxyTrainable, data=data, recipe=run.recipe, device=device)
    share = {"cpu": resources.threads, "gpu": resources.gpus_per_trial}
    tuner = tune.Tuner(
        tune.with_resources(trainable, share),
        tune_config=tune.TuneConfig(search_alg=searcher, num_samples=most, reuse_actors=True),
        run_config=tune.RunConfig(
            name="study",
            storage_path=str(scratch),
            verbose=0,
            stop=searcher.halt,
            callbacks=[searcher.heartbeat],
            checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
        ),
    )
    try:
        tuner.fit()
    except (TuneError, RayError) as error:
        what = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise FailedError(f"Ray gave up ({what}); every finished trial is kept in {run.folder}") from None
    if searcher.halt.failure:
        raise searcher.halt.failure
    return searcher.study
