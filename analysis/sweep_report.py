"""The report of a sweep: what it has found, in the same kind of page as every run's."""

from collections.abc import Sequence
from datetime import datetime

from analysis.listing import chosen
from analysis.pages import template
from analysis.recipe import Recipe
from analysis.record import Run
from analysis.run_page import run_page
from analysis.searched import LABELS, Outcome, outcomes, ranked, sweep_verdict
from analysis.sheets import Cell, Sheet, deviation, large, measured, row
from analysis.statistics.importances import Method
from analysis.sweep_plots import sweep_plots
from analysis.tuned import basis_words, tuned, tuned_sheet
from analysis.words import amount

ROWS = 50  # of the best
FIRST = ("tuned", "progress", "front")  # the plots that stand open; the others are folded


def render(run: Run, at: datetime | None = None, method: Method = "ped-anova") -> str:
    """The page as text; the same for the same run, whenever it is made, unless it goes on (`at`)."""
    recipe, found = run.recipe, outcomes(run)
    assert recipe.sweep
    each = tuned(run)
    plots, best = sweep_plots(run, found, method, goes_on=at is not None), ranked(found)[:ROWS]
    return template("sweep.html").render(
        run_page(run, plots, FIRST, [one.proposal.setting for one in found], at),
        verdict=sweep_verdict(recipe, found),
        names=[one.proposal.setting.setting for one in best],
        sentences=[one.proposal.setting for one in best],
        proposals=_sheet(recipe, best),
        each=(tuned_sheet(each), basis_words(each)) if each else None,
        fields=recipe.sweep.fields,
        settings=[setting.setting for setting in recipe.settings],
        tolerance=f"{100 * recipe.sweep.tolerance:g} %",
        proxy_cost=amount(recipe.sweep.proxy_macs),
    )


def sheet(run: Run) -> Sheet:
    """The table of the best proposals."""
    return _sheet(run.recipe, ranked(outcomes(run))[:ROWS])


def _sheet(recipe: Recipe, best: Sequence[Outcome]) -> Sheet:
    assert recipe.sweep
    objectives = [LABELS[objective] for objective in recipe.sweep.objectives]
    fields = recipe.sweep.fields
    costs = ("FLOPs", "params", "activations", "off budget", "proxy FLOPs")
    columns = ("proposal", *objectives, "test error (%)", *fields, *costs)
    rows = tuple(row(one.proposal.setting.setting, _cells(one, fields)) for one in best)
    return Sheet("proposals", "Table of the best proposals", columns, rows)


def _cells(one: Outcome, fields: Sequence[str]) -> list[Cell]:
    setting = one.proposal.setting
    return [
        *(measured(value, 4) if value < 1000 else large(value) for value in one.values),
        measured(one.test_error, 2),
        *(chosen(one.proposal.hyperparameters.get(name)) for name in fields),
        large(setting.macs),
        large(setting.params),
        large(setting.activations),
        deviation(setting.budget_error),
        large(setting.proxy_macs),
    ]
