"""Importances are computed once, kept in the run's folder, and drawn."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from analysis import deciding
from analysis.deciding import FILE, Decided, decided
from analysis.figures.shares import shares, shares_info
from analysis.plots import plots_of
from analysis.record import Run
from analysis.report import write
from analysis.searched import outcomes
from analysis.statistics import importances
from analysis.statistics.importances import Method
from analysis.sweep_plots import sweep_plots
from tests.analysis.synthetic import all_failed, hostile, sweep, tied

SIXTY = sweep(60)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A sweep in which the learning rate decides most."""
    return SIXTY.write(tmp_path / "run")


def judged(run: Run, method: Method = "ped-anova", *, goes_on: bool = False) -> Decided:
    return decided(Run.open(run.folder), outcomes(run), method, goes_on=goes_on)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The methods that were computed, in haste."""
    methods, compute = [], deciding._computed
    monkeypatch.setattr(importances, "SHUFFLES", 1)

    def computed(table: deciding._Table, method: Method) -> Decided:
        methods.append(method)
        return compute(table, method)

    monkeypatch.setattr(deciding, "_computed", computed)
    return methods


def test_what_was_planted_is_found_in_every_objective_and_in_error(tmp_path: Path) -> None:
    found = judged(sweep(200).write(tmp_path / "run"))
    assert list(found.shares) == list(found.chance) == ["validation loss (nats)", "test error (%)"]
    for label, choices in found.shares.items():
        assert next(iter(choices)) == "lr"
        assert choices["lr"] > found.chance[label]["lr"]
        assert sum(choices.values()) == pytest.approx(1)
    assert (found.finished, found.judged, found.reasons) == (200, 200, {})


def test_they_are_computed_once_for_each_method(tmp_path: Path, counted: list[str]) -> None:
    run = sweep(22).write(tmp_path / "run")
    first = judged(run)
    assert judged(run) == first
    assert judged(run, "fanova") != first
    assert judged(run) == first
    assert counted == ["ped-anova", "fanova"]
    assert list(json.loads((run.folder / FILE).read_text())) == ["ped-anova", "fanova"]


def test_those_of_other_results_are_computed_again(run: Run, counted: list[str]) -> None:
    before = judged(run)
    more = sweep(61, seed=1).write(run.folder.with_name("more"))
    (run.folder / FILE).rename(more.folder / FILE)
    assert judged(more) != before
    assert counted == ["ped-anova"] * 2


@pytest.mark.parametrize("text", ["", "{", "[]", '{"ped-anova": {}}', '{"ped-anova": 1}', '{"x": "\\ud800"}', "null"])
def test_a_file_that_says_nothing_of_ours_is_made_again(text: str, run: Run, counted: list[str]) -> None:
    (run.folder / FILE).write_text(text)
    judged(run)
    judged(run)
    assert counted == ["ped-anova"]


def test_a_folder_that_can_only_be_read_has_importances(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(deciding, "write_atomically", refuse)
    assert judged(run).shares
    assert not (run.folder / FILE).exists()


@pytest.mark.parametrize(("now", "computed"), [(62, 1), (90, 2)])
def test_while_a_run_goes_on_those_of_most_results_will_do(
    now: int, computed: int, run: Run, counted: list[str]
) -> None:
    judged(run)
    grown = sweep(now, seed=1).write(run.folder.with_name("grown"))
    (run.folder / FILE).rename(grown.folder / FILE)
    assert judged(grown, goes_on=True).judged == (60 if computed == 1 else now)
    assert len(counted) == computed
    assert judged(grown).judged == now


def test_of_many_proposals_some_are_judged(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deciding, "MOST", 25)
    assert (judged(run).finished, judged(run).judged) == (60, 25)
    plot = next(plot for plot in plots_of(run) if plot.name == "importances")
    assert "Judged by 25 of 60 finished proposals." in plot.caption


def test_the_figure_holds_the_shares_in_percent_and_tells_choices_apart(run: Run) -> None:
    found = judged(run)
    info = shares_info(run.recipe, found)
    assert [panel.label for panel in info.panels] == list(found.shares)
    for panel in info.panels:
        for bar in panel.bars:
            assert bar.share == 100 * found.shares[panel.label][bar.name]
            assert bar.chance == 100 * found.chance[panel.label][bar.name]
            assert bar.is_tuned is (bar.name == "lr")
    assert [bar.name for bar in info.panels[0].bars] == list(found.shares["validation loss (nats)"])
    drawn = [trace for trace in shares(info).data if trace.name == "hyperparameter"]
    lr = [(place, bar.share) for panel in info.panels for place, bar in enumerate(panel.bars) if bar.name == "lr"]
    assert [(trace.y[0], trace.x[0]) for trace in drawn] == lr


def test_of_many_choices_the_largest_are_drawn(run: Run) -> None:
    many = {f"stage{i}.a_choice_with_a_long_name": (i + 1) / 210 for i in range(20)}
    info = shares_info(run.recipe, replace(judged(run), shares={"loss": many, "error": many}, chance={}))
    assert (info.choices, [len(panel.bars) for panel in info.panels]) == (20, [12, 12])
    assert info.panels[0].bars[0].share == pytest.approx(100 * 20 / 210)
    assert shares(info).layout.yaxis.ticktext[0] == "stage19.a_ch…h_a_long_name"


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (sweep(7), "Importances need 20 finished proposals, and there are 7."),
        (all_failed(sweep(30)), "Importances need 20 finished proposals, and there are 0."),
        (tied(sweep(30)), "All 30 finished proposals came to the same."),
    ],
)
def test_where_nothing_can_be_told_it_says_why(made: object, says: str, tmp_path: Path) -> None:
    run = made.write(tmp_path / "run")  # type: ignore[attr-defined]
    plot = next(plot for plot in plots_of(run) if plot.name == "importances")
    assert plot.caption == says
    why = "all 30 trials failed" if "are 0" in says else f"{says[:1].lower()}{says[1:-1]}"
    assert [note.text for note in plot.figure.layout.annotations] == [why]


def test_words_of_choices_are_text(tmp_path: Path) -> None:
    run = hostile(SIXTY).write(tmp_path / "run")
    plot = next(plot for plot in sweep_plots(run, outcomes(run)) if plot.name == "importances")
    assert "<script>" not in plot.figure.to_json()


def test_a_report_of_stored_importances_loads_no_optuna(run: Run) -> None:
    write(run)
    code = (
        "import sys; from analysis.record import Run; from analysis.report import write; write(Run.open(sys.argv[1]))"
    )
    code += "; print(sorted({'torch', 'ray', 'optuna', 'sklearn'} & set(sys.modules)))"
    words = [sys.executable, "-c", code, str(run.folder)]
    found = subprocess.run(words, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    assert found.stdout == "[]\n"
