"""What was planted is what is said, from the files of a run to the words of its report; and nothing where nothing was.

How often, for other trends and numbers of seeds: `python -m tests.bench.planted`.
"""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.questions import answer
from analysis.searched import outcomes, ranked
from search.cli import main
from tests.analysis.runs import a_plane
from tests.analysis.scores import ERRORS, World
from tests.analysis.synthetic import axis, diverged, sweep, tied, true_error
from tests.analysis.test_report import Page, squeezed
from tests.bench.planted import said, word

FALLING, RISING = (replace(ERRORS, step=step) for step in (-0.1, 0.1))


@pytest.mark.parametrize(("world", "direction"), [(FALLING, "falls"), (RISING, "rises"), (ERRORS, "undecided")])
def test_terminal_page_and_text_say_what_was_planted(
    world: World, direction: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = axis(10, world=world, images=500).write(tmp_path / "run")
    assert main(["report", str(run.folder)]) == 0
    words = capsys.readouterr().out.splitlines()[0]
    assert word(words) == direction
    assert "intervals over seeds and test images" in words
    assert words in squeezed(Page((run.folder / "report.html").read_text(encoding="utf-8")).words)
    assert main(["report", "--text", str(run.folder)]) == 0
    assert squeezed(capsys.readouterr().out).lower().count(words.lower()) == 1


@pytest.mark.parametrize(("step", "direction"), [(-0.05, "falls"), (0.05, "rises")])
def test_a_trend_of_a_point_is_said_by_four_of_five_runs_on_ten_seeds_and_never_the_other_way(
    step: float, direction: str
) -> None:
    found = said(step, 10, 500, 20)
    assert found[direction] + found["undecided"] == 20
    assert found[direction] >= 13  # of 20 with a power of 0.84; fewer in one test of a hundred


def test_where_nothing_was_planted_it_is_undecided() -> None:
    found = said(0.0, 5, 200, 40)
    assert found["undecided"] >= 34  # of 40 with 5 % of false alarms; fewer in one test of three hundred


@pytest.mark.parametrize(("world", "direction"), [(FALLING, "falls"), (RISING, "rises")])
def test_a_plane_says_along_which_axis(world: World, direction: str, tmp_path: Path) -> None:
    """Settings stand in the order of cardinality, then of radix, and the error moves with their places."""
    run = axis(5, recipe=a_plane(), world=world, images=300).write(tmp_path / "run")
    assert re.search(rf"test error {direction} by [\d.]+ ± [\d.]+ points from cardinality 1 to 4", answer(run).words)


def test_ties_and_errors_that_are_no_numbers_are_undecided(tmp_path: Path) -> None:
    falling = axis(10, world=FALLING, images=100)
    for name, made in (("ties", tied(falling)), ("diverged", diverged(falling, every=3))):
        assert word(answer(made.write(tmp_path / name)).words) == "undecided"


def test_a_search_names_a_network_about_as_good_as_the_best_it_met(tmp_path: Path) -> None:
    """The noise of a trial is 0.2 points, and 400 of them are looked at."""
    found = outcomes(sweep(400).write(tmp_path / "run"))
    truth = {one.proposal.number: true_error(one.proposal.parameters) for one in found}
    best = ranked(found)[0]
    assert truth[best.proposal.number] <= min(truth.values()) + 0.6
    assert abs(np.log10(float(best.proposal.parameters["lr"] or 0)) + 1) < 0.35
