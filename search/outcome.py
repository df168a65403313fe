"""What a trial brings from its worker to the driver, which has no torch."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WEIGHTS = "weights"
"""Under what name a trial's last result has the bytes of these, where they are to be kept."""


@dataclass(frozen=True)
class Outcome:
    """What a finished trial leaves: its metrics, and the test set image by image."""

    metrics: dict[str, float]  # errors in percent, losses as mean cross-entropy in nats
    losses: NDArray[np.float32]  # (N,) cross-entropy of each test image
    correct: NDArray[np.bool_]  # (N,)
