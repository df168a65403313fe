"""What a run asks, how far it is, and what it says so far: the same words on every page and terminal."""

from collections import Counter
from collections.abc import Collection

from analysis.image_scores import image_scores
from analysis.recipe import Recipe
from analysis.record import Run
from analysis.searched import outcomes, sweep_verdict
from analysis.trial import Trial
from analysis.verdict import Verdict, verdict
from analysis.words import plural


def question(recipe: Recipe) -> str:
    """In one sentence."""
    if recipe.sweep:
        budgets = ", ".join(recipe.sweep.budgets) or recipe.budget
        return f"At {budgets}, which network has the least {' and '.join(recipe.sweep.objectives)}?"
    return f"At {recipe.budget}, how does test error change with {' and '.join(recipe.axis)}?"


def progress(recipe: Recipe, trials: Collection[Trial]) -> str:
    """How many of the trials asked for are finished, and how long they took."""
    states = Counter(trial.state for trial in trials)
    others = f", {states['pruned']} stopped early" if states["pruned"] else ""
    others += f", {states['failed']} failed" if states["failed"] else ""
    minutes = sum(trial.seconds for trial in trials) / 60
    most = "at most " if recipe.race else ""
    return (
        f"{states['finished']} of {most}{plural(asked(recipe), 'trial')} finished{others}; "
        f"{minutes:.1f} minutes of training in all"
    )


def asked(recipe: Recipe) -> int:
    """Trials that the run has in the end; a sweep may need fewer, as what is proposed again is not trained again."""
    return (recipe.sweep.trials if recipe.sweep else len(recipe.settings)) * recipe.seeds


def answer(run: Run) -> Verdict:
    """What the run says so far."""
    if run.recipe.sweep:
        return sweep_verdict(run.recipe, outcomes(run))
    return verdict(run.recipe, run.trials(), image_scores(run))
