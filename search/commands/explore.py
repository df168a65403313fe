"""`explore`: plan, train the proxies, write the run, print the verdict and where the report is."""

import hashlib
import json
import re
from argparse import Namespace
from pathlib import Path

from analysis.racing import FIRST_LOOK, LAST_LOOK
from analysis.recipe import Fidelity, Recipe, Setting
from analysis.training import Training
from search.asked import data_and_training, refuse_unfit
from search.data import DataSet
from search.errors import UsageError
from search.launch import conclude
from search.means import Means
from search.presets import known_fidelity, training_for
from search.reducing import reduction
from search.seen import seen
from search.settings import setting, trained_on
from search.words import integer, of, planned
from space.axes import axes, yielding
from space.cost import cost
from space.plan import Plan
from space.proxy import Reduction, proxies


def run(options: Namespace) -> int:
    """The main job; the same words again continue it."""
    recipe, data, means, folder = question(options, planned(options))
    return conclude(folder, recipe, data, means)


def asked_seeds(options: Namespace) -> int:
    """How many, or of a race how many at most."""
    seeds = integer("--seeds", options.seeds, high=10_000) or 1
    if options.race and seeds < FIRST_LOOK:
        raise UsageError(
            f"--race: at most {seeds} seeds decide nothing; write --seeds {FIRST_LOOK} or more, such as 10"
        )
    if options.race and seeds > LAST_LOOK:
        raise UsageError(f"--race: it is looked at up to {LAST_LOOK} seeds; write --seeds {LAST_LOOK} or fewer")
    return seeds


def question(options: Namespace, plan: Plan) -> tuple[Recipe, DataSet, Means, Path]:
    """What the options ask of a plan's settings: the recipe, its images, how it is trained and where its run is."""
    seeds, means = asked_seeds(options), Means.of(options)
    data, fidelity, chosen = data_and_training(options)
    recipe = asked_recipe(options, plan, data, fidelity, chosen, seeds)
    folder = Path(options.run or default_folder(plan, recipe)).absolute()
    return recipe, seen(data, recipe), means, folder


def asked_recipe(
    options: Namespace, plan: Plan, data: DataSet, fidelity: Fidelity, training: Training, seeds: int
) -> Recipe:
    """Of the plan's settings, with a proxy for each."""
    settings = _settings(plan, reduction(fidelity, data))
    refuse_unfit(training, data, {one.setting: one.proxy for one in settings})
    return Recipe(
        **trained_on(options, data, fidelity, training, seeds),
        budget=plan.budget.text,
        budget_macs=plan.budget.macs,
        axis=plan.axis,
        against=plan.against,
        match=plan.match,
        base=plan.base_name,
        base_macs=cost(plan.base).macs,
        resolution=plan.base.input.resolution,
        settings=settings,
        race=options.race,
    )


def _settings(plan: Plan, reduction: Reduction) -> tuple[Setting, ...]:
    trained = of("--fidelity", lambda: proxies(plan, reduction))
    against = {"budget_macs": plan.budget.macs, "base_macs": cost(plan.base).macs}
    return tuple(
        setting(one.value, one.name, one.arch, proxy, **against)
        for one, proxy in zip(plan.settings, trained, strict=True)
    )


def default_folder(plan: Plan, recipe: Recipe) -> Path:
    """`runs/` and a name that says the question, so that the same question finds its run again, and no other does.

    What a reader would not look for in a name is in six digits at its end, if it is not as by default.
    """
    against = [] if plan.against == yielding(axes(plan.axis), None) else ["against", plan.against]
    match = [] if plan.match == "paper" else [plan.match]
    race = ["race"] if recipe.race else []
    words = [*plan.axis, *against, plan.budget.text, *match, plan.base_name, *race]
    return named_folder(words, recipe, is_plain=plan.usual and recipe.training == training_for(recipe.data))


def named_folder(words: list[str], recipe: Recipe, *, is_plain: bool) -> Path:
    """`runs/` and the words with data and fidelity; with six digits of all that the recipe asks, if not plain.

    A fidelity of the user's own is not plain, as its name does not say what it is; nor is a word that has no place in a
    file's name as it stands, such as the path of one's own images, of whose kind another may have the same last part.
    """
    are_said = all(re.fullmatch(r"[A-Za-z0-9._-]{1,40}", word) for word in (*words, recipe.data))
    is_plain = is_plain and are_said and known_fidelity(recipe.fidelity.name) is not None and not recipe.seed
    parts = [*words, Path(recipe.data).name, recipe.fidelity.name]
    name = "-".join(re.sub(r"[^A-Za-z0-9.]+", "-", part[:40]).strip("-") for part in parts)
    return Path("runs") / (name if is_plain else f"{name}-{_digest(recipe)}")


def _digest(recipe: Recipe) -> str:
    identity = {**recipe.identity(), "data_digest": ""}  # a folder whose images have changed is to be noticed
    del identity["files_digest"]  # and so are files
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:6]
