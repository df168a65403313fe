"""Two or more runs on a terminal: what they say of each other, briefly."""

from collections.abc import Iterator, Sequence

from analysis.cells import difference_words
from analysis.comparison.pairs import Comparison, Pair, Study
from analysis.comparison.spaces import fronts, spaces
from analysis.comparison.tables import recipe_rows, seconds_words
from analysis.comparison.words import caveats, findings, run_words, study_scope, title
from analysis.orders import ceiling_words, tau_words
from analysis.terminal import columns, filled
from analysis.text import paragraph
from analysis.words import MISSING, brief, number

FIELDS = 12  # of the recipes that are shown
SETTINGS = 20  # of a pair
PAIRS = 3  # of which the settings are shown
_VALUE = 40  # characters of a field's value


def text(compared: Comparison, width: int = 80) -> str:
    """Lines of at most `width` cells, which are no fewer than 20."""
    width, groups = max(width, 20), spaces(compared.sides)
    runs = [
        f"{filled(f'{side.letter}: {side.run.folder}', width)}\n{paragraph(f'{state} {verdict}', width)}"
        for side, state, verdict in run_words(compared)
    ]
    words = [*(one for one, _ in findings(compared, groups, fronts(compared.sides))), *caveats(compared, groups)]
    said = [paragraph(title(compared), width), *runs, *(paragraph(f"{one}.", width) for one in words)]
    return "\n\n".join([*said, *(columns(rows, width) for rows in _tables(compared)), *_recipes(compared, width)])


def _tables(compared: Comparison) -> Iterator[list[list[str]]]:
    ordered = [pair for pair in compared.pairs if pair.by_error.pairs]
    if ordered:
        yield [["runs", "settings", "τ of these by test error", "by test loss", "settled"], *map(_order, ordered)]
    for study in compared.studies:
        against = f"τ to {study.reference.letter} by test error, {study_scope(study)}"
        yield [["run", "core-seconds", "a trial", against, "noise ceiling"], *_study(study)]
    differing = [pair for pair in compared.pairs if pair.differences]
    if len(differing) <= PAIRS:
        yield from map(_differences, differing)
    if not compared.studies:
        rows = [[side.letter, seconds_words(side.core_seconds), seconds_words(side.each)] for side in compared.sides]
        yield [["run", "core-seconds", "a finished trial"], *rows]


def _order(pair: Pair) -> list[str]:
    settled = f"{pair.by_error.settled:,} of {pair.by_error.pairs:,}"
    taus = (tau_words(one.tau) for one in (pair.by_error, pair.by_loss))
    return [f"{pair.a.letter} – {pair.b.letter}", f"{len(pair.shared):,}", *taus, settled]


def _study(study: Study) -> Iterator[list[str]]:
    for step in study.steps:
        found = step.to_reference.by_error if step.to_reference else None
        agreed = (tau_words(found.in_a_study), ceiling_words(found)) if found else ("the reference", MISSING)
        yield [step.side.letter, seconds_words(step.seconds), seconds_words(step.each), *agreed]


def _differences(pair: Pair) -> list[list[str]]:
    a, b = pair.a.letter, pair.b.letter
    rows = [
        [brief(one.setting.setting, _VALUE), number(one.mean(), 2), number(other.mean(), 2), difference_words(found)]
        for (one, other), found in zip(pair.shared, pair.differences, strict=True)
    ]
    more = [[f"and {len(rows) - SETTINGS:,} more", "", "", ""]] if len(rows) > SETTINGS else []
    average = ["average", MISSING, MISSING, difference_words(pair.difference)]
    heads = ["test error (%)", a, b, f"{b} − {a} (points)"]
    return [heads, *rows[:SETTINGS], *more, average]


def _recipes(compared: Comparison, width: int) -> Iterator[str]:
    rows = recipe_rows(compared.sides)
    if rows:
        more = [f"and {len(rows) - FIELDS} more fields"] if len(rows) > FIELDS else []
        lines = [f"{name}: {_values(compared, values)}" for name, values in rows[:FIELDS]]
        yield "\n".join(filled(one, width, indent="  ") for one in ("what differs in the recipes:", *lines, *more))


def _values(compared: Comparison, values: Sequence[str]) -> str:
    """Equal ones once: A, B 4; C 12."""
    whose: dict[str, list[str]] = {}
    for side, value in zip(compared.sides, values, strict=True):
        whose.setdefault(brief(" ".join(value.split()), _VALUE), []).append(side.letter)
    return "; ".join(f"{', '.join(letters)} {value}" for value, letters in whose.items())
