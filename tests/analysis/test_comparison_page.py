"""A comparison says in words what its numbers say, on a page and on a terminal, whatever the runs are."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import count
from pathlib import Path

import pandas as pd
import pytest
from plotly.offline import get_plotlyjs  # type: ignore[import-untyped]

from analysis.comparison.page import name, render, write
from analysis.comparison.pairs import comparison
from analysis.comparison.plots import overlays
from analysis.comparison.saving import figures, tables
from analysis.comparison.sides import sides
from analysis.comparison.spaces import fronts, spaces
from analysis.comparison.tables import recipe_rows
from analysis.comparison.text import text
from analysis.comparison.words import caveats, findings
from analysis.recipe import Recipe
from analysis.record import Run
from tests.analysis.runs import a_plane, a_recipe, an_ablation, by_name
from tests.analysis.scores import ERRORS
from tests.analysis.synthetic import HOSTILE, KINDS, Synthetic, axis, stopped_early, sweep
from tests.analysis.test_report import Page, squeezed
from tests.committed import AXIS_RUNS

Written = Callable[..., list[Run]]
LARGE = {"many seeds", "sweep of many"}
FIDELITY = a_recipe().fidelity


@pytest.fixture
def written(tmp_path: Path) -> Written:
    numbers = count()

    def write(*made: Synthetic) -> list[Run]:
        return [one.write(tmp_path / f"run-{next(numbers)}") for one in made]

    return write


def of_epochs(epochs: int, seed: int) -> Synthetic:
    """One of a study; its trials take as long as it has epochs."""
    fidelity = replace(FIDELITY, name=f"of{epochs}", epochs=epochs)
    return axis(5, recipe=a_recipe(fidelity=fidelity), slope=-3.0, seed=seed)


@cache
def searches() -> tuple[Synthetic, Synthetic]:
    """Two with the same two objectives."""
    return sweep(20, objectives=("error", "macs")), sweep(30, objectives=("error", "macs"), seed=1)


def words_of(runs: list[Run]) -> str:
    """The page's text; nothing on it is no number, and nothing is fetched."""
    page = Page(render(comparison(runs)).replace(get_plotlyjs(), ""))
    assert page.addresses == ["data:,"]
    words = squeezed(page.words.replace("\N{NO-BREAK SPACE}", " "))
    assert not {"nan", "None", "inf"} & set(words.replace("(", " ").split())
    return words


def said(runs: list[Run]) -> list[str]:
    """Findings and caveats."""
    found = comparison(runs)
    groups = spaces(found.sides)
    return [*(words for words, _ in findings(found, groups, fronts(found.sides))), *caveats(found, groups)]


@pytest.mark.parametrize(("seed", "times"), [(0, 0), (1, 1)])
def test_runs_that_are_drawn_from_other_seeds_are_said_to_be(seed: int, times: int, tmp_path: Path) -> None:
    made = axis(seed=1)
    other = replace(made, recipe=replace(made.recipe, seed=seed))
    words = said([axis().write(tmp_path / "a"), other.write(tmp_path / "b")])
    assert sum("not all runs are drawn from the same seed" in one for one in words) == times


def test_of_samples_from_other_seeds_that_shift_is_no_difference_of_spaces(tmp_path: Path) -> None:
    """A seed draws the images a run trains on: it moves the errors of all its networks, and no test knows of it."""
    one, made = sweep(20), sweep(20, seed=1)
    for seed, is_said in ((one.recipe.seed, False), (one.recipe.seed + 1, True)):
        other = replace(made, recipe=replace(made.recipe, seed=seed))
        words = said([one.write(tmp_path / f"a{seed}"), other.write(tmp_path / f"b{seed}")])
        assert any("may be taken for a difference of axes or spaces" in one for one in words) == is_said


# whatever the runs are ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - LARGE))
def test_every_kind_of_run_is_compared(kind: str, written: Written) -> None:
    found = comparison(written(KINDS[kind](), axis(seed=1)))
    said = text(found, 80)
    assert max(map(len, said.splitlines())) <= 80 + len(str(found.sides[0].run.folder))
    assert not {"nan", "None", "inf"} & set(said.replace("(", " ").split())


@pytest.mark.parametrize("recipe", [an_ablation("a", "b"), by_name(), by_name(equal=True), a_plane()])
def test_two_runs_of_one_question_stand_in_one_plot(recipe: Recipe, written: Written) -> None:
    plots = list(overlays(comparison(written(axis(recipe=recipe), axis(recipe=recipe, seed=1)))))
    assert [plot.name for plot in plots] == ["error", "shape"]
    assert all(len(trace.x) > 2 for plot in plots for trace in plot.figure.data)


def test_a_page_says_what_the_numbers_say(written: Written) -> None:
    runs = written(axis(), axis(seed=1), axis(recipe=a_plane()))
    words = words_of(runs)
    for one in said(runs):
        assert one[1:] in words
    for run in runs:
        assert str(run.folder) in words
        assert run.recipe.command in words
    assert "Test errors side by side" in words
    assert words.count("Kendall's τ is 1 where") == 1


def test_tables_of_differences_say_which_of_them_are_over_seeds_alone(written: Written) -> None:
    both = written(*(axis(world=ERRORS, images=300, seed=seed) for seed in (0, 1)))
    alone = written(axis(seed=2))
    assert "over seeds and test images, paired by both; those" in words_of(both)
    assert "over seeds and test images, paired by both, those of A and C, B and C over seeds alone" in words_of(
        [*both, *alone]
    )


def test_other_axes_say_what_is_compared_and_test_no_distribution(written: Written) -> None:
    others = a_recipe({3: "3x30d", 5: "5x20d"}, axis=("width",))
    runs = written(axis(), axis(recipe=others, slope=-6.0))
    first, *_ = said(runs)
    assert first.startswith("test error of B is lower than that of A by ")
    assert "points on average, over the 5 settings of A and the 2 settings of B; no setting is of both, and" in first
    assert "Kolmogorov" not in words_of(runs) + text(comparison(runs))
    quick = replace(others, fidelity=replace(FIDELITY, epochs=1))
    assert "it may be the fidelity or the recipe, not these" in said(written(axis(), axis(recipe=quick)))[1]


def test_searches_have_distributions_and_fronts(written: Written) -> None:
    words = words_of(written(*searches()))
    assert "The Kolmogorov-Smirnov test asks" in words
    assert "Normalised by multiply-adds" in words
    assert "hypervolume" in words
    assert "drawn by a sampler that learns" in words
    assert "were not stopped early" not in words


def test_what_was_not_stopped_early_is_no_random_sample(written: Written) -> None:
    words = words_of(written(*(stopped_early(one) for one in (sweep(20), sweep(30, seed=1)))))
    assert "the networks of A and B were drawn by a sampler that learns and are those that were not stopped" in words


def test_a_study_says_which_run_is_enough(written: Written) -> None:
    runs = written(of_epochs(40, 0), of_epochs(2, 1), of_epochs(4, 2))
    first, *_ = said(runs)
    assert first.startswith("of 2 cheaper runs, 2 agree with A 0, the costliest, on the order of the settings")
    assert "the cheapest of these is B 1, for 5.0 % of its core-seconds: Kendall's τ 1.00" in first
    words = words_of(runs)
    assert "What agreement costs" in words
    assert words.count("the reference") == 1


def test_runs_with_nothing_in_common_say_so(written: Written) -> None:
    others = a_recipe({3: "3x30d", 5: "5x20d"}, axis=("width",), data="digits")
    words, other = said(written(axis(), axis(recipe=others)))
    assert words == (
        "these runs have nothing in common that could be compared: they were tested on other images (A: fashion-mnist; "
        "B: digits); they share no setting"
    )
    assert other.startswith(
        "the runs were tested on other images (A: fashion-mnist; B: digits): their errors cannot be"
    )
    empty = KINDS["none finished"]()
    assert said(written(axis(), empty)) == [
        "these runs have nothing in common that could be compared: B has no finished trial"
    ]


def test_the_same_folder_twice_is_said(written: Written) -> None:
    (run,) = written(axis())
    assert said([run, run]) == [
        "a run is compared with itself, which is the same in all",
        "A and B are the same folder: a run compared with itself",
    ]


def test_what_differs_is_told_field_by_field(written: Written) -> None:
    recipe = a_recipe()
    other = replace(recipe, seeds=5, training=replace(recipe.training, lr=0.4), command="explore again")
    rows = dict(recipe_rows(sides(written(axis(), replace(axis(), recipe=other)))))
    assert rows == {"training.lr": ["0.1", "0.4"], "seeds": ["3", "5"]}
    assert recipe_rows(sides(written(axis(), axis(seed=1)))) == []
    rows = dict(recipe_rows(sides(written(axis(), axis(recipe=a_plane())))))
    assert rows["axis"] == ["cardinality", "radix, cardinality"]
    assert rows["settings"][0] == "1x64d, 2x40d, 4x24d, 8x14d, 32x4d"


def test_hostile_words_are_text_everywhere(written: Written) -> None:
    runs = written(KINDS["hostile"](), KINDS["sweep, hostile"]())
    page = Page(render(comparison(runs)))
    assert "img" not in page.tags
    assert page.addresses == ["data:,"]
    assert HOSTILE in page.words
    assert "\x1b" not in text(comparison(written(replace(axis(), recipe=a_recipe(data="\x1b[2J")), axis())))


# files ----------------------------------------------------------------------------------------------------------------


def test_a_page_is_the_same_whenever_it_is_made(written: Written, tmp_path: Path) -> None:
    runs = written(*searches())
    sentences = write(runs, tmp_path / "one.html")
    assert (tmp_path / "one.html").read_text() == render(comparison([Run.open(run.folder) for run in runs]))
    assert [one[1:-1] for one in sentences] == [one[1:] for one in said(runs)[: len(sentences)]]


def test_figures_and_tables_have_names(written: Written) -> None:
    runs = written(of_epochs(40, 0), of_epochs(2, 1), *searches())
    assert list(figures(runs)) == ["error", "shape", "study", "spaces", "fronts"]
    found = tables(runs)
    assert list(found) == ["orders", "differences", "study", "scores", "costs", "recipes"]
    study = found["study"]
    assert study["run"].tolist() == ["B", "A"]
    assert study["core_seconds"].tolist() == [250.0, 5000.0]
    assert study["tau"].tolist()[0] == 1
    assert pd.isna(study["tau"].iloc[1])
    assert found["recipes"].set_index("field").loc["fidelity.epochs"].tolist() == ["40", "2", "4", "4"]


def test_a_file_is_named_after_what_differs() -> None:
    def named(*folders: str) -> str:
        runs = []
        for folder in folders:
            run = Run.open(AXIS_RUNS[0])
            run.folder = Path(folder)
            runs.append(run)
        return name(runs)

    assert named("a-4G-quick", "a-4G-tiny") == "compared-quick-tiny.html"
    assert named("x/run", "y/run") == "compared-2-runs.html"
    assert named(*(f"run-{number}" * 3 for number in range(20))) == "compared-20-runs.html"
    assert named("a <b>/../x y", "a:?") == "compared-x-y-a.html"
