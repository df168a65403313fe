"""Learning-rate schedules in closed form: a linear warm-up, then a descent that ends one step short of zero."""

import math
from typing import assert_never

from analysis.training import Training


def learning_rate(step: int, steps: int, training: Training) -> float:
    """The rate of step `step`, counted from 0, of `steps`; `training.peak` is its highest.

    - `cosine`: half a cosine from peak to zero (Loshchilov & Hutter 2017), after the warm-up of Goyal et al. (2017).
    - `one-cycle`: two straight lines, up and down, which is Smith's policy (2018) without its cycle of the momentum.
    - `step`: `training.step_factor` times as much after each of `training.milestones`, the end of which is not zero.
    """
    assert 0 <= step < steps, (step, steps)
    rising = round(training.warmup * steps)
    if step < rising:
        return training.peak * (step + 1) / (rising + 1)
    fallen = (step - rising) / (steps - rising)
    match training.schedule:
        case "cosine":
            return training.peak * cosine(fallen)
        case "one-cycle":
            return training.peak * (1 - fallen)
        case "step":
            passed = sum(step >= round(share * steps) for share in training.milestones)
            return training.peak * training.step_factor**passed
        case _:
            assert_never(training.schedule)


def cosine(fallen: float) -> float:
    """Half a cosine from 1 to 0."""
    return 0.5 * (1 + math.cos(math.pi * fallen))
