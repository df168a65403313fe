"""How often the intervals hold the truth, on scores whose truth is known: the tables of docs/statistics.md.

Run: `python -m tests.bench.coverage [--simulations 1000] [--images 500]`, three minutes on one core. Ends with status 1
if an interval of a mean, a difference or a trend covers less than 93 or more than 97 %, or a band less than 93 %. With
`--alarms "axis, 5 seeds"` it simulates whole verdicts of that kind alone.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau  # type: ignore[import-untyped]

from analysis.image_scores import ImageScores
from analysis.recipe import Recipe
from analysis.statistics.agreement import agreement
from analysis.statistics.crossed import Sources, against_first, axis_weights, crossed_interval, sources
from analysis.statistics.edf import Edf, edf, matching_weights
from analysis.statistics.intervals import Interval, mean_interval
from analysis.statistics.power import power, seeds_to_decide
from analysis.table import trials_table
from analysis.verdict import verdict
from tests.analysis.runs import a_plane, a_race, a_recipe
from tests.analysis.scores import ERRORS, LOSSES, MIXED, NORMAL, World, scored

SEEDS = (3, 5, 10)
WORLDS = {"normal": NORMAL, "errors": ERRORS, "errors by image": MIXED, "losses": LOSSES}
SETTINGS = 5
CONTRASTS = {"mean": np.eye(SETTINGS)[0], "difference": np.eye(SETTINGS)[1] - np.eye(SETTINGS)[0],
             "trend": axis_weights(tuple(range(SETTINGS)))}  # fmt: skip

Contrasted = NDArray[np.float64]  # (seeds, images)


@dataclass
class Tally:
    """Of intervals against their truth: how many hold it, exclude zero, and how wide they are."""

    hits: int = 0
    decided: int = 0
    width: float = 0.0
    drawn: int = 0

    def add(self, interval: Interval, truth: float) -> None:
        self.hits += interval.low - 1e-9 <= truth <= interval.high + 1e-9
        self.decided += interval.excludes_zero
        self.width += interval.half_width
        self.drawn += 1

    @property
    def coverage(self) -> float:
        """In percent."""
        return 100 * self.hits / self.drawn

    @property
    def alarms(self) -> float:
        """Intervals that exclude zero, in percent."""
        return 100 * self.decided / self.drawn

    @property
    def half_width(self) -> float:
        return self.width / self.drawn


def seeds_alone(scores: Contrasted) -> Interval:
    return mean_interval(scores.mean(axis=1))


METHODS: dict[str, Callable[[Contrasted], Interval]] = {"crossed": crossed_interval, "seeds": seeds_alone}


def contrasts(world: World, seeds: int, images: int, simulations: int, seed: int = 0) -> dict[tuple[str, str], Tally]:
    """By contrast and method, over experiments of five settings."""
    world, chance = replace(world, settings=SETTINGS), np.random.default_rng(seed)
    truth = {contrast: float(weights @ world.truth()) for contrast, weights in CONTRASTS.items()}
    tallies = {(contrast, method): Tally() for contrast in CONTRASTS for method in METHODS}
    for _ in range(simulations):
        scores = world.draw(chance, seeds, images)
        for (contrast, method), tally in tallies.items():
            tally.add(METHODS[method](np.tensordot(CONTRASTS[contrast], scores, 1)), truth[contrast])
    return tallies


def pairing(world: World, seeds: int, images: int, simulations: int) -> float:
    """The mean half width of a paired difference over that of one between settings of their own seeds and images."""
    world, chance = replace(world, settings=2), np.random.default_rng(3)
    ratios = []
    for _ in range(simulations):
        a, b = world.draw(chance, seeds, images)
        apart = np.hypot(crossed_interval(a).half_width, crossed_interval(b).half_width)
        ratios.append(crossed_interval(b - a).half_width / apart)
    return float(np.mean(ratios))


def over_seeds(seeds: int, simulations: int) -> dict[str, Tally]:
    """Student's t over seeds on given test images, by the shape of the seeds' errors; true mean 13, deviation 0.3."""
    chance, shape = np.random.default_rng(seeds), (simulations, seeds)
    normal, skewed = chance.normal(13, 0.3, shape), 12.7 + chance.exponential(0.3, shape)
    draws = {
        "normal": normal,
        "counts of 500": chance.binomial(500, normal / 100) / 5,
        "skewness 1": 12.4 + chance.gamma(4, 0.15, shape),
        "skewness 2": skewed,
        "difference, skewness 2": 25.7 + chance.exponential(0.3, shape) - skewed,
    }
    tallies = {name: Tally() for name in draws}
    for name, values in draws.items():
        for row in values:
            tallies[name].add(mean_interval(row), 13.0)
    return tallies


def planted(steps: float, seeds: int, images: int, simulations: int) -> tuple[float, float, float]:
    """Of a planted trend in percent: how often it is decided, so with the wrong sign, and the power predicted."""
    world = replace(ERRORS, settings=SETTINGS, step=steps)
    chance, right, wrong, weights = np.random.default_rng(4), 0, 0, CONTRASTS["trend"]
    components = np.zeros(2)
    effect = float(weights @ world.truth())
    for _ in range(simulations):
        scores = np.tensordot(weights, world.draw(chance, seeds, images), 1)
        interval, found = crossed_interval(scores), sources(scores)
        components += np.array([found.seeds, found.images]) / simulations
        right += interval.excludes_zero and interval.mean * effect > 0
        wrong += interval.excludes_zero and interval.mean * effect <= 0
    predicted = power(effect, Sources(float(components[0]), float(components[1]), seeds), seeds)
    return 100 * right / simulations, 100 * wrong / simulations, 100 * predicted


def verdicts(recipe: Recipe, world: World, images: int, simulations: int, seed: int = 0) -> dict[str, float]:
    """Of whole verdicts in percent: decided, so that error falls and that it rises; and decided over seeds alone."""
    tally = dict.fromkeys(("decided", "falls", "rises", "alone"), 0.0)
    trials, chance = scored(recipe, world, recipe.seeds, 1, seed)[0], np.random.default_rng(seed)
    table, world = trials_table(recipe, trials), replace(world, settings=len(recipe.settings))
    for _ in range(simulations):
        drawn = world.draw(chance, recipe.seeds, images).astype(np.uint8).transpose(1, 0, 2).reshape(len(trials), -1)
        errors = dict(zip([trial.key for trial in trials], drawn, strict=True))
        scores = ImageScores(errors, {key: one.astype(np.float16) for key, one in errors.items()})
        table["test_error"] = table["test_loss"] = [float(errors[key].mean()) for key in table["key"]]
        with patch("analysis.verdict.outlook", return_value=""):  # half of the time, and no part of the decision
            found, alone = verdict(recipe, table, scores), verdict(recipe, table)
        tally["decided"] += found.decided
        for word in ("falls", "rises"):
            tally[word] += found.decided and f"test error {word}" in found.words
        tally["alone"] += alone.decided
    return {name: 100 * count / simulations for name, count in tally.items()}


def planned(pilot: int, simulations: int, confidence: float | None = None) -> tuple[float, float]:
    """The true power of what a pilot of so many seeds plans for 80 %: its mean, and how often it is 80, in percent."""
    chance, true = np.random.default_rng(pilot), Sources(1.0, 0.0, pilot)
    reached = []
    for variance in chance.chisquare(pilot - 1, simulations) / (pilot - 1):
        seen = Sources(float(variance), 0.0, pilot)
        wanted = seeds_to_decide(1.0, seen.no_more_than(confidence) if confidence else seen)
        reached.append(power(1.0, true, wanted or 1000))
    return 100 * float(np.mean(reached)), 100 * float(np.mean(np.array(reached) >= 0.8))


def familywise(world: World, seeds: int, images: int, simulations: int, settings: int = 6) -> float:
    """How often all differences to the first are held at once, in percent."""
    world, chance = replace(world, settings=settings), np.random.default_rng(1)
    truth, all_held = world.truth() - world.truth()[0], 0
    for _ in range(simulations):
        scores = world.draw(chance, seeds, images)
        found = against_first([dict(enumerate(setting)) for setting in scores])
        all_held += all(one.low <= true <= one.high for one, true in zip(found, truth[1:], strict=True))
    return 100 * all_held / simulations


def bands(models: int, simulations: int) -> float:
    """How often an EDF's band holds the space's own distribution everywhere, in percent; errors are uniform."""
    chance = np.random.default_rng(models)
    return 100 * sum(holds(edf(chance.uniform(size=models)), lambda e: e) for _ in range(simulations)) / simulations


def normalised_bands(models: int, simulations: int) -> float:
    """The same after matching complexities, on which errors depend, to those of a space that has other ones."""
    chance, held = np.random.default_rng(models), 0
    for _ in range(simulations):
        complexity = chance.beta(2, 1, models)
        weights, _ = matching_weights(complexity, chance.beta(1, 2, models))
        held += holds(edf(complexity + chance.uniform(size=models), weights), triangular)
    return 100 * held / simulations


def triangular(errors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distribution of a sum of two uniform numbers: errors of models of uniform complexity."""
    return np.where(errors < 1, errors**2 / 2, 1 - (2 - errors) ** 2 / 2)


def holds(found: Edf, truth: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> bool:
    """Whether a distribution is within the band at both ends of every step."""
    true, after = truth(found.errors), np.cumsum(found.weights)
    farthest = np.abs(np.stack([after - found.weights, after]) - true).max()
    return bool(farthest <= found.half_height())


def orders(
    seeds: int,
    settings: int,
    spread: float,
    truly: float,
    simulations: int,
    *,
    fixed: bool = False,
    shared: float = 0.0,
) -> Tally:
    """Tau of settings whose true means vary by `spread` deviations of a seed, against means as noisy or exact.

    `shared`: the correlation of what a seed does to a setting in both, as where runs have data order and weights alike.
    """
    chance, tally = np.random.default_rng(2), Tally()
    for _ in range(simulations):
        first = spread * chance.normal(size=settings)
        second = truly * first + np.sqrt(1 - truly**2) * spread * chance.normal(size=settings)
        alike = np.sqrt(shared) * chance.normal(size=(seeds, settings)) if shared else 0.0
        own = [np.sqrt(1 - shared) * chance.normal(size=(seeds, settings)) for _ in range(2)]
        noisy = [true + alike + noise for true, noise in zip((first, second), own, strict=True)]
        found = agreement(noisy[0], second if fixed else noisy[1]).tau
        tally.add(found, float(kendalltau(first, second).statistic))
    return tally


def false_orders(settings: int, seeds: int, simulations: int) -> float:
    """Percent of experiments with settings that are all alike in which they are put into an order, or its reverse."""
    chance = np.random.default_rng(9)
    found = (agreement(chance.normal(size=(seeds, settings)), np.arange(settings)).tau for _ in range(simulations))
    return 100 * float(np.mean([tau.low > 0 or tau.high < 0 for tau in found]))


def over_settings(settings: int, truly: float, simulations: int, *, kin: float = 0.0) -> Tally:
    """Tau of normal settings drawn anew each time, against that of all there are (Greiner 1909).

    `kin`: the correlation within pairs of settings, as of two networks of one family.
    """
    chance, tally = np.random.default_rng(8), Tally()
    for _ in range(simulations):
        families = np.repeat(chance.normal(size=(2, (settings + 1) // 2)), 2, axis=1)[:, :settings]
        first, own = np.sqrt(kin) * families + np.sqrt(1 - kin) * chance.normal(size=(2, settings))
        second = truly * first + np.sqrt(1 - truly**2) * own
        found = agreement(first, second).over_settings
        if np.isfinite(found.low):  # two orders that are the same have none
            tally.add(found, 2 / np.pi * np.arcsin(truly))
    return tally


def table(simulations: int, images: int) -> Iterator[bool]:
    """Print everything; whether each bound is met."""
    slack = 300 * np.sqrt(0.97 * 0.03 / simulations)  # three standard errors
    print(f"Coverage of 95 % intervals in percent, {simulations} simulations a line, {images} test images\n")
    print(f"{'scores':16} {'seeds':>5}   " + "".join(f"{name:>12}" for name in CONTRASTS) + "   (over seeds alone)")
    for name, world in WORLDS.items():
        for seeds in SEEDS:
            found = contrasts(world, seeds, images, simulations)
            crossed, alone = ([found[c, method].coverage for c in CONTRASTS] for method in METHODS)
            print(f"{name:16} {seeds:5}   " + "".join(f"{c:12.1f}" for c in crossed) + "   ("
                  + " ".join(f"{c:.1f}" for c in alone) + ")", flush=True)  # fmt: skip
            yield all(93 <= c <= 97 + slack for c in crossed)
    pairs(simulations // 2, images)
    yield from students(simulations * 5)
    effects(simulations, images)
    yield from false_alarms(simulations // 2, images, kinds())
    yield from families(simulations // 2, images)
    yield from distributions(simulations)
    plans(simulations)
    ranks(simulations // 10)


def pairs(simulations: int, images: int) -> None:
    print("\nHalf width of a paired difference over that of one between independent settings")
    for name, world in WORLDS.items():
        found = [pairing(world, seeds, images, simulations) for seeds in SEEDS]
        print(f"{name:16} " + "".join(f"{ratio:8.2f}" for ratio in found) + f"   on {SEEDS} seeds", flush=True)


def students(simulations: int) -> Iterator[bool]:
    print("\nMeans over seeds on given test images, Student's t")
    for seeds in SEEDS:
        found = over_seeds(seeds, simulations)
        print(f"{seeds:5} seeds  " + "  ".join(f"{name} {one.coverage:.1f}" for name, one in found.items()), flush=True)
        yield found["normal"].coverage >= 93


def effects(simulations: int, images: int) -> None:
    print("\nPlanted trends of error: decided rightly, decided wrongly, power predicted")
    for step in (0.0, -0.02, -0.05):
        found = [planted(step, seeds, images, simulations) for seeds in SEEDS]
        said = "   ".join(f"{right:5.1f} {wrong:4.1f} {predicted:5.1f}" for right, wrong, predicted in found)
        print(f"step {step:5.2f}   {said}   on {SEEDS} seeds", flush=True)


NULL = replace(ERRORS, step=0.0)
BY_IMAGE = World(kind="counts", centre=-3.8, seeds=0.03, images=3.0, own_images=2.0)  # settings differ by image alone


def kinds() -> dict[str, Recipe]:
    """Runs whose whole verdicts are simulated."""
    axis, plane = a_recipe(), a_plane()
    over_axis = {f"axis, {n} seeds": replace(axis, seeds=n) for n in SEEDS}
    return over_axis | {"plane, 3 seeds": plane} | {f"race, {n} seeds": a_race(axis, n) for n in (10, 20)}


def false_alarms(simulations: int, images: int, names: Collection[str]) -> Iterator[bool]:
    print(f"\nWhole verdicts without an effect, {simulations} runs: decided, in percent (over seeds alone)")
    for name in names:
        for kind, world in (("seed", NULL), ("image", BY_IMAGE)):
            one = verdicts(kinds()[name], world, images, simulations)
            said = f"{one['decided']:5.1f} ({one['alone']:.1f})"
            print(f"{name:16} {said}   where settings differ by {kind}", flush=True)
            yield one["decided"] <= 5 + 300 * np.sqrt(0.05 * 0.95 / simulations)


def families(simulations: int, images: int) -> Iterator[bool]:
    print("\nAll five differences to the first at once")
    for name, world in WORLDS.items():
        found = [familywise(world, seeds, images, simulations) for seeds in SEEDS]
        print(f"{name:16} " + "".join(f"{c:8.1f}" for c in found) + f"   on {SEEDS} seeds", flush=True)
        yield min(found) >= 93


def distributions(simulations: int) -> Iterator[bool]:
    print("\nBands of EDFs, and of EDFs normalised by complexity")
    for models in (10, 100, 500):
        found = [bands(models, simulations)] + ([normalised_bands(models, simulations)] if models > 10 else [])
        print(f"{models:5} models  " + "".join(f"{c:8.1f}" for c in found), flush=True)
        yield min(found) >= 93


def plans(simulations: int) -> None:
    print(
        "\nPower in percent of planned numbers of seeds: mean, how often 80 is reached; with the upper limit of spread"
    )
    for pilot in SEEDS:
        found = (*planned(pilot, simulations // 5), *planned(pilot, simulations // 5, 0.8))
        print(f"{pilot:3} seeds first  {found[0]:8.0f} {found[1]:6.0f}   {found[2]:8.0f} {found[3]:6.0f}", flush=True)


def ranks(simulations: int) -> None:
    print("\nKendall's tau-b: coverage (mean half width), against exact orders and against as noisy ones")
    _of_orders(simulations, [{"fixed": True}, {}])
    print("\nThe same where the runs share half and nine tenths of the noise, as noisy ones")
    _of_orders(simulations, [{"shared": 0.5}, {"shared": 0.9}])
    print("\nSettings that are alike said to be in an order or its reverse, in percent; of 2, 3 and 5 seeds")
    for settings in (2, 3, 4, 5, 6, 12):
        alarms = [false_orders(settings, seeds, 5 * simulations) for seeds in (2, 3, 5)]
        print(f"{settings:3} settings:  {'  '.join(f'{one:.1f}' for one in alarms)}", flush=True)
    print("\nOver settings, for others of their kind: correlations of 0, 0.5, 0.8, 0.95 and 0.99;")
    print("then of 0, 0.5 and 0.8 where settings are pairs that correlate by 0.8")
    for settings in (12, 14, 20, 30):
        found = [over_settings(settings, truly, 5 * simulations) for truly in (0.0, 0.5, 0.8, 0.95, 0.99)]
        found += [over_settings(settings, truly, 5 * simulations, kin=0.8) for truly in (0.0, 0.5, 0.8)]
        said = "  ".join(f"{one.coverage:.1f} ({one.half_width:.2f})" for one in found)
        print(f"{settings:3} settings:  {said}", flush=True)


def _of_orders(simulations: int, kinds: Sequence[Mapping[str, Any]]) -> None:
    for settings, spread, truly in product((5, 12), (0.5, 2.0), (0.0, 0.8, 1.0)):
        found = [orders(seeds, settings, spread, truly, simulations, **kind) for kind in kinds for seeds in SEEDS]
        said = "  ".join(f"{one.coverage:.0f} ({one.half_width:.2f})" for one in found)
        print(f"{settings:3} settings, spread {spread:g}, correlation {truly:g}:  {said}", flush=True)


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--simulations", type=int, default=1000)
    parser.add_argument("--images", type=int, default=500)
    parser.add_argument("--alarms", choices=kinds(), metavar="KIND", help=f"these alone: {'; '.join(kinds())}")
    options = parser.parse_args()
    wanted = (
        false_alarms(options.simulations, options.images, [options.alarms])
        if options.alarms
        else table(options.simulations, options.images)
    )
    sys.exit(not all(list(wanted)))
