"""A study adds seeds by the same rule as the verdict: over test images, too, where their scores were kept."""

from pathlib import Path

from analysis.image_scores import image_scores
from analysis.record import Run
from analysis.table import trials_table
from analysis.verdict import verdict
from search.source import Listed
from tests.analysis.runs import a_race, a_recipe
from tests.analysis.scores import World, scored

BY_IMAGE = World(kind="counts", centre=-3.8, seeds=0.03, images=3.0, own_images=2.0)


def test_a_race_goes_on_where_only_seeds_alone_would_decide(tmp_path: Path) -> None:
    recipe = a_race(a_recipe(), cap=10)
    for seed in range(20):
        trials, scores = scored(recipe, BY_IMAGE, 5, 300, seed)
        table = trials_table(recipe, trials)
        if verdict(recipe, table).decided and not verdict(recipe, table, scores).decided:
            break
    run = Run.create(tmp_path / "run", recipe)
    for trial in trials:
        run.append(trial, scores=(scores.losses[trial.key], scores.errors[trial.key] == 0))
    assert not verdict(recipe, run.trials(), image_scores(run)).decided
    assert not Listed(run).is_over
    (run.folder / "scores" / f"{trials[0].key}.npz").unlink()
    assert verdict(recipe, run.trials(), image_scores(run)).decided
    assert Listed(run).is_over
