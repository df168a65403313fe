"""The scores of committed runs say what their ledgers say, image by image."""

from pathlib import Path

import numpy as np
import pytest

from analysis.crossed import crossed_difference, crossed_mean
from analysis.image_scores import errors_by_image, losses_by_image
from analysis.record import Run
from analysis.statistics import by_replicate, mean_interval, paired_difference
from tests.analysis.runs import a_recipe, a_trial

ROOT = Path(__file__).parents[2]
COMMITTED = sorted(path.parent for path in (ROOT / "runs").glob("*/recipe.toml"))


@pytest.mark.parametrize("folder", COMMITTED, ids=lambda folder: folder.name)
def test_their_means_are_the_metrics(folder: Path) -> None:
    run = Run(folder)
    for scores, metric, precision in (
        (errors_by_image(run), "test_error", 1e-9),
        (losses_by_image(run), "test_loss", 1e-3),
    ):
        measured = by_replicate(run.trials(), metric)
        assert scores.keys() == measured.keys()
        for name, values in measured.items():
            assert {r: float(np.mean(scores[name][r])) for r in values} == pytest.approx(values, rel=precision)


@pytest.mark.parametrize("folder", COMMITTED, ids=lambda folder: folder.name)
def test_images_widen_means_and_hardly_differences(folder: Path) -> None:
    """What settings get wrong differs by seed; which images are hard does not differ by setting."""
    run = Run(folder)
    scores, errors = errors_by_image(run), by_replicate(run.trials(), "test_error")
    first, *others = [setting.sentence for setting in run.recipe.settings]
    for name in others:
        over_seeds = mean_interval(list(errors[name].values()))
        assert crossed_mean(scores[name]).half_width > over_seeds.half_width
        paired = paired_difference(errors[name], errors[first])
        assert crossed_difference(scores[name], scores[first]).half_width == pytest.approx(paired.half_width, rel=0.02)


def test_trials_without_scores_are_left_out(tmp_path: Path) -> None:
    recipe = a_recipe()
    run = Run.create(tmp_path / "run", recipe)
    run.append(a_trial(recipe, 0, 0), scores=([0.5, 2.0], [True, False]))
    run.append(a_trial(recipe, 1, 0))
    (found,) = errors_by_image(run).items()
    assert (found[0], list(found[1])) == (recipe.settings[0].sentence, [0])
    assert np.asarray(found[1][0]).tolist() == [0, 100]
    assert np.asarray(losses_by_image(run)[found[0]][0]).tolist() == [0.5, 2.0]
