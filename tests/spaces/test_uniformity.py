"""Samples are uniform over the networks within the budgets: chi-square against the list of them.

A test here rejects a right sampler once in 10^7 seeds, and the seeds are fixed. Two wrong samplers are rejected by it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import chisquare

from space.budget import Limit
from space.spaces import sampling
from space.spaces.bins import bins
from space.spaces.filling import tables
from space.spaces.listing import networks
from space.spaces.sampling import Paths, samples, within
from space.spaces.space import space
from space.spaces.tables import MEASURES, Tables

FALSE_ALARM = 1e-7
DRAWS = 100  # of every network, on average

TIED = (
    "n = 1..2; C = {1|2|4}; conv_stem(8)"
    " > n*bottleneck(8, {8|16|24|32}, grouped(C)) > n*bottleneck({8|16|24|32}, 32, grouped(C))/2"
)
CONDITIONAL = (
    "conv_stem({4|8}) > {basic(8)|1..3*bottleneck({4|8|12}, 8, {grouped({1|2|3})|split_attention({1|2}, 1)})}"
    " > {transition(0.5)|dense_layer({2|3|4|5})}/2"
)
REFUSING = (
    "conv_stem({4|8|16}) > {1|2}*basic({8|16|32}, grouped({1|2|4}))"
    " > basic({8|16|24|32}, {projection|zero_padding|pooled_projection})/2"
)
WIDE = "conv_stem(8) > 1..4*basic({4|8|12|16}) > 1..4*basic({4|8|12|16})/2"

SETTINGS = [
    # space, cells (None: the sampler's own), measures and the quarters of the sorted costs between which they may be
    (TIED, None, {}),
    (TIED, None, {"macs": (1, 3)}),
    (TIED, 1, {"macs": (1, 3)}),
    (TIED, 1, {"params": (0, 2), "activations": (1, 4)}),
    (CONDITIONAL, None, {}),
    (CONDITIONAL, 1, {"params": (1, 3)}),
    (CONDITIONAL, 2, {"macs": (0, 3), "cio": (1, 4)}),
    (REFUSING, None, {"macs": (1, 3)}),
    (REFUSING, 1, {"macs": (1, 3)}),
    (WIDE, None, {"macs": (1, 2)}),
    (WIDE, 1, {"macs": (1, 2)}),
    (WIDE, 1, {"macs": (0, 3), "params": (1, 4), "activations": (1, 4)}),
]


def budgets(known: Tables, quarters: dict[str, tuple[int, int]]) -> tuple[Limit, ...]:
    """Between two quartiles of every measure."""
    costs = known.costs(np.concatenate(list(networks(known, ()))))
    found = []
    for measure, ends in quarters.items():
        values = np.sort(costs[:, MEASURES.index(measure)])
        low, high = (int(values[min(quarter * len(values) // 4, len(values) - 1)]) for quarter in ends)
        found.append(Limit(measure, measure, low, high))
    return tuple(found)


def chance(inside: Sequence[Paths], drawn: Paths) -> float:
    """Of draws from a uniform sampler being at least as uneven as these."""
    seen = Counter(map(bytes, drawn))
    listed = [bytes(path) for path in np.concatenate(inside)]
    assert set(seen) <= set(listed)
    return float(chisquare([seen[path] for path in listed]).pvalue)


@pytest.mark.parametrize(("text", "cells", "quarters"), SETTINGS)
def test_samples_are_uniform(
    text: str, cells: int | None, quarters: dict[str, tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = tables(space(text))
    limits = budgets(known, quarters)
    if cells is not None:
        monkeypatch.setattr(sampling, "CELLS", cells)
        low, high = bins(known, limits, cells << 2 * len(limits)).bounds()
        assert low < high  # so that some draws must be turned away
    inside = list(networks(known, limits))
    count = DRAWS * sum(map(len, inside))
    assert count >= 20 * DRAWS
    assert chance(inside, np.concatenate(list(samples(known, limits, count, seed=0)))) > FALSE_ALARM


def by_choice(known: Tables, limits: Sequence[Limit], rng: np.random.Generator) -> Iterator[Paths]:
    """The obvious wrong sampler: every choice at random by itself, and what is not within the limits thrown away."""
    while True:
        state, columns = np.zeros(1 << 14, np.int64), []
        for place in known.places:
            begin, end = place.offsets[state], place.offsets[state + 1]
            options = begin + (rng.random(len(state)) * (end - begin)).astype(np.int64)
            columns.append(options)
            state = place.target[options]
        paths = np.column_stack(columns).astype(np.int32)
        yield paths[within(known.costs(paths), limits)]


@pytest.mark.parametrize(("text", "quarters"), [(REFUSING, {}), (REFUSING, {"params": (1, 3)})])
def test_choices_drawn_one_by_one_would_be_noticed(text: str, quarters: dict[str, tuple[int, int]]) -> None:
    known = tables(space(text))
    limits = budgets(known, quarters)
    inside = list(networks(known, limits))
    count = DRAWS * sum(map(len, inside))
    batches, drawn = by_choice(known, limits, np.random.default_rng(0)), np.zeros((0, len(known.places)), np.int32)
    while len(drawn) < count:
        drawn = np.concatenate((drawn, next(batches)))
    assert chance(inside, drawn[:count]) < FALSE_ALARM**2


def test_a_fifth_too_few_of_one_network_in_ten_would_be_noticed() -> None:
    known = tables(space(CONDITIONAL))
    inside = np.concatenate(list(networks(known, ())))
    rng = np.random.default_rng(0)
    weights = np.where(np.arange(len(inside)) % 10 == 0, 0.8, 1.0)
    count = 5 * DRAWS * len(inside)
    drawn = inside[rng.choice(len(inside), count, p=weights / weights.sum())]
    assert chance([inside], drawn) < FALSE_ALARM
    assert chance([inside], inside[rng.integers(len(inside), size=count)]) > FALSE_ALARM


def test_a_bin_taken_whole_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the acceptance step networks beyond the budget come too."""
    known = tables(space(WIDE))
    limits = budgets(known, {"macs": (1, 2)})
    monkeypatch.setattr(sampling, "CELLS", 1)
    monkeypatch.setattr(sampling, "within", lambda costs, _: np.ones(len(costs), dtype=bool))
    inside = list(networks(known, limits))
    with pytest.raises(AssertionError):
        chance(inside, np.concatenate(list(samples(known, limits, 10_000, seed=0))))


def test_one_draw_says_nothing_of_the_next() -> None:
    known = tables(space(TIED))
    drawn = np.concatenate(list(samples(known, (), 200_000, seed=1)))
    half = [int(line.sum()) % 4 for line in drawn]  # four kinds of networks, seldom of equal number
    once, twice = Counter(half), Counter(pairwise(half))
    expected = {(a, b): once[a] * once[b] / len(half) for a in once for b in once}
    got = np.array([twice[pair] for pair in expected], dtype=float)
    wanted = np.array(list(expected.values()))
    assert len(expected) == 16
    assert chisquare(got, wanted * got.sum() / wanted.sum(), ddof=6).pvalue > FALSE_ALARM


@pytest.mark.parametrize("batch", [1, 7])
def test_batches_without_a_network_are_not_handed_on(batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    known = tables(space(WIDE))
    limits = budgets(known, {"macs": (1, 2)})
    monkeypatch.setattr(sampling, "CELLS", 1)
    monkeypatch.setattr(sampling, "BATCH", batch)
    drawn = list(samples(known, limits, 50, seed=0))
    assert all(map(len, drawn))
    assert sum(map(len, drawn)) == 50
