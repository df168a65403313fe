"""How many seeds would likely decide what a run has left undecided."""

import pandas as pd

from analysis.image_scores import ImageScores
from analysis.measured import changes
from analysis.recipe import Recipe
from analysis.statistics.crossed import sources
from analysis.statistics.power import seeds_to_decide
from analysis.words import plural

WORTH_KNOWING = 0.5  # points of test error from one end of an axis to the other


def outlook(recipe: Recipe, table: pd.DataFrame, level: float, scores: ImageScores | None = None) -> str:
    """For every axis of a run with a fixed number of seeds, the seeds that would show half a point four times in five.

    An effect that was fixed beforehand: planning for the observed one takes chance for the truth. The number is rough,
    as the spread of few seeds is; the one for the upper limit of that spread says how rough. Empty for a race, which
    adds its seeds by itself, and where there is no spread.
    """
    if recipe.race:
        return ""
    values = [setting.value for setting in recipe.settings]
    needs = []
    for index, axis in enumerate(recipe.axis):
        found = changes(table, "test_error", scores, axis=index, values=values)
        if len(found) < 2 or not (spread := sources(found)).variance(len(found)) > 0:
            return ""
        least, most = (seeds_to_decide(WORTH_KNOWING, one, level=level) for one in (spread, spread.no_more_than()))
        needs.append((axis, least, most, len(found)))
    have = needs[0][-1]
    if all(least is not None and least <= have for _, least, _, _ in needs):
        return f"{_DECIDED.replace('would be', 'would have been')} with these seeds"
    along = [f"{_seeds(least, most, f' along {axis}' if needs[1:] else '')}" for axis, least, most, _ in needs]
    return f"{_DECIDED} with {' and '.join(along)}: {plural(have, 'seed')} tell their spread only roughly"


_DECIDED = "a change of half a point would be decided four times in five"


def _seeds(least: int | None, most: int | None, along: str) -> str:
    """About 11 seeds (perhaps 38), and none at all where images leave too much variance."""
    if least is None:
        return f"more test images{along}: with these no number of seeds is enough"
    perhaps = f" (perhaps {most:,})" if most else " (perhaps with none on these test images)"
    return f"about {plural(least, 'seed')}{along}{perhaps if most != least else ''}"
