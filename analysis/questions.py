"""What a run asks, how far it is, and what it says so far: the same words on every page and terminal."""

from collections import Counter
from collections.abc import Collection
from math import prod

import pandas as pd

from analysis.ablation import ablation_verdict
from analysis.image_scores import ImageScores, image_scores
from analysis.named import named_verdict
from analysis.recipe import EQUAL, Recipe
from analysis.record import Run
from analysis.searched import outcomes, sweep_verdict
from analysis.sweep import levels
from analysis.trial import Trial
from analysis.verdict import Verdict, verdict
from analysis.words import amount, plural
from space.base import NEAR


def question(recipe: Recipe) -> str:
    """In one sentence."""
    if recipe.sweep:
        budgets = ", ".join(filter(None, (*recipe.sweep.budgets, recipe.sweep.latency))) or _budget(recipe)
        along = f"setting of {' and '.join(recipe.axis)}" if len(recipe.axis) > 1 else " ".join(recipe.axis)
        what = "network" if recipe.is_free else along
        fields = " and ".join(recipe.sweep.fields)
        tuned = f", with {fields} of its own" if fields and not recipe.is_free else ""
        return f"At {budgets}, which {what} has the least {' and '.join(recipe.sweep.objectives)}{tuned}?"
    if recipe.is_named:
        beside = " once all cost the same" if recipe.match == EQUAL else ""
        others = plural(len(recipe.settings) - 1, "network")
        return f"How far are the test errors of {others} from that of {recipe.base}{beside}?"
    if recipe.tricks:
        return f"Which tricks lower the test error of {recipe.base}, each added to those before it?"
    return f"At {_budget(recipe)}, how does test error change with {' and '.join(recipe.axis)}?"


def _budget(recipe: Recipe) -> str:
    """What the settings cost: what was asked, unless a base was named that costs something else."""
    if abs(recipe.base_macs / recipe.budget_macs - 1) <= NEAR:
        return recipe.budget
    return f"{amount(recipe.base_macs)}FLOPs, the cost of {recipe.base}"


def trained_words(recipe: Recipe) -> str:
    """What is trained in the place of the candidates, and how much."""
    macs = [setting.proxy_macs for setting in recipe.settings] or [recipe.sweep.proxy_macs if recipe.sweep else 0]
    low, high = amount(min(macs)), amount(max(macs))
    what = f"proxies of {low if low == high else f'{low} to {high}'} FLOPs"
    images = f"{recipe.fidelity.train_images:,} images of {recipe.data}"
    return (
        f"Trained are {what}, {plural(recipe.fidelity.epochs, 'epoch')} of {images} (fidelity {recipe.fidelity.name})."
    )


def progress(recipe: Recipe, trials: Collection[Trial]) -> str:
    """How many of the trials asked for are finished, and what they took, whatever else the machine did."""
    states = Counter(trial.state for trial in trials)
    others = f", {states['pruned']:,} stopped early" if states["pruned"] else ""
    others += f", {states['failed']:,} failed" if states["failed"] else ""
    minutes = sum(trial.core_seconds for trial in trials) / 60
    took = f"{minutes:.1f} core-minutes" if minutes < 120 else f"{minutes / 60:,.1f} core-hours"
    wanted = f"{'at most ' if recipe.race else ''}{plural(asked(recipe), 'trial')}"
    return f"{states['finished']:,} of {wanted} finished{others}; {took} of training in all"


def asked(recipe: Recipe) -> int:
    """Trials that the run has in the end; a sweep may need fewer, as what is proposed again is not trained again."""
    return (_proposals(recipe) if recipe.sweep else len(recipe.settings)) * recipe.seeds


def _proposals(recipe: Recipe) -> int:
    """As many as are asked for, or as a grid over the settings of an axis has points."""
    assert recipe.sweep
    if recipe.sweep.sampler != "grid" or recipe.is_free:
        return recipe.sweep.trials
    return min(recipe.sweep.trials, len(recipe.settings) * prod(len(levels(one)) for one in recipe.sweep.tune))


def answer(run: Run, known: ImageScores | None = None) -> Verdict:
    """What the run says so far; scores that are `known` are not read again."""
    if run.recipe.sweep:
        return sweep_verdict(run.recipe, outcomes(run))
    return judged(run.recipe, run.trials(), image_scores(run, known))


def judged(recipe: Recipe, table: pd.DataFrame, scores: ImageScores) -> Verdict:
    """What trials that were all asked for say: along an axis, of networks by name, or of tricks."""
    if recipe.is_named:
        return named_verdict(recipe, table, scores)
    return ablation_verdict(recipe, table, scores) if recipe.tricks else verdict(recipe, table, scores)
