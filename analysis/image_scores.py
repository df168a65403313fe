"""The door from a run's stored scores to intervals over seeds and test images."""

import numpy as np

from analysis.crossed import Scores
from analysis.record import Run


def errors_by_image(run: Run) -> dict[str, Scores]:
    """By sentence and replicate, 100 for every test image classified wrongly, 0 for the others: test error's parts."""
    return {name: {r: 100.0 * ~run.scores(key)[1] for r, key in keys.items()} for name, keys in _keys(run).items()}


def losses_by_image(run: Run) -> dict[str, Scores]:
    """By sentence and replicate, the loss of every test image, as precisely as it was stored (float16)."""
    return {
        name: {r: run.scores(key)[0].astype(np.float64) for r, key in keys.items()} for name, keys in _keys(run).items()
    }


def _keys(run: Run) -> dict[str, dict[int, str]]:
    """Of the finished trials that kept their scores."""
    keys: dict[str, dict[int, str]] = {}
    for key, trial in run.finished().items():
        if trial.scores is not None:
            keys.setdefault(trial.sentence, {})[trial.replicate] = key
    return keys
