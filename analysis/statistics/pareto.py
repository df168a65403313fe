"""What no other trial beats on everything, and how much of the objectives' space that covers."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def pareto_front(costs: ArrayLike) -> NDArray[np.bool_]:
    """Which rows of (trials, objectives), all to be minimised, no other row dominates.

    A row dominates another if it is nowhere larger and somewhere smaller; equal rows stand together. A row with a
    number that is none is never on the front.
    """
    array = np.asarray(costs, dtype=np.float64)
    front = np.zeros(len(array), dtype=bool)
    usable = ~np.isnan(array).any(axis=1)
    distinct, which = np.unique(array[usable], axis=0, return_inverse=True)
    front[usable] = _of_distinct(distinct)[which.reshape(-1)]
    return front


def hypervolume(costs: ArrayLike, reference: ArrayLike) -> float:
    """The volume between the front of (trials, objectives) and a reference point that is worse on every objective.

    Exact, by slices along the last objective: n log n for two objectives, n² log n for three. Trials that are not
    better than the reference everywhere add nothing.
    """
    array, corner = np.asarray(costs, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    if array.ndim != 2 or array.shape[1:] != corner.shape:
        msg = f"{corner.size} reference values for trials of shape {array.shape}; there must be one for each objective"
        raise ValueError(msg)
    inside = array[(array < corner).all(axis=1)]
    return _volume(inside[pareto_front(inside)], corner) if len(inside) else 0.0


def _of_distinct(rows: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The front of distinct rows in ascending order, so that none is dominated by a later one."""
    if rows.shape[1] == 2:
        best_before = np.minimum.accumulate(np.concatenate([[np.inf], rows[:, 1]]))[:-1]
        steps: NDArray[np.bool_] = (rows[:, 1] < best_before) | (np.arange(len(rows)) == 0)
        return steps
    front = np.zeros(len(rows), dtype=bool)
    left = np.arange(len(rows))
    while left.size:
        front[left[0]] = True
        left = left[(rows[left] < rows[left[0]]).any(axis=1)]
    return front


def _volume(points: NDArray[np.float64], corner: NDArray[np.float64]) -> float:
    """Of points inside the corner: an area by steps, and every further objective by slices."""
    if corner.size == 1:
        return float(corner[0] - points.min())
    points = points[np.argsort(points[:, -1], kind="stable")]
    heights = np.diff(np.append(points[:, -1], corner[-1]))
    if corner.size == 2:
        return float(heights @ (corner[0] - np.minimum.accumulate(points[:, 0])))
    slices = [_volume(points[: k + 1, :-1], corner[:-1]) if height else 0.0 for k, height in enumerate(heights)]
    return float(heights @ np.array(slices))
