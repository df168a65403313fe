"""The scores of committed runs say what their ledgers say, image by image."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from analysis.image_scores import errors_by_image, image_scores, losses_by_image
from analysis.recipe import RecordError
from analysis.record import Run
from analysis.statistics.crossed import crossed_difference, crossed_mean
from analysis.statistics.intervals import by_replicate, mean_interval
from tests.analysis.runs import a_recipe, a_trial
from tests.committed import AXIS_RUNS, RUNS


@pytest.mark.parametrize("folder", RUNS, ids=lambda folder: folder.name)
def test_their_means_are_the_metrics(folder: Path) -> None:
    run = Run(folder)
    trials, kept = run.finished(), image_scores(run)
    assert trials
    for metric, precision in (("test_error", 1e-9), ("test_loss", 1e-3)):
        scores = kept.of(metric)
        assert scores.keys() == trials.keys()
        for key, trial in trials.items():
            assert float(np.mean(scores[key])) == pytest.approx(trial.metrics[metric], rel=precision)


@pytest.mark.parametrize("folder", [one for one in RUNS if not Run(one).recipe.sweep], ids=lambda folder: folder.name)
def test_those_of_a_setting_and_a_seed_are_its_trials(folder: Path) -> None:
    """Of a sweep a setting may have several trials of a seed."""
    run = Run(folder)
    for scores, metric, precision in (
        (errors_by_image(run), "test_error", 1e-9),
        (losses_by_image(run), "test_loss", 1e-3),
    ):
        measured = by_replicate(run.trials(), metric)
        assert scores.keys() == measured.keys()
        for name, values in measured.items():
            assert {r: float(np.mean(scores[name][r])) for r in values} == pytest.approx(values, rel=precision)


@pytest.mark.parametrize("folder", AXIS_RUNS, ids=lambda folder: folder.name)
def test_images_widen_means_and_hardly_differences(folder: Path) -> None:
    """What settings get wrong differs by seed; which images are hard does not differ by setting."""
    run = Run(folder)
    scores, errors = errors_by_image(run), by_replicate(run.trials(), "test_error")
    first, *others = [setting.setting for setting in run.recipe.settings]
    for name in others:
        over_seeds = mean_interval(list(errors[name].values()))
        assert crossed_mean(scores[name]).half_width > over_seeds.half_width
        paired = mean_interval([errors[name][seed] - errors[first][seed] for seed in errors[first]])
        assert crossed_difference(scores[name], scores[first]).half_width == pytest.approx(paired.half_width, rel=0.05)


@pytest.mark.parametrize("folder", [one for one in RUNS if Run(one).recipe.sweep], ids=lambda folder: folder.name)
def test_those_of_a_sweep_are_asked_for_by_key(folder: Path) -> None:
    """By setting and seed the last of several trials would stand for all."""
    for of in (errors_by_image, losses_by_image):
        with pytest.raises(RecordError, match="is a sweep, whose settings may have several trials of a seed"):
            of(Run(folder))


def test_trials_without_scores_are_left_out(tmp_path: Path) -> None:
    recipe = a_recipe()
    run = Run.create(tmp_path / "run", recipe)
    run.append(a_trial(recipe, 0, 0, error=50.0), scores=([0.5, 2.0], [True, False]))
    run.append(a_trial(recipe, 1, 0))
    assert run.notices == []
    (found,) = errors_by_image(run).items()
    assert (found[0], list(found[1])) == (recipe.settings[0].setting, [0])
    assert np.asarray(found[1][0]).tolist() == [0, 100]
    assert np.asarray(losses_by_image(run)[found[0]][0]).tolist() == [0.5, 2.0]


def written(folder: Path) -> tuple[Run, bytes, Path]:
    """A run of two trials, the bytes of the first one's scores and where they are."""
    recipe = a_recipe()
    run = Run.create(folder, recipe)
    for index in (0, 1):
        run.append(a_trial(recipe, index, 0, error=50.0), scores=([0.5, 2.0] * 20, [True, False] * 20))
    path = folder / "scores" / f"{a_trial(recipe, 0, 0).key}.npz"
    return run, path.read_bytes(), path


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_scores_are_a_notice_and_never_an_accident(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    run, whole, path = written(tmp_path_factory.mktemp("run"))
    at, byte = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 255))
    path.write_bytes(whole[:at] if data.draw(st.booleans()) else whole[:at] + bytes([byte]) + whole[at + 1 :])
    found = image_scores(run)
    assert len(found.errors) + len(run.notices) == 2
    assert all(notice.startswith(str(path)) for notice in run.notices)


def test_missing_scores_are_one_notice_and_the_others_are_read(tmp_path: Path) -> None:
    run, whole, path = written(tmp_path / "run")
    path.unlink()
    assert len(image_scores(run).errors) == 1
    (notice,) = run.notices
    assert notice.endswith("; intervals that need these scores are over seeds alone")
    path.write_bytes(whole)
    assert len(image_scores(run).errors) == 2


def test_scores_of_another_test_are_left_out(tmp_path: Path) -> None:
    run, _, _ = written(tmp_path / "run")
    recipe = a_recipe()
    run.append(a_trial(recipe, 2, 0, error=25.0), scores=([0.5, 2.0], [True, False]))
    assert len(image_scores(run).errors) == 2
    assert "says a test error of 50.00 %, and the trial's line 25.00 %; intervals that need" in run.notices[0]


def test_what_is_known_is_not_read_again(tmp_path: Path) -> None:
    run, _, path = written(tmp_path / "run")
    known = image_scores(run)
    path.unlink()
    assert image_scores(run, known) == known
    assert run.notices == []
