"""The tables of a comparison."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from analysis.cells import difference_words
from analysis.comparison.pairs import Pair, Study
from analysis.comparison.prediction import SCORES
from analysis.comparison.sides import Side
from analysis.comparison.spaces import Fronts, Spaces
from analysis.comparison.words import p_words, share_words, study_scope
from analysis.orders import tau_words
from analysis.pages import machines
from analysis.plain import to_plain
from analysis.recipe import Recipe
from analysis.searched import LABELS
from analysis.sheets import Cell, Sheet, counted, interval, large, measured, none, row, words
from analysis.statistics.agreement import Agreement
from analysis.words import MISSING, amount, brief, number

ROWS = 200  # settings whose differences are shown
_VALUE = 200  # characters of a recipe's field


def orders_sheet(pairs: Iterable[Pair]) -> Sheet:
    """Rank agreement of every two runs that share settings."""
    columns = (
        "runs",
        "shared settings",
        "τ of these by test error",
        "by test loss",
        "pairs settled by error",
        "by loss",
    )
    rows = (
        row(
            f"{pair.a.label} – {pair.b.label}",
            (
                counted(len(pair.shared)),
                interval(tau_words(pair.by_error.tau), pair.by_error.tau),
                interval(tau_words(pair.by_loss.tau), pair.by_loss.tau),
                _settled(pair.by_error),
                _settled(pair.by_loss),
            ),
        )
        for pair in pairs
        if pair.shared
    )
    return Sheet("orders", "Table of rank agreements", columns, tuple(rows))


def _agreed(found: Agreement) -> Cell:
    tau = found.in_a_study
    return interval(tau_words(tau), tau)


def _settled(found: Agreement) -> Cell:
    return Cell(f"{found.settled:,} of {found.pairs:,}", str(found.settled))


def differences_sheet(pair: Pair) -> Sheet:
    """Test errors of two runs, setting by setting, and their difference; the last row is the average."""
    a, b = pair.a.letter, pair.b.letter
    columns = ("setting", f"seeds of {a}", f"of {b}", f"error of {a} (%)", f"of {b} (%)", f"{b} − {a} (points)")
    rows = [
        row(
            one.setting.setting,
            (
                counted(len(one.errors)),
                counted(len(other.errors)),
                Cell(number(one.mean(), 2)),
                Cell(number(other.mean(), 2)),
                interval(difference_words(found), found),
            ),
        )
        for (one, other), found in list(zip(pair.shared, pair.differences, strict=True))[:ROWS]
    ]
    average = row(
        "average", (none(), none(), none(), none(), interval(difference_words(pair.difference), pair.difference))
    )
    label = f"{pair.b.label} against {pair.a.label}"
    return Sheet(f"differences-{a}-{b}", label, columns, (*rows, average))


def study_sheet(study: Study, name: str) -> Sheet:
    """What every run's order cost, how it agrees with the costliest one's, and what else was done to get it."""
    changed = _changed([step.side.recipe for step in study.steps])
    columns = (
        "run", "core-seconds", "a trial", "seeds",
        f"τ to {study.reference.letter} by error, {study_scope(study)}", "noise ceiling",
        "by loss", "noise ceiling", "settled", *changed,
    )  # fmt: skip
    rows = []
    for index, step in enumerate(study.steps):
        pair = step.to_reference
        agreed = (
            _agreed(pair.by_error) if pair else words("the reference"),
            measured(pair.by_error.ceiling) if pair else none(),
            _agreed(pair.by_loss) if pair else none(),
            measured(pair.by_loss.ceiling) if pair else none(),
            _settled(pair.by_error) if pair else none(),
        )
        costs = (_seconds(step.seconds), _seconds(step.each), Cell(_seeds(step.side)))
        rows.append(row(step.side.label, (*costs, *agreed, *(words(values[index]) for values in changed.values()))))
    return Sheet(name, "Table of the study", columns, tuple(rows))


def scores_sheet(study: Study, name: str) -> Sheet:
    """Which score of every cheaper run predicts the costliest run's order of test errors, and how well."""
    steps = [step for step in study.steps if step.by_score]
    rows = [row(score, tuple(_agreed(step.by_score[score]) for step in steps)) for score in SCORES]
    label = f"What predicts the order of {study.reference.letter}"
    return Sheet(name, label, ("score", *(step.side.label for step in steps)), tuple(rows))


def _changed(recipes: Sequence[Recipe]) -> dict[str, list[str]]:
    """The fields of fidelity and training that are not the same in all, by their own name."""
    plain = [to_plain(recipe.fidelity) | to_plain(recipe.training) for recipe in recipes]
    found = {name: [brief(_said(one[name]), 40) for one in plain] for name in plain[0]}
    changed = {name: values for name, values in found.items() if len(set(values)) > 1}
    return {("fidelity" if name == "name" else name.replace("_", " ")): values for name, values in changed.items()}


def tested_sheet(group: Spaces, name: str) -> Sheet:
    """The Kolmogorov-Smirnov tests."""
    sizes = {one.side.letter: len(one.errors) for one in group.samples}
    rows = (
        row(
            f"{one.a.label} – {one.b.label}",
            (
                Cell(f"{sizes[one.a.letter]:,} and {sizes[one.b.letter]:,}", str(sizes[one.a.letter])),
                Cell(number(one.found.distance, 3)),
                Cell(p_words(one.found.p_value).removeprefix("= "), f"{one.found.p_value:.7g}"),
            ),
        )
        for one in group.tested
    )
    return Sheet(name, "Table of tests", ("runs", "networks", "distance", "p"), tuple(rows))


def fronts_sheet(group: Fronts, name: str) -> Sheet:
    """How much of the box the fronts dominate."""
    labels = tuple(f"least {LABELS[one]}" for one in group.objectives)
    rows = (
        row(
            one.side.label,
            (
                counted(len(one.values)),
                counted(int(one.on_front.sum())),
                Cell(share_words(one.share), f"{one.share:.7g}"),
                *(
                    large(float(value)) if value >= 1000 else Cell(number(float(value), 4))
                    for value in one.values.min(0)
                ),
            ),
        )
        for one in group.found
    )
    columns = ("run", "proposals", "on the front", "hypervolume", *labels)
    return Sheet(name, "Table of fronts", columns, tuple(rows))


def costs_sheet(sides: Sequence[Side]) -> Sheet:
    """Core-seconds of every run."""
    columns = ("run", "trials finished", "stopped early", "failed", "core-seconds in all", "a finished trial")
    rows = []
    for side in sides:
        states = [trial.state for trial in side.trials]
        counts = (counted(states.count(state)) for state in ("finished", "pruned", "failed"))
        rows.append(row(side.label, (*counts, _seconds(side.core_seconds), _seconds(side.each))))
    return Sheet("costs", "Table of costs", columns, tuple(rows))


def recipe_rows(sides: Sequence[Side]) -> list[tuple[str, list[str]]]:
    """Field by field, what is not the same in all recipes, nor in the machines that trained; in the runs' order."""
    found = [_fields(side.recipe) | {"machine": _machine(side)} for side in sides]
    names = list(dict.fromkeys(name for one in found for name in one))
    rows = [(name, [brief(one.get(name, MISSING), _VALUE) for one in found]) for name in names]
    return [(name, values) for name, values in rows if len({one.get(name) for one in found}) > 1]


def _fields(recipe: Recipe) -> dict[str, str]:
    """Of a recipe: settings by name, and what candidates and proxies cost."""
    plain = {name: value for name, value in recipe.identity().items() if name != "settings"}
    fields = _flat(plain | {"seeds": recipe.seeds})
    if recipe.sweep:
        fields["sweep.trials"] = str(recipe.sweep.trials)
    if recipe.settings:
        fields["settings"] = ", ".join(setting.setting for setting in recipe.settings)
        fields["FLOPs of the candidates"] = _range([setting.macs for setting in recipe.settings])
        fields["FLOPs of the proxies"] = _range([setting.proxy_macs for setting in recipe.settings])
    return fields


def _flat(plain: dict[str, Any], where: str = "") -> dict[str, str]:
    """Dotted names; lists stay whole."""
    fields: dict[str, str] = {}
    for name, value in plain.items():
        if isinstance(value, dict):
            fields |= _flat(value, f"{where}{name}.")
        else:
            fields[f"{where}{name}"] = _said(value)
    return fields


def _said(value: object) -> str:
    match value:
        case None | "" | []:
            return MISSING
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(_said, value))
        case dict():
            return " ".join(f"{name} {_said(item)}" for name, item in value.items())
        case float():
            return f"{value:.6g}"
    return str(to_plain(value))


def _range(counts: Sequence[int]) -> str:
    low, high = amount(min(counts)), amount(max(counts))
    return low if low == high else f"{low} to {high}"


def _machine(side: Side) -> str:
    return "; and ".join(what for what, _ in machines(side.trials)) or MISSING


def seconds_words(value: float) -> str:
    """1,093, or 5.0 where it is short."""
    if not math.isfinite(value):
        return MISSING
    return f"{value:,.0f}" if value >= 100 else number(value, 1)


def _seconds(value: float) -> Cell:
    return Cell(seconds_words(value), f"{value:.7g}") if math.isfinite(value) else none()


def _seeds(side: Side) -> str:
    counts = sorted({len(point.errors) for point in side.points.values()})
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
