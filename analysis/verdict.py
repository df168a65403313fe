"""The answer of a run in words."""

import math
from dataclasses import dataclass

import pandas as pd

from analysis.recipe import Recipe
from analysis.statistics import Interval, Trend, is_grid, trend
from analysis.words import decimals, number, plural, signed

_FALSE_ALARMS = 0.05


@dataclass(frozen=True)
class Verdict:
    """`decided` if an interval of test error excludes zero."""

    words: str
    decided: bool


def verdict(recipe: Recipe, table: pd.DataFrame) -> Verdict:
    """What the run says about its question and how sure that is; never more than its trials can carry.

    Seeds that agree exactly decide nothing (`Interval.has_spread`): without a spread there is nothing to judge by.
    """
    if why := _no_question(recipe):
        return Verdict(f"undecided: {why}", decided=False)
    level = 1 - _FALSE_ALARMS / len(recipe.axis)  # the looks at a plane share the false alarms (Bonferroni)
    errors = _trends(recipe, table, "test_error", level)
    if why := _no_interval(recipe, table, errors[0]):
        return Verdict(f"undecided: {why}", decided=False)
    decided = any(one.change.excludes_zero for one in errors)
    losses = _trends(recipe, table, "test_loss", level)
    sentences = [_sentence(recipe, *axis, level) for axis in zip(recipe.axis, errors, losses, strict=True)]
    words = "; ".join(sentences) + f" ({_basis(recipe, errors[0])})"
    return Verdict(words if decided else f"undecided: {words}", decided)


def _trends(recipe: Recipe, table: pd.DataFrame, metric: str, level: float) -> list[Trend]:
    values = [setting.value for setting in recipe.settings]
    return [trend(table, metric, axis=axis, values=values, level=level) for axis in range(len(recipe.axis))]


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
    progress = f"{finished} of {plural(asked, 'trial')} finished"
    match error.change.n:
        case 0 if not finished:
            return f"no trial has finished (0 of {asked})"
        case 0:
            return f"{progress}, and no seed has all {len(recipe.settings)} settings; the same command continues"
        case 1 if recipe.seeds > 1:
            return f"{progress}, and one seed alone has all its settings: no interval yet; the same command continues"
        case 1:
            return f"one seed has no interval; run again with --seeds 3 ({_on_one_seed(recipe, error)})"
    return "" if math.isfinite(error.change.mean) else "a test error is not a number"


def _on_one_seed(recipe: Recipe, error: Trend) -> str:
    change = signed(error.change.mean, 2)
    return f"on this seed test error changes by {change} points from {_ends(recipe, recipe.axis[0], error)}"


def _sentence(recipe: Recipe, axis: str, error: Trend, loss: Trend, level: float) -> str:
    words, ends = _change(error.change, "test error", " points", level), _ends(recipe, axis, error)
    second = _change(loss.change, "test loss", "", level)
    if error.change.excludes_zero:
        return f"{words} from {ends}, and {second}"
    return f"from {ends} {words}; secondary and deciding nothing, {second}"


def _change(change: Interval, metric: str, unit: str, level: float) -> str:
    if not math.isfinite(change.mean):
        return f"{metric} is not a number in some trials"
    places = decimals(change.half_width)
    if change.excludes_zero:
        amount = f"{number(abs(change.mean), places)} ± {number(change.half_width, places)}"
        return f"{metric} {'falls' if change.mean < 0 else 'rises'} by {amount}{unit}"
    changes = f"{metric} changes by {signed(change.mean, places)}{unit}"
    if not change.has_spread:
        return f"{changes} on all {change.n} seeds alike, which may be chance and gives no spread to judge by"
    return f"{changes}, {_interval(change, level)}"


def _interval(interval: Interval, level: float) -> str:
    """The interval with its level, both ends signed."""
    places = decimals(interval.half_width)
    return f"{100 * level:g} % interval {signed(interval.low, places)} to {signed(interval.high, places)}"


def _ends(recipe: Recipe, axis: str, one: Trend) -> str:
    first, last = one.levels[0], one.levels[-1]
    if len(recipe.axis) > 1:
        return f"{axis} {first} to {last}"
    names = {setting.value: setting.setting for setting in recipe.settings}
    return f"{names[first]} to {names[last]}"


def _basis(recipe: Recipe, one: Trend) -> str:
    """What the numbers rest on; true whatever the shape between the ends, since it says what was fitted."""
    looks = len(recipe.axis)
    how = f"averaged over the other axis and fitted over all {len(recipe.settings)} settings"
    fitted = how if looks > 1 else f"fitted over all {len(recipe.settings)} settings"
    levels = f"{100 * (1 - _FALSE_ALARMS / looks):g} % intervals"
    counted = plural(one.change.n, "seed")
    if one.change.n < recipe.seeds:
        counted = f"{one.change.n} of {recipe.seeds} seeds, the others not having finished every setting"
    shared = "; two looks share 5 % of false alarms" if looks > 1 else ""
    return f"{fitted}; {counted}; {levels} over seeds, not over test images{shared}"
