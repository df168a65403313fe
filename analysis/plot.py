"""One plot of a report: a figure with what is said of it."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import plotly.graph_objects as go  # type: ignore[import-untyped]

from analysis.cells import interval_words
from analysis.published import PublishedCurve
from analysis.recipe import Recipe
from analysis.statistics.intervals import Interval


class Plot(NamedTuple):
    """A figure with what a reader who cannot see it is told."""

    name: str
    title: str
    alt: str
    caption: str
    figure: go.Figure


def points_words(over: str) -> str:
    """What the points of a plot along an axis are."""
    return f"Small points are single seeds, large ones their mean with the 95 % interval over {over}."


def published_panel(published: PublishedCurve | None) -> str:
    """What stands below such a plot, if anything was published."""
    if published is None:
        return ""
    return (
        f"Below, the published top-1 error of the full networks on ImageNet-1K ({published.source}): another data set "
        "and full training, so compare the shapes and not the heights."
    )


def values_words(metric: str, recipe: Recipe, intervals: Iterable[Interval]) -> str:
    """What such a plot shows, for a reader who cannot see it."""
    values = [f"{s.setting} {interval_words(i)}" for s, i in zip(recipe.settings, intervals, strict=True)]
    return f"Plot of {metric} by setting: {'; '.join(values)}"


def nothing_words(states: Iterable[str]) -> str:
    """What stands where no trial has anything to draw: why, by the states of all that have ended."""
    counts = Counter(states)
    if counts and counts["failed"] == counts.total():
        return f"all {counts.total():,} trials failed" if counts.total() > 1 else "the only trial so far failed"
    others = [f"{counts[state]:,} {words}" for state, words in _ENDED.items() if counts[state]]
    return f"no trial has finished{': ' if others else ''}{', '.join(others)}"


_ENDED = {"pruned": "stopped early", "failed": "failed"}
