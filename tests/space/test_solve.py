"""What is solved is the best there is, by brute force over networks that are costed one by one."""

from collections.abc import Callable, Sequence
from itertools import product
from math import floor, log, prod

import pytest
from hypothesis import assume, given, settings, strategies as st

from space import cost, parse
from space.draft import Draft
from space.middle import inner, step, with_inner
from space.solve import Solved, solve_depths, solve_widths

TOLERANCE = 0.02
MOST = 40  # of an integer, in the brute force

Costs = Callable[[Sequence[int]], int]


def ideals(costs: Costs, own: Sequence[float], macs: int) -> list[float]:
    """By the definition: the own integers times the factor at which the cost, linear between them, is the budget."""

    def relaxed(factor: float) -> float:
        lows = [floor(factor * unit) for unit in own]
        parts = [factor * unit - low for unit, low in zip(own, lows, strict=True)]
        return sum(
            prod(part if up else 1 - part for part, up in zip(parts, corner, strict=True))
            * costs([low + up for low, up in zip(lows, corner, strict=True)])
            for corner in product((0, 1), repeat=len(own))
        )

    low, high = 1.0, 64.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if relaxed(middle) < macs else (low, middle)
    return [high * unit for unit in own]


def is_the_best(found: Sequence[int], solved: Solved, costs: Costs, own: Sequence[float], macs: int) -> None:
    """Of all within the tolerance the least distorted; if none is near enough, of those near the ideals the nearest."""
    perfect = ideals(costs, own, macs)
    assume(max(perfect) < MOST / 3)
    everything = list(product(range(1, MOST), repeat=len(own)))
    errors = {n: abs(costs(n) - macs) for n in everything}
    distortion = {n: sum(log(a / x) ** 2 for a, x in zip(n, perfect, strict=True)) for n in everything}
    if errors[tuple(found)] <= TOLERANCE * macs:
        least = min(distortion[n] for n in everything if errors[n] <= TOLERANCE * macs)
        assert distortion[tuple(found)] == pytest.approx(least, abs=1e-6)
    else:
        near = [
            n for n in everything if all(abs(log(a / x)) <= log(solved.within) for a, x in zip(n, perfect, strict=True))
        ]
        assert all(errors[tuple(found)] <= errors[n] for n in near)
        assert len(near) <= solved.among


@given(st.data(), st.floats(1, 3))
@settings(max_examples=25, deadline=None)
def test_no_widths_within_the_tolerance_are_less_distorted(data: st.DataObject, factor: float) -> None:
    groups, widths = (data.draw(st.tuples(n, n)) for n in (st.sampled_from((1, 2, 3)), st.integers(1, 8)))
    stages = " > ".join(f"2*bottleneck({c * w}, 24, grouped({c}))/2" for c, w in zip(groups, widths, strict=True))
    draft = Draft.of(parse(f"input(3, 16) > conv_stem(8, pool=false) > {stages} > head(10)"))
    steps = [step(stage.block) for stage in draft.stages]

    def costs(integers: Sequence[int]) -> int:
        new = iter([n * by for n, by in zip(integers, steps, strict=True)])
        return draft.moved(lambda block: with_inner(block, next(new))).macs()

    macs = round(factor * draft.macs())
    solved = solve_widths(draft, macs, tolerance=TOLERANCE)
    assert costs(widths) == draft.macs()
    found = [inner(stage.block) // by for stage, by in zip(solved.arch.stages, steps, strict=True)]
    is_the_best(found, solved, costs, widths, macs)


@given(st.tuples(st.integers(1, 5), st.integers(1, 5)), st.integers(2, 9), st.floats(1, 3))
@settings(max_examples=25, deadline=None)
def test_no_depths_of_dense_blocks_are_better_though_each_changes_what_the_next_block_costs(
    depths: tuple[int, int], growth_rate: int, factor: float
) -> None:
    blocks = " > transition/2 > ".join(f"{n}*dense_layer({growth_rate})" for n in depths)
    draft = Draft.of(parse(f"input(3, 16) > bare_stem(8) > {blocks} > norm_head(10)"))
    macs = round(factor * draft.macs())
    solved = solve_depths(draft, macs, tolerance=TOLERANCE)
    found = [stage.depth for stage in Draft.of(solved.arch).body]
    is_the_best(found, solved, lambda n: draft.deepened(tuple(n)).macs(), depths, macs)


@pytest.mark.parametrize(
    "name", ["resnet50", "densenet121", "resnest50_fast_2s1x64d", "dpn68", "res2net50_26w4s", "seresnet50", "senet154"]
)
def test_a_draft_costs_what_its_sentence_does(name: str) -> None:
    arch = parse(name)
    assert Draft.of(arch).macs() == cost(arch).macs
    assert Draft.of(arch).arch() == arch


def test_networks_that_cost_the_same_are_told_apart_by_their_proportions() -> None:
    """A repeating block of a ResNet costs the same in every stage: the depths are the nearest to the base's."""
    solved = solve_depths(Draft.of(parse("resnet50")), 2 * 10**9, tolerance=0)
    assert [stage.depth for stage in solved.arch.stages] == [1, 2, 2, 1]


@pytest.mark.parametrize(("share", "possible", "off"), [(0.95, 96, 0.0142), (0.8, 75, 0.0156)])
def test_what_is_possible_after_some_depths_alone_is_among_what_is_proven(
    share: float, possible: int, off: float
) -> None:
    """A shortcut that cannot shrink refuses what too deep a dense block hands on; the figures are of brute force."""
    base = parse("conv_stem(64) > 5*dense_layer(32) > 3*bottleneck(64, 256, zero_padding) > 4*bottleneck(128, 512)/2")
    macs = round(share * cost(base).macs)
    found = solve_depths(Draft.of(base), macs, tolerance=0.001)
    assert abs(cost(found.arch).macs / macs - 1) == pytest.approx(off, abs=1e-4)
    assert found.among == possible
