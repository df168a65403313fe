"""A run is at work, interrupted, finished or failed, and which of these its folder alone says."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.recipe import Recipe
from analysis.record import Run
from analysis.states import State, state
from analysis.sweep import Between
from tests.analysis.runs import a_race, a_recipe, a_sweep, failed, trials
from tests.analysis.synthetic import KINDS, axis, sweep
from tests.analysis.test_searched import proposed

STATES: Mapping[State, tuple[str, ...]] = {
    "finished": ("axis", "one seed", "plane", "diverged", "ties", "sweep", "sweep of seeds",
                 "sweep, stopped early", "sweep, all stopped early", "ablation"),
    "interrupted": ("one trial", "half done", "none finished", "sweep, none finished", "sweep, nothing proposed",
                    "ablation, none finished"),
    "failed": ("all failed", "some failed", "sweep, all failed"),
}  # fmt: skip


@pytest.mark.parametrize(("wanted", "name"), [(wanted, name) for wanted, names in STATES.items() for name in names])
def test_the_folder_says_the_state(wanted: State, name: str, tmp_path: Path) -> None:
    run = KINDS[name]().write(tmp_path / "run")
    assert state(run) == wanted
    with run.lock():
        assert state(run) == "running"


def test_more_seeds_make_a_finished_run_an_interrupted_one(tmp_path: Path) -> None:
    axis().write(tmp_path / "run")
    assert state(Run.create(tmp_path / "run", a_recipe(seeds=4))) == "interrupted"
    sweep(20).write(tmp_path / "sweep")
    asked = sweep(21).recipe
    assert state(Run.create(tmp_path / "sweep", asked)) == "interrupted"


@pytest.mark.parametrize(
    ("slope", "replicates", "wanted"), [(-5.0, 4, "finished"), (0.0, 4, "interrupted"), (0.0, 10, "finished")]
)
def test_a_race_is_finished_once_it_is_decided(slope: float, replicates: int, wanted: State, tmp_path: Path) -> None:
    made = axis(replicates, recipe=a_recipe(), slope=slope)
    assert state(replace(made, recipe=a_race(a_recipe())).write(tmp_path / "run")) == wanted


def grid() -> Recipe:
    recipe = a_sweep(trials=50)
    assert recipe.sweep
    tune = (Between(field="lr", low=0.1, high=0.4),)
    listed = replace(recipe.sweep, space="", sampler="grid", tune=tune)
    return replace(a_recipe({2**n: f"#{n}" for n in range(2)}), sweep=listed, seeds=1)


def test_a_grid_is_finished_where_it_ends(tmp_path: Path) -> None:
    """Two settings by the ends and the middle of a learning rate: six points, of which one fails."""
    run = Run.create(tmp_path / "run", grid())
    for number, lr in enumerate((0.1, 0.25, 0.4)):
        for setting in range(2):
            assert state(run) == "interrupted"
            trial = proposed(run, 2 * number + setting, 10.0, lr=lr)
            run.append(failed(trial) if number else trial)
    assert state(run) == "finished"


def test_what_is_proposed_again_is_no_other_proposal(tmp_path: Path) -> None:
    """Another number may be of a trial that was trained before."""
    run = Run.create(tmp_path / "run", a_sweep(trials=2))
    trial = proposed(run, 0, 10.0)
    run.append(trial)
    run.append(replace(run.proposals()[0], number=1))
    assert state(run) == "interrupted"
    run.append(proposed(run, 2, 10.0))
    assert state(run) == "finished"


def test_a_trial_that_failed_first_and_then_did_not_is_no_failure(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", a_recipe())
    for trial in trials(run.recipe):
        run.append(failed(trial))
    assert state(run) == "failed"
    for trial in trials(run.recipe):
        run.append(trial)
    assert state(run) == "finished"
