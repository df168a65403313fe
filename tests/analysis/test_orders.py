"""Two orders of the same settings: tau by hand, no interval from one seed, and the published order of a run."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from analysis.orders import MANY, order_agreement, order_words, published_order, published_words, tau_words
from analysis.plots import plots_of
from analysis.published import published_for
from analysis.record import Run
from analysis.statistics.intervals import by_replicate
from analysis.text import text
from tests.analysis.runs import a_recipe, a_trial
from tests.committed import AXIS_RUNS


def replicates(rows: list[list[float]]) -> list[dict[int, float]]:
    """Of (replicates, settings), by setting."""
    return [dict(enumerate(column)) for column in zip(*rows, strict=True)]


def test_by_hand() -> None:
    """Of three pairs one is the other way round: (2 - 1) / 3."""
    found = order_agreement(replicates([[1, 2, 3], [1.1, 2.1, 3.1]]), replicates([[5, 7, 6], [5, 7, 6]]))
    assert (found.tau.mean, found.pairs) == (pytest.approx(1 / 3), 3)


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.integers(2, 4), st.integers(2, 6))
def test_whichever_is_named_first(seed: int, seeds: int, count: int) -> None:
    one, other = np.random.default_rng(seed).normal(size=(2, seeds, count))
    a, b = replicates(one.tolist()), replicates(other.tolist())
    assert order_agreement(a, b) == order_agreement(b, a)
    assert order_agreement(a, a).tau.mean == 1


def test_one_seed_has_no_interval_and_says_so() -> None:
    many, single = replicates([[1, 2, 3], [1.1, 2, 3.2]]), replicates([[1, 2, 3]])
    found = order_agreement(many, single)
    assert (found.tau.mean, math.isnan(found.tau.low)) == (1, True)
    assert order_words(found) == "Kendall's τ 1.00 on one seed, which has no interval"
    assert tau_words(found.tau) == "1.00 (no interval)"


def test_only_replicates_with_all_settings_count() -> None:
    """The third replicate lacks a setting; with it the second setting would be the worst."""
    ours = [{0: 1.0, 1: 1.1}, {0: 2.0, 1: 2.1, 2: 90.0}, {0: 3.0, 1: 3.1}]
    found = order_agreement(ours, replicates([[1, 2, 3], [1, 2, 3]]))
    assert (found.tau.mean, found.tau.n) == (1, 2)
    nowhere = [{0: 1.0}, {1: 2.0}, {2: 3.0}]
    assert math.isnan(order_agreement(nowhere, ours).tau.low)


def test_nothing_and_ties_are_words() -> None:
    assert order_words(order_agreement([{0: 1.0}], [{0: 1.0}])) == "no order"
    tied = order_agreement(replicates([[1, 1]]), replicates([[1, 2]]))
    assert order_words(tied) == "Kendall's τ is no number, as all settings of one side are alike"
    assert tau_words(tied.tau) == "–"


def test_of_very_many_settings_some_stand_for_all() -> None:
    many = [{0: float(i)} for i in range(20 * MANY)]
    found = order_agreement(many, many)
    assert (found.tau.mean, found.pairs) == (1, math.comb(MANY, 2))


PUBLISHED = [folder for folder in AXIS_RUNS if folder.name != "growth-rate"]


def test_where_nothing_was_published_nothing_is_said_of_it() -> None:
    (folder,) = set(AXIS_RUNS) - set(PUBLISHED)
    run = Run.open(folder)
    assert published_for(run.recipe) is None
    assert published_words(run.recipe, run.trials()) == ""


@pytest.mark.parametrize("folder", PUBLISHED, ids=[folder.name for folder in PUBLISHED])
def test_a_run_is_held_against_its_table(folder: Path) -> None:
    """Tau from the definition, over the pairs of settings that the table has."""
    run = Run.open(folder)
    table, published = run.trials(), published_for(run.recipe)
    found = published_order(run.recipe, table)
    assert published
    assert found
    errors = by_replicate(table, "test_error")
    pairs = [
        (float(np.mean([*errors[s.setting].values()])), published.errors[s.setting])
        for s in run.recipe.settings
        if s.setting in published.errors
    ]
    signs = [(np.sign(a[0] - b[0]), np.sign(a[1] - b[1])) for i, a in enumerate(pairs) for b in pairs[i + 1 :]]
    untied = math.sqrt(sum(x != 0 for x, _ in signs) * sum(y != 0 for _, y in signs))
    assert found[1].tau.mean == pytest.approx(sum(x * y for x, y in signs) / untied)
    words = published_words(run.recipe, table)
    low, high = found[1].tau.low, found[1].tau.high
    which = "the settings" if len(pairs) == len(run.recipe.settings) else f"{len(pairs)} of {len(run.recipe.settings)}"
    starts = f"The order of {which} " if low > 0 or high < 0 else f"Whether the order of {which} "
    assert words.startswith(starts)
    assert f"that of {published.table}" in words
    assert words in plots_of(run)[0].caption
    assert words in " ".join(text(run).split())


@pytest.mark.parametrize(("errors", "says"), [
    ((22.2, 21.8, 21.4, 21.2, 20.9), "agrees with"), ((20.9, 21.2, 21.4, 21.8, 22.2), "is opposed to"),
])  # fmt: skip
def test_clear_orders_are_decided(errors: tuple[float, ...], says: str, tmp_path: Path) -> None:
    """ResNeXt's error falls with cardinality."""
    run = Run.create(tmp_path, a_recipe())
    for replicate in range(3):
        for index, error in enumerate(errors):
            run.append(a_trial(run.recipe, index, replicate, error + 0.001 * replicate * index))
    words = published_words(run.recipe, run.trials())
    assert words.startswith(f"The order of the settings {says} that of ResNeXt Table 3: Kendall's τ ")


def test_of_a_run_that_goes_on_the_order_is_of_what_has_finished(tmp_path: Path) -> None:
    run = Run.create(tmp_path, a_recipe())
    for replicate in range(2):
        for index in range(3):
            run.append(a_trial(run.recipe, index, replicate, 20.0 - index + 0.1 * replicate))
    assert "he order of 3 of 5 settings" in published_words(run.recipe, run.trials())


def test_where_no_seed_is_complete_there_is_an_order_of_means_and_no_seed_is_spoken_of(tmp_path: Path) -> None:
    run = Run.create(tmp_path, a_recipe())
    for index, replicate in ((0, 0), (0, 1), (1, 1), (1, 2), (2, 2), (2, 3)):
        run.append(a_trial(run.recipe, index, replicate, 20.0 - index))
    words = published_words(run.recipe, run.trials())
    assert words.endswith("Kendall's τ 1.00 of means, as no seed has finished every setting, which has no interval.")
    assert words.startswith("Whether")


@pytest.mark.parametrize(("shared", "is_said"), [(2, False), (3, True)])
def test_two_settings_are_no_order(shared: int, is_said: bool, tmp_path: Path) -> None:
    values = {1: "1x64d", 2: "2x40d", 4: "4x24d", 64: "64x2d"}
    run = Run.create(tmp_path, a_recipe({value: values[value] for value in (*sorted(values)[:shared], 64)}))
    for replicate in range(2):
        for index in range(shared + 1):
            run.append(a_trial(run.recipe, index, replicate, 20.0 - index + 0.1 * replicate))
    assert published_order(run.recipe, run.trials())
    assert bool(published_words(run.recipe, run.trials())) == is_said


def test_without_a_table_or_trials_nothing_is_said(tmp_path: Path) -> None:
    run = Run.create(tmp_path, a_recipe())
    assert published_words(run.recipe, run.trials()) == ""
    other = a_recipe({3: "3x5d", 5: "5x3d"})
    assert published_order(other, run.trials()) is None
