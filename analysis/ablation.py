"""What an ablation says: of every trick, whether it helped those before it, and of all together."""

import math
from collections.abc import Sequence

import pandas as pd

from analysis.about import written
from analysis.cells import difference_words, interval_words
from analysis.image_scores import ImageScores
from analysis.measured import Summary, all_together, over_words, summaries
from analysis.recipe import Recipe
from analysis.sheets import Sheet, counted, interval, none, row, words
from analysis.statistics import Interval
from analysis.verdict import Verdict
from analysis.words import decimals, number, plural, signed

UNDECIDED = "undecided"
TOGETHER = "all together"
EFFECTS = {"lowers": "lower", "raises": "higher", UNDECIDED: UNDECIDED}


def effect(change: Interval) -> str:
    """Of a difference of test errors, in a word."""
    if not change.excludes_zero:
        return UNDECIDED
    return "lowers" if change.mean < 0 else "raises"


def ablation_verdict(recipe: Recipe, table: pd.DataFrame, scores: ImageScores | None = None) -> Verdict:
    """Every trick against those before it, and all together; these intervals hold at once with 95 % (Bonferroni).

    Decided if any of them excludes zero.
    """
    numbers = summaries(recipe, table, scores)
    changes = [one.difference for one in numbers[1:]]
    seeds = min((change.n for change in changes), default=0)
    if seeds < 2:
        return too_few(recipe, table, "trick")
    names = [*(trick.name for trick in recipe.tricks), TOGETHER]
    named = [*zip(names, [*changes, all_together(recipe, table, scores)], strict=True)]
    basis = f"each trick added to those before it; {plural(seeds, 'seed')}; intervals over {over_words(numbers)}"
    return told_apart(named, ("falls", "rises"), f"changes in points, {basis}", "trick")


def too_few(recipe: Recipe, table: pd.DataFrame, each: str) -> Verdict:
    """Of a run of fewer than two complete seeds."""
    finished = int((table["state"] == "finished").sum())
    progress = f"{finished:,} of {plural(recipe.seeds * len(recipe.settings), 'trial')} finished"
    return Verdict(f"undecided: {progress}, and a {each} is judged by two seeds at least", decided=False)


def told_apart(named: Sequence[tuple[str, Interval]], ways: tuple[str, str], basis: str, each: str) -> Verdict:
    """Of differences that hold all at once with 95 %, those that are below zero, above, and undecided, in words.

    Test error changes in one of two `ways` with each; `basis` is of the intervals, `each` what one of them is called.
    Decided if any of them excludes zero.
    """
    parts = [_decided(kind, f"test error {way}", named) for kind, way in zip(("lowers", "raises"), ways, strict=True)]
    decided = [part for part in parts if part]
    still = ", ".join(f"{name} {_range(change)}" for name, change in named if effect(change) == UNDECIDED)
    said = "; ".join([*decided, f"undecided: {still}"] if still else decided)
    brief = "; ".join(decided) or f"undecided: every {each}"
    return Verdict(f"{said} ({basis} hold all at once with 95 %)", decided=bool(decided), brief=brief)


def _decided(kind: str, way: str, named: Sequence[tuple[str, Interval]]) -> str:
    """`test error falls with warm-up by 0.31 ± 0.12, with cosine by 1.2 ± 0.4`."""
    told = [f"with {name} by {_amount(change)}" for name, change in named if effect(change) == kind]
    return f"{way} {', '.join(told)}" if told else ""


def _amount(change: Interval) -> str:
    places = decimals(change.half_width)
    return f"{number(abs(change.mean), places)} ± {number(change.half_width, places)}"


def _range(change: Interval) -> str:
    if not math.isfinite(change.mean):
        return "(no number)"
    if not change.has_spread:
        return f"({signed(change.mean, 2)} on all seeds alike)"
    places = decimals(change.half_width)
    return f"({signed(change.low, places)} to {signed(change.high, places)})"


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
