"""Differences of test errors that hold all at once, in words: which are decided, and which are not."""

import math
from collections.abc import Sequence

import pandas as pd

from analysis.cells import by_how_much, low_to_high
from analysis.recipe import Recipe
from analysis.statistics.intervals import Interval
from analysis.verdict import Verdict
from analysis.words import plural, signed

UNDECIDED = "undecided"


def effect(change: Interval) -> str:
    """Of a difference of test errors, in a word."""
    if not change.excludes_zero:
        return UNDECIDED
    return "lowers" if change.mean < 0 else "raises"


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
    told = [f"with {name} by {by_how_much(change)}" for name, change in named if effect(change) == kind]
    return f"{way} {', '.join(told)}" if told else ""


def _range(change: Interval) -> str:
    if not math.isfinite(change.mean):
        return "(no number)"
    if change.n == 1:
        return f"({signed(change.mean, 2)} on one seed)"
    if not change.has_spread:
        return f"({signed(change.mean, 2)} on all seeds alike)"
    return f"({low_to_high(change)})"
