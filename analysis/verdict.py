"""The answer of a run in words."""

import math
from dataclasses import dataclass

import pandas as pd

from analysis.cells import by_how_much, low_to_high
from analysis.image_scores import ImageScores
from analysis.measured import trend
from analysis.outlook import outlook
from analysis.racing import FIRST_LOOK, Race, looks, nominal_level, race
from analysis.recipe import Recipe
from analysis.statistics.intervals import Interval, Trend, is_grid
from analysis.words import decimals, plural, signed

_FALSE_ALARMS = 0.05


@dataclass(frozen=True)
class Verdict:
    """`decided` if an interval of test error excludes zero."""

    words: str
    decided: bool
    outlook: str = ""  # of an undecided one: how many seeds would likely decide
    brief: str = ""  # what it says of test error alone; empty where that is all it says


def verdict(recipe: Recipe, table: pd.DataFrame, scores: ImageScores | None = None) -> Verdict:
    """What the run says about its question and how sure that is; never more than its trials can carry.

    Its intervals are over seeds and test images where every trial it rests on kept its scores, else over seeds alone.
    Seeds that agree exactly decide nothing (`Interval.has_spread`): without a spread there is nothing to judge by.
    """
    if why := _no_question(recipe):
        return Verdict(f"undecided: {why}", decided=False)
    running = race(recipe, table, scores) if recipe.race else None
    rows = running.rows(table) if running else table
    level = _level(recipe)
    errors = _trends(recipe, rows, "test_error", level, scores)
    if why := (running and _no_look(recipe, running)) or _no_interval(recipe, rows, errors[0]):
        return Verdict(f"undecided: {why}", decided=False)
    decided = any(one.change.excludes_zero for one in errors)
    losses = _trends(recipe, rows, "test_loss", level, scores)
    sentences = [_sentence(recipe, *axis, level) for axis in zip(recipe.axis, errors, losses, strict=True)]
    brief = "; ".join(_error_words(recipe, axis, error, level) for axis, error in zip(recipe.axis, errors, strict=True))
    basis = _race_basis(recipe, running, errors[0]) if running else _basis(recipe, errors[0])
    words = f"{'; '.join(sentences)} ({_fitted(recipe)}; {basis})"
    if decided:
        return Verdict(words, decided=True, brief=brief)
    outlook_words = outlook(recipe, rows, level, scores)
    return Verdict(f"undecided: {words}", decided=False, outlook=outlook_words, brief=f"undecided: {brief}")


def fit_words(recipe: Recipe, table: pd.DataFrame) -> str:
    """How training loss changes along each axis; empty where the settings have no trend, or a race chose the seeds."""
    if recipe.race or recipe.is_named or recipe.tricks or _no_question(recipe):
        return ""
    level = _level(recipe)
    losses = _trends(recipe, table, "train_loss", level, None)
    if any(one.change.n < 2 for one in losses):
        return ""
    changes = [
        f"from {_ends(recipe, axis, one)} {_change(one.change, 'training loss', '', level)}"
        for axis, one in zip(recipe.axis, losses, strict=True)
    ]
    basis = f"{plural(losses[0].change.n, 'seed')}; {100 * level:g} % intervals over seeds"
    return f"Deciding nothing, {'; '.join(changes)} ({_fitted(recipe)}; {basis})."


def _level(recipe: Recipe) -> float:
    """Of each interval: the axes of a plane share the false alarms (Bonferroni), and so do the looks of a race."""
    axes = len(recipe.axis)
    return 1 - (nominal_level(axes) if recipe.race else _FALSE_ALARMS / axes)


def _trends(recipe: Recipe, table: pd.DataFrame, metric: str, level: float, scores: ImageScores | None) -> list[Trend]:
    values = [setting.value for setting in recipe.settings]
    return [trend(table, metric, scores, axis=axis, values=values, level=level) for axis in range(len(recipe.axis))]


def _no_question(recipe: Recipe) -> str:
    """Why these settings have no trend, if they have none."""
    values = [setting.value for setting in recipe.settings]
    if not values:
        return "the run has no settings along an axis"
    if len(values) == 1:
        return f"{recipe.settings[0].setting} is the only setting; a trend needs two"
    if not is_grid(values):
        return f"the plane's {len(values)} settings are no complete grid, so its axes cannot be told apart"
    return ""


def _no_interval(recipe: Recipe, table: pd.DataFrame, error: Trend) -> str:
    """Why there is no interval, if there is none, and what would give one."""
    finished = int((table["state"] == "finished").sum())
    asked = recipe.seeds * len(recipe.settings)
    progress = f"{finished:,} of {plural(asked, 'trial')} finished"
    match error.change.n:
        case 0 if not finished:
            return f"no trial has finished (0 of {asked:,})"
        case 0:
            return f"{progress}, and no seed has all {len(recipe.settings)} settings; the same command continues"
        case 1 if recipe.seeds > 1:
            return f"{progress}, and one seed alone has all its settings: no interval yet; the same command continues"
        case 1:
            return f"one seed has no interval; run again with --seeds 3 ({_on_one_seed(recipe, error)})"
    return "" if math.isfinite(error.change.mean) else "a test error is not a number"


def _no_look(recipe: Recipe, running: Race) -> str:
    """Why a race has not been looked at, if it has not, and what comes next."""
    have = len(running.replicates)
    if have >= FIRST_LOOK:
        return ""
    first = f"a race is first looked at when {FIRST_LOOK} seeds have all {len(recipe.settings)} settings"
    if not looks(recipe):
        return f"{first}, and this one ends at {plural(recipe.seeds, 'seed')}; run again with --seeds 10"
    if running.over:
        return f"{first}, and of {recipe.seeds} only {have} have; run again with more --seeds"
    return f"{first}, and {have} of at most {_cap(recipe)} have; the same command continues"


def _on_one_seed(recipe: Recipe, error: Trend) -> str:
    change = signed(error.change.mean, 2)
    return f"on this seed test error changes by {change} points from {_ends(recipe, recipe.axis[0], error)}"


def _sentence(recipe: Recipe, axis: str, error: Trend, loss: Trend, level: float) -> str:
    first, second = _error_words(recipe, axis, error, level), _change(loss.change, "test loss", "", level)
    return (
        f"{first}, and {second}" if error.change.excludes_zero else f"{first}; secondary and deciding nothing, {second}"
    )


def _error_words(recipe: Recipe, axis: str, error: Trend, level: float) -> str:
    words, ends = _change(error.change, "test error", " points", level), _ends(recipe, axis, error)
    return f"{words} from {ends}" if error.change.excludes_zero else f"from {ends} {words}"


def _change(change: Interval, metric: str, unit: str, level: float) -> str:
    if not math.isfinite(change.mean):
        return f"{metric} is not a number in some trials"
    if change.excludes_zero:
        return f"{metric} {'falls' if change.mean < 0 else 'rises'} by {by_how_much(change)}{unit}"
    changes = f"{metric} changes by {signed(change.mean, decimals(change.half_width))}{unit}"
    if not change.has_spread:
        return f"{changes} on all {change.n:,} seeds alike, which may be chance and gives no spread to judge by"
    return f"{changes}, {_interval(change, level)}"


def _interval(interval: Interval, level: float) -> str:
    """The interval with its level, both ends signed."""
    return f"{100 * level:g} % interval {low_to_high(interval)}"


def _ends(recipe: Recipe, axis: str, one: Trend) -> str:
    first, last = one.levels[0], one.levels[-1]
    if len(recipe.axis) > 1:
        return f"{axis} {first} to {last}"
    names = {setting.value: setting.setting for setting in recipe.settings}
    return f"{names[first]} to {names[last]}"


def _fitted(recipe: Recipe) -> str:
    """True whatever the shape between the ends, since it says what was fitted."""
    fitted = f"fitted over all {len(recipe.settings)} settings"
    return f"averaged over the other axis and {fitted}" if len(recipe.axis) > 1 else fitted


def _basis(recipe: Recipe, one: Trend) -> str:
    """What the numbers of a run with a fixed number of seeds rest on."""
    counted = plural(one.change.n, "seed")
    if one.change.n < recipe.seeds:
        counted = f"{one.change.n:,} of {plural(recipe.seeds, 'seed')}, the others not having finished every setting"
    shared = "; both axes share 5 % of false alarms" if len(recipe.axis) > 1 else ""
    return f"{counted}; {_intervals(recipe, one)}{shared}"


def _race_basis(recipe: Recipe, running: Race, one: Trend) -> str:
    """What the numbers of a race rest on: seeds whose number was not fixed, and all looks at them."""
    looked = "all looks at both axes" if len(recipe.axis) > 1 else "all looks"
    return f"{_course(recipe, running)}; {_intervals(recipe, one)}; {looked} of the race share 5 % of false alarms"


def _course(recipe: Recipe, running: Race) -> str:
    have, cap = len(running.replicates), _cap(recipe)
    if running.decided:
        early = ": stopped early, so its size is likely overstated" if have < cap else ""
        return f"seeds were added until this was decided, at {have} of at most {cap}{early}"
    if not running.over:
        return f"seeds are added until this is decided, {have} of at most {cap} so far; the same command continues"
    missing = f", of which {have} have finished every setting" if have < cap else ""
    return f"seeds were added up to the cap of {cap}{missing}"


def _cap(recipe: Recipe) -> int:
    return looks(recipe).stop - 1


def _intervals(recipe: Recipe, one: Trend) -> str:
    over = "seeds and test images" if one.images else "seeds, not over test images"
    return f"{100 * _level(recipe):g} % intervals over {over}"
