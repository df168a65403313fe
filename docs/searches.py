"""The tables of what was searched: along an axis with hyperparameters, and over a whole space."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

import numpy as np
from scipy.stats import kendalltau  # type: ignore[import-untyped]

from analysis.cells import difference_words, interval_words
from analysis.comparison.pairs import comparison
from analysis.comparison.spaces import Spaces, spaces
from analysis.image_scores import image_scores
from analysis.measured import summaries
from analysis.searched import Outcome, outcomes, ranked
from analysis.tuned import tuned, tuned_sheet
from analysis.words import MISSING, amount, number
from docs.study import committed

BEST = 8  # networks of a free search that are shown
KEPT = {"the search, what ASHA kept": "free-search", "tree": "random-tree-1"}
PARTS = {
    "tree, again": "random-tree-again",
    "its grouped bottlenecks": "part-grouped",
    "its split-attention bottlenecks": "part-split",
    "its hierarchical bottlenecks": "part-scaled",
}
DRAWN = {"tree": "random-tree", "resnext": "random-resnext", "resnest": "random-resnest", "res2net": "random-res2net"}
SAMPLES = (KEPT, PARTS, DRAWN)
"""By what was sampled, the run: all of a dictionary from one `--seed`, the first of it held against the others."""


def each_tuned(name: str) -> Iterable[list[str]]:
    """The settings of a sweep along an axis, each at its best."""
    found = tuned(committed(name))
    assert found
    each = tuned_sheet(found)
    yield [*each.columns]
    for one in each.rows:
        yield [one.title or one.name, *(cell.text for cell in one.cells)]


def tried(name: str) -> Iterable[list[str]]:
    """The test errors of the settings with every combination of what was tuned, each a run along the axis."""
    run = committed(name)
    sweep, table, kept = run.recipe.sweep, run.trials(), image_scores(run)
    assert sweep
    settings = [setting.setting for setting in run.recipe.settings]
    yield [*sweep.fields, *settings, f"change from {settings[0]} to {settings[-1]}"]
    for values, trials in table.groupby(list(sweep.fields)):
        numbers = summaries(run.recipe, trials, kept)
        errors = (interval_words(found.error) for found in numbers)
        yield [*(f"{value:g}" for value in values), *errors, difference_words(numbers[-1].difference)]


def searched(name: str) -> Iterable[list[str]]:
    """The best networks of a free search, with their sentences."""
    yield ["proposal", "validation loss", "test error (%)", "multiply-adds", "params", "sentence"]
    for one in ranked(outcomes(committed(name)))[:BEST]:
        setting, (loss, *_) = one.proposal.setting, one.values
        costs = (amount(setting.macs), amount(setting.params))
        yield [setting.setting, number(loss, 4), number(one.test_error, 2), *costs, f"`{setting.sentence}`"]


def met(name: str) -> Iterable[list[str]]:
    """What the networks of a free search are made of, and what came of those that have it."""
    found = outcomes(committed(name))
    best, having = ranked(found), Counter(word for one in found for word in _words(one))
    yield ["word", "networks", "trained to the end", "best place"]
    for word, count in sorted(having.items(), key=lambda item: (-item[1], item[0])):
        places = [place for place, one in enumerate(best, 1) if word in _words(one)]
        yield [f"`{word}`", str(count), str(len(places)), str(min(places)) if places else MISSING]


def sampled(runs: Mapping[str, str]) -> Spaces:
    """The samples of these, in their order."""
    (found,) = spaces(comparison([committed(name) for name in runs.values()]).sides)
    return found


def errors_met() -> Iterable[list[str]]:
    """How the errors of every sample are distributed, and whether they could be of one space with its first's."""
    ends = ("least test error (%)", "median", "most", "least validation loss")
    yield ["networks of", "`--seed`", "trained to the end", *ends, "held against", "D", "p"]
    for runs in SAMPLES:
        found = sampled(runs)
        tested = {one.b: one.found for one in found.tested if one.a is found.samples[0].side}
        for (name, run), sample in zip(runs.items(), found.samples, strict=True):
            errors = [number(float(np.quantile(sample.errors, q)), 2) for q in (0, 0.5, 1)]
            loss = number(ranked(outcomes(committed(run)))[0].values[0], 4)
            test = tested.get(sample.side)
            apart = [next(iter(runs)), number(test.distance, 2), number(test.p_value, 2)] if test else 3 * [MISSING]
            yield [name, str(committed(run).recipe.seed), str(len(sample.errors)), *errors, loss, *apart]


def predicted() -> Iterable[list[str]]:
    """How far the validation loss after every epoch puts networks in their last order, of those drawn at random."""
    seeds = {committed(next(iter(runs.values()))).recipe.seed: _predicted(runs) for runs in (DRAWN, PARTS)}
    ends = ("the last validation loss", "test error")
    yield ["after epoch", *(f"τ to the order of {end}, `--seed {seed}`" for end in ends for seed in seeds)]
    for epoch, taus in enumerate(zip(*seeds.values(), strict=True), 1):
        yield [str(epoch), *(number(of_seed[end], 2) for end in range(len(ends)) for of_seed in taus)]


def _predicted(runs: Mapping[str, str]) -> list[tuple[float, ...]]:
    """After every epoch, τ of these networks' validation losses to the last ones, and to the test errors."""
    trials = [trial for name in runs.values() for trial in committed(name).finished().values()]
    ends = [[trial.metrics[metric] for trial in trials] for metric in ("validation_loss", "test_error")]
    epochs = zip(*([reading["validation_loss"] for reading in trial.curve] for trial in trials), strict=True)
    return [tuple(float(kendalltau(losses, end).statistic) for end in ends) for losses in epochs]


def _words(one: Outcome) -> set[str]:
    """Of its sentence, but for the names of arguments."""
    return set(re.findall(r"\b[a-z]\w*\b(?!=)", one.proposal.setting.sentence))
