"""The runs of a comparison: what each measured, place by place, so that places can be matched between runs."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from string import ascii_uppercase
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analysis.image_scores import ImageScores, image_scores
from analysis.measured import Parts
from analysis.recipe import NETWORKS, Recipe, Setting
from analysis.record import Run
from analysis.searched import Outcome, by_setting, outcomes, ranked
from analysis.statistics.intervals import as_tuple, by_replicate
from analysis.trial import Trial

MOST = len(ascii_uppercase)  # runs of one comparison, each with its letter
_NAME = 32  # characters of a name

Place = tuple[tuple[str, Any], ...]  # levels by axis, or of a search over a space the network and what was tuned


@dataclass(frozen=True)
class Point:
    """What a run measured at one place: by replicate, test error in percent, test loss in nats and the trial's key."""

    setting: Setting
    errors: Mapping[int, float]
    losses: Mapping[int, float]
    keys: Mapping[int, str]

    def metric(self, name: str) -> Mapping[int, float]:
        """`test_error` or `test_loss`."""
        return self.losses if name == "test_loss" else self.errors

    def mean(self, name: str = "test_error") -> float:
        """Over the replicates there are."""
        values = self.metric(name).values()
        return sum(values) / len(values) if values else math.nan


@dataclass(frozen=True, eq=False)
class Side:
    """One run of a comparison; `points` are those with a finished trial, in the order of settings or by number."""

    letter: str
    name: str  # what tells it from the others, or nothing
    run: Run
    trials: tuple[Trial, ...]
    found: tuple[Outcome, ...]  # of a search, the finished proposals by number
    points: Mapping[Place, Point]

    @property
    def recipe(self) -> Recipe:
        """The run's."""
        return self.run.recipe

    @property
    def label(self) -> str:
        """A quick."""
        return f"{self.letter} {self.name}".strip()

    @property
    def axes(self) -> frozenset[str]:
        """What varies; nothing in a search over a space."""
        return frozenset(self.recipe.axis)

    @property
    def core_seconds(self) -> float:
        """Of all trials, whatever became of them."""
        return sum(trial.core_seconds for trial in self.trials)

    @property
    def each(self) -> float:
        """Core-seconds of a finished trial, on average."""
        finished = [trial.core_seconds for trial in self.trials if trial.state == "finished"]
        return sum(finished) / len(finished) if finished else math.nan

    @cached_property
    def networks(self) -> Mapping[str, Point]:
        """By the candidate's sentence; of a search, with the hyperparameters that are best by validation."""
        best = sorted(self.found, key=lambda one: (one.values, one.proposal.number))
        points = map(_point, reversed(best)) if best else self.points.values()
        return {point.setting.sentence: point for point in points if point.errors}

    @cached_property
    def scores(self) -> ImageScores:
        """Of an axis; the trials of a search are compared without theirs."""
        return ImageScores() if self.recipe.sweep else image_scores(self.run)

    def kept(self, point: Point, metric: str = "test_error") -> dict[int, ArrayLike]:
        """By replicate, a number for every test image; empty where a trial has not kept its scores."""
        kept = self.scores.of(metric)
        keys = {replicate: point.keys[replicate] for replicate in point.metric(metric)}
        return {replicate: kept[key] for replicate, key in keys.items()} if kept.keys() >= set(keys.values()) else {}


def parts(of: Sequence[tuple[Side, Point]], metric: str = "test_error") -> tuple[list[Parts], int]:
    """Of each point, by replicate: a number for every test image, and of how many; where any lacks, its mean, and 0."""
    kept = [side.kept(point, metric) for side, point in of]
    shapes = {np.shape(part) for point in kept for part in point.values()}
    if all(kept) and len(shapes) == 1:
        return list(kept), next(iter(shapes))[0]
    return [{r: np.array([value]) for r, value in point.metric(metric).items()} for _, point in of], 0


def sides(runs: Sequence[Run]) -> tuple[Side, ...]:
    """The runs with their letters, in the order given; at most 26."""
    assert len(runs) <= MOST
    return tuple(
        _side(letter, name, run) for letter, name, run in zip(ascii_uppercase, names(runs), runs, strict=False)
    )


def shared_points(a: Side, b: Side) -> list[tuple[Point, Point]]:
    """What both measured: at the same levels of the same axes, or failing these, of the same candidate."""
    if a.axes == b.axes:
        return [(point, b.points[place]) for place, point in a.points.items() if place in b.points]
    return [(one, b.networks[sentence]) for sentence, one in a.networks.items() if sentence in b.networks]


def place_of(recipe: Recipe, setting: Setting) -> Place:
    """On the axes, in whatever order they are named; of an ablation, after which tricks."""
    if recipe.is_named:
        return ((NETWORKS, setting.sentence),)
    if recipe.tricks:
        assert isinstance(setting.value, int)
        return ((recipe.axis[0], tuple(tuple(sorted(one.changes.items())) for one in recipe.tricks[: setting.value])),)
    return tuple(sorted(zip(recipe.axis, as_tuple(setting.value), strict=True)))


def _side(letter: str, name: str, run: Run) -> Side:
    trials = tuple(run.latest().values())
    if not run.recipe.sweep:
        return Side(letter, name, run, trials, (), _of_settings(run))
    found = tuple(sorted(ranked(outcomes(run)), key=lambda one: one.proposal.number))
    return Side(letter, name, run, trials, found, _of_axis(run) if run.recipe.axis else _of_space(run, found))


def _of_settings(run: Run) -> dict[Place, Point]:
    table = run.trials()
    errors, losses, keys = (by_replicate(table, column) for column in ("test_error", "test_loss", "key"))
    return {
        place_of(run.recipe, s): Point(s, _finite(errors[s.setting]), _finite(losses[s.setting]), keys[s.setting])
        for s in sorted(run.recipe.settings, key=lambda setting: as_tuple(setting.value))
        if _finite(errors.get(s.setting, {}))
    }


def _of_axis(run: Run) -> dict[Place, Point]:
    """Of a search along an axis, every setting with the hyperparameters that are best by validation."""
    best = (next(iter(finished), None) for _, _, finished in by_setting(run.recipe, outcomes(run)))
    points = {place_of(run.recipe, one.proposal.setting): _point(one) for one in best if one}
    return dict(sorted(_measured(points).items(), key=lambda item: as_tuple(item[1].setting.value)))


def _of_space(run: Run, found: Sequence[Outcome]) -> dict[Place, Point]:
    """Every proposal, a network with what was tuned."""
    tune = run.recipe.sweep.tune if run.recipe.sweep else ()
    return _measured(
        {
            (
                ("sentence", one.proposal.setting.sentence),
                *((choice.field, one.proposal.hyperparameters.get(choice.field)) for choice in tune),
            ): _point(one)
            for one in found
        }
    )


def _measured(points: Mapping[Place, Point]) -> dict[Place, Point]:
    return {where: point for where, point in points.items() if point.errors}


def _point(one: Outcome) -> Point:
    def metric(name: str) -> dict[int, float]:
        return _finite({trial.replicate: trial.metrics.get(name, math.nan) for trial in one.trials})

    keys = {trial.replicate: trial.key for trial in one.trials}
    return Point(one.proposal.setting, metric("test_error"), metric("test_loss"), keys)


def _finite(values: Mapping[int, float]) -> dict[int, float]:
    return {replicate: float(value) for replicate, value in values.items() if math.isfinite(value)}


def names(runs: Sequence[Run]) -> list[str]:
    """What of the folders' names differs: `quick` and `tiny` of two that are otherwise alike."""
    words = [run.folder.resolve().name.split("-") for run in runs]
    first = _alike(words)
    last = _alike([one[first:][::-1] for one in words])
    found = ["-".join(one[first : len(one) - last]) for one in words]
    half = _NAME // 2
    return [name if len(name) <= _NAME else f"{name[: half - 1]}…{name[-half:]}" for name in found]


def _alike(words: Sequence[Sequence[str]]) -> int:
    """How many words all begin with."""
    return len(list(takewhile(lambda column: len(set(column)) == 1, zip(*words, strict=False))))
