"""What a table of trials says: intervals over seeds and the planned contrast along an axis."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit  # type: ignore[import-untyped]  # scipy.stats would take a second to import

Value = int | tuple[int, ...]

ROUNDING = 1e-9  # far below one test image in any test set, in percent, and far above what sums of floats lose


@dataclass(frozen=True)
class Interval:
    """A mean and its confidence interval; with fewer than two values low and high are NaN."""

    mean: float
    low: float
    high: float
    n: int

    @property
    def half_width(self) -> float:
        """What stands after the plus-minus sign."""
        return (self.high - self.low) / 2

    @property
    def has_spread(self) -> bool:
        """Whether its values differ by more than rounding.

        Errors are counts of test images, so two or three seeds can agree exactly by chance, which no t interval
        foresees: of 500 images that happens in up to 12 % of pairs of equal settings on two seeds.
        """
        return self.half_width > ROUNDING

    @property
    def excludes_zero(self) -> bool:
        """False also where there is no interval, or none that could be trusted for want of spread."""
        return self.has_spread and (self.low > 0 or self.high < 0)


@dataclass(frozen=True)
class Trend:
    """The change of a metric along an axis, from a line fitted over all settings of each replicate."""

    change: Interval  # from the first setting to the last, along the line
    levels: tuple[int, ...]  # of the axis, in order
    left_out: int  # replicates begun in which not every setting has finished
    images: int = 0  # test images that the interval is over, too; 0: over seeds alone


def mean_interval(values: ArrayLike, level: float = 0.95) -> Interval:
    """Student's t over independent values, as seeds are."""
    array = np.asarray(values, dtype=np.float64)
    if array.size == 0:
        return Interval(math.nan, math.nan, math.nan, 0)
    mean = float(array.mean())
    if array.size == 1:
        return Interval(mean, math.nan, math.nan, 1)
    half = _quantile(array.size - 1, level) * float(array.std(ddof=1)) / math.sqrt(array.size)
    return Interval(mean, mean - half, mean + half, array.size)


def by_replicate(table: pd.DataFrame, column: str) -> dict[str, dict[int, Any]]:
    """A column of every finished trial, such as a metric: by setting, then by replicate."""
    finished = table[table["state"] == "finished"]
    values: dict[str, dict[int, Any]] = {}
    rows = (finished[name].tolist() for name in ("setting", "replicate", column))  # pandas' own iterator is slow
    for setting, replicate, value in zip(*rows, strict=True):
        values.setdefault(setting, {})[replicate] = value
    return values


def fitted_changes(metric: ArrayLike) -> NDArray[np.float64]:
    """Along the last dimension, the least-squares slope over equally spaced positions, times first to last."""
    array = np.asarray(metric, dtype=np.float64)
    changes = np.zeros(array.shape[:-1])
    # term by term: a product of matrices rounds a replicate's change differently with the number of replicates
    for weight, setting in zip(contrast(array.shape[-1]), np.moveaxis(array, -1, 0), strict=True):
        # from the first setting, so that equal metrics change by exactly nothing and not by a rounding error
        changes += weight * (setting - array[..., 0])
    return changes


def contrast(settings: int) -> NDArray[np.float64]:
    """The weights of the fitted change; they sum to zero, so an offset of a whole replicate cancels."""
    if settings == 1:
        return np.zeros(1)
    positions = np.arange(settings) - (settings - 1) / 2
    weights: NDArray[np.float64] = positions * (settings - 1) / (positions**2).sum()
    return weights


def trend(
    table: pd.DataFrame, metric: str, *, axis: int = 0, values: Sequence[Value] | None = None, level: float = 0.95
) -> Trend:
    """The planned contrast along one axis, averaged over the other axis of a plane; t interval over replicates.

    `values` are the settings that must all have finished in a replicate for it to count; unless given, those in the
    table. The grid of a plane must be complete, or the average would mix one axis into the other.
    """
    levels = tuple(sorted({cell[axis] for cell in _cells(table, values)}))
    changes = changes_by_replicate(table, metric, axis=axis, values=values)
    left_out = table["replicate"].nunique() - len(changes)
    return Trend(mean_interval(list(changes.values()), level), levels, left_out)


def changes_by_replicate(
    table: pd.DataFrame, metric: str, *, axis: int = 0, values: Sequence[Value] | None = None
) -> dict[int, float]:
    """What `trend` averages: the fitted change in every replicate that has all settings, in the order of replicates."""
    cells = _cells(table, values)
    if not is_grid(cells):
        msg = f"the plane's {len(cells)} settings are no complete grid; give --values that hold on both axes"
        raise ValueError(msg)
    at_levels = [[cell[axis] == at for cell in cells] for at in sorted({cell[axis] for cell in cells})]
    complete = complete_replicates(table, metric, cells)
    rows = np.array([*complete.values()], dtype=np.float64).reshape(len(complete), len(cells))
    from_first = rows - rows[:, :1]
    means = np.stack([sum(from_first[:, at].T) / sum(at) for at in at_levels], axis=-1)
    return dict(zip(complete, fitted_changes(means).tolist(), strict=True))


def is_grid(values: Sequence[Value]) -> bool:
    """Whether every level of one axis meets every level of the other."""
    cells = {as_tuple(value) for value in values}
    return len(cells) == math.prod(len(set(levels)) for levels in zip(*cells, strict=True))


def _cells(table: pd.DataFrame, values: Sequence[Value] | None) -> list[tuple[int, ...]]:
    return sorted({as_tuple(value) for value in (table["value"] if values is None else values)})


def complete_replicates(table: pd.DataFrame, column: str, cells: Sequence[tuple[int, ...]]) -> dict[int, list[Any]]:
    """For every replicate in which all cells have finished, in order, a column's values in the order of the cells."""
    finished = table[table["state"] == "finished"]
    rows: dict[int, dict[tuple[int, ...], Any]] = {}
    columns = (finished[name].tolist() for name in ("value", "replicate", column))
    for value, replicate, found in zip(*columns, strict=True):
        rows.setdefault(replicate, {})[as_tuple(value)] = found
    asked = set(cells)
    return {r: [row[c] for c in cells] for r, row in sorted(rows.items()) if row.keys() >= asked}


def as_tuple(value: Value) -> tuple[int, ...]:
    """A value of an axis as of a plane of one axis."""
    return value if isinstance(value, tuple) else (value,)


@cache
def _quantile(degrees: int, level: float) -> float:
    return float(stdtrit(degrees, (1 + level) / 2))
