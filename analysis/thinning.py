"""Which of many points a figure draws: all that its message hangs on, and of the others as many as an eye can tell."""

from collections.abc import Iterable, Sequence

import numpy as np

MOST = 2000  # points; more are a surface, and a page that answers slowly


def thinned(count: int, telling: Iterable[int] = (), most: int = MOST) -> list[int]:
    """The places of those drawn of `count` points, ascending: all where they are few, or else `most`.

    The `telling` ones are among them, unless they alone are too many, and then some taken evenly are; the others are a
    sample drawn at random, the same one always.
    """
    if count <= most:
        return list(range(count))
    kept = np.unique(np.fromiter(telling, dtype=np.intp))
    if kept.size > most:
        return [int(place) for place in kept[np.linspace(0, kept.size - 1, most).round().astype(np.intp)]]
    others = np.setdiff1d(np.arange(count), kept, assume_unique=True)
    drawn = np.random.default_rng(0).choice(others, most - kept.size, replace=False)
    return [int(place) for place in np.sort(np.concatenate([kept, drawn]))]


def extremes(values: Sequence[float]) -> list[int]:
    """The places of the least and the largest number, so that no axis ends early; none where there is no number."""
    array = np.asarray(values, dtype=np.float64)
    if not np.isfinite(array).any():
        return []
    finite = np.where(np.isfinite(array), array, np.nan)
    return [int(np.nanargmin(finite)), int(np.nanargmax(finite))]


def thinned_words(drawn: int, count: int, telling: str) -> str:
    """A sentence for the caption, with a space before it; nothing where all are drawn."""
    if drawn >= count:
        return ""
    return f" {drawn:,} of {count:,} points are drawn: {telling}, and a random sample of the others."
