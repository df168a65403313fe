"""What stands under the pointer is laid out once for a trace, is text, and has a command that works."""

import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.figures.hovers import LONGEST, MEAN, TOLD, Told, proposal_told, told
from analysis.plots import plots_of
from analysis.report import write
from analysis.searched import outcomes
from search.cli import main
from tests.analysis.browser import Browser, Page
from tests.analysis.runs import a_plane, a_recipe
from tests.analysis.synthetic import HOSTILE, Synthetic, axis, sweep

RECIPE = a_recipe()
SETTING = RECIPE.settings[1]


def test_what_a_template_asks_for_is_in_the_row() -> None:
    fields = len(Told._fields)
    assert {int(place) for place in re.findall(r"customdata\[(\d+)", TOLD)} == set(range(1, fields))
    assert {int(place) for place in re.findall(r"customdata\[(\d+)", MEAN)} == set(range(1, fields + 2))
    row = told(RECIPE, SETTING)
    assert (row.macs, row.off, row.params) == (SETTING.macs, "+3.1 % off the budget", SETTING.params)
    assert (row.activations, row.proxy_macs) == (SETTING.activations, SETTING.proxy_macs)


@pytest.mark.parametrize("sentence", [SETTING.sentence, HOSTILE, "it's $HOME `x` \\", 3 * SETTING.sentence])
def test_the_command_is_the_sentences_whatever_stands_in_it(sentence: str) -> None:
    row = told(RECIPE, replace(SETTING, sentence=sentence))
    assert shlex.split(row.command) == ["explore", "show", sentence]
    shown = row.sentence.replace("<br>", "")
    assert "<" not in shown
    assert len(shown) <= 5 * LONGEST  # &lt; for <
    assert shown.endswith("…") is (len(sentence) > LONGEST)


def test_the_command_shows_the_network(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(shlex.split(told(RECIPE, SETTING).command)[1:]) == 0
    assert SETTING.sentence in " ".join(capsys.readouterr().out.split())


def test_a_proposal_tells_what_was_tuned(tmp_path: Path) -> None:
    run = sweep(3).write(tmp_path / "run")
    for one in outcomes(run):
        assert proposal_told(run.recipe, one).more == f"lr = {one.proposal.hyperparameters['lr']:.3g}"


@pytest.mark.parametrize("made", [axis(), axis(recipe=a_plane()), sweep(30)], ids=["axis", "plane", "sweep"])
def test_every_trace_has_one_template_and_plain_rows(made: Synthetic, tmp_path: Path) -> None:
    for plot in plots_of(made.write(tmp_path / "run")):
        for trace in plot.figure.data:
            assert trace.hoverinfo == "skip" or isinstance(trace.hovertemplate, str), plot.name
            if trace.hovertemplate and TOLD in trace.hovertemplate:
                lines = trace.customdata if trace.type == "heatmap" else [trace.customdata]
                rows = [row for line in lines for row in line if row is not None]
                assert rows
                assert all(row[0].startswith("explore show ") for row in rows)


def test_a_click_copies_the_command(browser: Browser, tmp_path: Path) -> None:
    with Page(browser, write(axis().write(tmp_path / "run"))) as page:
        said = page.run(
            "new Promise(done => { const plot = document.getElementById('error'), said = plot.nextElementSibling;"
            "new MutationObserver(() => done(said.textContent)).observe(said, {childList: true});"
            "const row = plot.data.find(trace => Array.isArray(trace.customdata?.[0])).customdata[1];"
            "plot.emit('plotly_click', {points: [{customdata: 'one seed'}]});"
            "plot.emit('plotly_click', {points: [{customdata: row}]}); })"
        )
        assert said.endswith(f": {told(RECIPE, SETTING).command}")
        assert page.complaints() == []
