"""Time against size: spaces of 10^3 to 10^30 networks filled, counted and sampled; 10^3 to 10^7 networks costed.

Run: `python -m tests.bench.scaling [--output docs/scaling.csv]`. A row is: what was done, to how many networks, in how
many seconds (the least of three), and whether the count was exact. `make pictures` draws docs/scaling.svg from it.
"""

import csv
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain, cycle, islice
from pathlib import Path

import numpy as np

from space import Arch, cost, parse
from space.budget import Limit, limit
from space.spaces.counting import count, size
from space.spaces.filling import tables
from space.spaces.sampling import samples
from space.spaces.space import space
from space.spaces.tables import Tables
from tests.bench.timing import seconds

ROUNDS = 3
SAMPLES = 10_000
STAGES = (1, 2, 3, 4, 6, 8, 10, 13)
CANDIDATES = tuple(10**n for n in range(3, 8))
MEMOISED = 10**5  # of them at most are costed one by one

Row = tuple[str, int, float, bool]


def deep(stages: int) -> str:
    """A space of so many stages, about 200 ways to choose each; the first four after the stem stride."""
    block = "1..4*bottleneck(16..112/8, {}, grouped({{1|2|4|8}}))".format
    parts = (block(256 if i % 2 else 192) + ("/2" if i < 4 else "") for i in range(stages))
    return " > ".join(("conv_stem(32)", *parts))


def draw(found: Tables, limits: list[Limit]) -> None:
    for _ in samples(found, limits, SAMPLES, 0):
        pass


def least(work: Callable[[], object]) -> float:
    return min(seconds(work) for _ in range(ROUNDS))


def of_spaces() -> Iterator[Row]:
    """Fill, count and sample, for a budget in the middle of what the space costs."""
    for stages in STAGES:
        one = space(deep(stages))
        found = tables(one)
        networks = size(found)
        middle = int(np.median(found.costs(next(samples(found, [], 1000, 0)))[:, 1]))
        limits = [limit(str(middle), 0.01)]
        exact = count(found, limits).exact
        yield "fill", networks, least(partial(tables, one)), True
        yield "count", networks, least(partial(count, found, limits)), exact
        yield "sample", networks, least(partial(draw, found, limits)), True


def one_by_one(archs: Sequence[Arch], candidates: int) -> None:
    for arch in islice(cycle(archs), candidates):
        cost(arch)


def of_candidates() -> Iterator[Row]:
    """Cost so many networks of the tree: from tables, and one by one."""
    found = tables(space("tree"))
    paths = np.concatenate(list(samples(found, [], CANDIDATES[0], 0)))
    archs = [parse(sentence) for sentence in found.sentences(paths)]
    for candidates in CANDIDATES:
        many = np.resize(paths, (candidates, paths.shape[1]))
        yield "tables", candidates, least(partial(found.costs, many)), True
        if candidates <= MEMOISED:
            yield "memoised", candidates, least(partial(one_by_one, archs, candidates)), True


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--output")
    options = parser.parse_args()
    rows = []
    for row in chain(of_spaces(), of_candidates()):
        what, networks, took, exact = row
        print(f"{what:10} {networks:>12.3g} networks {took:>10.4f} s {'' if exact else '(bounds)'}", flush=True)
        rows.append(row)
    if options.output:
        with Path(options.output).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows((("what", "networks", "seconds", "exact"), *rows))
