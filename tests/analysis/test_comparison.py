"""Two or more runs: compared with itself a run is the same in all, and the order of runs changes but their order."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from scipy.special import stdtrit  # type: ignore[import-untyped]

from analysis.comparison.pairs import Comparison, comparison
from analysis.comparison.sides import names, sides
from analysis.comparison.spaces import fronts, spaces
from analysis.comparison.words import findings
from analysis.figures.fronts import fronts_info
from analysis.figures.overlay import overlay_info
from analysis.figures.study import agreeing, agreeing_info
from analysis.recipe import Recipe
from analysis.record import Run
from analysis.sweep import Sweep
from analysis.trial import Proposal
from tests.analysis.runs import LR, a_plane, a_recipe, a_trial, trial_of
from tests.analysis.scores import ERRORS
from tests.analysis.synthetic import Synthetic, axis, sweep

Written = Callable[..., list[Run]]
THREE = a_recipe({1: "1x64d", 2: "2x40d", 4: "4x24d"})


@cache
def searches() -> tuple[Synthetic, Synthetic]:
    """Two with the same two objectives."""
    return sweep(20, objectives=("error", "macs")), sweep(30, objectives=("error", "macs"), seed=1)


@pytest.fixture
def written(tmp_path: Path) -> Written:
    numbers = count()

    def write(*made: Synthetic) -> list[Run]:
        return [one.write(tmp_path / f"run-{next(numbers)}") for one in made]

    return write


def measured(folder: Path, rows: Sequence[Sequence[float]], recipe: Recipe = THREE, **changes: object) -> Run:
    """A run with these test errors, (replicates, settings)."""
    run = Run.create(folder, recipe)
    for replicate, row in enumerate(rows):
        for index, error in enumerate(row):
            run.append(a_trial(recipe, index, replicate, error, **changes))
    return run


def of_fidelity(name: str, epochs: int, **changes: object) -> Recipe:
    return replace(THREE, fidelity=replace(THREE.fidelity, name=name, epochs=epochs), **changes)  # type: ignore[arg-type]


# by hand --------------------------------------------------------------------------------------------------------------


def test_three_settings_by_hand(tmp_path: Path) -> None:
    """Two seeds. Means 10, 12, 11 and 20, 21, 23: of three pairs one is the other way round."""
    a = measured(tmp_path / "a", [[9, 11, 10], [11, 13, 12]])
    b = measured(tmp_path / "b", [[19.5, 20.5, 22], [20.5, 21.5, 24]])
    (pair,) = comparison([a, b]).pairs
    assert pair.by_error.tau.mean == pytest.approx(1 / 3)
    assert [one.mean for one in pair.differences] == pytest.approx([10, 9, 12])
    assert pair.difference.mean == pytest.approx(31 / 3)
    # b - a by seed: 10.5, 9.5 and 9.5, 8.5 and 12, 12, each at 1 - 0.05 / 3; their means 32 / 3 and 10 at 0.95
    widths = [stdtrit(1, 1 - 0.05 / 6) * 0.5, stdtrit(1, 1 - 0.05 / 6) * 0.5, 0.0]
    assert [one.half_width for one in pair.differences] == pytest.approx(widths)
    assert pair.difference.half_width == pytest.approx(stdtrit(1, 0.975) / 3)


def test_other_axes_are_compared_by_the_mean_of_their_settings(tmp_path: Path) -> None:
    """By seed: 11 and 12 of three settings, 8 and 8 of two; 3.5 on average, and the seeds' differences are 3 and 4."""
    a = measured(tmp_path / "a", [[10, 12, 11], [11, 13, 12]])
    width = a_recipe({3: "3x30d", 5: "5x20d"}, axis=("width",))
    b = measured(tmp_path / "b", [[7, 9], [6, 10]], width)
    (pair,) = comparison([a, b]).pairs
    assert (pair.shared, pair.differences, pair.difference.mean) == ((), (), pytest.approx(-3.5))
    assert pair.difference.half_width == pytest.approx(stdtrit(1, 0.975) / 2)
    other = measured(tmp_path / "c", [[7, 9], [6, 10]], replace(width, data="digits"))
    assert math.isnan(comparison([a, other]).pairs[0].difference.mean)


def test_differences_are_paired_by_image_where_both_kept_their_scores(written: Written) -> None:
    made = [axis(3, recipe=THREE, world=replace(ERRORS, centre=centre), images=300) for centre in (-3.5, -3.4)]
    kept, alone = written(*made), written(*made)[1]
    assert comparison(kept).pairs[0].images == 300
    (alone.folder / "scores").rename(alone.folder / "lost")
    assert comparison([kept[0], Run.open(alone.folder)]).pairs[0].images == 0


def test_core_seconds_count_threads(tmp_path: Path) -> None:
    run = Run.create(tmp_path, THREE)
    for index in range(3):
        trial = a_trial(THREE, index, 0, seconds=3.0)
        run.append(replace(trial, hyperparameters={**trial.hyperparameters, "threads": 4}))
    (side,) = sides([run])
    assert (side.core_seconds, side.each) == (36, 12)


def test_core_seconds_are_what_was_computed_whatever_the_clock_said(tmp_path: Path) -> None:
    run = Run.create(tmp_path, THREE)
    for index in range(3):
        run.append(replace(a_trial(THREE, index, 0, seconds=30.0), cpu_seconds=2.5))
    (side,) = sides([run])
    assert (side.core_seconds, side.each) == (7.5, 2.5)
    assert run.trials()["core_seconds"].tolist() == [2.5] * 3


# laws -----------------------------------------------------------------------------------------------------------------

KINDS: dict[str, Callable[[], Synthetic]] = {
    "axis": axis,
    "with scores": lambda: axis(3, recipe=THREE, world=ERRORS, images=100),
    "plane": lambda: axis(recipe=a_plane()),
    "search": lambda: searches()[0],
    "search of seeds": lambda: sweep(8, seeds=3),
    "one seed": lambda: axis(1),
}


@pytest.mark.parametrize("kind", KINDS)
def test_with_itself_a_run_is_the_same_in_all(kind: str, written: Written) -> None:
    (run,) = written(KINDS[kind]())
    found = comparison([run, run])
    (pair,) = found.pairs
    assert len(pair.shared) == len(found.sides[0].points) > 2
    assert pair.by_error.tau.mean == pair.by_loss.tau.mean == 1
    assert all((one.mean, one.excludes_zero) == (0, False) for one in (*pair.differences, pair.difference))
    assert [one.found.p_value for group in spaces(found.sides) for one in group.tested] in ([], [1])
    assert all(one.found[0].share == one.found[1].share for one in fronts(found.sides))
    assert not found.studies


def test_the_order_of_runs_changes_only_their_order(written: Written) -> None:
    runs = written(axis(), axis(seed=1), axis(recipe=a_plane()), sweep(8, seeds=2), *searches())
    ours, turned = comparison(runs), comparison(runs[::-1])
    assert [said(ours, a, b) for a in runs for b in runs] == [said(turned, a, b) for a in runs for b in runs]


def said(found: Comparison, a: Run, b: Run) -> object:
    """Of two runs, whichever stands first."""
    for pair in found.pairs:
        if {pair.a.run, pair.b.run} == {a, b}:
            sign = 1 if pair.a.run is a else -1
            differences = sorted(round(sign * one.mean, 9) for one in pair.differences)
            return repr((pair.by_error, pair.by_loss, differences, round(pair.difference.half_width, 9)))
    return None


def test_a_plane_is_one_whichever_axis_is_named_first(tmp_path: Path) -> None:
    plane = a_plane()
    turned = replace(
        plane,
        axis=plane.axis[::-1],
        settings=tuple(replace(one, value=one.value[::-1]) for one in plane.settings if isinstance(one.value, tuple)),
    )
    runs = [axis(recipe=one).write(tmp_path / str(i)) for i, one in enumerate((plane, turned))]
    (pair,) = comparison(runs).pairs
    assert len(pair.shared) == len(plane.settings)
    assert all(one.setting.sentence == other.setting.sentence for one, other in pair.shared)


# what is shared -------------------------------------------------------------------------------------------------------


def test_of_other_data_only_the_order_compares(written: Written) -> None:
    runs = written(axis(), axis(seed=1, recipe=a_recipe(data="digits")))
    (pair,) = comparison(runs).pairs
    assert math.isfinite(pair.by_error.tau.mean)
    assert (pair.differences, pair.same_data) == ((), False)
    digests = [axis(recipe=a_recipe(data_digest=digest)) for digest in ("1" * 64, "2" * 64, "")]
    pairs = comparison(written(*digests)).pairs
    assert [one.same_data for one in pairs] == [False, True, True]


def test_axes_that_differ_share_networks(tmp_path: Path) -> None:
    """The same candidates, once as cardinality and once as width."""
    rows = [[9.0, 11, 10], [9.5, 11.1, 10.2]]
    a = measured(tmp_path / "a", rows)
    b = measured(tmp_path / "b", rows, replace(THREE, axis=("width",)))
    assert len(comparison([a, b]).pairs[0].shared) == 3
    other = replace(THREE, axis=("width",), settings=a_recipe({3: "3x30d", 5: "5x20d"}).settings)
    assert not comparison([a, Run.create(tmp_path / "c", other)]).pairs[0].shared


def test_a_search_along_an_axis_stands_by_what_is_best_by_validation(tmp_path: Path) -> None:
    """Tuned, the first setting is better than the second; untuned, worse."""
    searched = replace(THREE, seeds=1, sweep=Sweep(proxy_macs=4_000_000, trials=4, tune=(LR,)))
    run = Run.create(tmp_path / "a", searched)
    for number, (index, lr, error) in enumerate([(0, 0.1, 12.0), (0, 0.4, 9.0), (1, 0.1, 11.0), (1, 0.4, 13.0)]):
        chosen = {**a_trial(THREE, 0, 0).hyperparameters, "lr": lr}
        setting = searched.settings[index]
        run.append(Proposal(number=number, parameters={"lr": lr}, setting=setting, hyperparameters=chosen))
        run.append(trial_of(searched, setting, chosen, 0, error))
    (side,) = sides([run])
    assert [point.mean() for point in side.points.values()] == [9.0, 11.0]
    plain = measured(tmp_path / "b", [[12.0, 11.0, 10.0]])
    assert comparison([run, plain]).pairs[0].by_error.tau.mean == -1


def test_names_are_what_differs() -> None:
    class At(Run):
        def __init__(self, folder: str) -> None:
            self.folder = Path(folder)

    assert names([At("a-4G-quick"), At("a-4G-tiny")]) == ["quick", "tiny"]
    assert names([At("x/run"), At("y/run")]) == ["", ""]
    assert names([At("a-4G"), At("a-4G-tiny")]) == ["", "tiny"]
    assert names([At("radix-4G"), At("width-4G")]) == ["radix", "width"]
    assert len(names([At("a" * 99), At("b" * 99)])[0]) == 32


# studies --------------------------------------------------------------------------------------------------------------


def test_a_study_is_held_against_the_costliest(tmp_path: Path) -> None:
    """However many seeds the cheap ones have; a run of the same fidelity as another is in it, too."""
    noise = np.random.default_rng(0).normal(0, 0.01, (4, 3, 3))
    rows = np.array([10.0, 11.0, 12.0]) + noise
    cheap = measured(tmp_path / "b", [*rows[0], *rows[1]], of_fidelity("cheap", 1), seconds=2.0)
    dear = measured(tmp_path / "a", rows[2], of_fidelity("dear", 9), seconds=100.0)
    middle = measured(tmp_path / "c", rows[3][:, ::-1], of_fidelity("middle", 4), seconds=20.0)
    (study,) = comparison([dear, cheap, middle]).studies
    assert [step.side.run for step in study.steps] == [cheap, middle, dear]
    assert [(step.each, step.seconds) for step in study.steps] == [(2, 36), (20, 180), (100, 900)]
    assert [step.to_reference.by_error.tau.mean for step in study.steps if step.to_reference] == [1, -1]
    info = agreeing_info(study)
    assert [one.seconds for one in info.runs] == [36, 180]
    assert info.runs[0].by_error.low > 0 > info.runs[1].by_error.high
    assert {"20", "50", "100", "200"} <= set(agreeing(info).layout.xaxis.ticktext)  # in full, not as a lonely 2
    assert not comparison([cheap, cheap]).studies


def test_a_run_that_has_only_begun_makes_no_study_of_two_of_one_fidelity(tmp_path: Path) -> None:
    runs = [measured(tmp_path / name, [[1, 2, 3], [2, 3, 4]]) for name in "ab"]
    begun = Run.create(tmp_path / "c", of_fidelity("c", 9))
    assert not comparison([*runs, begun]).studies


def test_the_cheapest_that_agrees_is_the_one_that_took_least_in_all(tmp_path: Path) -> None:
    """Many seeds of a cheap trial cost more than two of a dearer one."""
    noise = np.random.default_rng(0).normal(0, 0.01, (9, 3))
    rows = np.array([10.0, 11.0, 12.0]) + noise
    many = measured(tmp_path / "many", rows[:5], of_fidelity("many", 1), seconds=2.0)
    few = measured(tmp_path / "few", rows[5:7], of_fidelity("few", 2), seconds=3.0)
    dear = measured(tmp_path / "dear", rows[7:], of_fidelity("dear", 9), seconds=50.0)
    found = comparison([many, few, dear])
    (words,) = [words for words, _ in findings(found, (), ()) if "cheapest" in words]
    assert "2 agree with C" in words
    assert "the cheapest of these is B" in words
    assert "for 6.0 % of its core-seconds" in words


def test_other_questions_are_other_studies(tmp_path: Path) -> None:
    runs = [measured(tmp_path / "a", [[1, 2, 3]]), measured(tmp_path / "b", [[1, 2, 3]], of_fidelity("b", 9))]
    twice = of_fidelity("c", 3, budget_macs=8 * 10**9)
    assert len(comparison([*runs, measured(tmp_path / "c", [[1, 2, 3]], twice)]).studies[0].steps) == 2


# figures --------------------------------------------------------------------------------------------------------------


def test_lines_lie_over_each_other_by_level(tmp_path: Path) -> None:
    """A run with other levels; ticks are names where all runs agree on them."""
    a = measured(tmp_path / "a", [[9, 11, 10], [11, 13, 12]])
    other = a_recipe({2: "2x41d", 4: "4x24d", 8: "8x14d"})
    b = measured(tmp_path / "b", [[20, 21, 22], [20, 21, 25]], other)
    info = overlay_info(sides([a, b]))
    assert info.ticks == ("1x64d", "2", "4x24d", "8x14d")
    assert [[round(mark.position) for mark in line.marks] for line in info.lines] == [[0, 1, 2], [1, 2, 3]]
    assert [mark.interval.mean for mark in info.lines[0].marks] == [10, 12, 11]


def test_centred_lines_are_the_shapes(tmp_path: Path) -> None:
    """At the two settings of both, from their mean; what a seed shifts alike is in no interval."""
    a = measured(tmp_path / "a", [[9, 11, 10], [109, 111.2, 110]])
    b = measured(tmp_path / "b", [[20, 22], [20, 23]], a_recipe({2: "2x40d", 4: "4x24d"}))
    first, second = overlay_info(sides([a, b]), centred=True).lines
    assert [mark.interval.mean for mark in first.marks] == pytest.approx([0.55, -0.55])
    assert [mark.interval.mean for mark in second.marks] == pytest.approx([-1.25, 1.25])
    assert max(mark.interval.half_width for mark in first.marks) < 1
    apart = overlay_info(sides([a, measured(tmp_path / "c", [[1]], a_recipe({1: "1x64d"}))]), centred=True)
    assert not apart.lines


def test_fronts_share_box_and_order(written: Written) -> None:
    """The volume of each front from the worst of both, as a share of the box to the best of both: by rectangles."""
    (found,) = fronts(sides(written(*searches())))
    ideal, reference = np.array(found.ideal), np.array(found.reference)
    every = np.concatenate([one.values for one in found.found])
    assert (ideal == every.min(axis=0)).all()
    assert (reference == every.max(axis=0)).all()
    for one in found.found:
        scaled = (reference - one.values[one.on_front]) / (reference - ideal)
        grid = (np.indices((200, 200)).reshape(2, -1).T + 0.5) / 200
        assert (grid[:, None] < scaled).all(axis=2).any(axis=1).mean() == pytest.approx(one.share, abs=0.02)
    info = fronts_info(found)
    assert [len(run.x) for run in info.runs] == [20, 30]
    assert all(run.x == tuple(sorted(run.x)) for run in info.runs)
    assert not fronts(sides([*written(sweep(5), searches()[0])]))


def test_settings_of_an_axis_are_no_sample(written: Written) -> None:
    assert not spaces(sides(written(axis(), axis(seed=1), axis(recipe=a_plane()))))
    (group,) = spaces(sides(written(axis(), axis(recipe=a_plane()), sweep(20), sweep(8, seed=1))))
    assert [len(one.errors) for one in group.samples] == [5, 12, 20, 8]
    assert [(one.a.letter, one.b.letter) for one in group.tested] == [("C", "D")]
    assert all(weights.sum() == pytest.approx(1) for weights in group.weights)
