"""What was not chosen: other intervals over seeds and test images, and other intervals for all settings at once.

Run: `python -m tests.bench.candidates [--simulations 50000]`, a minute on one core. Normal scores, drawn as the
mean squares that intervals are made of; the least and largest coverage over all shares of seeds, images and rest.
"""

from argparse import ArgumentParser
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit  # type: ignore[import-untyped]

from analysis.statistics.agreement import _orders, _redrawn, _side, _tau_b

SEEDS = (3, 5, 10)
# Variance of one seed's mean, and of the mean over images, in units of the rest's.
SHARES = tuple(product((0.0, 1.0, 10.0), (0.0, 0.1, 0.3, 1.0, 3.0, 10.0)))

Draws = NDArray[np.float64]


def mean_squares(n: int, m: int, seeds: float, images: float, simulations: int) -> tuple[Draws, Draws, Draws, Draws]:
    """The grand mean, whose truth is 0, and the mean squares of seeds, images and rest, over n times m."""
    chance = np.random.default_rng(n * m)
    degrees = (n - 1, m - 1, (n - 1) * (m - 1))
    expected = np.array([1 + seeds, 1 + images, 1.0]) / (n * m)
    squares = [e * chance.chisquare(d, simulations) / d for e, d in zip(expected, degrees, strict=True)]
    return (chance.normal(0, np.sqrt(expected @ [1, 1, -1]), simulations), *squares)


def half_widths(n: int, m: int, a: Draws, b: Draws, e: Draws) -> dict[str, Draws]:
    """By method; a, b and e are the mean squares of seeds, images and rest."""
    few, many = stdtrit(n - 1, 0.975), ndtri(0.975)
    images = np.maximum(b - e, 0)
    variance = a + images
    welch = variance**2 / (a**2 / (n - 1) + b**2 / (m - 1) + e**2 / ((n - 1) * (m - 1)))
    owen = (a + b) ** 2 / (a**2 / (n - 1) + b**2 / (m - 1))
    return {
        "seeds alone": few * np.sqrt(a),
        "few degrees for all": few * np.sqrt(variance),
        "Satterthwaite": stdtrit(welch, 0.975) * np.sqrt(variance),
        "pigeonhole": stdtrit(owen, 0.975) * np.sqrt(a + b),
        "root of squares": np.sqrt(few**2 * a + many**2 * images),
        "Cochran": (few * a + many * images) / np.sqrt(variance),
        "root of fourth powers (chosen)": (few**4 * a**2 + many**4 * (2 * a * images + images**2)) ** 0.25,
    }


def crossed(n: int, m: int, simulations: int) -> dict[str, list[float]]:
    """Coverage in percent of every method, for every share."""
    found: dict[str, list[float]] = {}
    for seeds, images in SHARES:
        mean, *squares = mean_squares(n, m, seeds, images, simulations)
        for method, half in half_widths(n, m, *squares).items():
            found.setdefault(method, []).append(100 * float(np.mean(np.abs(mean) <= half)))
    return found


def at_once(n: int, others: int, deviations: NDArray[np.float64], simulations: int) -> tuple[float, float, float]:
    """Coverage in percent of all differences to the first: each at 95 %, Bonferroni, Dunnett with pooled variances."""
    hits = []
    for scale in (np.ones(others + 1), deviations):  # the first finds Dunnett's quantile
        scores = scale * np.random.default_rng(7).normal(size=(simulations, n, others + 1))
        differences = scores[..., 1:] - scores[..., :1]
        own = np.abs(differences.mean(1)) / (differences.std(1, ddof=1) / np.sqrt(n))
        rest = (
            scores - scores.mean(1, keepdims=True) - scores.mean(2, keepdims=True) + scores.mean((1, 2), keepdims=True)
        )
        pooled = np.sqrt((rest**2).sum((1, 2)) / ((n - 1) * others) * 2 / n)
        hits.append((own.max(1), np.abs(differences.mean(1)).max(1) / pooled))
    each, bonferroni = stdtrit(n - 1, 0.975), stdtrit(n - 1, 1 - 0.025 / others)
    dunnett = np.quantile(hits[0][1], 0.95)
    covered = (hits[1][0] <= each, hits[1][0] <= bonferroni, hits[1][1] <= dunnett)
    return tuple(100 * float(np.mean(one)) for one in covered)  # type: ignore[return-value]


def percentile(n: int, simulations: int) -> float:
    """Coverage in percent of the percentile bootstrap of a mean, 1,000 resamples."""
    chance, held = np.random.default_rng(n), 0
    for _ in range(simulations):
        values = chance.normal(size=n)
        low, high = np.quantile(values[chance.integers(0, n, (1000, n))].mean(1), [0.025, 0.975])
        held += low <= 0 <= high
    return 100 * held / simulations


def bootstrapped_tau(n: int, settings: int, spread: float, simulations: int) -> float:
    """Coverage in percent of the quantiles of a bootstrap over seeds, where two measurements truly agree."""
    chance, held = np.random.default_rng(n), 0
    for _ in range(simulations):
        true = spread * chance.normal(size=settings)
        sides = [_side(true + chance.normal(size=(n, settings))) for _ in range(2)]
        taus = [_tau_b(*(_orders(_redrawn(side, chance)) for side in sides)) for _ in range(400)]
        held += np.quantile(taus, 0.975) >= 1
    return 100 * held / simulations


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--simulations", type=int, default=50_000)
    options = parser.parse_args()
    print("Coverage of 95 % intervals in percent, worst to best over shares of variance, 500 and 10,000 images")
    for n in SEEDS:
        tables = [crossed(n, m, options.simulations) for m in (500, 10_000)]
        for method in tables[0]:
            coverage = [c for table in tables for c in table[method]]
            print(f"{n:3} seeds  {method:30} {min(coverage):6.1f} to {max(coverage):5.1f}", flush=True)
    print("All differences of five settings to a first: each at 95 %, Bonferroni (chosen), Dunnett pooled")
    noisy = {"alike": np.ones(6), "the first x 3": np.r_[3.0, np.ones(5)], "the last x 3": np.r_[np.ones(5), 3.0]}
    for n, (name, deviations) in product(SEEDS, noisy.items()):
        found = at_once(n, 5, deviations, min(options.simulations, 20_000))
        print(f"{n:3} seeds  {name:20}" + "".join(f"{c:8.1f}" for c in found), flush=True)
    print("Percentile bootstraps: of a mean, and of tau where the order is the same (12 settings, spread 0.5 and 2)")
    for n in SEEDS:
        taus = [bootstrapped_tau(n, 12, spread, options.simulations // 250) for spread in (0.5, 2.0)]
        print(
            f"{n:3} seeds  {percentile(n, options.simulations // 10):8.1f}  {taus[0]:8.1f} {taus[1]:8.1f}", flush=True
        )
