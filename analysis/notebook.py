"""A run as a notebook shows it: verdict, table and plot."""

import plotly.graph_objects as go  # type: ignore[import-untyped]

from analysis import report, sweep_report
from analysis.figures.drawing import say_if_empty
from analysis.figures.progress import progress as course, progress_info
from analysis.figures.tradeoff import tradeoff, tradeoff_info
from analysis.image_scores import image_scores
from analysis.pages import template
from analysis.plot import nothing_words
from analysis.questions import answer, progress, question
from analysis.record import Run
from analysis.searched import outcomes


def html(run: Run) -> str:
    """By itself: with the library that draws the plot, five megabytes."""
    return words(run) + str(figure(run).to_html(full_html=False, include_plotlyjs=True))


def display(run: Run) -> None:
    """Small: Plotly shows the plot as it shows every figure there, for which a notebook has its library once."""
    from IPython.display import HTML, display  # type: ignore[import-not-found]  # there where this is called

    display(HTML(words(run)), figure(run))


def words(run: Run) -> str:
    """HTML of the question, the verdict, how far the run is, and its settings or best proposals."""
    sheet = sweep_report.sheet(run) if run.recipe.sweep else report.sheet(run)
    return template("notebook.html").render(
        question=question(run.recipe),
        verdict=answer(run),
        progress=progress(run.recipe, run.latest().values()),
        folder=run.folder,
        sheet=sheet,
    )


def figure(run: Run) -> go.Figure:
    """Test error along the axis, or what a search has come to."""
    nothing = nothing_words([trial.state for trial in run.latest().values()])
    if run.recipe.sweep:
        return say_if_empty(course(progress_info(run.recipe, outcomes(run))), nothing)
    info = tradeoff_info(run.recipe, run.trials(), "test_error", image_scores(run))
    return say_if_empty(tradeoff(info), nothing)
