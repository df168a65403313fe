"""Races by the hundred thousand: the rule of analysis/racing.py on arrays, and its false alarms by integration."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr, stdtrit  # type: ignore[import-untyped]

from analysis.image_scores import ImageScores
from analysis.racing import FIRST_LOOK, LAST_LOOK, race
from analysis.recipe import Recipe
from analysis.statistics.crossed import half_widths
from analysis.statistics.intervals import fitted_changes

Array = NDArray[np.float64]

# test sets and spreads in images, from seeds that nearly always agree to the binomial spread; settings
DISCRETE = tuple(
    (images, spread, settings)
    for images, spreads in ((500, (0.3, 0.5, 1.0, 2.0, 6.7)), (10_000, (3.0, 10.0, 30.0)))
    for spread in spreads
    for settings in (2, 6)
)

GRID, QUANTILES = 400, 1000
_ROUNDING = 1e-9


def decided_at(recipe: Recipe, table: pd.DataFrame, scores: ImageScores | None = None) -> int | None:
    """The number of complete replicates at which the race of a whole table was decided, if it was."""
    found = race(recipe, table, scores)
    return len(found.replicates) if found.decided else None


def levels(changes: ArrayLike) -> Array:
    """At every look from the first: the level of the widest t interval over the values so far that excludes zero.

    Along the last dimension; one minus the confidence, so a look alarms where this is below its nominal level. Values
    without a spread are no alarm at any level.
    """
    values = np.asarray(changes, dtype=np.float64)
    n = np.arange(1, values.shape[-1] + 1)
    mean = values.cumsum(-1) / n
    squares = np.maximum((values**2).cumsum(-1) - n * mean**2, 0)
    spread = np.maximum.accumulate(values, -1) - np.minimum.accumulate(values, -1) > _ROUNDING
    with np.errstate(divide="ignore", invalid="ignore"):
        t = mean * np.sqrt(n * (n - 1) / squares)
    return np.where(spread, 2 * stdtr(np.maximum(n - 1, 1), -np.abs(t)), 1.0)[..., FIRST_LOOK - 1 :]


def alarms(found: Array, nominal: ArrayLike, cap: int = LAST_LOOK) -> NDArray[np.bool_]:
    """Which races are decided at a look up to the cap; `nominal` is one level or one for each look."""
    seen: NDArray[np.bool_] = (found[..., : cap - FIRST_LOOK + 1] < nominal).any(-1)
    return seen


def ends(found: Array, nominal: ArrayLike, cap: int = LAST_LOOK) -> NDArray[np.int64]:
    """The number of seeds with which each race ends."""
    below = found[..., : cap - FIRST_LOOK + 1] < nominal
    return np.where(below.any(-1), below.argmax(-1) + FIRST_LOOK, cap)


def false_alarm_rate(nominal: float, last: int = LAST_LOOK) -> float:
    """Of a race over normal values with one level at all looks, by integration; exact to 2 in 10,000 of itself.

    R = sum / sqrt(sum of squares) is t in another form, and a Markov chain: the next value over the root of the sum of
    squares so far is t / sqrt(n - 1), whatever R has been (Basu), and from a uniform R at three values R' is
    (R + v) / sqrt(1 + v^2). Backwards: of every R, the chance that nothing alarms from there on.
    """
    middles = (np.arange(QUANTILES) + 0.5) / QUANTILES
    grid, quiet = np.linspace(0, _bound(nominal, last), GRID), np.ones(GRID)
    for n in range(last, FIRST_LOOK, -1):
        before = np.linspace(0, _bound(nominal, n - 1), GRID)
        v = stdtrit(n - 1, middles) / np.sqrt(n - 1)
        after = np.abs(before[:, None] + v) / np.sqrt(1 + v**2)
        grid, quiet = before, np.interp(after, grid, quiet, right=0).mean(1)
    areas = (quiet[1:] + quiet[:-1]) / 2 * np.diff(grid)
    return float(1 - areas.sum() / np.sqrt(FIRST_LOOK))


def _bound(nominal: float, n: int) -> float:
    """The R of n values at which their t interval touches zero."""
    square = stdtrit(n - 1, 1 - nominal / 2) ** 2
    return float(np.sqrt(n * square / (n - 1 + square)))


def counted(images: int, spread: float, settings: int, races: int, seed: int) -> Array:
    """Changes along equal settings: errors are counts of test images, about 10 % of them, whose spread over seeds is
    `spread` images; the mean is half-way between two counts in half of the races. Races by seeds, in percent."""
    chance = np.random.default_rng(seed)
    means = images // 10 + chance.integers(0, 2, (races, 1, 1)) / 2
    counts = np.rint(chance.normal(means, spread, (races, LAST_LOOK, settings)))
    return fitted_changes(100 * counts / images)


def planes(images: int, spread: float, races: int, seed: int) -> tuple[Array, Array]:
    """The same for both axes of a plane of 4 by 3 equal settings."""
    chance = np.random.default_rng(seed)
    counts = np.rint(chance.normal(images // 10, spread, (races, LAST_LOOK, 4, 3)))
    errors = 100 * counts / images
    return fitted_changes(errors.mean(-1)), fitted_changes(errors.mean(-2))


def decided_over_images(changes: Array, images: float, nominal: float, seed: int) -> Array:
    """Whether each look excludes zero, of races by seeds, where test images leave a variance beside that of seeds.

    `changes` have no effect; what their images add is the same at all looks.
    """
    shifted = changes + np.sqrt(images) * np.random.default_rng(seed).normal(size=(len(changes), 1))
    found = []
    for n in range(FIRST_LOOK, changes.shape[1] + 1):
        half = half_widths(shifted[:, :n].var(1, ddof=1), images, n, 1 - nominal)
        found.append(np.abs(shifted[:, :n].mean(1)) > half)
    return np.stack(found, axis=1)
