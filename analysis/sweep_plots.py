"""The plots of a sweep's report."""

from analysis.figures.courses import courses, courses_info
from analysis.figures.distribution import distribution, distribution_info
from analysis.figures.drawing import say_if_empty
from analysis.figures.front import front, front_info
from analysis.figures.parallel import parallel, parallel_info
from analysis.figures.progress import progress, progress_info
from analysis.plot import Plot, nothing_words
from analysis.record import Run
from analysis.searched import Outcome, ranked
from analysis.thinning import thinned_words
from analysis.words import plural


def sweep_plots(run: Run, found: tuple[Outcome, ...]) -> list[Plot]:
    """All that the report has, in its order."""
    steps, points = progress_info(run.recipe, found), front_info(run.recipe, found)
    told = f"Plot of {steps.label} of {plural(steps.proposals, 'proposal')} in their order"
    spread = f"Plot of {points.labels[1]} over {points.labels[0]} of {plural(points.proposals, 'proposal')}"
    early = "Proposals that were stopped early or failed have no value here, and stand in no plot."
    early += thinned_words(len(steps.values), steps.proposals, "every best so far")
    seeds = f"Every point is the mean of {plural(run.recipe.seeds, 'seed')}; no interval is drawn about a single one."
    seeds += thinned_words(len(points.x), points.proposals, f"all {points.best}, the extremes")
    plots = [
        Plot("progress", "What the search has come to", told, early, progress(steps)),
        Plot("front", "What it costs", spread, seeds, front(points)),
        _distribution(run, found),
        _parallel(run, found),
        _courses(run, found),
    ]
    nothing = nothing_words(trial.state for one in found for trial in one.trials)
    return [plot._replace(figure=say_if_empty(plot.figure, nothing)) for plot in plots]


def _distribution(run: Run, found: tuple[Outcome, ...]) -> Plot:
    errors = [one.test_error for one in ranked(found)]
    caption = (
        "The fraction of the finished proposals with at most so large a test error, and the band that would hold the "
        "distribution of a whole space in 95 of 100 samples drawn from it at random"
    )
    if run.recipe.sweep and run.recipe.sweep.is_adaptive:
        caption += "; these were drawn by a sampler that learns, so they say what it met and not what the space holds"
    figure = distribution(distribution_info({"proposals": errors}))
    return Plot("distribution", "How good what was met is", f"Stair. {caption}.", f"{caption}.", figure)


def _parallel(run: Run, found: tuple[Outcome, ...]) -> Plot:
    caption = "A line for each finished proposal, from its choices to its results; what all chose alike is left out."
    told = f"Parallel coordinates. {caption}"
    return Plot("parallel", "Choices and results", told, caption, parallel(parallel_info(run.recipe, found)))


def _courses(run: Run, found: tuple[Outcome, ...]) -> Plot:
    info = courses_info(run.recipe, found)
    some = (
        f"{len(info.drawn)} of {plural(info.trials, 'trial')} are"
        if len(info.drawn) < info.trials
        else "Every trial is"
    )
    caption = f"Validation loss after every epoch. {some} drawn."
    if info.rungs:
        caption += " At the dotted lines the scheduler stopped those that were behind."
    return Plot("courses", "Learning curves", f"Plot. {caption}", caption, courses(info))
