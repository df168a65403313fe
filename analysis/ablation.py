"""What an ablation says: of every trick, whether it helped those before it, and of all together."""

from collections.abc import Sequence

import pandas as pd

from analysis.about import written
from analysis.cells import difference_words, interval_words
from analysis.differences import UNDECIDED, effect, told_apart, too_few
from analysis.image_scores import ImageScores
from analysis.measured import Summary, all_together, over_words, summaries
from analysis.recipe import Recipe
from analysis.sheets import Sheet, counted, interval, none, row, words
from analysis.verdict import Verdict
from analysis.words import plural

TOGETHER = "all together"
EFFECTS = {"lowers": "lower", "raises": "higher", UNDECIDED: UNDECIDED}


def ablation_verdict(recipe: Recipe, table: pd.DataFrame, scores: ImageScores | None = None) -> Verdict:
    """Every trick against those before it, and all together; these intervals hold at once with 95 % (Bonferroni).

    Decided if any of them excludes zero.
    """
    numbers = summaries(recipe, table, scores)
    changes = [one.difference for one in numbers[1:]]
    if min((change.n for change in changes), default=0) < 2:
        return too_few(recipe, table, "trick")
    named = [*zip((trick.name for trick in recipe.tricks), changes, strict=True)]
    if (together := all_together(recipe, table, scores)).n > 1:  # where trials failed, the ends may share no seed
        named.append((TOGETHER, together))
    seeds = min(change.n for _, change in named)
    basis = f"each trick added to those before it; {plural(seeds, 'seed')}; intervals over {over_words(numbers)}"
    return told_apart(named, ("falls", "rises"), f"changes in points, {basis}", "trick")


COLUMNS = (
    "setting", "changed", "test error (%)", "change from the one before (points)", "test error is", "test loss (nats)",
    "seeds",
)  # fmt: skip


def ablation_sheet(recipe: Recipe, numbers: Sequence[Summary]) -> Sheet:
    """A row for the beginning and for every trick."""
    rows = (
        row(
            setting.setting,
            (
                words(change_words(recipe, index)) if index else none(),
                interval(interval_words(one.error), one.error),
                interval(difference_words(one.difference), one.difference) if index else none(),
                words(EFFECTS[effect(one.difference)]) if index else none(),
                interval(interval_words(one.loss), one.loss),
                counted(one.error.n),
            ),
        )
        for index, (setting, one) in enumerate(zip(recipe.settings, numbers, strict=True))
    )
    return Sheet("settings", "Table of the settings", COLUMNS, tuple(rows))


def change_words(recipe: Recipe, index: int) -> str:
    """What the setting at `index` changes of the training before it: `mixup = 0.2, lr = 0.1`; nothing of the first."""
    changes = recipe.tricks[index - 1].changes if index else {}
    return ", ".join(f"{name} = {written(value)}" for name, value in changes.items())
