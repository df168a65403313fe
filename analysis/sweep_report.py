"""The report of a sweep: what it has found, in the same kind of page as every run's."""

import json

from plotly.offline import get_plotlyjs  # type: ignore[import-untyped]

from analysis.pages import machines, script_json, template
from analysis.questions import progress, question
from analysis.record import Run
from analysis.searched import LABELS, Outcome, outcomes, ranked, sweep_verdict
from analysis.sweep_plots import sweep_plots
from analysis.words import FLOPS_CONVENTION, amount, number, percent

ROWS = 50  # of the best


def render(run: Run) -> str:
    """The page as text; the same for the same run, whenever it is made."""
    recipe, found = run.recipe, outcomes(run)
    assert recipe.sweep
    trials = sorted(run.latest().values(), key=lambda trial: (trial.setting, trial.replicate, trial.key))
    plots = sweep_plots(run, found)
    objectives = [LABELS[objective] for objective in recipe.sweep.objectives]
    tuned = [one.field for one in recipe.sweep.tune]
    return template("sweep.html").render(
        recipe=recipe,
        question=question(recipe),
        verdict=sweep_verdict(recipe, found),
        progress=progress(recipe, trials),
        plots={plot.name: plot for plot in plots},
        columns=[*objectives, "test error (%)", *tuned, "MACs", "params", "activations", "off budget", "proxy MACs"],
        rows=[(one.proposal.setting, _cells(one, tuned)) for one in ranked(found)[:ROWS]],
        tuned=tuned,
        settings=[setting.setting for setting in recipe.settings],
        tolerance=f"{100 * recipe.sweep.tolerance:g} %",
        proxy_cost=amount(recipe.sweep.proxy_macs),
        failures=[trial for trial in trials if trial.state == "failed"],
        notices=run.notices,
        machines=machines(trials),
        toml=recipe.to_toml(),
        convention=FLOPS_CONVENTION,
        plotly=get_plotlyjs(),
        figures=script_json({plot.name: json.loads(plot.figure.to_json()) for plot in plots}),
    )


def _cells(one: Outcome, tuned: list[str]) -> list[str]:
    setting, chosen = one.proposal.setting, [one.proposal.hyperparameters[name] for name in tuned]
    return [
        *(number(value, 4) if value < 1000 else amount(value) for value in one.values),
        number(one.test_error, 2),
        *(f"{value:.3g}" if isinstance(value, float) else str(value) for value in chosen),
        amount(setting.macs),
        amount(setting.params),
        amount(setting.activations),
        percent(setting.budget_error),
        amount(setting.proxy_macs),
    ]
