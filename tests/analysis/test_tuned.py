"""What a sweep along an axis says of the axis: every setting at its best."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from analysis.image_scores import image_scores
from analysis.record import Run
from analysis.searched import outcomes
from analysis.text import text
from analysis.tuned import tuned, tuned_plot, tuned_sheet, tuned_words
from analysis.verdict import verdict
from tests.analysis.runs import LR, a_sweep, failed
from tests.analysis.synthetic import Synthetic, axis, axis_sweep


def without(of: Synthetic, *numbers: int) -> Synthetic:
    """Had these trials failed."""
    return replace(of, trials=tuple(failed(t) if i in numbers else t for i, t in enumerate(of.trials)))


@given(st.sets(st.integers(0, 19)), st.integers(1, 2))
def test_the_best_of_a_setting_is_the_least_of_its_own(
    tmp_path_factory: pytest.TempPathFactory, lost: set[int], seeds: int
) -> None:
    run = without(axis_sweep(4, seeds=seeds), *lost).write(tmp_path_factory.mktemp("runs") / "run")
    found = tuned(run)
    assert found
    finished = [one for one in outcomes(run) if one.is_finished]
    for setting, best, tried in zip(run.recipe.settings, found.best, found.tried, strict=True):
        of_it = [one for one in finished if one.proposal.setting == setting]
        assert tried == len(of_it)
        assert best is min(of_it, key=lambda one: one.values, default=None)
    assert set(found.table["key"]) == {trial.key for best in found.best if best for trial in best.trials}


@pytest.mark.parametrize("seeds", [1, 3])
def test_one_proposal_of_each_is_a_run_along_the_axis(seeds: int, tmp_path: Path) -> None:
    run = axis_sweep(1, seeds=seeds).write(tmp_path / "run")
    found = tuned(run)
    assert found
    assert found.table.equals(run.trials())
    said = verdict(run.recipe, run.trials(), image_scores(run)).words
    assert said[1:] in tuned_words(found)


def test_seeds_give_the_settings_at_their_best_an_interval(tmp_path: Path) -> None:
    found = tuned(axis_sweep(4, seeds=3).write(tmp_path / "run"))
    assert found
    said = tuned_words(found)
    assert said.startswith(
        "Every setting has the lr of the lowest validation loss among its 4 proposals. Test error falls by 0.7"
    )
    assert "The order of the settings agrees with that of ResNeXt Table 3" in said
    first, *others = tuned_sheet(found).rows
    assert [cell.text for place, cell in enumerate(first.cells) if place != 1] == ["4", "–", "0.1"]
    assert all(one.cells[2].text.startswith("−") for one in others)


def test_one_seed_has_no_interval_and_more_tries_are_said(tmp_path: Path) -> None:
    found = tuned(without(axis_sweep(4), 0, 1, 6).write(tmp_path / "run"))
    assert found
    said = tuned_words(found)
    assert "among its 2 to 4 proposals, of which more find better. Undecided: one seed has no interval" in said
    assert "on one seed, which has no interval" in said
    points, *_ = tuned_plot(found).figure.data
    assert list(points.y) == found.table["test_error"].tolist()


def test_the_terminal_names_every_network_once(tmp_path: Path) -> None:
    run = axis_sweep(4).write(tmp_path / "run")
    said = text(run, 400)
    assert said.startswith("At 4GFLOPs, which cardinality has the least loss, with lr of its own?")
    assert "Every setting has the lr of the lowest validation loss" in said
    names = [line.partition(": ")[0] for line in said.splitlines() if " > head(" in line]
    assert len(names) == len(set(names)) > 1


@pytest.mark.parametrize("change", [{"tune": ()}, {"objectives": ("macs",)}])
def test_what_has_nothing_tuned_or_measured_has_no_best(change: dict[str, tuple[str, ...]], tmp_path: Path) -> None:
    of = axis_sweep(1)
    assert of.recipe.sweep
    run = replace(of, recipe=replace(of.recipe, sweep=replace(of.recipe.sweep, **change))).write(tmp_path / "run")
    assert tuned(run) is None


def test_other_runs_have_no_best(tmp_path: Path) -> None:
    assert tuned(axis().write(tmp_path / "axis")) is None
    assert tuned(Run.create(tmp_path / "free", a_sweep(tune=(LR,)))) is None
