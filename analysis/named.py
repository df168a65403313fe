"""What a run of networks that the user named says: each against the first."""

import pandas as pd

from analysis.differences import told_apart, too_few
from analysis.image_scores import ImageScores
from analysis.measured import over_words, summaries
from analysis.recipe import Recipe
from analysis.verdict import Verdict
from analysis.words import plural


def named_verdict(recipe: Recipe, table: pd.DataFrame, scores: ImageScores | None = None) -> Verdict:
    """The differences to the first network, paired by seed and test image; they hold all at once with 95 %.

    Decided if any of them excludes zero.
    """
    numbers = summaries(recipe, table, scores)
    changes = [one.difference for one in numbers[1:]]
    seeds = min((change.n for change in changes), default=0)
    if seeds < 2:
        return too_few(recipe, table, "network")
    first, *others = [setting.setting for setting in recipe.settings]
    named = [*zip(others, changes, strict=True)]
    basis = f"differences to {first} in points; {plural(seeds, 'seed')}; intervals over {over_words(numbers)}"
    ways = (f"is lower than with {first}:", f"is higher than with {first}:")
    return told_apart(named, ways, basis, "network")
