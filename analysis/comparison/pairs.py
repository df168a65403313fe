"""What two or more runs say of each other: numbers only."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from analysis.comparison.prediction import predicted
from analysis.comparison.sides import Point, Side, parts, shared_points, sides
from analysis.orders import order_agreement
from analysis.record import Run
from analysis.statistics.agreement import Agreement
from analysis.statistics.crossed import crossed_contrast, crossed_difference, shared_level
from analysis.statistics.intervals import Interval

_NO_INTERVAL = Interval(math.nan, math.nan, math.nan, 0)


@dataclass(frozen=True, eq=False)
class Pair:
    """Two runs at the settings that both have measured; without any, all of it is empty but for `difference`."""

    a: Side
    b: Side
    shared: tuple[tuple[Point, Point], ...]
    by_error: Agreement
    by_loss: Agreement
    differences: tuple[Interval, ...]  # test error of b minus that of a, points, paired; all hold at once with 95 %
    difference: Interval  # averaged over the shared settings; of two axes without any, over all of each
    images: int  # test images that the differences are paired by, too; 0: by seed alone
    same_data: bool  # without which errors differ for reasons of their own, and there are no differences


@dataclass(frozen=True, eq=False)
class Step:
    """A run of a study: what the order of its settings cost, and how it agrees with the costliest run's."""

    side: Side
    each: float  # core-seconds of a finished trial, on average
    seconds: float  # core-seconds of the finished trials that the order rests on
    to_reference: Pair | None  # None: it is the reference
    by_score: Mapping[str, Agreement]  # of each score of this run with the reference's test errors; empty: it is that


@dataclass(frozen=True, eq=False)
class Study:
    """Runs of one question at several fidelities, or recipes: the cheapest first, the reference last."""

    steps: tuple[Step, ...]

    @property
    def reference(self) -> Side:
        """The run whose trials cost the most."""
        return self.steps[-1].side


@dataclass(frozen=True, eq=False)
class Comparison:
    """All runs, every two of them in the order given, and the studies among them."""

    sides: tuple[Side, ...]
    pairs: tuple[Pair, ...]
    studies: tuple[Study, ...]


def comparison(runs: Sequence[Run]) -> Comparison:
    """Of two runs or more, 26 at most."""
    found = sides(runs)
    pairs = {(a.letter, b.letter): pair(a, b) for a, b in combinations(found, 2)}
    return Comparison(found, tuple(pairs.values()), tuple(_studies(found, pairs)))


def pair(a: Side, b: Side) -> Pair:
    """Two runs."""
    shared, same_data = tuple(shared_points(a, b)), have_same_data(a, b)
    differences, mean, images = _differences(a, b, shared) if same_data else ((), _NO_INTERVAL, 0)
    return Pair(
        a=a, b=b, shared=shared, same_data=same_data,
        by_error=order_agreement([one.errors for one, _ in shared], [other.errors for _, other in shared]),
        by_loss=order_agreement([one.losses for one, _ in shared], [other.losses for _, other in shared]),
        differences=differences, difference=mean, images=images,
    )  # fmt: skip


def have_same_data(a: Side, b: Side) -> bool:
    """By name, and by what the images are where both runs know it."""
    ours, theirs = a.recipe, b.recipe
    known = ours.data_digest and theirs.data_digest
    return ours.data == theirs.data and (not known or ours.data_digest == theirs.data_digest)


def by_data(found: Iterable[Side]) -> list[list[Side]]:
    """The runs that were tested on the same images stand together."""
    groups: list[list[Side]] = []
    for side in found:
        group = next((one for one in groups if all(have_same_data(side, other) for other in one)), None)
        groups.append([side]) if group is None else group.append(side)
    return groups


def _differences(a: Side, b: Side, shared: Sequence[tuple[Point, Point]]) -> tuple[tuple[Interval, ...], Interval, int]:
    """Over test images, too, where all these trials kept their scores of the same number of images."""
    if not shared:
        return (), *_level(a, b)
    # one after the other, so that equal runs differ by exactly nothing and not by a rounding error
    measured, images = parts([one for mine, other in shared for one in ((b, other), (a, mine))])
    each, weights = shared_level(0.95, len(shared)), np.tile([1.0, -1.0], len(shared)) / len(shared)
    pairs = zip(measured[::2], measured[1::2], strict=True)
    differences = tuple(crossed_difference(theirs, ours, each) for theirs, ours in pairs)
    return differences, crossed_contrast(measured, weights), images


def _level(a: Side, b: Side) -> tuple[Interval, int]:
    """Of all settings of b against all of a. They were chosen, so this is of them alone, and a planned contrast.

    None with an ablation, whose settings are trained in as many ways.
    """
    if not (a.axes and b.axes and a.points and b.points) or a.recipe.tricks or b.recipe.tricks:
        return _NO_INTERVAL, 0
    measured, images = parts([(side, point) for side in (b, a) for point in side.points.values()])
    weights = np.repeat([1 / len(b.points), -1 / len(a.points)], [len(b.points), len(a.points)])
    return crossed_contrast(measured, weights), images


def _studies(found: Sequence[Side], pairs: Mapping[tuple[str, str], Pair]) -> Iterable[Study]:
    """One for each question that was asked of several fidelities or recipes."""
    questions: dict[object, list[Side]] = {}
    for side in found:
        space = side.recipe.sweep.space if side.recipe.is_free and side.recipe.sweep else ""
        questions.setdefault((side.axes, space, side.recipe.budget_macs), []).append(side)
    for group in questions.values():
        ordered = sorted((side for side in group if side.points), key=_cost)
        kinds = {(side.recipe.fidelity, side.recipe.training) for side in ordered}
        if len(kinds) > 1 and (study := _study(ordered, pairs)):
            yield study


def _cost(side: Side) -> tuple[float, float, str]:
    return side.each, side.core_seconds, str(side.run.folder.resolve())


def _study(ordered: Sequence[Side], pairs: Mapping[tuple[str, str], Pair]) -> Study | None:
    *others, reference = ordered
    steps = []
    for side in others:
        first, last = sorted((side, reference), key=lambda one: one.letter)
        found = pairs[first.letter, last.letter]
        if found.by_error.pairs:
            steps.append(_step(side, found))
    return Study((*steps, _step(reference, None))) if steps else None


def _step(side: Side, to_reference: Pair | None) -> Step:
    shared: list[tuple[Point, Point]] = []
    if to_reference:
        shared = [pair if side is to_reference.a else pair[::-1] for pair in to_reference.shared]
    measured = [ours for ours, _ in shared] or side.points.values()
    keys = {point.keys[replicate] for point in measured for replicate in point.errors}
    seconds = sum(trial.core_seconds for trial in side.trials if trial.key in keys)
    return Step(side, side.each, seconds, to_reference, predicted(side, shared) if shared else {})
