"""`explore`: plan, train the proxies, write the run, print the verdict and where the report is."""

import errno
import hashlib
import json
import os
import re
import shlex
import sys
import tomllib
from argparse import Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from difflib import get_close_matches
from pathlib import Path

from analysis.plain import PlainError, from_plain
from analysis.recipe import Fidelity, Recipe, RecordError, Setting, Training
from analysis.record import LockedError, Run
from search.commands.report import tell
from search.data import DataError, DataNameError, DataSet, best_available, load, resized, split
from search.errors import FailedError, UsageError
from search.jobs import jobs
from search.presets import FIDELITIES, resolved, training_for
from search.progress import progress
from search.words import fraction, integer, of, planned
from space.arch import Input
from space.axes import axes, yielding
from space.cost import cost
from space.plan import Plan
from space.proxy import Reduction, proxies


def run(options: Namespace) -> int:
    """The main job; the same words again continue it."""
    plan = planned(options)
    seeds = integer("--seeds", options.seeds, high=10_000) or 1
    gpus = _gpus(options.gpus_per_trial)
    retries = integer("--retries", options.retries, low=0, high=1_000) or 0
    data, fidelity = _data_and_fidelity(options)
    recipe = _recipe(options, plan, data, fidelity, _training(options, data), seeds)
    folder = Path(options.run or default_folder(plan, recipe)).absolute()
    try:
        return _conclude(_trained(folder, recipe, data, gpus, options.address, retries), recipe.command)
    except KeyboardInterrupt:
        kept = f"every finished trial is kept in {folder}" if folder.exists() else "no trial was started"
        raise KeyboardInterrupt(f"interrupted; {kept}; continue with: {recipe.command}") from None


def _gpus(word: str) -> float:
    """Ray divides a GPU among trials, or gives a trial whole ones."""
    gpus = fraction("--gpus-per-trial", word)
    if gpus > 1 and not gpus.is_integer():
        raise UsageError(f"--gpus-per-trial: {word!r} is not possible; above 1, write a whole number")
    return gpus


def _training(options: Namespace, data: DataSet) -> Training:
    training = _recipe_file(options.recipe).training if options.recipe else training_for(data.name)
    plain = asdict(training) | dict(_assignment(word) for word in options.set)
    try:
        return from_plain(Training, plain)
    except PlainError as error:
        raise UsageError(f"--set: {str(error)[:200]}") from None


def _recipe_file(path: str) -> Recipe:
    try:
        return Recipe.from_toml(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"--recipe: {path!r} cannot be read ({error.strerror}); write the path of a run's recipe.toml"
        ) from None
    except (ValueError, RecursionError) as error:  # no recipe, no text, nested beyond reason
        raise UsageError(f"--recipe: {path!r} is no recipe: {error}") from None


def _assignment(word: str) -> tuple[str, object]:
    """`lr=0.05` as a name and a value; what is no TOML value is a word."""
    name, equals, text = word.partition("=")
    if not equals:
        raise UsageError(f"--set: {word[:40]!r} sets nothing; write FIELD=VALUE such as lr=0.05")
    try:
        document = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        document = {}
    return name.strip(), document["value"] if len(document) == 1 else text.strip()


def _data_and_fidelity(options: Namespace) -> tuple[DataSet, Fidelity]:
    preset = FIDELITIES.get(options.fidelity)
    if preset is None:
        near = get_close_matches(options.fidelity, FIDELITIES, n=1, cutoff=0) or ["quick"]
        known = ", ".join(FIDELITIES)
        raise UsageError(f"--fidelity: {options.fidelity!r} is not known; write {known} (the nearest is {near[0]})")
    try:
        data = load(options.data or best_available())
        rest, _ = split(data, run_seed=0, replicate=0, train_images=len(data.train))
    except DataNameError as error:
        raise UsageError(str(error)) from None
    except DataError as error:
        raise FailedError(str(error)) from None
    fidelity = resolved(preset, resolution=data.train.pixels.shape[-1], train_images=len(rest))
    return resized(data, fidelity.resolution), fidelity


def _recipe(
    options: Namespace, plan: Plan, data: DataSet, fidelity: Fidelity, training: Training, seeds: int
) -> Recipe:
    return Recipe(
        command=shlex.join(["explore", *options.words]),
        budget=plan.budget.text,
        budget_macs=plan.budget.macs,
        axis=plan.axis,
        against=plan.against,
        match=plan.match,
        base=plan.base_name,
        base_macs=cost(plan.base).macs,
        resolution=plan.base.input.resolution,
        data=data.name,
        data_digest=data.digest,
        seed=0,
        seeds=seeds,
        fidelity=fidelity,
        training=training,
        settings=_settings(plan, data, fidelity),
    )


def _settings(plan: Plan, data: DataSet, fidelity: Fidelity) -> tuple[Setting, ...]:
    image = Input(data.train.pixels.shape[1], fidelity.resolution)
    reduction = Reduction(fidelity.width, fidelity.depth, image, data.train.classes)
    trained = of("--fidelity", lambda: proxies(plan, reduction))
    return tuple(
        Setting(
            value=setting.value,
            setting=setting.name,
            sentence=str(setting.arch),
            macs=setting.cost.macs,
            params=setting.cost.params,
            activations=setting.cost.activations,
            budget_error=setting.budget_error,
            base_error=setting.base_error,
            proxy=str(proxy),
            proxy_macs=cost(proxy).macs,
            proxy_params=cost(proxy).params,
        )
        for setting, proxy in zip(plan.settings, trained, strict=True)
    )


def default_folder(plan: Plan, recipe: Recipe) -> Path:
    """`runs/` and a name that says the question, so that the same question finds its run again, and no other does.

    What a reader would not look for in a name is in six digits at its end, if it is not as by default.
    """
    against = [] if plan.against == yielding(axes(plan.axis), None) else ["against", plan.against]
    match = [] if plan.match == "paper" else [plan.match]
    data = Path(recipe.data).name  # of a folder
    words = [*plan.axis, *against, plan.budget.text, *match, plan.base_name, data, recipe.fidelity.name]
    name = "-".join(re.sub(r"[^A-Za-z0-9.]+", "-", word[:40]).strip("-") for word in words)
    said = [plan.budget.text, plan.base_name, recipe.data]
    plain = all(re.fullmatch(r"[A-Za-z0-9._-]{1,40}", word) for word in said) and _by_default(plan, recipe)
    return Path("runs") / (name if plain else f"{name}-{_digest(recipe)}")


def _by_default(plan: Plan, recipe: Recipe) -> bool:
    return plan.usual and recipe.training == training_for(recipe.data)


def _digest(recipe: Recipe) -> str:
    identity = {**recipe.identity(), "data_digest": ""}  # a folder whose images have changed is to be noticed
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:6]


def _trained(folder: Path, recipe: Recipe, data: DataSet, gpus: float, address: str | None, retries: int) -> Run:
    """The run with nothing left to train. A new run's folder is made once Ray is there to fill it."""
    is_new = not any((folder / name).exists() for name in ("recipe.toml", "trials.jsonl"))
    record = None if is_new else _run_folder(folder, recipe)
    if record is None:
        _refuse_unmakeable(folder)
    asked, finished = (record.recipe, record.finished()) if record else (recipe, {})
    left = sum(job.key not in finished for job in jobs(asked))
    if record and not left:
        return record
    from search.cluster import Resources, cluster  # here: it takes seconds, and a finished run needs no Ray
    from search.study import execute

    resources = Resources(address, asked.training.threads, gpus)
    size = sum(part.pixels.nbytes for part in (data.train, data.test))
    with ExitStack() as held:
        if record:
            held.enter_context(_locked(record))
        watch = held.enter_context(progress(left, asked.fidelity.epochs))
        scratch = held.enter_context(cluster(resources, size))
        if not record:
            record = _run_folder(folder, recipe)
            held.enter_context(_locked(record))
        execute(record, data, resources, scratch, watch, retries)
    return record


def _run_folder(folder: Path, recipe: Recipe) -> Run:
    try:
        return Run.create(folder, recipe)
    except LockedError as error:
        raise FailedError(str(error)) from None
    except RecordError as error:
        raise UsageError(f"--run: {error}") from None


@contextmanager
def _locked(record: Run) -> Iterator[None]:
    with ExitStack() as held:
        try:
            held.enter_context(record.lock())
        except LockedError as error:
            raise FailedError(str(error)) from None
        yield


def _refuse_unmakeable(folder: Path) -> None:
    """Before Ray is started for it."""
    there = next(place for place in (folder, *folder.parents) if place.exists())
    code = errno.ENOTDIR if not there.is_dir() else 0 if os.access(there, os.W_OK | os.X_OK) else errno.EACCES
    if code:
        raise OSError(code, os.strerror(code), str(folder))


def _conclude(record: Run, again: str) -> int:
    """Report, and say the command that tries again where something failed."""
    tell(record)
    failed = [trial for trial in record.latest().values() if trial.state == "failed"]
    if failed:
        what = f"{len(failed)} of {len(jobs(record.recipe))} trials failed, {failed[0].setting}: {failed[0].reason}"
        how = f"the others are kept in {record.folder}; try again with: {again}"
        print(f"explore: {what}; {how}", file=sys.stderr)
    return 1 if failed else 0
