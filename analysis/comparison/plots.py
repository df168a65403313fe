"""The plots of a comparison, each with what is said of it."""

from collections.abc import Iterator, Sequence

from analysis.cells import interval_words
from analysis.comparison.pairs import Comparison, Study, by_data
from analysis.comparison.sides import Side
from analysis.comparison.spaces import Fronts, Spaces
from analysis.figures.distribution import distribution, distribution_info
from analysis.figures.fronts import fronts, fronts_info
from analysis.figures.overlay import Overlay, overlay, overlay_info
from analysis.figures.study import agreeing, agreeing_info
from analysis.orders import OVER_SETTINGS, tau_words
from analysis.plot import Plot
from analysis.thinning import thinned_words
from analysis.words import plural

_MEANS = (
    "Means with 95 % intervals, over seeds and test images where a run has kept all its scores, and else over seeds."
)


def overlays(compared: Comparison) -> Iterator[Plot]:
    """Of the runs that share their axes: errors where the data are the same, and always how they change."""
    groups: dict[frozenset[str], list[Side]] = {}
    for side in compared.sides:
        if side.axes and side.points:
            groups.setdefault(side.axes, []).append(side)
    shared = [group for group in groups.values() if len(group) > 1]
    alike = [part for group in shared for part in by_data(group) if len(part) > 1]
    for number, part in enumerate(alike):
        yield _errors(part, numbered("error", number))
    for number, group in enumerate(shared):
        centred = overlay_info(group, centred=True)
        if centred.lines:
            yield _centred(centred, numbered("shape", number))


def numbered(name: str, number: int) -> str:
    """Study, study-2 and so on."""
    return f"{name}-{number + 1}" if number else name


def _errors(group: Sequence[Side], name: str) -> Plot:
    info = overlay_info(group)
    caption = f"{_MEANS} They may overlap where runs differ surely: the table of differences compares within each seed."
    return Plot(name, f"Test error along {info.axis}", _alt(info, "test error in percent"), caption, overlay(info))


def _centred(info: Overlay, name: str) -> Plot:
    caption = (
        "The same without the runs' levels: at the settings that all runs have measured, how far each is from its "
        f"run's mean over them. {_MEANS} What a seed shifts alike in all settings is in none of them."
    )
    label = "test error over the run's mean in points"
    return Plot(name, f"How test error changes along {info.axis}", _alt(info, label), caption, overlay(info))


def _alt(info: Overlay, metric: str) -> str:
    lines = [f"{line.name}: {', '.join(interval_words(mark.interval) for mark in line.marks)}" for line in info.lines]
    return f"Plot of {metric} by {info.axis}. {'; '.join(lines)}"


def study_plot(study: Study, name: str) -> Plot:
    """What agreement costs."""
    info = agreeing_info(study)
    caption = (
        f"Kendall's τ-b of every run's order of settings with that of {study.reference.label}, whose trials cost the "
        "most, with its 95 % interval, against the core-seconds of the trials that the order rests on. Dashes are "
        f"noise ceilings: as high as marks would be on average if all orders were truly the same. {OVER_SETTINGS}"
    )
    values = "; ".join(
        f"{one.name}, {one.seconds:,.0f} core-seconds: {tau_words(one.by_error)} by error, "
        f"{tau_words(one.by_loss)} by loss"
        for one in info.runs
    )
    return Plot(
        name, "What agreement costs", f"Plot of rank agreement against core-seconds. {values}", caption, agreeing(info)
    )


def space_plots(group: Spaces, name: str) -> Iterator[Plot]:
    """The distributions as they are, and with multiply-adds distributed alike where that can be."""
    errors = {one.side.label: one.errors for one in group.samples}
    counts = ", ".join(f"{one.side.label}: {plural(len(one.errors), 'network')}" for one in group.samples)
    beside = " Every panel has the first run beside another." if len(errors) > 2 else ""
    caption = (
        "The fraction of a run's networks with at most so large a test error, mean over seeds, and the band that holds "
        f"the distribution of a whole space in 95 of 100 samples drawn from it at random.{beside}{_not_random(group)}"
    )
    figure = distribution(distribution_info(errors))
    yield Plot(name, "As they are", f"Stairs. {caption} {counts}", caption, figure)
    if group.weights:
        weights = dict(zip(errors, group.weights, strict=True))
        matched = (
            "The same with networks weighted so that the multiply-adds of the candidates are distributed alike in all "
            "runs (Radosavovic et al. 2019): what is left is not of cost. Bands are those of the effective numbers."
        )
        figure = distribution(distribution_info(errors, weights))
        yield Plot(f"{name}-matched", "Normalised by multiply-adds", f"Stairs. {matched} {counts}", matched, figure)


def _not_random(group: Spaces) -> str:
    """Whose networks are no random sample."""
    chosen = [one.side.letter for one in group.samples if not one.side.recipe.is_free]
    words = [f"the settings of {' and '.join(chosen)} were chosen"] if chosen else []
    selected: dict[str, list[str]] = {}
    for one in group.samples:
        if one.side.recipe.is_free and (sweep := one.side.recipe.sweep) and sweep.selection:
            selected.setdefault(sweep.selection, []).append(one.side.letter)
    words += [f"the networks of {' and '.join(letters)} {why}" for why, letters in selected.items()]
    return f" But {', '.join(words)}: they say what was met, not what the spaces hold." if words else ""


def fronts_plot(group: Fronts, name: str) -> Plot:
    """The fronts on one scale."""
    info = fronts_info(group)
    drawn, proposals = sum(len(run.x) for run in info.runs), sum(run.proposals for run in info.runs)
    caption = (
        "Every finished proposal; those that no other of the same run beats in all objectives are joined. The cross is "
        "the worst of all runs in both objectives, from which the hypervolume is measured, as a share of the box from "
        f"there to the best of all runs.{thinned_words(drawn, proposals, 'all fronts, the extremes')}"
    )
    shares = "; ".join(f"{one.side.label}: {int(one.on_front.sum())} of {len(one.values)}" for one in group.found)
    return Plot(name, "Fronts", f"Plot of fronts. {caption} On the front: {shares}", caption, fronts(info))
