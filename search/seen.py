"""The images of a run, as large as its trials look at them."""

from analysis.recipe import Recipe
from search.asked import as_seen
from search.data import DataSet
from search.priors import views


def seen(data: DataSet, recipe: Recipe) -> DataSet:
    """No larger than any training of the recipe sees them: the one, each of a sweep, or each of an ablation."""
    swept = recipe.sweep and views(recipe.training, recipe.sweep.tune)
    return as_seen(data, recipe.fidelity, swept or [recipe.training_of(setting) for setting in recipe.settings])
