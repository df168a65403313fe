"""The images of a run, as large as its trials look at them."""

from collections.abc import Iterable

from analysis.recipe import Fidelity, Recipe
from analysis.training import Training
from search.data import DataSet, resized
from search.priors import views


def seen(data: DataSet, recipe: Recipe) -> DataSet:
    """No larger than any training of the recipe sees them: the one, each of a sweep, or each of an ablation."""
    swept = recipe.sweep and views(recipe.training, recipe.sweep.tune)
    return as_seen(data, recipe.fidelity, swept or [recipe.training_of(setting) for setting in recipe.settings])


def as_seen(data: DataSet, fidelity: Fidelity, trainings: Iterable[Training]) -> DataSet:
    """The images no larger than any of these trainings sees them, in training or in testing."""
    sides = (side for one in trainings for side in one.tested(fidelity.resolution))
    return resized(data, max(fidelity.resolution, *sides))
