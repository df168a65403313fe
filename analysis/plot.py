"""One plot of a report: a figure with what is said of it."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import plotly.graph_objects as go  # type: ignore[import-untyped]


class Plot(NamedTuple):
    """A figure with what a reader who cannot see it is told."""

    name: str
    title: str
    alt: str
    caption: str
    figure: go.Figure


def nothing_words(states: Iterable[str]) -> str:
    """What stands where no trial has anything to draw: why, by the states of all that have ended."""
    counts = Counter(states)
    if counts and counts["failed"] == counts.total():
        return f"all {counts.total():,} trials failed" if counts.total() > 1 else "the only trial so far failed"
    others = [f"{counts[state]:,} {words}" for state, words in _ENDED.items() if counts[state]]
    return f"no trial has finished{': ' if others else ''}{', '.join(others)}"


_ENDED = {"pruned": "stopped early", "failed": "failed"}
