"""Whether two runs, or a run and a published table, order their settings alike; and the words for it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.published import PublishedCurve, published_for
from analysis.recipe import Recipe
from analysis.statistics.agreement import FEWEST_SETTINGS, Agreement, agreement
from analysis.statistics.intervals import Interval, by_replicate
from analysis.words import MISSING, number, plural

ORDERED = 3  # settings that are in a published table too, at least: two are one difference, which the verdict has
MANY = 200  # settings that an order is taken of, at most: tau looks at every pair of them, in every draw
NONE = Agreement(Interval(math.nan, math.nan, math.nan, 0), 0, 0)
TAU = "Kendall's τ is 1 where two orders are the same, −1 where one is the other's reverse, and τ-b minds ties."
OVER_SEEDS = (
    "Its 95 % intervals here are over seeds, and about these settings alone. They cover 98 to 100 % in simulations, "
    "and 96 to 100 % of runs that share nine tenths of their noise: mostly more than they must, as noise is not to be "
    "taken for disagreement."
)
OVER_SETTINGS = (
    f"Of {FEWEST_SETTINGS} settings and more the 95 % intervals of τ are over settings: for others of their kind, "
    "measured with as many seeds. They cover 93 to 100 % in simulations of independent settings, and 88 to 90 % where "
    "each has a twin. Of fewer settings, and where two orders are the same, they are over seeds, and about these "
    "settings alone. Noise that two runs share, as of equal seeds and first weights, raises τ, which no interval knows."
)
CEILING = (
    "The noise ceiling is the τ that runs as noisy as these would show on average if their true orders were the same: "
    "one that is near it agrees as well as noise lets it be seen, one far below does not for want of seeds."
)

Replicates = Mapping[int, float]  # of one setting: a metric by replicate


def order_agreement(a: Sequence[Replicates], b: Sequence[Replicates]) -> Agreement:
    """Of two runs that measured the same settings, given in one order; whichever is named first.

    Over the replicates in which a run has finished all of them. Where a run has but one, or none and so only its means,
    there is no interval: its order is noise that nothing measures.
    """
    assert len(a) == len(b)
    if len(a) < 2:
        return NONE
    taken = np.linspace(0, len(a) - 1, min(len(a), MANY)).astype(int)
    one, other = ([side[i] for i in taken] for side in (a, b))
    # in an order of their own, as the bootstrap draws one after the other
    rows = sorted((_rows(one), _rows(other)), key=lambda side: side.tobytes())
    found, seeds = agreement(*rows), min(len(_complete(one)), len(_complete(other)))
    return found if seeds > 1 else _without_interval(found, seeds)


class PublishedOrder(NamedTuple):
    """A run's order beside a published one, of the settings that have a finished trial and are in the table."""

    curve: PublishedCurve
    found: Agreement
    settings: tuple[str, ...]


def published_order(recipe: Recipe, table: pd.DataFrame) -> PublishedOrder | None:
    """Of a run's test errors with those of its published table; None without a table or two settings in both."""
    curve, errors = published_for(recipe), by_replicate(table, "test_error")
    if curve is None:
        return None
    shared = tuple(s.setting for s in recipe.settings if s.setting in curve.errors and s.setting in errors)
    if len(shared) < 2:
        return None
    measured = [errors[setting] for setting in shared]
    found = agreement(_rows(measured), [curve.errors[setting] for setting in shared])
    return PublishedOrder(curve, _without_interval(found, 0) if not _complete(measured) else found, shared)


def order_words(found: Agreement) -> str:
    """Kendall's τ 0.60 (95 % interval −0.07 to 1.00), 4 of 15 pairs of settings settled."""
    tau = found.tau
    if not math.isfinite(tau.mean):
        return "Kendall's τ is no number, as all settings of one side are alike" if found.pairs else "no order"
    settled = f"{found.settled:,} of {plural(found.pairs, 'pair')} of settings settled"
    if not math.isfinite(tau.low):
        of = "on one seed" if tau.n else "of means, as no seed has finished every setting"
        return f"Kendall's τ {number(tau.mean, 2)} {of}, which has no interval"
    return f"Kendall's τ {number(tau.mean, 2)} (95 % interval {number(tau.low, 2)} to {number(tau.high, 2)}), {settled}"


def over_settings_words(found: Agreement) -> str:
    """Kendall's τ 0.32 (95 % interval −0.24 to 0.88 over settings like these); of too few, what is said of these."""
    low, high = found.over_settings.low, found.over_settings.high
    if not math.isfinite(low):
        return order_words(found)
    ends = f"95 % interval {number(low, 2)} to {number(high, 2)} over settings like these"
    return f"Kendall's τ {number(found.over_settings.mean, 2)} ({ends})"


def tau_words(tau: Interval) -> str:
    """For a cell: 0.60 (−0.07 to 1.00)."""
    if not math.isfinite(tau.mean):
        return MISSING
    if not math.isfinite(tau.low):
        return f"{number(tau.mean, 2)} (no interval)"
    return f"{number(tau.mean, 2)} ({number(tau.low, 2)} to {number(tau.high, 2)})"


def ceiling_words(found: Agreement) -> str:
    """For a cell: 0.35, or a dash where one seed says nothing of its noise."""
    return number(found.ceiling, 2) if math.isfinite(found.ceiling) else MISSING


def published_words(recipe: Recipe, table: pd.DataFrame) -> str:
    """One sentence on a run's order and the published one; empty where there is nothing to say, or one pair alone."""
    order = published_order(recipe, table)
    if order is None or not math.isfinite(order.found.tau.mean) or len(order.settings) < ORDERED:
        return ""
    tau, where, of = order.found.tau, f"that of {order.curve.table}", len(recipe.settings)
    which = "the settings" if len(order.settings) == of else f"{len(order.settings)} of {of} settings"
    if tau.low > 0:
        said = f"The order of {which} agrees with {where}"
    elif tau.high < 0:
        said = f"The order of {which} is opposed to {where}"
    else:
        said = f"Whether the order of {which} agrees with {where} is undecided"
    return f"{said}: {order_words(order.found)}."


def _rows(settings: Sequence[Replicates]) -> NDArray[np.float64]:
    """Of shape (replicates, settings): complete replicates, or the settings' means as one row where there is none."""
    complete = _complete(settings)
    if not complete:
        return np.array([[float(np.mean(list(one.values()))) for one in settings]])
    return np.array([[one[replicate] for one in settings] for replicate in complete], dtype=np.float64)


def _complete(settings: Sequence[Replicates]) -> list[int]:
    """The replicates that all of them have."""
    return sorted(set.intersection(*map(set, settings)))


def _without_interval(found: Agreement, seeds: int) -> Agreement:
    tau = Interval(found.tau.mean, math.nan, math.nan, seeds)
    return replace(found, tau=tau, over_settings=tau, ceiling=math.nan)
