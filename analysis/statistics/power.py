"""How many seeds would decide: the power of intervals over seeds and test images, and the least number that has it."""

import numpy as np
from scipy.special import chdtri, ndtr  # type: ignore[import-untyped]

from analysis.statistics.crossed import Sources, half_widths

_POINTS = 400  # of the distribution of the estimated variance; more change the fourth decimal


def power(effect: float, found: Sources, seeds: int, level: float = 0.95) -> float:
    """How often an interval over so many seeds excludes zero if the true effect is `effect`.

    Where there is none, it excludes `effect` as often. The variance of seeds is estimated anew by every
    experiment (chi-square); for one number a seed this is the noncentral t.
    """
    quantiles = (np.arange(_POINTS) + 0.5) / _POINTS
    estimates = found.seeds * chdtri(seeds - 1, quantiles) / (seeds - 1)
    widths, scale = half_widths(estimates, found.images, seeds, level), np.sqrt(found.variance(seeds))
    if scale == 0:
        return float(effect != 0)
    return float(np.mean(ndtr((effect - widths) / scale) + ndtr((-effect - widths) / scale)))


def seeds_to_decide(
    effect: float, found: Sources, *, wanted: float = 0.8, level: float = 0.95, most: int = 1000
) -> int | None:
    """The least number of seeds whose interval excludes zero with the wanted power; `None` if `most` have not enough.

    `effect` is the smallest one worth knowing, or the one observed. Where images leave more variance than the effect
    stands out from, no number of seeds is enough: more test images are. Variance estimated from a few seeds is rough:
    plans reach their power in half of all cases, and with `Sources.no_more_than(0.8)` in four of five.
    """
    low, high = 1, 2  # low has too little power, high has not been seen to
    while power(effect, found, high, level) < wanted:
        if high >= most:
            return None
        low, high = high, min(2 * high, most)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power(effect, found, middle, level) >= wanted else (middle, high)
    return high
