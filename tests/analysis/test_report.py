"""A report is one file that says what the run says."""

import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from plotly.offline import get_plotlyjs  # type: ignore[import-untyped]

from analysis import report
from analysis.plots import plots_of
from analysis.recipe import Recipe, RecordError
from analysis.record import Run
from analysis.trial import Trial
from analysis.verdict import verdict
from tests.analysis.runs import a_plane, a_recipe, a_trial, failed, trials
from tests.analysis.synthetic import HOSTILE

Made = Callable[[Recipe, list[Trial]], tuple[Run, str]]


class Page(HTMLParser):
    """The elements of a page, its text, and every address it would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.words = ""
        self.scripts = 0  # that run; data is none
        self._within: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "data", "action")]
        self.scripts += tag == "script" and ("type", "application/json") not in attrs
        if tag in ("script", "style"):
            self._within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._within and self._within[-1] == tag:
            self._within.pop()

    def handle_data(self, data: str) -> None:
        self.words += "" if self._within else data


@pytest.fixture
def made(tmp_path: Path) -> Made:
    def make(recipe: Recipe, written: list[Trial]) -> tuple[Run, str]:
        run = Run.create(tmp_path / "run", recipe)
        for trial in written:
            run.append(trial)
        return run, report.render(run).replace(get_plotlyjs(), "/* plotly */")

    return make


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize(
    ("recipe", "count"),
    [(a_recipe(), 0), (a_recipe(), 6), (a_plane(), 1), (a_plane(), 36), (a_recipe({}), 0), (a_recipe({1: "1x64d"}), 1)],
)
def test_the_verdict_and_every_setting_are_in_it(made: Made, recipe: Recipe, count: int) -> None:
    run, text = made(recipe, trials(recipe)[:count])
    page = Page(text)
    assert squeezed(verdict(recipe, run.trials()).words) in squeezed(page.words)
    assert all(setting.setting in page.words and setting.proxy in page.words for setting in recipe.settings)
    assert recipe.command in page.words
    assert "None" not in page.words
    assert "nan" not in page.words.split()


def test_it_fetches_nothing(made: Made) -> None:
    _, text = made(a_recipe(), trials(a_recipe()))
    assert Page(text).addresses == ["data:,"]
    assert "http" not in text.replace('http-equiv="Content', "")
    assert "default-src 'none'" in text


def test_plotly_is_in_it_once_and_ends_no_script() -> None:
    assert "</script" not in get_plotlyjs().lower()
    assert (Path(report.__file__).parent / "templates/page.html").read_text().count("{{ plotly | safe }}") == 1


def test_hostile_words_are_text_everywhere(made: Made) -> None:
    recipe = a_recipe({1: HOSTILE}, command=HOSTILE, data=HOSTILE, base=HOSTILE, against=HOSTILE)
    good = a_trial(recipe, 0, 0, host=HOSTILE, versions={HOSTILE: HOSTILE})
    _, text = made(recipe, [good, failed(a_trial(recipe, 0, 1), HOSTILE)])
    page = Page(text)
    assert page.scripts == 2
    assert "img" not in page.tags
    assert page.addresses == ["data:,"]
    assert page.words.count(HOSTILE[:50]) >= 8


def test_a_report_is_the_same_whenever_and_in_whatever_order(tmp_path: Path) -> None:
    recipe = a_recipe()
    texts = []
    for name, written in (("a", trials(recipe)), ("b", trials(recipe)[::-1])):
        run = Run.create(tmp_path / name / "run", recipe)
        for trial in written:
            run.append(trial)
        texts += [report.render(run), report.render(Run.open(run.folder))]
    assert len(set(texts)) == 1


def test_it_is_written_beside_the_ledger(tmp_path: Path) -> None:
    run = Run.create(tmp_path, a_recipe())
    assert report.write(run) == tmp_path / "report.html"
    assert (tmp_path / "report.html").read_text() == report.render(run)


def test_failures_and_what_could_not_be_read_are_told(made: Made) -> None:
    recipe = a_recipe()
    run, text = made(recipe, [failed(a_trial(recipe, 2, 1), "out of memory")])
    assert "out of memory" in Page(text).words
    assert "What failed" in text
    with (run.folder / "trials.jsonl").open("ab") as file:
        file.write(b'{"torn')
    assert "the last line is torn" in report.render(Run.open(run.folder))


def test_what_a_reader_wants_first_stands_open_and_the_rest_is_folded(made: Made) -> None:
    recipe = a_recipe()
    run, text = made(recipe, [*trials(recipe)[:-1], failed(trials(recipe)[-1])])
    chapters = re.findall(r"(<summary>)?<h2>([^<]+)</h2>", text)
    assert [title for fold, title in chapters if not fold] == ["Test error", "The settings", "What failed"]
    folded = [plot.title for plot in plots_of(run)[1:]]
    rest = ["What was reduced", "The sentences of candidates and proxies", "The trials", "How to run it again"]
    assert [title for fold, title in chapters if fold] == [*folded, *rest]


def test_without_failures_there_is_no_chapter_on_them(made: Made) -> None:
    assert "What failed" not in made(a_recipe(), trials(a_recipe()))[1]


def test_seeds_added_after_a_look_are_warned_of(made: Made) -> None:
    words = squeezed(Page(made(a_recipe(), trials(a_recipe()))[1]).words)
    assert words.count("The intervals hold for a number of seeds fixed beforehand") == 1


def test_a_mean_without_spread_has_no_interval_of_nothing(made: Made) -> None:
    recipe = a_recipe({1: "1x64d", 2: "2x40d"})
    words = Page(made(recipe, [a_trial(recipe, i, seed, 10.0 + i) for i in (0, 1) for seed in (0, 1)])[1]).words
    assert "10.000 (all seeds alike)" in words
    assert "+1.00 (all seeds alike)" in words
    assert "± 0.0" not in words


def test_a_sentence_that_is_none_is_one_line(tmp_path: Path) -> None:
    run = Run.create(tmp_path, a_recipe())
    path = tmp_path / "recipe.toml"
    path.write_text(path.read_text().replace("conv_stem(16)", "conv_stom(16)", 1))
    with pytest.raises(RecordError, match=r"^settings\[0\].sentence: .*conv_stom"):
        report.write(Run.open(run.folder))


def test_the_flop_convention_is_stated_once(made: Made) -> None:
    _, text = made(a_recipe(), trials(a_recipe()))
    assert Page(text).words.count("FLOPs are multiply-adds") == 1


def test_every_plot_is_told_to_those_who_cannot_see_it(made: Made) -> None:
    _, text = made(a_recipe(), trials(a_recipe()))
    labels = re.findall(r'class="plot" id="\w+" role="group" aria-label="([^"]+)"', text)
    assert len(labels) == len(re.findall(r'class="plot"', text)) == 8
    assert labels[0].startswith("Plot of test error in percent by setting: 1x64d 10.0")


def test_making_a_report_loads_neither_torch_nor_ray_nor_optuna() -> None:
    code = "import sys, analysis.report; print(sorted({'torch', 'ray', 'optuna', 'sklearn'} & set(sys.modules)))"
    here = Path(__file__).parents[2]
    found = subprocess.run([sys.executable, "-c", code], cwd=here, capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
