"""`explore`: plan, train the proxies, write the run, print the verdict and where the report is."""

import re
import shlex
import sys
import tomllib
from argparse import Namespace
from dataclasses import asdict
from difflib import get_close_matches
from pathlib import Path

from analysis.plain import PlainError, from_plain
from analysis.recipe import Fidelity, Recipe, RecordError, Setting, Training
from analysis.record import Run
from analysis.report import write
from analysis.verdict import verdict
from search.data import DataError, DataNameError, DataSet, best_available, load, resized, split
from search.errors import FailedError, UsageError
from search.jobs import jobs
from search.presets import FIDELITIES, resolved, training_for
from search.progress import progress
from search.words import fraction, integer, of, planned
from space.arch import Input
from space.cost import cost
from space.plan import AXES, Plan
from space.proxy import Reduction, proxies


def run(options: Namespace) -> int:
    """The main job; the same words again continue it."""
    plan = planned(options)
    seeds = integer("--seeds", options.seeds, high=10_000) or 1
    gpus = fraction("--gpus-per-trial", options.gpus_per_trial)
    data, fidelity = _data_and_fidelity(options)
    training = _training(options, data)
    recipe = _recipe(options, plan, data, fidelity, training, seeds)
    record = _run_folder(Path(options.run or _folder(plan, recipe)), recipe)
    return _study(record, data, gpus, options)


def _training(options: Namespace, data: DataSet) -> Training:
    training = _recipe_file(options.recipe).training if options.recipe else training_for(data.name)
    plain = asdict(training) | dict(_assignment(word) for word in options.set)
    try:
        return from_plain(Training, plain)
    except PlainError as error:
        raise UsageError(f"--set: {error}") from None


def _recipe_file(path: str) -> Recipe:
    try:
        return Recipe.from_toml(Path(path).read_text(encoding="utf-8"))
    except (RecordError, UnicodeDecodeError) as error:
        raise UsageError(f"--recipe: {path}: {error}") from None


def _assignment(word: str) -> tuple[str, object]:
    """`lr=0.05` as a name and a value; what is no TOML value is a word."""
    name, equals, text = word.partition("=")
    if not equals:
        raise UsageError(f"--set: {word!r} sets nothing; write FIELD=VALUE such as lr=0.05")
    try:
        return name.strip(), tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return name.strip(), text.strip()


def _data_and_fidelity(options: Namespace) -> tuple[DataSet, Fidelity]:
    preset = FIDELITIES.get(options.fidelity)
    if preset is None:
        near = get_close_matches(options.fidelity, FIDELITIES, n=1, cutoff=0) or ["quick"]
        known = ", ".join(FIDELITIES)
        raise UsageError(f"--fidelity: {options.fidelity!r} is not known; write {known} (the nearest is {near[0]})")
    try:
        data = load(options.data or best_available())
    except DataNameError as error:
        raise UsageError(str(error)) from None
    except DataError as error:
        raise FailedError(str(error)) from None
    rest, _ = split(data, run_seed=0, replicate=0, train_images=len(data.train))
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


def _folder(plan: Plan, recipe: Recipe) -> Path:
    """`runs/` and a name that says the question, so that the same question finds its run again."""
    against = [] if plan.against == AXES[plan.axis[0]].against[0] else ["against", plan.against]
    match = [] if plan.match == "paper" else [plan.match]
    words = [*plan.axis, *against, plan.budget.text, *match, plan.base_name, recipe.data, recipe.fidelity.name]
    return Path("runs") / re.sub(r"[^A-Za-z0-9.]+", "-", "-".join(words))[:120].strip("-")


def _run_folder(folder: Path, recipe: Recipe) -> Run:
    try:
        return Run.create(folder.absolute(), recipe)  # Ray is started from within it
    except RecordError as error:
        raise UsageError(f"--run: {error}") from None


def _study(record: Run, data: DataSet, gpus: float, options: Namespace) -> int:
    """Train what is missing, report, and say how to go on where something is left."""
    again = shlex.join(["explore", *options.words])
    try:
        _train(record, data, gpus, options.address)
    except KeyboardInterrupt:
        msg = f"interrupted; every finished trial is kept in {record.folder}; continue with: {again}"
        raise KeyboardInterrupt(msg) from None
    path = write(record)
    for notice in record.notices:
        print(notice)
    print(verdict(record.recipe, record.trials()).words)
    print(f"report: {path}")
    failed = [trial for trial in record.latest().values() if trial.state == "failed"]
    if failed:
        what = f"{len(failed)} of {len(jobs(record.recipe))} trials failed, {failed[0].setting}: {failed[0].reason}"
        print(f"explore: {what}; the others are kept in {record.folder}; try again with: {again}", file=sys.stderr)
    return 1 if failed else 0


def _train(record: Run, data: DataSet, gpus: float, address: str | None) -> None:
    finished = record.finished()
    todo = [job for job in jobs(record.recipe) if job.key not in finished]
    if not todo:
        return
    from search.study import Resources, execute  # here: it takes seconds, and a finished run needs no Ray

    try:
        with record.lock(), progress(len(todo), record.recipe.fidelity.epochs) as watch:
            execute(record, data, Resources(address, gpus), watch)
    except RecordError as error:
        raise FailedError(str(error)) from None
