"""What two or more samples of networks say of the spaces they are from: numbers only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from analysis.comparison.pairs import by_data
from analysis.comparison.sides import Side
from analysis.searched import LABELS
from analysis.statistics.edf import KolmogorovSmirnov, kolmogorov_smirnov, matching_weights
from analysis.statistics.pareto import hypervolume, pareto_front
from analysis.sweep import Objective

Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sample:
    """The networks of a run: test error in percent, mean over seeds, and multiply-adds of the candidate."""

    side: Side
    errors: Numbers
    macs: Numbers


@dataclass(frozen=True)
class Tested:
    """Whether two runs' networks could be of one space."""

    a: Side
    b: Side
    found: KolmogorovSmirnov


@dataclass(frozen=True, eq=False)
class Spaces:
    """What was measured on the same images; tested are every two searches over a space, as settings were chosen."""

    samples: tuple[Sample, ...]
    tested: tuple[Tested, ...]
    weights: tuple[Numbers, ...]  # that make multiply-adds distributed alike in all samples; empty where nothing does
    unmatched: str  # why nothing does


@dataclass(frozen=True, eq=False)
class Found:
    """What a search has found, in its objectives."""

    side: Side
    values: Numbers  # (proposals, objectives)
    on_front: NDArray[np.bool_]
    share: float  # of the box between the ideal and the reference point, the fraction that the front dominates


@dataclass(frozen=True, eq=False)
class Fronts:
    """Searches with the same objectives, at least two."""

    objectives: tuple[Objective, ...]
    ideal: tuple[float, ...]  # the best of any run in each objective
    reference: tuple[float, ...]  # the worst of any run in each objective
    found: tuple[Found, ...]


def spaces(sides: Iterable[Side]) -> list[Spaces]:
    """Of runs with a finished network, one at least a search over a space: only what is drawn is distributed."""
    groups = by_data(side for side in sides if side.points)
    return [_spaces(group) for group in groups if len(group) > 1 and any(side.recipe.is_free for side in group)]


def _spaces(group: Sequence[Side]) -> Spaces:
    samples = {side: _sample(side) for side in group}
    drawn = [side for side in group if side.recipe.is_free]
    tested = tuple(
        Tested(a, b, kolmogorov_smirnov(samples[a].errors, samples[b].errors)) for a, b in combinations(drawn, 2)
    )
    try:
        weights, unmatched = matching_weights(*(one.macs for one in samples.values())), ""
    except ValueError as error:
        weights, unmatched = (), str(error)
    return Spaces(tuple(samples.values()), tested, weights, unmatched)


def _sample(side: Side) -> Sample:
    points = side.points.values()
    return Sample(
        side, np.array([point.mean() for point in points]), np.array([float(point.setting.macs) for point in points])
    )


def fronts(sides: Iterable[Side]) -> list[Fronts]:
    """One for every set of objectives that several searches share; what is measured, on the same images."""
    groups: dict[frozenset[Objective], list[Side]] = {}
    for side in sides:
        objectives = side.recipe.sweep.objectives if side.recipe.sweep else ()
        if side.found and len(objectives) > 1:
            groups.setdefault(frozenset(objectives), []).append(side)
    return [_fronts(part) for group in groups.values() for part in by_data(group) if len(part) > 1]


def _fronts(group: Sequence[Side]) -> Fronts:
    assert group[0].recipe.sweep
    objectives = tuple(one for one in LABELS if one in group[0].recipe.sweep.objectives)
    values = [_values(side, objectives) for side in group]
    ideal, reference = np.concatenate(values).min(axis=0), np.concatenate(values).max(axis=0)
    box = float(np.prod(reference - ideal)) or np.nan
    found = tuple(
        Found(side, one, pareto_front(one), hypervolume(one, reference) / box)
        for side, one in zip(group, values, strict=True)
    )
    return Fronts(objectives, tuple(map(float, ideal)), tuple(map(float, reference)), found)


def _values(side: Side, objectives: Sequence[Objective]) -> Numbers:
    assert side.recipe.sweep
    order = [side.recipe.sweep.objectives.index(one) for one in objectives]
    return np.array([one.values for one in side.found])[:, order]
