"""What two or more samples of networks say of the spaces they are from: numbers only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from analysis.comparison import by_data
from analysis.edf import KolmogorovSmirnov, kolmogorov_smirnov, matching_weights
from analysis.pareto import hypervolume, pareto_front
from analysis.searched import LABELS
from analysis.sides import Side
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
    """Samples tested on the same images, every two of them compared."""

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
    """Of runs with a finished network. Two along one axis are not tested: its settings are no sample of a space."""
    groups = by_data(side for side in sides if side.points)
    pairs = ([pair for pair in combinations(group, 2) if _are_samples(*pair)] for group in groups)
    return [_spaces(found) for found in pairs if found]


def _are_samples(a: Side, b: Side) -> bool:
    return a.recipe.is_free or b.recipe.is_free or a.axes != b.axes


def _spaces(pairs: Sequence[tuple[Side, Side]]) -> Spaces:
    """Of all runs that are in one of the pairs, in their order."""
    members = sorted({side for pair in pairs for side in pair}, key=lambda side: side.letter)
    samples = {side: _sample(side) for side in members}
    tested = tuple(Tested(a, b, kolmogorov_smirnov(samples[a].errors, samples[b].errors)) for a, b in pairs)
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
