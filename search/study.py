"""The study: Ray Tune runs the trials, Optuna holds what was asked and told, the ledger keeps whatever has ended."""

from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import Any

import optuna
from ray import tune
from ray.exceptions import RayError
from ray.tune.error import TuneError
from ray.tune.search import Searcher

from analysis.keeping import Which
from analysis.recipe import Recipe, RecordError
from analysis.record import Run
from analysis.trial import Trial
from search.cluster import Cluster, last_line
from search.data import DataSet
from search.early import scheduler
from search.errors import FailedError, UsageError
from search.heartbeat import DIED, Heartbeat
from search.here import machine, versions
from search.jobs import Event, Job, Watch, config
from search.keeper import Keeper
from search.mirror import Mirror
from search.source import Source
from search.trainable import ProxyTrainable, lacked_memory
from space.errors import SpaceError

RETRIES = 2  # of a trial whose failure may pass
READINGS = ("epoch", "train_loss", "validation_loss", "validation_error", "seconds")  # of an epoch


def _in_words(reason: Exception) -> str:
    """What is meant to be read as it is; a bug with its type, without which it may say nothing."""
    told = isinstance(reason, FailedError | UsageError | SpaceError | RecordError | OSError)
    return str(reason) if told else f"{type(reason).__name__}: {reason}"


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
    """Hands Ray Tune the source's trials; what comes back is in the ledger before Optuna hears of it."""

    def __init__(
        self,
        run: Run,
        source: Source,
        watch: Watch,
        retries: int = RETRIES,
        mirror: Mirror | None = None,
        keep: Which | None = None,
    ) -> None:
        super().__init__()  # without a metric: Optuna is told what a trial came to, and Ray need not know
        self.run, self.source, self.watch, self.retries, self.mirror = run, source, watch, retries, mirror
        self.heartbeat, self.keeper = Heartbeat(run.recipe), Keeper(run, keep)
        self.attempts: Counter[str] = Counter()  # by key
        self.starved: set[str] = set()  # keys of trials that lacked memory, and are alone when they are tried again
        self.running: dict[str, Job] = {}
        self.curves: dict[str, list[dict[str, float]]] = {}
        self.halt = Halt()
        self.refusal: FailedError | None = None  # why nothing more is proposed; what runs goes on

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:  # type: ignore[override]  # FINISHED is a string
        job = None if self.halt.failure or self.refusal else self._next()
        if job is None:
            is_over = self.halt.failure or (not self.running and (self.refusal or self.source.is_exhausted()))
            return Searcher.FINISHED if is_over else None  # what runs may yet have to be tried again
        self.attempts[job.key] += 1
        self.running[trial_id], self.curves[trial_id] = job, []
        return config(job, alone=job.key in self.starved)

    def _next(self) -> Job | None:
        try:
            job = self.source.next(len(self.running))
            self._show()
        except Exception as reason:  # noqa: BLE001 -- Ray would end in a traceback of its own; `execute` raises this one
            self.refusal = self._failure(f"no trial can be proposed ({_in_words(reason)})", reason)
            return None
        return job

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        job = self.running[trial_id]
        self._read(trial_id, result)
        self.source.read(job, self.curves[trial_id][-1])
        self._show()
        self.watch(Event("epoch", job, result))

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:  # noqa: FBT001, FBT002 -- Ray's signature
        job = self.running.pop(trial_id)
        if self.halt.failure:
            return
        try:
            self._end(trial_id, job, {"reason": self.heartbeat.reason(trial_id)} if error else result or {})
        except Exception as reason:  # noqa: BLE001 -- as above
            self.halt.failure = self._failure(
                f"{job.setting.setting}, seed {job.replicate}, could not be kept ({_in_words(reason)})", reason
            )
        del self.curves[trial_id]

    def _failure(self, what: str, reason: Exception) -> FailedError:
        failure = FailedError(f"{what}; what finished before is in {self.run.folder}, and nothing more is trained")
        failure.__cause__ = reason
        return failure

    def _read(self, trial_id: str, result: dict[str, Any]) -> None:
        self.curves[trial_id].append({name: result[name] for name in READINGS})

    def _end(self, trial_id: str, job: Job, result: dict[str, Any]) -> None:
        """Into the ledger first, then to Optuna and the display."""
        attempt = self.attempts[job.key]
        trial, scores = _failed(self.run.recipe, job, result, attempt), None
        if outcome := result.get("outcome"):
            trial, scores = _finished(self.run.recipe, job, result, attempt), (outcome.losses, outcome.correct)
        elif "validation_loss" in result:  # the scheduler has stopped it after this reading
            self._read(trial_id, result)
            trial = _pruned(self.run.recipe, job, self.curves[trial_id], result, attempt)
        again = trial.passing and attempt <= self.retries  # after all others, when what it lacked may be there
        if lacked_memory(trial.reason or ""):
            self.starved.add(job.key)
        self.keeper.keep(trial_id, trial)
        self.run.append(trial, scores=scores)
        self.keeper.tidy()
        self.source.end(job, trial, again=again)
        self._show()
        self.watch(Event("again" if again else trial.state, job, trial.metrics or {"reason": trial.reason}))

    def _show(self) -> None:
        for name, trial in self.source.news().items():
            if self.mirror:
                self.mirror.sync(trial, name)

    # The ledger is the searcher's state; Ray has nothing to save, pickle (a display's locks!) or restore.
    def __getstate__(self) -> dict[str, Any]:
        return {}

    def save(self, checkpoint_path: str) -> None:
        del checkpoint_path

    def restore(self, checkpoint_path: str) -> None:
        del checkpoint_path


def _finished(recipe: Recipe, job: Job, result: dict[str, Any], attempt: int) -> Trial:
    return _record(
        recipe,
        job,
        state="finished",
        metrics=result["outcome"].metrics,
        curve=tuple(result["curve"]),
        attempt=attempt,
        **_spent(result),
    )


def _pruned(recipe: Recipe, job: Job, curve: list[dict[str, float]], result: dict[str, Any], attempt: int) -> Trial:
    return _record(recipe, job, state="pruned", curve=tuple(curve), attempt=attempt, **_spent(result))


def _spent(result: dict[str, Any]) -> dict[str, Any]:
    """On what a trial was trained, and how long."""
    return {"seconds": result["trial_seconds"], "cpu_seconds": result["cpu_seconds"], "host": result["host"]}


def _failed(recipe: Recipe, job: Job, result: dict[str, Any], attempt: int) -> Trial:
    """A row whether or not the trial is tried again."""
    passing = bool(result.get("passing", True))  # a worker that died says nothing
    return _record(recipe, job, state="failed", reason=result.get("reason", DIED), attempt=attempt, passing=passing)


def _record(recipe: Recipe, job: Job, **outcome: Any) -> Trial:  # noqa: ANN401 -- the rest of Trial's fields
    setting = job.setting
    return Trial(
        **{"host": machine(), **outcome},
        key=job.key,
        value=setting.value,
        setting=setting.setting,
        sentence=setting.sentence,
        proxy=setting.proxy,
        replicate=job.replicate,
        fidelity=recipe.fidelity.name,
        hyperparameters=asdict(job.training),
        versions=versions(),
        finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _asked(there: Cluster, trial: dict[str, Any]) -> tune.PlacementGroupFactory:
    return tune.PlacementGroupFactory(there.bundles(alone=trial["alone"]), strategy="STRICT_PACK")


def execute(
    run: Run,
    source: Source,
    data: DataSet,
    there: Cluster,
    watch: Watch,
    retries: int = RETRIES,
    mirror: Mirror | None = None,
    keep: Which | None = None,
) -> optuna.Study:
    """Train what the source asks for, in the cluster that is there. An interrupt (Ctrl-C) is passed on."""
    searcher = LedgerSearcher(run, source, watch, retries, mirror, keep)
    means = {"device": there.device, "processes": there.resources.processes, "keep": bool(keep)}
    trainable = tune.with_parameters(ProxyTrainable, data=data, recipe=run.recipe, **means)
    tuner = tune.Tuner(
        tune.with_resources(trainable, partial(_asked, there)),
        tune_config=tune.TuneConfig(
            search_alg=searcher,
            scheduler=scheduler(run.recipe, run.settled().values()),
            num_samples=-1,  # until the source is exhausted
            reuse_actors=True,
        ),
        run_config=tune.RunConfig(
            name="study",
            storage_path=str(there.folder),
            verbose=0,
            stop=searcher.halt,
            callbacks=[searcher.heartbeat, searcher.keeper],
            checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
        ),
    )
    try:
        tuner.fit()
    except (TuneError, RayError) as error:
        what = last_line(str(error)) or type(error).__name__
        raise FailedError(f"Ray gave up ({what}); every finished trial is kept in {run.folder}") from None
    if failure := searcher.halt.failure or searcher.refusal:
        raise failure
    return source.study
