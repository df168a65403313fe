"""A run as a notebook shows it."""

import html
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import plotly.graph_objects as go  # type: ignore[import-untyped]
import pytest

from analysis import notebook
from analysis.questions import answer
from tests.analysis.synthetic import KINDS, axis


def test_a_run_shows_its_verdict_its_settings_and_one_plot(tmp_path: Path) -> None:
    run = axis().write(tmp_path / "run")
    text = run._repr_html_()
    said = notebook.words(run)
    assert answer(run).words[1:] in html.unescape(said)
    assert re.findall(r'<th scope="row">(.*?)</th>', said) == [setting.setting for setting in run.recipe.settings]
    assert text.startswith(said)
    assert text.count("Plotly.newPlot(") == 1
    assert len(text) > 10 * len(said)  # the library that draws is in it: no network is asked


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"many seeds", "sweep of many"}))
def test_every_kind_of_run_shows_itself_and_nothing_of_it_is_run(tmp_path: Path, kind: str) -> None:
    run = KINDS[kind]().write(tmp_path / "run")
    said = notebook.words(run)
    assert "<script" not in said
    assert len(said) < 1e5
    assert isinstance(notebook.figure(run), go.Figure)


def test_a_notebook_draws_the_plot_with_the_library_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[object] = []
    there = SimpleNamespace(HTML=lambda text: text, display=lambda *parts: shown.extend(parts))
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(display=there))
    monkeypatch.setitem(sys.modules, "IPython.display", there)
    run = axis().write(tmp_path / "run")
    run._ipython_display_()
    words, figure = shown
    assert words == notebook.words(run)
    assert isinstance(figure, go.Figure)
