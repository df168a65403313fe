"""What a sample of models says of its design space: the distribution of their errors, and how two spaces differ."""

import math
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import smirnovi  # type: ignore[import-untyped]

_EXACT = 10_000  # models; the exact quantile of 100,000 takes ten seconds


@dataclass(frozen=True, eq=False)
class Edf:
    """Error empirical distribution F(e): the fraction of models with error below e (Radosavovic et al. 2020)."""

    errors: NDArray[np.float64]  # ascending
    weights: NDArray[np.float64]  # of the models in this order; they sum to one

    def __call__(self, at: ArrayLike) -> NDArray[np.float64]:
        """F at errors `at`."""
        steps = np.concatenate([[0.0], np.cumsum(self.weights)])
        fractions: NDArray[np.float64] = steps[np.searchsorted(self.errors, at, side="left")]
        return np.minimum(fractions, 1.0)

    @property
    def effective(self) -> float:
        """The number of equally weighted models that would vary as much (Kish)."""
        return float(1 / (self.weights**2).sum())

    def half_height(self, level: float = 0.95) -> float:
        """How far the space's own distribution may be from F anywhere, at the level.

        The exact quantile of Kolmogorov's one-sided statistic at half the error: at 95 % within one in ten thousand of
        the two-sided one, and shorter than DKW's bound. Of weighted models the number is `effective`. Of more than
        10,000 it is the first two terms of the quantile's expansion, longer by less than a part in a hundred thousand.
        """
        models, alarms = int(self.effective + 1e-9), (1 - level) / 2
        if models <= _EXACT:
            return float(smirnovi(models, alarms))
        return math.sqrt(-math.log(alarms) / (2 * models)) - 1 / (6 * models)

    def band(self, at: ArrayLike, level: float = 0.95) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lower and upper ends that hold the space's own distribution everywhere at once."""
        here, height = self(at), self.half_height(level)
        return np.maximum(here - height, 0), np.minimum(here + height, 1)


def edf(errors: ArrayLike, weights: ArrayLike | None = None) -> Edf:
    """Of a sample's errors; a model whose error is not a number, as diverged ones', is worse than every error."""
    array = np.nan_to_num(np.asarray(errors, dtype=np.float64), nan=np.inf, posinf=np.inf)
    if array.size == 0:
        msg = "an EDF needs at least one model; there is none"
        raise ValueError(msg)
    order = np.argsort(array, kind="stable")
    shares = np.ones(array.size) if weights is None else np.asarray(weights, dtype=np.float64)
    return Edf(array[order], shares[order] / shares.sum())


@dataclass(frozen=True)
class KolmogorovSmirnov:
    """The largest distance between two EDFs, and how often chance alone makes it as large if the spaces are one."""

    distance: float
    p_value: float


def kolmogorov_smirnov(a: ArrayLike, b: ArrayLike) -> KolmogorovSmirnov:
    """SciPy's two-sample, two-sided test on the errors of two samples, exact where they are small."""
    from scipy.stats import ks_2samp  # type: ignore[import-untyped]  # a second to import

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # where the exact sum does not come out, SciPy takes the limit
        found = ks_2samp(edf(a).errors, edf(b).errors)
    return KolmogorovSmirnov(float(found.statistic), float(found.pvalue))


def matching_weights(*complexities: ArrayLike, bins: int = 10) -> tuple[NDArray[np.float64], ...]:
    """Weights under which the samples' complexities are distributed alike: uniformly (Radosavovic et al. 2019).

    The range all samples share is cut into bins of equal width; a model's weight is 1 / (k m) for m models of its
    sample in its bin, and k bins. Bins that any sample leaves empty weigh nothing, nor do models outside the range.
    """
    samples = [np.asarray(one, dtype=np.float64) for one in complexities]
    low, high = max(one.min() for one in samples), min(one.max() for one in samples)
    if low > high:
        ranges = (f"from {one.min():g} to {one.max():g}" for one in samples)
        msg = f"complexities {' and '.join(ranges)} share none"
        raise ValueError(msg)
    places = [_bins(array, low, high, bins) for array in samples]
    counts = np.array([np.bincount(place[place >= 0], minlength=bins) for place in places])
    shared = (counts > 0).all(axis=0)
    if not shared.any():
        msg = f"no bin of {bins} holds models of {'both' if len(samples) == 2 else 'all'} samples; use fewer bins"
        raise ValueError(msg)
    weights = np.where(shared, 1 / (shared.sum() * np.maximum(counts, 1)), 0.0)
    return tuple(_of_models(one, place) for one, place in zip(weights, places, strict=True))


def _bins(complexities: NDArray[np.float64], low: float, high: float, bins: int) -> NDArray[np.intp]:
    """The bin of every model, -1 outside the range."""
    place = np.floor((complexities - low) / ((high - low) or 1.0) * bins).astype(np.intp)
    return np.where((complexities >= low) & (complexities <= high), np.minimum(place, bins - 1), -1)


def _of_models(weights: NDArray[np.float64], place: NDArray[np.intp]) -> NDArray[np.float64]:
    return np.where(place >= 0, weights[place], 0.0)
