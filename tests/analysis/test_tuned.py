"""What a sweep along an axis says of the axis: every setting at its best."""

import math
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from analysis.image_scores import image_scores
from analysis.record import Run
from analysis.sweep import Sweep
from analysis.sweep_report import render
from analysis.text import text
from analysis.trial import Proposal
from analysis.tuned import Tuned, basis_words, tuned, tuned_sheet, tuned_words
from analysis.verdict import verdict
from tests.analysis.runs import LR, a_plane, a_sweep, failed, trial_of
from tests.analysis.synthetic import KINDS, LONG, Synthetic, axis, axis_sweep

SETTINGS, TRIES = 5, 4


def without(of: Synthetic, *places: int) -> Synthetic:
    """Had these trials failed."""
    return replace(of, trials=tuple(failed(t) if i in places else t for i, t in enumerate(of.trials)))


def of(synthetic: Synthetic, folder: Path) -> Tuned:
    found = tuned(synthetic.write(folder / "run"))
    assert found
    return found


@given(st.sets(st.integers(0, 2 * SETTINGS * TRIES - 1)), st.integers(0, 9), st.integers(1, 2))
def test_the_best_of_a_setting_has_the_least_validation_loss_of_its_own(
    tmp_path_factory: pytest.TempPathFactory, lost: set[int], seed: int, seeds: int
) -> None:
    made = without(axis_sweep(TRIES, seeds=seeds, seed=seed), *lost)
    found = of(made, tmp_path_factory.mktemp("runs"))
    for setting, tried in zip(made.recipe.settings, found.settings, strict=True):
        losses: dict[float, list[float]] = {}
        for trial in (trial for trial in made.trials if trial.sentence == setting.sentence):
            losses.setdefault(float(trial.hyperparameters["lr"] or 0), []).append(
                trial.metrics.get("validation_loss", math.nan)
            )
        means = {lr: sum(of_one) / seeds for lr, of_one in losses.items() if math.isfinite(sum(of_one))}
        assert (len(tried.ended), tried.finished) == (TRIES, len(means))
        best = tried.best and tried.best.proposal.hyperparameters["lr"]
        assert best == min(means, key=lambda lr: means[lr], default=None)
        measured = found.table.loc[found.table["setting"] == setting.setting, "test_error"].tolist()
        assert measured == [t.metrics["test_error"] for t in (tried.best.trials if tried.best else ())]


def test_what_is_best_by_test_error_is_not_looked_for(tmp_path: Path) -> None:
    settings = [tried for seed in range(5) for tried in of(axis_sweep(TRIES, seed=seed), tmp_path / str(seed)).settings]
    tested = [min(tried.ended, key=lambda one: one.test_error) for tried in settings]
    assert 0 < sum(tried.best != by_test for tried, by_test in zip(settings, tested, strict=True)) < len(settings)


@pytest.mark.parametrize("seeds", [2, 3])
def test_one_proposal_of_each_is_a_run_along_the_axis(seeds: int, tmp_path: Path) -> None:
    run = axis_sweep(1, seeds=seeds).write(tmp_path / "run")
    found = tuned(run)
    assert found
    assert found.table.equals(run.trials())
    assert verdict(run.recipe, run.trials(), image_scores(run)).words[1:] in tuned_words(found)


def test_a_whole_grid_from_several_seeds_gives_a_direction(tmp_path: Path) -> None:
    found = of(axis_sweep(TRIES, seeds=3), tmp_path)
    said = tuned_words(found)
    assert said.startswith(
        "Every setting has the lr of the lowest validation loss among its proposals. Test error falls"
    )
    assert "The intervals take it as given which proposals were chosen. The order of the settings agrees with" in said
    assert "hold all at once with 95 %" in basis_words(found)
    first, *others = tuned_sheet(found).rows
    assert [cell.text for place, cell in enumerate(first.cells) if place != 2] == ["4", "4", "–", "23.90", "0.1"]
    assert {row.cells[-1].text for row in others} >= {"0.2", "0.4", "0.8"}
    assert others[-1].cells[3].text.startswith("−0.")


def test_one_seed_gives_none(tmp_path: Path) -> None:
    found = of(axis_sweep(TRIES), tmp_path)
    last = found.summaries[-1].difference.mean
    assert f"Undecided: one seed gives no interval (−{-last:.2f} points from the first setting" in tuned_words(found)
    assert basis_words(found) == ""


def test_other_values_give_none_either(tmp_path: Path) -> None:
    made = axis_sweep(TRIES, seeds=3)
    fewer = replace(made, proposals=made.proposals[:-1], trials=made.trials[:-3])
    said = tuned_words(of(fewer, tmp_path))
    assert "Undecided: the settings were not all tried with the same values" in said
    assert "interval" not in said
    assert "agrees" not in said


def test_what_failed_was_tried(tmp_path: Path) -> None:
    """Values that a setting diverges with tell it from others: they are no missing tries."""
    found = of(without(axis_sweep(TRIES, seeds=3), 0, 1, 2), tmp_path)
    assert found.are_alike
    assert [cell.text for cell in tuned_sheet(found).rows[0].cells[:2]] == ["4", "3"]


def test_a_setting_without_a_result_is_said(tmp_path: Path) -> None:
    lost = without(axis_sweep(TRIES), *range(1, SETTINGS * TRIES, SETTINGS))
    said = tuned_words(of(lost, tmp_path))
    assert said.endswith("Undecided: 4 of 5 settings have a proposal that was trained to the end.")
    assert "Kendall" not in said


def test_what_is_proposed_again_counts_once(tmp_path: Path) -> None:
    made = axis_sweep(TRIES)
    again = replace(made.proposals[0], number=len(made.proposals))
    found = of(replace(made, proposals=(*made.proposals, again)), tmp_path)
    assert {len(tried.ended) for tried in found.settings} == {TRIES}


def test_a_plane_is_tuned_like_an_axis(tmp_path: Path) -> None:
    recipe = replace(a_plane(seeds=3), sweep=Sweep(proxy_macs=4_000_000, tune=(LR,), trials=12))
    tuned_to = {**asdict(recipe.training), "lr": 0.1}
    proposals = tuple(
        Proposal(number=number, parameters={"lr": 0.1}, setting=setting, hyperparameters=tuned_to)
        for number, setting in enumerate(recipe.settings)
    )
    trials = tuple(
        trial_of(recipe, one, tuned_to, replicate, 10 - 0.1 * place + 0.01 * replicate * place)
        for place, one in enumerate(recipe.settings)
        for replicate in range(3)
    )
    run = Synthetic(recipe, trials, proposals).write(tmp_path / "run")
    found = tuned(run)
    assert found
    assert found.table.equals(run.trials())
    assert "from radix 0 to 4" in tuned_words(found)
    assert "which setting of radix and cardinality has the least loss, with lr of its own?" in text(run, 400)


def test_a_row_has_the_errors_of_its_own_trials(tmp_path: Path) -> None:
    found = of(KINDS["sweep along an axis, hostile"](), tmp_path)
    for tried, summary in zip(found.settings, found.summaries, strict=True):
        assert summary.error.mean == (tried.best.test_error if tried.best else pytest.approx(math.nan, nan_ok=True))


def test_a_long_name_is_cut_in_words(tmp_path: Path) -> None:
    run = KINDS["sweep along an axis, long names"]().write(tmp_path / "run")
    found = tuned(run)
    assert found
    assert len(tuned_words(found)) < 1500
    (figure,) = [part for part in render(run).split("<section") if "each at its best" in part and "<table" in part]
    assert LONG[:200] not in figure.partition("<table")[0].partition("figcaption")[2]


@pytest.mark.parametrize("seeds", [1, 3])
def test_with_intervals_the_page_says_that_seeds_must_be_fixed_beforehand(seeds: int, tmp_path: Path) -> None:
    page = render(axis_sweep(TRIES, seeds=seeds).write(tmp_path / "run"))
    assert page.count("hold for a number of seeds fixed beforehand") == (seeds > 1)


def test_the_terminal_names_every_network_once(tmp_path: Path) -> None:
    run = axis_sweep(TRIES).write(tmp_path / "run")
    said = text(run, 400)
    assert said.startswith("At 4GFLOPs, which cardinality has the least loss, with lr of its own?")
    assert "Every setting has the lr of the lowest validation loss" in said
    names = [line.partition(": ")[0] for line in said.splitlines() if " > head(" in line]
    assert len(names) == len(set(names)) > 1


@pytest.mark.parametrize("change", [{"tune": ()}, {"objectives": ("macs",)}])
def test_what_has_nothing_tuned_or_measured_has_no_best(change: dict[str, tuple[str, ...]], tmp_path: Path) -> None:
    made = axis_sweep(1)
    assert made.recipe.sweep
    run = replace(made, recipe=replace(made.recipe, sweep=replace(made.recipe.sweep, **change))).write(tmp_path / "run")
    assert tuned(run) is None


def test_other_runs_have_no_best(tmp_path: Path) -> None:
    assert tuned(axis().write(tmp_path / "axis")) is None
    assert tuned(Run.create(tmp_path / "free", a_sweep(tune=(LR,)))) is None
    assert tuned(KINDS["sweep along an axis, no settings"]().write(tmp_path / "none")) is None
