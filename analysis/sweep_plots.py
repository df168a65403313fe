"""The plots of a sweep's report."""

from collections.abc import Mapping

from analysis.deciding import Decided, decided
from analysis.figures.courses import courses, courses_info
from analysis.figures.distribution import distribution, distribution_info
from analysis.figures.drawing import say_if_empty
from analysis.figures.front import front, front_info
from analysis.figures.parallel import parallel, parallel_info
from analysis.figures.progress import progress, progress_info
from analysis.figures.shares import shares, shares_info
from analysis.figures.times import times, times_info
from analysis.figures.tradeoff import tradeoff, tradeoff_info
from analysis.measured import over_words
from analysis.pages import shortened
from analysis.plot import Plot, nothing_words, points_words, published_panel, values_words
from analysis.published import published_for
from analysis.record import Run
from analysis.searched import Outcome, ranked
from analysis.statistics.importances import Method
from analysis.thinning import thinned_words
from analysis.tuned import Tuned, tuned, tuned_words
from analysis.words import plural


def sweep_plots(
    run: Run, found: tuple[Outcome, ...], method: Method = "ped-anova", *, goes_on: bool = False
) -> list[Plot]:
    """All that the report has, in its order; `method` is of importances."""
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
        _times(run, found),
    ]
    nothing = nothing_words(trial.state for one in found for trial in one.trials)
    said = [plot._replace(figure=say_if_empty(plot.figure, nothing)) for plot in plots]
    each = tuned(run)
    judged = decided(run, found, method, goes_on=goes_on)
    return [
        *([_tuned(each, nothing)] if each else []),
        *said[:2],
        _importances(run, found, judged, method, nothing),
        *said[2:],
    ]


def _tuned(found: Tuned, nothing: str) -> Plot:
    recipe, errors = found.recipe, [summary.error for summary in found.summaries]
    figure = say_if_empty(tradeoff(tradeoff_info(recipe, found.table, "test_error", found.scores)), nothing)
    points = points_words(over_words(found.summaries)) if recipe.seeds > 1 else ""
    caption = " ".join(filter(None, (tuned_words(found), points, published_panel(published_for(recipe)))))
    names = [setting.setting for setting in recipe.settings]
    alt = shortened(values_words("test error in percent", recipe, errors), names)
    return Plot("tuned", "The settings, each at its best", alt, caption, figure)


def _importances(run: Run, found: tuple[Outcome, ...], judged: Decided, method: Method, nothing: str) -> Plot:
    info = shares_info(run.recipe, judged)
    words = [_ASKED[method]] if info.panels else []
    if judged.judged < (finished := len(ranked(found))):
        words.append(f"Judged by {judged.judged:,} of {finished:,} finished proposals.")
    if info.panels and info.choices > len(info.panels[0].bars):
        words.append(f"Of {info.choices} choices those with the largest shares are drawn.")
    reasons = {
        why: [label for label, other in judged.reasons.items() if other == why] for why in judged.reasons.values()
    }
    of = {why: f" (of {' and '.join(labels)})" if info.panels else "" for why, labels in reasons.items()}
    words += [f"{why[:1].upper()}{why[1:]}{of[why]}." for why in reasons]
    told = "; ".join(
        f"of {panel.label} {', '.join(f'{bar.name} {bar.share:.0f} %' for bar in panel.bars)}" for panel in info.panels
    )
    caption = " ".join(words)
    figure = say_if_empty(shares(info), next(iter(reasons), nothing) if judged.finished else nothing)
    return Plot("importances", "Which choices decided", f"Bar chart. {told or caption}", caption, figure)


_ASKED: Mapping[Method, str] = {
    "ped-anova": (
        "The share of every choice in what the best tenth of the finished proposals have in common (PED-ANOVA). A "
        "choice without any effect passes its grey tick once in twenty. Within a budget choices depend on each other: "
        "what gives way together shares its importance."
    ),
    "fanova": (
        "The share of every choice by itself in how much the finished proposals differ (fANOVA), without an interval. "
        "Within a budget choices depend on each other: what gives way together shares its importance."
    ),
}


def _distribution(run: Run, found: tuple[Outcome, ...]) -> Plot:
    errors = [one.test_error for one in ranked(found)]
    caption = (
        "The fraction of the finished proposals with at most so large a test error, and the band that would hold the "
        "distribution of a whole space in 95 of 100 samples drawn from it at random"
    )
    if run.recipe.sweep and run.recipe.sweep.selection:
        caption += f"; these {run.recipe.sweep.selection}, so they say what was met and not what the space holds"
    figure = distribution(distribution_info({"proposals": errors}))
    return Plot("distribution", "How good what was met is", f"Stair. {caption}.", f"{caption}.", figure)


def _parallel(run: Run, found: tuple[Outcome, ...]) -> Plot:
    caption = "A line for each finished proposal, from its choices to its results; what all chose alike is left out."
    told = f"Parallel coordinates. {caption}"
    return Plot("parallel", "Choices and results", told, caption, parallel(parallel_info(run.recipe, found)))


def _times(run: Run, found: tuple[Outcome, ...]) -> Plot:
    info = times_info(run.recipe, found)
    caption = (
        "Core-seconds that a trial of every finished proposal computed; all proxies have about as many multiply-adds. "
        f"All trials together took {info.total / 60:,.1f} core-minutes; by the clock a run takes less where trials ran "
        "side by side. Of older runs they are seconds times torch threads."
    )
    caption += thinned_words(len(info.seconds), info.proposals, "the extremes")
    told = f"Plot of core-seconds over activations of {plural(info.proposals, 'proposal')}. {caption}"
    return Plot("times", "How long a trial took", told, caption, times(info))


def _courses(run: Run, found: tuple[Outcome, ...]) -> Plot:
    info = courses_info(run.recipe, found)
    some = (
        f"{len(info.drawn):,} of {plural(info.trials, 'trial')} are"
        if len(info.drawn) < info.trials
        else "Every trial is"
    )
    caption = f"Validation loss after every epoch. {some} drawn."
    if info.rungs:
        caption += " At the dotted lines the scheduler stopped those that were behind."
    return Plot("courses", "Learning curves", f"Plot. {caption}", caption, courses(info))
