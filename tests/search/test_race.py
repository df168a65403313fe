"""A study adds seeds by the same rule as the verdict: over test images, too, where their scores were kept."""

from dataclasses import replace
from pathlib import Path

import pytest

from analysis.image_scores import image_scores
from analysis.record import Run
from analysis.table import trials_table
from analysis.verdict import verdict
from search.source import Listed
from tests.analysis.runs import a_race, a_recipe, failed, trials
from tests.analysis.scores import World, scored

BY_IMAGE = World(kind="counts", centre=-3.8, seeds=0.03, images=3.0, own_images=2.0)


def test_a_failed_trial_of_a_race_is_tried_again_by_the_next_command(tmp_path: Path) -> None:
    """A race without it would be over: whether it needs more seeds waits for what can still come."""
    recipe = a_race(a_recipe(), cap=5)
    run = Run.create(tmp_path / "run", recipe)
    *others, last = trials(recipe, slope=0.0, noise=3.0, replicates=5)
    for trial in others:
        run.append(trial)
    run.append(replace(failed(last), passing=True))
    source = Listed(run)
    assert [job.key for job in source.pending] == [last.key]
    assert not source.is_exhausted()
    job = source.next(0)
    assert job
    run.append(failed(last))
    source.end(job, failed(last), again=False)
    assert source.is_exhausted()


@pytest.mark.parametrize(
    "metrics", [{"test_error": 10.0}, {"test_error": 10.0, "validation_loss": float("nan")}], ids=str
)
def test_a_line_without_a_validation_loss_stops_no_study(metrics: dict[str, float], tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", a_recipe())
    first, *others = trials(run.recipe)
    for trial in (replace(first, metrics=metrics), *others):
        run.append(trial)
    source = Listed(Run.open(run.folder))
    states = [trial.state.name for trial in source.study.get_trials()]
    assert (states.count("FAIL"), states.count("COMPLETE")) == (1, len(others))
    assert len(source.known()) == len(states)


def test_a_race_goes_on_where_only_seeds_alone_would_decide(tmp_path: Path) -> None:
    recipe = a_race(a_recipe(), cap=10)
    for seed in range(20):
        made, scores = scored(recipe, BY_IMAGE, 5, 300, seed)
        table = trials_table(recipe, made)
        if verdict(recipe, table).decided and not verdict(recipe, table, scores).decided:
            break
    run = Run.create(tmp_path / "run", recipe)
    for trial in made:
        run.append(trial, scores=(scores.losses[trial.key], scores.errors[trial.key] == 0))
    assert not verdict(recipe, run.trials(), image_scores(run)).decided
    assert not Listed(run).is_over
    (run.folder / "scores" / f"{made[0].key}.npz").unlink()
    assert verdict(recipe, run.trials(), image_scores(run)).decided
    assert Listed(run).is_over
