"""Two or more runs on one page: an HTML file that needs nothing else."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from plotly.offline import get_plotlyjs  # type: ignore[import-untyped]

from analysis.comparison.pairs import Comparison, Pair, comparison
from analysis.comparison.plots import fronts_plot, numbered, overlays, space_plots, study_plot
from analysis.comparison.sides import names
from analysis.comparison.spaces import Fronts, Spaces, fronts, spaces
from analysis.comparison.tables import (
    ROWS,
    costs_sheet,
    differences_sheet,
    fronts_sheet,
    orders_sheet,
    recipe_rows,
    scores_sheet,
    study_sheet,
    tested_sheet,
)
from analysis.comparison.words import caveats, findings, run_words, title
from analysis.files import write_atomically
from analysis.orders import CEILING, OVER_SEEDS, OVER_SETTINGS, TAU
from analysis.pages import template
from analysis.plot import Plot
from analysis.record import Run
from analysis.sheets import Sheet

_LONG = 80  # characters of a file's name
OPEN = 3  # tables of differences; where there are more, a reader opens them


class Section(NamedTuple):
    """A chapter of a comparison: on the page plots, words and tables; on a terminal words and tables."""

    title: str
    words: tuple[str, ...] = ()
    plots: tuple[Plot, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    folded: str = ""  # its name, of one that a reader opens


def name(runs: Sequence[Run]) -> str:
    """Of the file unless another is asked for: what differs in the names of the folders."""
    words = re.sub(r"[^\w.]+", "-", "-".join(filter(None, names(runs)))).strip("-.")
    return f"compared-{words}.html" if 0 < len(words) <= _LONG else f"compared-{len(runs)}-runs.html"


def write(runs: Sequence[Run], path: Path) -> list[str]:
    """The page, whole or not at all; what it finds, in sentences."""
    compared = comparison(runs)
    parts = spaces(compared.sides), fronts(compared.sides)
    found = findings(compared, *parts)
    write_atomically(path, _rendered(compared, *parts, found).encode())
    return [f"{words[:1].upper()}{words[1:]}." for words, _ in found]


def render(compared: Comparison) -> str:
    """The page as text; the same for the same runs, whenever it is made."""
    parts = spaces(compared.sides), fronts(compared.sides)
    return _rendered(compared, *parts, findings(compared, *parts))


def _rendered(
    compared: Comparison, groups: Sequence[Spaces], fronted: Sequence[Fronts], found: Sequence[tuple[str, bool]]
) -> str:
    return template("comparison.html").render(
        question=title(compared),
        findings=found,
        decided=any(decided for _, decided in found),
        caveats=caveats(compared, groups),
        runs=run_words(compared),
        sections=[*sections(compared, groups, fronted)],
        recipes=recipe_rows(compared.sides),
        notices=[f"{side.letter}: {notice}" for side in compared.sides for notice in side.run.notices],
        plotly=get_plotlyjs(),
    )


def sections(compared: Comparison, groups: Sequence[Spaces], fronted: Sequence[Fronts]) -> Iterator[Section]:
    """All chapters that there is something for."""
    if plots := tuple(overlays(compared)):
        yield Section("Side by side", plots=plots)
    for number, study in enumerate(compared.studies):
        name = numbered("study", number)
        plots, sheets = (study_plot(study, name),), (study_sheet(study, f"{name}-table"),)
        yield Section("What agreement costs", (_STUDY, TAU, OVER_SETTINGS, CEILING), plots, sheets)
        yield Section("What predicts the order", (_SCORES,), sheets=(scores_sheet(study, f"{name}-scores"),))
    if any(pair.by_error.pairs for pair in compared.pairs):
        once = () if compared.studies else (TAU,)
        yield Section("Orders of the settings", (*once, OVER_SEEDS), sheets=(orders_sheet(compared.pairs),))
    if differing := [pair for pair in compared.pairs if pair.differences]:
        words = f"{_DIFFERENCES.format(over=_over(differing))}{_cut(max(len(pair.shared) for pair in differing))}"
        each, folded = tuple(map(differences_sheet, differing)), "differences" if len(differing) > OPEN else ""
        yield Section("Test errors side by side", (words,), sheets=each, folded=folded)
    for number, group in enumerate(groups):
        name = numbered("spaces", number)
        unmatched = f"Distributions are not normalised by multiply-adds: {group.unmatched}." if group.unmatched else ""
        tests = [tested_sheet(group, f"{name}-table")] if group.tested else []
        said = tuple(filter(None, (_TESTS if tests else "", unmatched)))
        yield Section("Distributions of test error", said, tuple(space_plots(group, name)), tuple(tests))
    for number, one in enumerate(fronted):
        name = numbered("fronts", number)
        yield Section("Fronts", plots=(fronts_plot(one, name),), sheets=(fronts_sheet(one, f"{name}-table"),))
    yield Section("What the runs cost", (_COSTS,), sheets=(costs_sheet(compared.sides),))


_STUDY = (
    "Runs of one question, trained at several fidelities or by several recipes, the cheapest first. The order of each "
    "is held against that of the run whose trials cost the most; that this is the true one is an assumption."
)
_SCORES = (
    "Kendall's τ-b of each score of a run's trials with the test errors of the costliest run. Which is best here was "
    "chosen after looking: only intervals that are far apart say that one score is better than another."
)
_DIFFERENCES = (
    "Means over seeds, and what the second run has more than the first: 95 % intervals over {over}; those of two runs' "
    "settings hold all at once, that of the average by itself."
)
_TESTS = (
    "The Kolmogorov-Smirnov test asks how often two samples of one space would have distributions as far apart as "
    "these; p values are those of each test by itself. Of what a search has selected it says how what was met differs, "
    "and not how the spaces do."
)
_COSTS = "Core-seconds are what a trial's process computed, and of older runs its seconds times its torch threads."


def _over(differing: Sequence[Pair]) -> str:
    """What the intervals of all tables are over, and where they are not over the same."""
    both, seeds = "seeds and test images, paired by both", "seeds, paired by these"
    alone = [f"{pair.a.letter} and {pair.b.letter}" for pair in differing if not pair.images]
    if len(alone) in (0, len(differing)):
        return seeds if alone else both
    return f"{both}, those of {', '.join(alone[:5])}{' and others' if len(alone) > 5 else ''} over seeds alone"


def _cut(settings: int) -> str:
    return f" Of {settings} shared settings the first {ROWS} are shown." if settings > ROWS else ""
