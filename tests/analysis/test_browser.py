"""The report as a browser shows it, without a network."""

import importlib.resources
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from analysis import report
from analysis.comparison.page import render as comparison_page
from analysis.comparison.pairs import comparison
from analysis.figures.zoo import zoo_info
from analysis.record import Run
from analysis.zoo_page import page as zoo_page
from tests.analysis.browser import Browser, Page
from tests.analysis.runs import a_recipe
from tests.analysis.synthetic import HOSTILE, KINDS, Synthetic, axis, hostile, sweep
from tests.committed import AXIS_RUNS, RUNS, kind

AXE = (importlib.resources.files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")
TURNING = "\u202egnp.exe\u202c\u2067\u200f 100 %{x} %{customdata} <b>&lt;"
SHOWN: Mapping[str, Callable[[], Synthetic]] = {
    **{name: KINDS[name] for name in ("all failed", "hostile", "long names", "sweep, hostile", "sweep, stopped early")},
    **{name: KINDS[name] for name in ("sweep along an axis, seeds", "sweep along an axis, hostile")},
    "turning": lambda: hostile(axis(), TURNING),
}
ONE_OF_A_KIND = {kind(run): run.name for run in reversed(RUNS)}.values()
NAMES = [*ONE_OF_A_KIND, *SHOWN, "going", "zoo", "compared"]
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """By name, each made once."""
    folder = tmp_path_factory.mktemp("pages")

    def path(name: str) -> Path:
        page = folder / f"{name}.html"
        if not page.exists():
            page.write_text(text(name, folder / name))
        return page

    return path


def text(name: str, folder: Path) -> str:
    if name == "zoo":
        return zoo_page(zoo_info())
    if name == "compared":
        return comparison_page(comparison(compared(folder)))
    if name == "going":
        half = axis()
        return report.render(replace(half, trials=half.trials[:7]).write(folder), AT)
    if name in SHOWN:
        run = SHOWN[name]().write(folder)
        return report.page(run)
    return report.page(Run.open(next(one for one in RUNS if one.name == name)))


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
    """What axe-core finds against WCAG 2 at levels A and AA, and good practice; of tables, in their first rows."""
    page.run(AXE)
    within = "{exclude: [['.main-svg'], ['tbody tr:nth-child(n+4)']]}"
    found: list[dict[str, Any]] = page.run(
        f"axe.run({within}, {{resultTypes: ['violations']}}).then(found => found.violations)"
    )
    return [(rule["id"], node["html"][:200]) for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize(
    ("name", "width", "dark"),
    [*((name, 390, True) for name in NAMES), *((name, 1280, False) for name in (*NAMES[:2], "sweep, stopped early"))],
)
def test_every_plot_is_drawn_and_nothing_complains(
    browser: Browser, pages: Callable[[str], Path], name: str, width: int, dark: bool
) -> None:
    with Page(browser, pages(name), width=width, dark=dark) as page:
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


@pytest.mark.parametrize("name", ["hostile", "sweep, hostile"])
def test_hostile_words_are_text(browser: Browser, pages: Callable[[str], Path], name: str) -> None:
    with Page(browser, pages(name)) as page:
        unfold(page)
        assert page.run("document.querySelectorAll('main img, main script:not([type]), iframe').length") == 0
        assert page.run("document.querySelector('main').textContent.split('<script>alert(1)').length") > 10
        assert HOSTILE in page.run("[...document.querySelectorAll('pre')].map(pre => pre.textContent).join()")
        assert page.complaints() == []  # an alert would be a dialog


def test_a_folded_plot_is_drawn_as_wide_as_its_place_when_it_is_opened(
    browser: Browser, pages: Callable[[str], Path]
) -> None:
    with Page(browser, pages(AXIS_RUNS[0].name)) as page:
        assert page.run("document.querySelector('#costs svg')") is None
        page.press("Enter", "#costs-fold summary")
        width = "document.querySelector('{}').getBoundingClientRect().width"
        assert page.run(width.format("#costs .main-svg")) == pytest.approx(page.run(width.format("#costs")), abs=1)
        assert page.run(width.format("#costs")) > 1000


HEADS = "[...document.querySelectorAll('#settings thead th')]"
NUMBER = HEADS + ".findIndex(head => head.textContent === '{}')"
COLUMN = "[...document.querySelectorAll('#settings tbody tr')].map(row => row.cells[" + NUMBER + "].textContent)"


@pytest.mark.parametrize(
    ("head", "up"),
    [
        ("setting", ["1x64d", "2x40d", "4x24d", "8x14d", "16x8d", "32x4d"]),
        ("FLOPs", ["4.089 G", "4.125 G", "4.160 G", "4.230 G", "4.267 G", "4.462 G"]),
        ("published error (%)", ["22.20", "22.30", "22.60", "23.00", "23.90", "–"]),
    ],
)
def test_a_table_is_sorted_by_its_heads_from_the_keyboard(
    browser: Browser, pages: Callable[[str], Path], head: str, up: list[str]
) -> None:
    with Page(browser, pages(AXIS_RUNS[0].name)) as page:
        number = page.run(NUMBER.format(head))
        button = f"#settings thead th:nth-child({number + 1}) button"
        state = f"{HEADS}[{number}].getAttribute('aria-sort')"

        def seen() -> tuple[str | None, list[str]]:
            return page.run(state), [cell.replace("\xa0", " ") for cell in page.run(COLUMN.format(head))]

        written = seen()[1]
        down = [cell for cell in up[::-1] if cell != "–"] + [cell for cell in up if cell == "–"]
        for expected in (("ascending", up), ("descending", down), (None, written)):
            page.press("Enter", button)
            assert seen() == expected


def test_a_wide_table_is_scrolled_from_the_keyboard(browser: Browser, pages: Callable[[str], Path]) -> None:
    with Page(browser, pages(AXIS_RUNS[0].name), width=390) as page:
        page.press("ArrowRight", "[aria-label='Table of the settings']")
        page.until("document.querySelector('[aria-label=\"Table of the settings\"]').scrollLeft > 0")


def test_a_command_is_copied_or_selected(browser: Browser, pages: Callable[[str], Path]) -> None:
    with Page(browser, pages(AXIS_RUNS[0].name)) as page:
        page.press("Enter", "#again-fold summary")
        page.press("Enter", "[data-of=command]")
        page.until("document.querySelector('[data-of=command] + [role=status]').textContent")
        if page.run("document.querySelector('[data-of=command] + [role=status]').textContent") == "selected":
            assert page.run("String(window.getSelection())") == page.run(
                "document.querySelector('#command').textContent"
            )


HELD = "window.setInterval = (tick, milliseconds) => { window.held = {tick, milliseconds} }"  # until the test lets it


def test_a_page_of_a_run_that_goes_on_comes_back_as_it_was_left(browser: Browser, pages: Callable[[str], Path]) -> None:
    with Page(browser, pages("going"), first=HELD) as page:
        assert page.run("held.milliseconds") == 30_000
        page.press("Enter", "#costs-fold summary")
        page.press("Enter", "#settings thead button")
        page.run("window.scrollTo(0, 400); window.was = true")
        page.run("document.querySelector('#again').checked = false; held.tick()")
        page.settle()
        assert page.run("window.was")
        page.run("document.querySelector('#again').checked = true; held.tick()")
        page.until("!window.was && document.querySelector('#costs svg')")
        assert page.run("document.querySelector('#settings th').getAttribute('aria-sort')") == "ascending"
        assert page.run("window.scrollY") == 400
        assert page.complaints() == []


def test_plots_follow_the_theme(browser: Browser, pages: Callable[[str], Path]) -> None:
    color = "getComputedStyle(document.querySelector('#error .ytick text')).fill"
    with Page(browser, pages(AXIS_RUNS[0].name)) as page:
        assert page.run(color) == "rgb(31, 35, 40)"
        page.theme(dark=True)
        page.until(f"{color} === 'rgb(230, 237, 243)'")
