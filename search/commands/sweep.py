"""`explore sweep`: architecture and hyperparameters searched together, every candidate within the budgets."""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from analysis.plain import PlainError
from analysis.recipe import Fidelity, Recipe
from analysis.sweep import Objective, Sampler, Scheduler, Sweep
from analysis.training import Training
from search.asked import data_and_training, refuse_unfit
from search.candidates import chooser_of
from search.ceiling import Ceiling, divided
from search.commands.explore import asked_recipe, named_folder
from search.data import DataSet
from search.errors import UsageError
from search.launch import conclude
from search.means import Means
from search.option_groups import TOLERANCE
from search.presets import training_for
from search.priors import refuse_impossible, tunables
from search.reducing import reduction
from search.seen import seen
from search.settings import trained_on
from search.words import integer, of, one_of, planned, tolerance
from space.arch import Input
from space.axes import AXES
from space.base import base_of
from space.budget import LARGEST, Budget, Limit, budget, limit
from space.cost import cost
from space.proxy import common_macs
from space.spaces.choosing import Chooser
from space.spaces.space import Space, space
from space.spaces.starters import starters

TRIALS = 50  # unless said


def run(options: Namespace) -> int:
    """Propose, train and report; the same words again continue it."""
    means = Means.of(options)
    data, fidelity, chosen = data_and_training(options)
    seeds = integer("--seeds", options.seeds, high=10_000) or 1
    if seeds > 1 and options.scheduler in ("asha", "hyperband"):
        what = f"{options.scheduler!r} stops trials early, and {seeds} seeds of which some are stopped have no mean"
        raise UsageError(f"--scheduler: {what}; leave one of the two out")
    make = _free if options.space else _along
    recipe = make(options, data, fidelity, chosen, seeds)
    _refuse_set(options, recipe)
    return conclude(Path(options.run or _folder(options, recipe)).absolute(), recipe, seen(data, recipe), means)


def _along(options: Namespace, data: DataSet, fidelity: Fidelity, training: Training, seeds: int) -> Recipe:
    """A sweep that chooses among the settings of an axis."""
    if not options.axis or len(options.budget) != 1:
        what = "nothing is said to choose from" if not options.axis else "an axis has one budget"
        raise UsageError(f"sweep: {what}; write a space such as resnext, or --axis with one --budget")
    plan = planned(Namespace(**{**vars(options), "budget": options.budget[0]}))
    if options.tolerance != TOLERANCE:
        raise UsageError(f"--tolerance: {options.tolerance[:40]!r} is of a space's budgets; an axis has --match exact")
    asked = Namespace(**{**vars(options), "race": False})
    recipe = asked_recipe(asked, plan, data, fidelity, training, seeds)
    return replace(recipe, sweep=_sweep(options, recipe.settings[0].proxy_macs))


def _free(options: Namespace, data: DataSet, fidelity: Fidelity, training: Training, seeds: int) -> Recipe:
    """A sweep over a design space."""
    for name in ("axis", "against", "base", "values", "width_multiple", "match"):
        if getattr(options, name) not in (None, "paper"):
            option = name.replace("_", "-")
            raise UsageError(f"--{option}: the space {options.space[:40]!r} says what varies; leave one of them out")
    share = tolerance(options.tolerance)
    costs, most = _divided(options.budget)
    limits = of("--budget", lambda: [limit(text, share) for text in costs])
    amount = _flops(limits)
    resolution = integer("--resolution", options.resolution, high=10_000) or _native(space(options.space))
    refuse_unfit(training, data)
    base = of("--budget", lambda: base_of(amount, AXES["cardinality"], None, resolution))
    common = of("--fidelity", lambda: common_macs(amount.macs, reduction(fidelity, data).sparing_depth(), resolution))
    sweep = replace(
        _sweep(options, common),
        space=str(space(options.space)),
        budgets=tuple(one.text for one in limits),
        tolerance=share,
        latency=str(most or ""),
    )
    _refuse_clash(chooser_of(sweep.space, sweep.budgets, share, resolution), sweep)  # and what is not possible
    return Recipe(
        **trained_on(options, data, fidelity, training, seeds),
        budget=amount.text,
        budget_macs=amount.macs,
        axis=(),
        against="",
        match="",
        base=base.name,
        base_macs=cost(base.arch).macs,
        resolution=resolution,
        sweep=sweep,
    )


def _divided(budgets: Sequence[str]) -> tuple[list[str], Ceiling | None]:
    """Those that are costs, and a latency on a device that is there."""
    costs, most = of("--budget", lambda: divided(budgets))
    if most and most.device != "cpu":
        from search.measure import on  # imports torch

        try:
            on(most.device)
        except UsageError as error:
            raise UsageError(f"--budget: {most}: {str(error).removeprefix('--device: ')}") from None
    return costs, most


def _sweep(options: Namespace, proxy_macs: int) -> Sweep:
    """What the options say of how it is searched."""
    try:
        return Sweep(
            proxy_macs=proxy_macs,
            tune=tunables(options.tune),
            objectives=tuple(_known("--objective", name, Objective) for name in options.objective or ["loss"]),
            sampler=_known("--sampler", options.sampler, Sampler),
            scheduler=_known("--scheduler", options.scheduler, Scheduler),
            trials=integer("--trials", options.trials, high=1_000_000) or TRIALS,
        )
    except PlainError as error:
        field, _, what = str(error).partition(": ")
        option = {"objectives": "--objective", "tune": "--tune", "scheduler": "--scheduler"}[field]
        raise UsageError(f"{option}: {what}") from None


def _known(option: str, word: str, kind: Any) -> Any:  # noqa: ANN401 -- a Literal, and one of its words
    return one_of(option, word, get_args(kind))


def _flops(limits: Sequence[Limit]) -> Budget:
    """What the candidates cost in multiply-adds: their proxies are to cost the same as well."""
    found = next((one for one in limits if one.measure == "macs" and one.low and one.high < LARGEST), None)
    if found is None:
        raise UsageError("--budget: a sweep trains proxies of one cost; give an amount of FLOPs, such as 4GFLOPs")
    return budget(found.text)


def _native(found: Space) -> int:
    """The resolution that the space's networks are made for."""
    sides = {way.part.resolution for way in found.ways(0, ()) if isinstance(way.part, Input)}
    if len(sides) > 1:
        sizes = ", ".join(map(str, sorted(sides)))
        raise UsageError(f"--resolution: the space has networks for {sizes} pixels; say at which they are costed")
    return sides.pop()


def _refuse_set(options: Namespace, recipe: Recipe) -> None:
    """A hyperparameter is set or searched."""
    assert recipe.sweep
    given = {word.partition("=")[0].strip() for word in options.set}
    for one in recipe.sweep.tune:
        if one.field in given:
            raise UsageError(f"--tune: {one.field!r} is set by --set, too; leave one of them out")
    refuse_impossible(recipe.training, recipe.sweep.tune)


def _refuse_clash(chosen: Chooser, sweep: Sweep) -> None:
    """A variable of the space under the name of a hyperparameter would be one parameter with it."""
    names = {parameter.name for parameter in chosen.parameters}
    for one in sweep.tune:
        if one.field in names:
            raise UsageError(f"--tune: {one.field!r} is a variable of the space, too; give that another name")


def _folder(options: Namespace, recipe: Recipe) -> Path:
    """As the main job's, named by what is chosen from."""
    assert recipe.sweep
    name = options.space if options.space in starters() else "-".join(recipe.axis) or "space"
    words = ["sweep", name, *(options.budget if options.space else [recipe.budget])]
    usual = replace(Sweep(proxy_macs=1, trials=1), **{f: getattr(recipe.sweep, f) for f in _NAMED})
    known = name in starters() and recipe.resolution == _native(space(name))
    plain = recipe.sweep == usual and known and recipe.training == training_for(recipe.data)
    return named_folder(words, recipe, is_plain=plain)


_NAMED = ("space", "budgets", "proxy_macs", "trials")  # of a sweep: said in the folder's name, or growing
