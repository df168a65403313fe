"""What trials and their scores say: intervals over seeds and test images, or over seeds alone where scores lack."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.image_scores import ImageScores
from analysis.recipe import Recipe
from analysis.statistics import intervals
from analysis.statistics.crossed import (
    against_first,
    axis_weights,
    contrast_scores,
    crossed_difference,
    crossed_interval,
    crossed_mean,
    shared_level,
)
from analysis.statistics.intervals import (
    Interval,
    Trend,
    Value,
    as_tuple,
    by_replicate,
    changes_by_replicate,
    complete_replicates,
)

_NONE = ImageScores()

Parts = Mapping[int, ArrayLike]  # of one setting, by replicate


def changes(
    table: pd.DataFrame, metric: str, scores: ImageScores | None = None, *, axis: int = 0, values: Sequence[Value]
) -> NDArray[np.float64]:
    """The fitted change along one axis of every replicate that has all settings, in order, and of every test image.

    Of shape (replicates, images) where all these trials kept their scores, or else (replicates, 1):
    `crossed_interval` of that is Student's over seeds.
    """
    cells = [as_tuple(value) for value in values]
    kept = (scores or _NONE).of(metric)
    keys = complete_replicates(table, "key", cells)
    settings = [{r: kept[row[i]] for r, row in keys.items() if row[i] in kept} for i in range(len(cells))]
    if keys and all(len(one) == len(keys) for one in settings) and _alike(settings):
        return contrast_scores(settings, axis_weights(values, axis))
    alone = changes_by_replicate(table, metric, axis=axis, values=values)
    return np.array([*alone.values()]).reshape(len(alone), 1)


def trend(
    table: pd.DataFrame,
    metric: str,
    scores: ImageScores | None = None,
    *,
    axis: int = 0,
    values: Sequence[Value],
    level: float = 0.95,
) -> Trend:
    """As `intervals.trend`; its interval is over test images, too, where every trial it rests on kept its scores."""
    over_seeds = intervals.trend(table, metric, axis=axis, values=values, level=level)
    found = changes(table, metric, scores, axis=axis, values=values)
    images = found.shape[1] if found.shape[1] > 1 else 0
    return replace(over_seeds, change=crossed_interval(found, level), images=images) if images else over_seeds


@dataclass(frozen=True)
class Summary:
    """One setting's trials in numbers."""

    error: Interval  # percent
    loss: Interval
    difference: Interval  # of test error to the first setting, of an ablation to the one before; paired; points
    images: int = 0  # test images that the intervals are over, too; 0: over seeds alone


def summaries(recipe: Recipe, table: pd.DataFrame, scores: ImageScores | None = None) -> tuple[Summary, ...]:
    """For every setting of the recipe, whether or not a trial of it has finished.

    Over test images, too, where all finished trials kept their scores: the intervals of one table mean the same.
    """
    names = [setting.setting for setting in recipe.settings]
    errors, losses = _parts(table, "test_error", scores, names), means(recipe, table, "test_loss", scores)
    images = next((np.size(one) for setting in errors.values() for one in setting.values()), 1)
    parts = [errors[name] for name in names]
    return tuple(
        Summary(crossed_mean(part), loss, difference, images if images > 1 else 0)
        for part, loss, difference in zip(parts, losses, _differences(recipe, parts), strict=True)
    )


def _differences(recipe: Recipe, parts: Sequence[Parts]) -> tuple[Interval, ...]:
    """Of every setting to the first, or in an ablation to the one before; that of the first is nothing."""
    if not parts:
        return ()
    nothing = crossed_difference(parts[0], parts[0])
    if not recipe.tricks:
        return nothing, *against_first(parts)
    each = shared_level(0.95, comparisons(recipe))
    return nothing, *(crossed_difference(after, before, each) for before, after in pairwise(parts))


def comparisons(recipe: Recipe) -> int:
    """Differences that are looked at, and hold all at once with 95 %: of an ablation the last to the first, too."""
    return len(recipe.settings) - 1 + bool(recipe.tricks)


def all_together(recipe: Recipe, table: pd.DataFrame, scores: ImageScores | None = None) -> Interval:
    """The difference of test error of the last setting to the first, paired, at the level of `summaries`; points."""
    names = [setting.setting for setting in recipe.settings]
    errors = _parts(table, "test_error", scores, names)
    return crossed_difference(errors[names[-1]], errors[names[0]], shared_level(0.95, comparisons(recipe)))


def means(recipe: Recipe, table: pd.DataFrame, metric: str, scores: ImageScores | None = None) -> tuple[Interval, ...]:
    """Of any column of a run's table, for every setting of the recipe: as in `summaries`, and over the same."""
    names = [setting.setting for setting in recipe.settings]
    parts = _parts(table, metric, scores, names)
    return tuple(crossed_mean(parts[name]) for name in names)


def over_words(numbers: Sequence[Summary]) -> str:
    """What the intervals of a table of settings are over."""
    return "seeds and test images" if any(one.images for one in numbers) else "seeds"


def intervals_words(numbers: Sequence[Summary]) -> str:
    """What the intervals of a table of settings are over, and that its changes hold at once."""
    over = over_words(numbers)
    paired = over.replace("seeds", "seed").replace("images", "image")
    return (
        f"Mean ± half the 95 % interval over {over}; changes are paired by {paired}, and their intervals hold all at "
        "once with 95 %."
    )


def _parts(table: pd.DataFrame, metric: str, scores: ImageScores | None, names: Sequence[str]) -> dict[str, Parts]:
    """By setting and replicate: a number for every image, or one for all images together where any scores lack."""
    means = by_replicate(table, metric)
    kept, keys = (scores or _NONE).of(metric), by_replicate(table, "key")
    found: dict[str, Parts] = {n: {r: kept[k] for r, k in keys.get(n, {}).items() if k in kept} for n in names}
    whole = all(found[name].keys() == means.get(name, {}).keys() for name in names)
    if whole and _alike(found.values()):
        return found
    return {name: {r: np.array([value]) for r, value in means.get(name, {}).items()} for name in names}


def _alike(settings: Iterable[Parts]) -> bool:
    """Whether all were tested on as many images, as other images cannot be paired."""
    return len({np.shape(one) for parts in settings for one in parts.values()}) <= 1
