"""The figures and tables of a comparison, each to be saved as a file of its own."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go  # type: ignore[import-untyped]

from analysis.comparison.page import sections
from analysis.comparison.pairs import Comparison, Pair, comparison
from analysis.comparison.sides import Side
from analysis.comparison.spaces import fronts, spaces
from analysis.comparison.tables import recipe_rows
from analysis.record import Run
from analysis.statistics.agreement import Agreement
from analysis.statistics.intervals import Interval


def figures(runs: Sequence[Run]) -> dict[str, go.Figure]:
    """By the names they have on the page."""
    compared = comparison(runs)
    chapters = sections(compared, spaces(compared.sides), fronts(compared.sides))
    return {plot.name: plot.figure for chapter in chapters for plot in chapter.plots}


def tables(runs: Sequence[Run]) -> dict[str, pd.DataFrame]:
    """Orders and costs of all, the study if there is one, differences by setting, and what differs in the recipes."""
    compared = comparison(runs)
    found = {
        "orders": pd.DataFrame([_order(pair) for pair in compared.pairs if pair.shared]),
        "differences": pd.DataFrame([row for pair in compared.pairs for row in _differences(pair)]),
        "study": study_table(compared),
        "scores": scores_table(compared),
        "costs": pd.DataFrame([_costs(side) for side in compared.sides]),
        "recipes": _recipes(compared.sides),
    }
    return {name: table for name, table in found.items() if not table.empty}


def study_table(compared: Comparison) -> pd.DataFrame:
    """A row for every run of a study, the cheapest first: what its order cost, and tau to the costliest run's."""
    return pd.DataFrame(
        [
            {
                "reference": str(study.reference.run.folder),
                **_who(step.side),
                "fidelity": step.side.recipe.fidelity.name,
            }
            | {"core_seconds": step.seconds, "core_seconds_a_trial": step.each}
            | (_taus(step.to_reference) if step.to_reference else {})
            for study in compared.studies
            for step in study.steps
        ]
    )


def scores_table(compared: Comparison) -> pd.DataFrame:
    """A row for every score of every run of a study: tau with the test errors of the costliest run."""
    return pd.DataFrame(
        [
            {"reference": str(study.reference.run.folder), **_who(step.side), "score": score}
            | _interval("tau", found.tau)
            | _over_settings("tau", found)
            | {"settled": found.settled, "pairs": found.pairs}
            for study in compared.studies
            for step in study.steps
            for score, found in step.by_score.items()
        ]
    )


def _who(side: Side) -> dict[str, object]:
    return {"run": side.letter, "folder": str(side.run.folder)}


def _order(pair: Pair) -> dict[str, object]:
    return {"a": pair.a.letter, "b": pair.b.letter, "settings": len(pair.shared), **_taus(pair)}


def _taus(pair: Pair) -> dict[str, object]:
    return {
        **_interval("tau", pair.by_error.tau),
        **_over_settings("tau", pair.by_error),
        "settled": pair.by_error.settled,
        "pairs": pair.by_error.pairs,
        "ceiling": pair.by_error.ceiling,
        **_interval("tau_by_loss", pair.by_loss.tau),
        **_over_settings("tau_by_loss", pair.by_loss),
        "settled_by_loss": pair.by_loss.settled,
        "ceiling_by_loss": pair.by_loss.ceiling,
    }


def _differences(pair: Pair) -> list[dict[str, object]]:
    """Setting by setting; the last row is the average."""
    who = {"a": pair.a.letter, "b": pair.b.letter}
    rows = [
        {**who, "setting": one.setting.setting, "test_error_a": one.mean(), "test_error_b": other.mean()}
        | _interval("difference", found)
        for (one, other), found in zip(pair.shared, pair.differences, strict=False)
    ]
    return [*rows, {**who, "setting": "average", **_interval("difference", pair.difference)}] if rows else []


def _costs(side: Side) -> dict[str, object]:
    states = [trial.state for trial in side.trials]
    counts = {"finished": states.count("finished"), "stopped_early": states.count("pruned")}
    counts["failed"] = states.count("failed")
    return {**_who(side), **counts, "core_seconds": side.core_seconds, "core_seconds_a_trial": side.each}


def _recipes(sides: Sequence[Side]) -> pd.DataFrame:
    letters = [side.letter for side in sides]
    return pd.DataFrame(
        [{"field": field, **dict(zip(letters, values, strict=True))} for field, values in recipe_rows(sides)]
    )


def _over_settings(name: str, found: Agreement) -> dict[str, object]:
    """The ends alone: the tau is the same."""
    low, high = found.over_settings.low, found.over_settings.high
    return {f"{name}_over_settings_low": low, f"{name}_over_settings_high": high}


def _interval(name: str, interval: Interval) -> dict[str, object]:
    return {name: interval.mean, f"{name}_low": interval.low, f"{name}_high": interval.high}
