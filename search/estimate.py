"""What a run will take, before it is begun: the time of a trial and of all, the memory of a trial, how many fit."""

import heapq
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from analysis.recipe import Recipe, RecordError
from analysis.record import Run
from analysis.words import amount, duration, plural
from search.data import DataSet, split
from search.devices import gpu_need
from search.errors import UsageError
from search.jobs import Job, config, left
from search.launch import resources
from search.means import Means
from search.memory import taught_by, trial_memory
from space.arch import Arch
from space.sentence import parse

BETWEEN = 0.2  # seconds from one trial to the next
AFTER = 4.0  # seconds in which Ray ends and the report is written


@dataclass(frozen=True)
class TrialEstimate:
    """Of one setting: a trial's seconds, and the bytes of its device's memory that it needs."""

    setting: str
    seconds: float
    memory: int


@dataclass(frozen=True)
class Estimate:
    """Of a run: how many trials are left, how many train at once, and the seconds from the command to its report.

    `trial_memory`: bytes that a trial may take of what the trials share, with its libraries; `device_memory`: all that
    there is to share, of one GPU or of a machine.
    """

    settings: tuple[TrialEstimate, ...]
    trials: int
    workers: int
    seconds: float
    trial_memory: int
    device_memory: int
    device: str

    @property
    def room(self) -> int:
        """How many trials the memory of one device or machine has room for."""
        return self.device_memory // self.trial_memory


def asked(recipe: Recipe, data: DataSet, means: Means, folder: Path, start: float) -> Estimate:
    """Of what a command asks for, and what its folder has of it; `start`, of `time.perf_counter`, is when it began."""
    try:
        run = Run.open(folder) if (folder / "recipe.toml").exists() else None
        if run:
            run.refuse_another(recipe)
    except RecordError as error:
        raise UsageError(f"--run: {error}") from None
    return estimated(recipe, data, means, run, start)


def makespan(
    trials: Iterable[tuple[int, float]], workers: int, until: float = float("inf"), once: float = 0.0
) -> tuple[float, int]:
    """When the last of these ends that begin by `until`, each with whoever is free first, and how many those are.

    A trial is its replicate and its seconds; a worker that has not seen the replicate just before takes `once` more.
    """
    free: list[tuple[float, int]] = [(0.0, -1)] * workers  # since when, and the replicate it was of
    count = 0
    for replicate, seconds in trials:
        begun, before = free[0]
        if begun > until:
            break
        heapq.heapreplace(free, (begun + seconds + (once if before != replicate else 0.0), replicate))
        count += 1
    return max(free)[0], count


def estimated(recipe: Recipe, data: DataSet, means: Means, run: Run | None, start: float) -> Estimate:
    """Measured by the workers that would train; `start`, of `time.perf_counter`, is when the command began."""
    from search.cluster import cluster  # here: it takes seconds
    from search.rehearsal import rehearse

    jobs = _left(recipe, run)
    if run and not jobs:
        raise UsageError(f"--estimate: nothing is left to train in {run.folder}")
    wanted, teacher = resources(recipe, data, means), taught_by(recipe.training, recipe.fidelity, data)
    learner = None if recipe.training.has_given_teacher else teacher
    of_batch = replace(recipe.training, batch_size=-(-recipe.training.batch_size // wanted.processes))
    first = [Job.of(recipe, setting, 0, of_batch) for setting in recipe.settings]
    asked = [config(job) for job in first] + ([_lesson(first[0], learner)] if learner else [])
    with cluster(wanted, sum(part.travelling for part in (data.train, data.test))) as there:
        found = rehearse(asked, recipe, data, there)
    length = _Length.of(recipe, data)
    once = found.timings[-1].trial(length.steps, length.validated) if learner else 0.0
    times = (timing.trial(length.steps, length.images, length.fixing) for timing in found.timings)
    each = [
        TrialEstimate(job.setting.setting, next(times), trial_memory(parse(job.setting.proxy), job.training, teacher))
        for job in first
    ]
    seconds = {job.setting.setting: one.seconds + BETWEEN for job, one in zip(first, each, strict=True)}
    starting = found.begun - start + found.cold
    in_turn = ((job.replicate, seconds[job.setting.setting]) for job in jobs)
    whole, trials = makespan(in_turn, found.workers, max(0.0, means.seconds - starting), once)
    need = max(one.memory for one in each)
    return Estimate(
        settings=tuple(each),
        trials=trials,
        workers=found.workers,
        seconds=starting + whole + AFTER,
        trial_memory=gpu_need(need) if found.device == "cuda" else found.process + need,
        device_memory=found.memory,
        device=found.device,
    )


def _left(recipe: Recipe, run: Run | None) -> list[Job]:
    """What the command would train: none of a race that is over."""
    if not run:
        return left(recipe, {})
    from search.source import Listed  # here: Optuna takes its time to be imported

    run.recipe = run.recipe.grown(recipe)
    source = Listed(run)
    return [] if source.is_exhausted() else source.pending


def _lesson(job: Job, teacher: Arch) -> dict[str, object]:
    """The teacher's own training, as a trial."""
    return config(job) | {"proxy": str(teacher), "training": asdict(replace(job.training, teacher=""))}


@dataclass(frozen=True)
class _Length:
    """Of a trial: its steps, the images it tests, of which some after every epoch, and its steps of fine-tuning."""

    steps: int
    images: int
    validated: int
    fixing: int

    @classmethod
    def of(cls, recipe: Recipe, data: DataSet) -> "_Length":
        epochs, training = recipe.fidelity.epochs, recipe.training
        train, validation = split(data, run_seed=recipe.seed, replicate=0, train_images=recipe.fidelity.train_images)
        steps = max(1, len(train) // training.batch_size)
        validated = epochs * len(validation)
        images = validated + len(data.test) + min(training.norm_images, len(train))
        return cls(epochs * steps, images, validated, training.fix_epochs * steps)


def document(estimate: Estimate) -> dict[str, object]:
    """As JSON: seconds and bytes."""
    return {**asdict(estimate), "room": estimate.room}


def text(estimate: Estimate) -> str:
    """As a table of the settings, and two sentences on the run."""
    width = max(len("setting"), *(len(one.setting) for one in estimate.settings))
    rows = [
        f"{one.setting:{width}}  {duration(one.seconds):>10}  {_bytes(one.memory):>10}" for one in estimate.settings
    ]
    at_once = f"{min(estimate.workers, estimate.trials)} at once" if estimate.trials > 1 else "alone"
    run = (
        f"{plural(estimate.trials, 'trial')}, {at_once}, in {duration(estimate.seconds)} from the command to its report"
    )
    need, there = _bytes(estimate.trial_memory), _bytes(estimate.device_memory)
    fits = f"a trial needs {need} with its process, and {there} have room for {estimate.room}"
    return "\n".join(
        (
            f"{'setting':{width}}  {'a trial':>10}  {'its memory':>10}",
            *rows,
            "",
            f"{run}, on {estimate.device}; {fits}.",
        )
    )


def _bytes(count: int) -> str:
    return f"{amount(count)}B".replace("\N{NO-BREAK SPACE}", " ")
