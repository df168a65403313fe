"""Designs of a race compared: false alarms, power, and the seeds that it takes.

Run: `python -m tests.bench.racing [--races 100000]`. A design is a nominal level for every look, from 3 seeds to the
cap. They are calibrated on one set of simulated null races and judged on others: normal changes with an effect in units
of their standard deviation over seeds, and errors that are counts of test images. Ends with status 1 if the design of
analysis/racing.py alarms in more than 5 % of null races by more than chance (3 standard errors).
"""

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from scipy.special import ndtr  # type: ignore[import-untyped]

from analysis.racing import FIRST_LOOK, LAST_LOOK, nominal_level
from tests.racing import (
    DISCRETE,
    Array,
    alarms,
    counted,
    decided_over_images,
    ends,
    false_alarm_rate,
    levels,
    planes,
)

CAPS, EFFECTS = (5, 10, 20), (0.5, 1.0, 2.0, 4.0)
TOTAL = 0.05

Design = Callable[[Array, int, float], Array]  # of simulated null races, a cap and a rate of false alarms


def fixed(null: Array, cap: int, rate: float) -> Array:
    """One look, at the cap: the most power there is, and no seed saved."""
    return np.where(at(cap) == cap, rate, 0.0)


def repeated(null: Array, cap: int, rate: float) -> Array:
    """The fixed-sample test at every look."""
    return np.full(at(cap).size, rate)


def bonferroni(null: Array, cap: int, rate: float) -> Array:
    return np.full(at(cap).size, rate / at(cap).size)


def pocock(null: Array, cap: int, rate: float) -> Array:
    """One level for all looks, calibrated for the cap."""
    return np.full(at(cap).size, np.quantile(null[:, : at(cap).size].min(1), rate))


def obrien_fleming(null: Array, cap: int, rate: float) -> Array:
    """Normal quantiles in proportion to the root of cap over look; the factor by bisection."""

    def shaped(factor: float) -> Array:
        return 2 * ndtr(-factor * np.sqrt(cap / at(cap)))  # type: ignore[no-any-return]

    low, high = 1.0, 5.0
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if alarms(null, shaped(middle), cap).mean() > rate else (low, middle)
    return shaped(high)


def spending(null: Array, cap: int, rate: float) -> Array:
    """Of the rate, 1 - 2/n is spent by n seeds (Lan and DeMets): no cap is needed to say the level of a look."""
    quiet, found = null[:, : at(cap).size], []
    for look, n in enumerate(at(cap)):
        share = rate * (2 / (n - 1) - 2 / n if look else 1 - 2 / n)
        found.append(np.sort(quiet[:, look])[round(share * len(null))])
        quiet = quiet[quiet[:, look] >= found[-1]]
    return np.array(found)


def chosen(null: Array, cap: int, rate: float) -> Array:
    """Pocock's for the last cap there may be, whatever the cap."""
    return np.full(at(cap).size, nominal_level(round(TOTAL / rate)))


DESIGNS: dict[str, Design] = {
    "one look": fixed, "every look": repeated, "Bonferroni": bonferroni, "Pocock": pocock,
    "O'Brien-Fleming": obrien_fleming, "spending": spending, f"Pocock for {LAST_LOOK}": chosen,
}  # fmt: skip


def at(cap: int) -> Array:
    return np.arange(FIRST_LOOK, cap + 1)


def normal(races: int, seed: int, effect: float = 0.0) -> Array:
    return levels(np.random.default_rng(seed).normal(effect, 1, (races, LAST_LOOK)))


def raised(null: Array, nominal: Callable[[int], Array]) -> float:
    """How often a null race alarms whose cap goes from 5 to 10 to 20 as long as it is undecided."""
    return float(np.any([alarms(null, nominal(cap), cap) for cap in CAPS], axis=0).mean())


def plane(pair: tuple[Array, Array], nominal: Array, cap: int) -> float:
    return float((alarms(pair[0], nominal, cap) | alarms(pair[1], nominal, cap)).mean())


def rates(races: int) -> Iterator[tuple[str, Callable[[Array, int], float], int]]:
    """For every null hypothesis, the rate of false alarms of a design's levels at a cap; and the number of axes."""
    one, other = normal(races, 1), normal(races, 2)
    yield "normal", lambda nominal, cap: alarms(one, nominal, cap).mean(), 1
    yield "normal, two axes", partial(plane, (one, other)), 2
    for index, (images, spread, settings) in enumerate(DISCRETE):
        found = levels(counted(images, spread, settings, races, seed=10 + index))
        name = f"{images:,} images, spread {spread:g}, {settings} settings"
        yield name, lambda nominal, cap, found=found: alarms(found, nominal, cap).mean(), 1  # type: ignore[misc]
    for images, spread in ((500, 0.5), (500, 2.0), (10_000, 10.0)):
        a, b = planes(images, spread, races // 4, seed=int(images + spread))
        yield f"{images:,} images, spread {spread:g}, a plane of 4 x 3", partial(plane, (levels(a), levels(b))), 2


def false_alarms(calibration: Array, races: int) -> bool:
    """Print them for every design and null hypothesis; whether the chosen one's are at most 5 %."""
    print(
        f"\nfalse alarms in %, at caps {CAPS}; standard error at most {100 * np.sqrt(0.0475 / races):.2f}, planes twice"
    )
    print(" " * 42, *(f"{name:>18}" for name in DESIGNS))
    worst = 0.0
    for name, rate, axes in rates(races):
        found = {
            design: [rate(make(calibration, cap, TOTAL / axes), cap) for cap in CAPS]
            for design, make in DESIGNS.items()
        }
        print(f"{name:42}", *(f"{' '.join(f'{100 * r:.2f}' for r in row):>18}" for row in found.values()), flush=True)
        worst = max(worst, *found[list(DESIGNS)[-1]])
    cells = (raised(normal(races, 1), partial(make, calibration, rate=TOTAL)) for make in DESIGNS.values())
    print(f"{'normal, cap raised from 5 to 10 to 20':42}", *(f"{100 * cell:>18.2f}" for cell in cells))
    return worst <= TOTAL + 3 * np.sqrt(TOTAL * (1 - TOTAL) / (races / 4))


SHARES = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0, 10.0)  # variance that images leave, over that of one seed


def over_images(races: int) -> bool:
    """Print the false alarms where intervals are over seeds and test images; whether they are at most 5 %."""
    print(f"\nfalse alarms in % over seeds and test images, at caps {CAPS}; of one axis, and of one of a plane's two")
    null, worst = np.random.default_rng(5).normal(size=(races, LAST_LOOK)), 0.0
    for images in SHARES:
        cells = []
        for axes in (1, 2):
            found = decided_over_images(null, images, nominal_level(axes), seed=6)
            cells += [float(found[:, : cap - FIRST_LOOK + 1].any(1).mean()) for cap in CAPS]
            worst = max(worst, axes * cells[-1])
        print(f"images {images:<8g}", *(f"{100 * cell:>8.2f}" for cell in cells), flush=True)
    return worst <= TOTAL + 3 * np.sqrt(TOTAL * (1 - TOTAL) / (races / 2))


def power(calibration: Array, races: int) -> None:
    """Print, for effects in standard deviations of the change over seeds, power in % and the mean number of seeds."""
    for cap in CAPS:
        print(f"\npower in % / mean number of seeds, cap {cap}; effect in standard deviations of the change over seeds")
        print(" " * 16, *(f"{effect:>14g}" for effect in (0.0, *EFFECTS)))
        found = [normal(races, 3, effect) for effect in (0.0, *EFFECTS)]
        for name, make in DESIGNS.items():
            nominal = make(calibration, cap, TOTAL)
            cells = [(100 * alarms(f, nominal, cap).mean(), ends(f, nominal, cap).mean()) for f in found]
            print(f"{name:16}", *(f"{hit:>7.1f} / {seeds:4.1f}" for hit, seeds in cells), flush=True)


def overstatement(races: int) -> None:
    """Print by how much the change is overstated where a race was decided before its cap."""
    print("\nmean estimate over truth, of the races that were decided before the cap")
    print(" " * 16, *(f"{effect:>8g}" for effect in EFFECTS))
    for cap in CAPS:
        cells = []
        for effect in EFFECTS:
            draws = np.random.default_rng(4).normal(effect, 1, (races, LAST_LOOK))
            seeds = ends(levels(draws), nominal_level(1), cap)
            means = np.take_along_axis(draws.cumsum(1), seeds[:, None] - 1, 1)[:, 0] / seeds
            cells.append(means[seeds < cap].mean() / effect)
        print(f"{f'cap {cap}':16}", *(f"{cell:>8.2f}" for cell in cells), flush=True)


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--races", type=int, default=100_000)
    options = parser.parse_args()
    for axes in (1, 2):
        exact = axes * false_alarm_rate(nominal_level(axes))
        print(
            f"{axes} axes: nominal level {nominal_level(axes):.2%}, all looks together at most {exact:.3%} (integrated)"
        )
    calibration = normal(2 * options.races, 0)
    met = false_alarms(calibration, options.races)
    met &= over_images(options.races)
    power(calibration, options.races)
    overstatement(options.races)
    sys.exit(not met)
