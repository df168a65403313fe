"""What the page of any run says, whatever was asked: how far it is, its plots and trials, and how it is run again."""

from collections.abc import Container, Sequence
from datetime import datetime
from typing import Any

from plotly.offline import get_plotlyjs  # type: ignore[import-untyped]

from analysis.failures import failures
from analysis.going import going
from analysis.listing import listing
from analysis.pages import machines
from analysis.plot import Plot
from analysis.questions import progress, question
from analysis.recipe import Setting
from analysis.record import Run
from analysis.trust import ASSUMPTION, trust_words
from analysis.words import FLOPS_CONVENTION


def run_page(
    run: Run, plots: Sequence[Plot], first: Container[str], settings: Sequence[Setting], at: datetime | None
) -> dict[str, Any]:
    """What the template `run.html` asks for; plots named in `first` stand open, and `at` is of a run that goes on."""
    recipe, trials = run.recipe, run.ordered()
    return {
        "recipe": recipe,
        "question": question(recipe),
        "progress": progress(recipe, trials),
        "going": going(recipe, trials, at),
        "first": [plot for plot in plots if plot.name in first],
        "folded": [plot for plot in plots if plot.name not in first],
        "trust": ASSUMPTION + trust_words(recipe),
        "failures": failures(trials),
        "trials": listing(run, trials, settings),
        "notices": run.notices,
        "machines": machines(trials),
        "toml": recipe.to_toml(),
        "convention": FLOPS_CONVENTION,
        "plotly": get_plotlyjs(),
    }
