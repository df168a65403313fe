"""The report of a run on a terminal: the question, the verdict, and a table with a plot a line wide."""

import math
from collections.abc import Sequence

from rich.cells import cell_len

from analysis.ablation import change_words
from analysis.cells import difference_words, interval_words
from analysis.failures import failures
from analysis.image_scores import ImageScores, image_scores
from analysis.listing import chosen
from analysis.measured import intervals_words, summaries
from analysis.orders import published_words
from analysis.questions import answer, progress, question, trained_words
from analysis.record import Run
from analysis.searched import LABELS, Outcome, outcomes, ranked
from analysis.statistics.intervals import Interval
from analysis.terminal import columns, cut, filled
from analysis.trust import ASSUMPTION, trust_words
from analysis.tuned import FINISHED, PUBLISHED, basis_words, tuned, tuned_sheet, tuned_words
from analysis.words import MISSING, amount, number, percent, plural, shown

BEST = 10  # proposals
REASON = 4  # lines
LEVELS = "▁▂▃▄▅▆▇█"
NARROWEST = 40


def text(run: Run, width: int = 80) -> str:
    """Lines of at most `width` cells, or 40: what is a name may be cut there, and nothing in it moves a cursor."""
    width = max(width, NARROWEST)
    recipe, trials = run.recipe, run.latest().values()
    scores = ImageScores() if recipe.sweep else image_scores(run)
    said = answer(run, scores)
    words = [
        question(recipe),
        f"{said.words}.",
        *([f"{said.outlook}."] if said.outlook else []),
        f"{progress(recipe, trials)}.",
        trained_words(recipe) + ("" if recipe.tricks else f" {ASSUMPTION}{trust_words(recipe)}"),
    ]
    parts = [paragraph(one, width) for one in words]
    table = [*_tuned(run, width), *_proposals(run, width)] if recipe.sweep else _settings(run, scores, width)
    return "\n\n".join([*parts, *table, *_failures(run, width)])


def paragraph(words: str, width: int) -> str:
    """A name that is longer than half a line is cut."""
    kept = " ".join(cut(word, width // 2) for word in shown(words).split())
    return filled(kept[:1].upper() + kept[1:], width)


def _settings(run: Run, scores: ImageScores, width: int) -> list[str]:
    numbers = summaries(run.recipe, run.trials(), scores)
    errors = [summary.error for summary in numbers]
    beside = "the one before" if run.recipe.tricks else "the first"
    own = [] if run.recipe.tricks else ["FLOPs", f"off {'base' if run.recipe.is_named else 'budget'}"]
    rows = [["setting", *own, "seeds", "test error (%)", f"change from {beside}"]]
    for index, (setting, summary) in enumerate(zip(run.recipe.settings, numbers, strict=True)):
        change = difference_words(summary.difference) if index else MISSING
        measured = [f"{summary.error.n:,}", interval_words(summary.error), change]
        costs = [] if run.recipe.tricks else [amount(setting.macs), percent(setting.budget_error)]
        rows.append([setting.setting, *costs, *measured])
    plot = plotted([setting.setting for setting in run.recipe.settings], errors, width)
    order = published_words(run.recipe, run.trials())
    said = [paragraph(words, width) for words in (intervals_words(numbers), order) if words]
    changes = [
        filled(f"{setting.setting}: {change_words(run.recipe, index)}", width, indent="  ")
        for index, setting in enumerate(run.recipe.settings[1:], 1)
        if run.recipe.tricks
    ]
    return [columns(rows, width), *(["\n".join(changes)] if changes else []), *said, *([plot] if plot else [])]


def plotted(names: Sequence[str], intervals: Sequence[Interval], width: int) -> str:
    """Each interval on a line of its own, with the ends of their common scale below; empty where there is no number."""
    low, high = span(intervals)
    if not math.isfinite(low):
        return ""
    names = [cut(shown(name), width // 3) for name in (*names, "error (%)")]
    room = width - 2 - max(map(cell_len, names))
    ends = f"{number(low, 2)}{number(high, 2).rjust(room - len(number(low, 2)))}"
    lines = [*(line(one, low, high, room) for one in intervals), ends]
    return columns([[name, drawn] for name, drawn in zip(names, lines, strict=True)], width)


def _proposals(run: Run, width: int) -> list[str]:
    assert run.recipe.sweep
    found = outcomes(run)
    best, objectives = ranked(found), run.recipe.sweep.objectives
    if not best:
        return []
    tuned_ones = run.recipe.sweep.fields
    rows = [["proposal", *(LABELS[one] for one in objectives), "test error (%)", "FLOPs", *tuned_ones]]
    for one in best[:BEST]:
        setting = one.proposal.setting
        with_these = [chosen(one.proposal.hyperparameters.get(name)).text for name in tuned_ones]
        measured = [*map(_value, one.values), number(one.test_error, 2)]
        rows.append([setting.setting, *measured, amount(setting.macs), *with_these])
    finished = sorted(best, key=lambda one: one.proposal.number)
    course = f"{LABELS[objectives[0]]}, proposal by proposal: {sparkline(_first(finished))}"
    named = dict.fromkeys(f"{one.proposal.setting.setting}: {one.proposal.setting.sentence}" for one in best[:BEST])
    sentences = "\n".join(filled(one, width, indent="  ") for one in named)
    return [filled(course, width), columns(rows, width), sentences]


def _tuned(run: Run, width: int) -> list[str]:
    """Of an axis that is swept with hyperparameters, every setting at its best."""
    each = tuned(run)
    if not each:
        return []
    sheet = tuned_sheet(each)
    rows = [list(sheet.columns), *([row.name, *(cell.text for cell in row.cells)] for row in sheet.rows)]
    kept = [place for place, name in enumerate(rows[0]) if name not in (FINISHED, PUBLISHED)]
    rows = [[row[place] for place in kept] for row in rows]
    said = [paragraph(words, width) for words in (basis_words(each), tuned_words(each)) if words]
    return [columns(rows, width), *said]


def _value(value: float) -> str:
    return number(value, 4) if value < 1000 else amount(value)


def _first(found: Sequence[Outcome]) -> list[float]:
    return [one.values[0] for one in found]


def _failures(run: Run, width: int) -> list[str]:
    found = failures(run.latest().values())
    if not found.kinds:
        return []
    said = [
        f"{cut(one.setting, width // 3)}, seed {one.replicate}{_more(one.count)}: {one.reason}" for one in found.kinds
    ]
    lines = [filled(one, width, most=REASON, indent="  ") for one in said]
    return ["\n".join(["failed:", *lines, *filter(None, [found.others])])]


def _more(count: int) -> str:
    return f" and {plural(count - 1, 'other')}" if count > 1 else ""


def span(intervals: Sequence[Interval]) -> tuple[float, float]:
    """From the least to the largest number there is, of means and ends; NaN where there is none."""
    numbers = [x for one in intervals for x in (one.low, one.mean, one.high) if math.isfinite(x)]
    return (min(numbers), max(numbers)) if numbers else (math.nan, math.nan)


def line(interval: Interval, low: float, high: float, width: int) -> str:
    """An interval between the two ends of a plot: ├───●───┤."""
    if not math.isfinite(interval.mean):
        return ""

    def place(value: float) -> int:
        return round((width - 1) * (value - low) / (high - low)) if high > low else (width - 1) // 2

    cells = [" "] * width
    if math.isfinite(interval.low):
        first, last = place(interval.low), place(interval.high)
        cells[first : last + 1] = "─" * (last + 1 - first)
        cells[first], cells[last] = "├", "┤"
    cells[place(interval.mean)] = "●"
    return "".join(cells)


def sparkline(values: Sequence[float], width: int = 40) -> str:
    """Of at most so many values, evenly taken; a value that is no number is a blank."""
    step = max(1, math.ceil(len(values) / width))
    taken = list(values)[::step]
    finite = [value for value in taken if math.isfinite(value)]
    if not finite:
        return ""
    low, high = min(finite), max(finite)
    scale = (len(LEVELS) - 1) / (high - low) if high > low else 0.0
    return "".join(LEVELS[round(scale * (value - low))] if math.isfinite(value) else " " for value in taken)
