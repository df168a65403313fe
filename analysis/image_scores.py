"""The door from a run's stored scores to intervals over seeds and test images."""

from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from analysis.recipe import RecordError
from analysis.record import Run
from analysis.statistics.crossed import Scores
from analysis.trial import Trial
from analysis.words import number, plural

_ALIKE = 1e-6  # of a percent: far below one image in any test set


@dataclass(frozen=True)
class ImageScores:
    """Of trials, by their keys: a number for every test image, the images in the same order."""

    errors: Mapping[str, NDArray[np.uint8]] = field(default_factory=dict)  # 100 for an image classified wrongly, else 0
    losses: Mapping[str, NDArray[np.float16]] = field(default_factory=dict)

    def of(self, metric: str) -> Mapping[str, NDArray[np.uint8]] | Mapping[str, NDArray[np.float16]]:
        """What a trial's metric is the mean of."""
        match metric:
            case "test_error":
                return self.errors
            case "test_loss":
                return self.losses
        return {}


def image_scores(run: Run, known: ImageScores | None = None, *, only: Container[str] | None = None) -> ImageScores:
    """Of the finished trials that kept theirs, or those of certain keys; what is `known` is not read again.

    Scores that are missing, damaged or of another test are left out, and `run.notices` says so.
    """
    errors = dict(known.errors) if known else {}
    losses = dict(known.losses) if known else {}
    reasons = []
    for key, trial in run.finished().items():
        if trial.scores is None or key in errors or (only is not None and key not in only):
            continue
        try:
            losses[key], errors[key] = _read(run, trial)
        except RecordError as error:
            reasons.append(str(error))
    reasons += _left_out(run, errors, losses)
    if reasons:
        more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
        notice = f"{reasons[0]}{more}; intervals that need these scores are over seeds alone"
        run.notices += [notice] if notice not in run.notices else []
    return ImageScores(errors, losses)


def _left_out(run: Run, *kept: dict[str, NDArray[np.uint8]] | dict[str, NDArray[np.float16]]) -> list[str]:
    """Why some are, of other numbers of images than most: they cannot be paired."""
    sizes = {key: one.size for key, one in kept[0].items()}
    usual = max(Counter(sizes.values()).items(), key=itemgetter(1), default=(0, 0))[0]
    odd = [key for key, size in sizes.items() if size != usual]
    for scores in kept:
        for key in odd:
            del scores[key]
    where = run.folder / "scores"
    return [f"{where / key}.npz is of {plural(sizes[key], 'image')}, where most are of {usual:,}" for key in odd]


def _read(run: Run, trial: Trial) -> tuple[NDArray[np.float16], NDArray[np.uint8]]:
    """A trial's losses and errors; `RecordError` where their mean is not what its line says."""
    losses, correct = run.scores(trial.key)
    errors = np.where(correct, np.uint8(0), np.uint8(100))
    found, said = float(errors.mean()) if errors.size else float("nan"), trial.metrics.get("test_error", float("nan"))
    if not abs(found - said) < _ALIKE:
        where = run.folder / "scores" / f"{trial.key}.npz"
        msg = f"{where} says a test error of {number(found, 2)} %, and the trial's line {number(said, 2)} %"
        raise RecordError(msg)
    return losses, errors


def errors_by_image(run: Run) -> dict[str, Scores]:
    """By setting and replicate, 100 for every test image classified wrongly, 0 for the others: test error's parts.

    `RecordError` of a sweep, where a setting may have several trials of a replicate.
    """
    return _by_setting(run, image_scores(run).errors)


def losses_by_image(run: Run) -> dict[str, Scores]:
    """By setting and replicate, the loss of every test image, as precisely as it was stored (float16).

    `RecordError` of a sweep, as above.
    """
    return _by_setting(run, image_scores(run).losses)


def _by_setting(
    run: Run, kept: Mapping[str, NDArray[np.uint8]] | Mapping[str, NDArray[np.float16]]
) -> dict[str, Scores]:
    if run.recipe.sweep:
        msg = f"{run.folder} is a sweep, whose settings may have several trials of a seed: image_scores has them by key"
        raise RecordError(msg)
    found: dict[str, dict[int, NDArray[np.float64]]] = {}
    for key, trial in run.finished().items():
        if key in kept:
            found.setdefault(trial.setting, {})[trial.replicate] = kept[key].astype(np.float64)
    return dict(found)
