"""Images made by a rule, for tests and for studies that need to know the truth."""

from math import comb, exp

import numpy as np
from numpy.typing import NDArray

from search.data.images import DataSet, Images
from search.seeds import seed_for

SIDE, CLASSES = 16, 10
AMPLITUDE, NOISE, MIDDLE = 9.0, 24.0, 128.0  # bytes; NOISE is a standard deviation
# Cycles across and down an image; turned by half a turn, a wave is itself in another phase.
WAVES = ((1, 0), (0, 1), (1, 1), (1, -1), (2, 0), (0, 2), (2, 1), (1, 2), (2, -1), (1, -2))
TRAIN, TEST = 20_000, 10_000  # images, as many of each class


def procedural() -> DataSet:
    """Grey waves in noise: the class is a wave's direction and length, its phase is chance. The same everywhere."""
    train, test = (_images(part, count) for part, count in (("train", TRAIN), ("test", TEST)))
    return DataSet("procedural", train, test)


def bayes_error() -> float:
    """[percent] Of the best classifier there can be.

    It takes the class whose wave has the largest Fourier coefficient. The waves are orthogonal whatever their phase, so
    this is the noncoherent detection of orthogonal signals (Proakis 2001, section 5.4), of Es / N0 as below; rounding
    to whole bytes adds a variance of 1/12, and clipping is beyond five standard deviations.
    """
    ratio = SIDE**2 * AMPLITUDE**2 / (4 * (NOISE**2 + 1 / 12))
    terms = (-((-1.0) ** k) * comb(CLASSES - 1, k) / (k + 1) * exp(-k / (k + 1) * ratio) for k in range(1, CLASSES))
    return 100 * sum(terms)


def _images(part: str, count: int) -> Images:
    rng = np.random.default_rng(seed_for("procedural", part))
    labels = rng.permutation(np.arange(count, dtype=np.int64) % CLASSES)
    phase = rng.uniform(0, 2 * np.pi, (count, 1, 1))
    y, x = np.mgrid[0:SIDE, 0:SIDE] * (2 * np.pi / SIDE)
    across, down = np.array(WAVES, dtype=float)[labels].T[:, :, None, None]
    waves: NDArray[np.float64] = MIDDLE + AMPLITUDE * np.cos(across * x + down * y + phase)
    waves += rng.normal(0, NOISE, waves.shape)
    return Images(waves.round().clip(0, 255).astype(np.uint8)[:, None], labels, CLASSES)
