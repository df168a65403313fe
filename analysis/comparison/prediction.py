"""Which number of a cheap training predicts the order of settings that a costly one's test errors give."""

import math
from collections.abc import Callable, Mapping, Sequence

from analysis.comparison.sides import Point, Side
from analysis.orders import order_agreement
from analysis.statistics.agreement import Agreement
from analysis.trial import Trial

Score = Callable[[Trial], float]


def predicted(side: Side, shared: Sequence[tuple[Point, Point]]) -> dict[str, Agreement]:
    """By score: of the run's settings, and the errors of the same settings in the run it is held against."""
    trials, found = {trial.key: trial for trial in side.trials}, {}
    for name, score in SCORES.items():
        both = [(_scored(ours, trials, score), other.errors) for ours, other in shared]
        known = [(scores, errors) for scores, errors in both if scores]  # older records lack some
        found[name] = order_agreement([scores for scores, _ in known], [errors for _, errors in known])
    return found


def _scored(point: Point, trials: Mapping[str, Trial], score: Score) -> dict[int, float]:
    found = {replicate: score(trials[key]) for replicate, key in point.keys.items() if key in trials}
    return {replicate: value for replicate, value in found.items() if math.isfinite(value)}


def _metric(name: str) -> Score:
    return lambda trial: trial.metrics.get(name, math.nan)


def _of_epochs(name: str, first: Callable[[int], int]) -> Score:
    """The mean of a reading, from an epoch on that depends on how many there are."""

    def mean(trial: Trial) -> float:
        readings = [reading.get(name, math.nan) for reading in trial.curve[first(len(trial.curve)) :]]
        return sum(readings) / len(readings) if readings else math.nan

    return mean


def _half(epochs: int) -> int:
    return epochs // 2


SCORES: dict[str, Score] = {
    "test error": _metric("test_error"),
    "test loss": _metric("test_loss"),
    "validation error": _metric("validation_error"),
    "validation loss": _metric("validation_loss"),
    "training loss of the last epoch": _metric("train_loss"),
    "validation loss, mean over the second half": _of_epochs("validation_loss", _half),
    "training loss, mean over the second half": _of_epochs("train_loss", _half),
    "training loss, mean over all epochs": _of_epochs("train_loss", lambda _: 0),  # Ru et al. (2021)
}
"""Of a finished trial; of every one of them less is better."""
