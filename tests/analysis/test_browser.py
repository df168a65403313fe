"""The report as a browser shows it, without a network."""

import importlib.resources
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analysis.comparison import comparison
from analysis.comparison_page import render as comparison_page
from analysis.figures.zoo import zoo_info
from analysis.record import Run
from analysis.report import render
from analysis.zoo_page import page as zoo_page
from tests.analysis.browser import Browser, Page
from tests.analysis.runs import a_recipe
from tests.analysis.synthetic import axis, sweep
from tests.committed import RUNS

AXE = (importlib.resources.files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")
NAMES = [folder.name for folder in RUNS]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    texts = {run.name: render(Run.open(run)) for run in RUNS} | {"zoo": zoo_page(zoo_info())}
    texts["compared"] = comparison_page(comparison(compared(folder)))
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text)
    return {name: folder / f"{name}.html" for name in texts}


def compared(folder: Path) -> list[Run]:
    """A study of two fidelities, and two searches with the same objectives."""
    fidelity = a_recipe().fidelity
    made = [axis(recipe=a_recipe(fidelity=replace(fidelity, name=f"of{n}", epochs=n)), seed=n) for n in (2, 9)]
    made += [sweep(20, objectives=("error", "macs"), seed=seed) for seed in (0, 1)]
    return [one.write(folder / f"run-{number}") for number, one in enumerate(made)]


def unfold(page: Page) -> None:
    page.run("document.querySelectorAll('details').forEach(fold => { fold.open = true })")
    page.settle()


def accessibility(page: Page) -> list[tuple[str, str]]:
    """What axe-core finds against WCAG 2 at levels A and AA, and against good practice."""
    page.run(AXE)
    found: list[dict[str, Any]] = page.run(
        "axe.run({exclude: [['.main-svg']]}, {resultTypes: ['violations']}).then(found => found.violations)"
    )
    return [(rule["id"], node["html"][:200]) for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize("name", [*NAMES, "zoo", "compared"])
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_every_plot_is_drawn_and_nothing_complains(
    browser: Browser, pages: dict[str, Path], name: str, width: int, dark: bool
) -> None:
    with Page(browser, pages[name], width=width, dark=dark) as page:
        unfold(page)
        assert page.run("[...document.querySelectorAll('.plot')].every(plot => plot.querySelector('.main-svg'))")
        assert page.run("document.documentElement.scrollWidth") <= width
        assert accessibility(page) == []
        assert page.complaints() == []


def test_what_should_not_be_would_have_been_seen(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "broken.html"
    path.write_text(
        "<p style='color: #bbb'>pale</p><div style='width: 2000px'>wide</div><img src='http://elsewhere/x.png'>"
        "<script>console.error('seen')</script><script>nothing.here()</script>"
    )
    with Page(browser, path, width=390) as page:
        assert page.run("document.documentElement.scrollWidth") > 390
        assert {"color-contrast", "image-alt"} <= {rule for rule, _ in accessibility(page)}
        complaints = "\n".join(page.complaints())
    assert all(what in complaints for what in ("console.error: ['seen']", "nothing is not defined", "http://elsewhere"))
