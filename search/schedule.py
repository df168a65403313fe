"""Learning-rate schedules in closed form: a linear warm-up, then a descent that ends one step short of zero."""

import math
from typing import assert_never

from analysis.training import Training


def learning_rate(step: int, steps: int, training: Training) -> float:
    """The rate of step `step`, counted from 0, of `steps`; `training.lr` is its peak.

    - `cosine`: half a cosine from peak to zero (Loshchilov & Hutter 2017), after the warm-up of Goyal et al. (2017).
    - `one-cycle`: two straight lines, up and down, which is Smith's policy (2018) without its cycle of the momentum.
    """
    assert 0 <= step < steps, (step, steps)
    rising = round(training.warmup * steps)
    if step < rising:
        return training.lr * (step + 1) / (rising + 1)
    fallen = (step - rising) / (steps - rising)
    match training.schedule:
        case "cosine":
            return training.lr * 0.5 * (1 + math.cos(math.pi * fallen))
        case "one-cycle":
            return training.lr * (1 - fallen)
        case _:
            assert_never(training.schedule)
