"""Networks within 1 % of a budget drawn per second: by construction, and by rejection with and without tables.

Run: `python -m tests.bench.sample [--space tree] [--budget 4GFLOPs] [--rounds 5]`. The three take turns. The first two
draw from the same tables, so that only the method differs; the third costs every draw by tracing it. Then a million
samples are written to a file by one command, and its peak memory is held against that of a tenth of them. Ends with
status 1 if a bound is missed.
"""

import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from space import cost, parse
from space.budget import Limit, limit
from space.spaces.counting import count, size
from space.spaces.filling import tables
from space.spaces.sampling import samples, within
from space.spaces.space import space
from space.spaces.tables import Tables
from tests.bench.timing import judge, judge_ratio, judge_speed

DRAWN, BLIND, TRACED = 500_000, 1 << 20, 2_000  # networks of each round: within the budget; drawn from the whole space

Method = Callable[[Tables, Sequence[Limit], int], float]

COMMAND = """
import resource, sys
from search.cli import main
main(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def by_construction(found: Tables, limits: Sequence[Limit], seed: int) -> int:
    return sum(map(len, samples(found, limits, DRAWN, seed)))


def by_rejection(found: Tables, limits: Sequence[Limit], seed: int) -> int:
    return sum(int(within(found.costs(paths), limits).sum()) for paths in samples(found, [], BLIND, seed))


def by_tracing(found: Tables, limits: Sequence[Limit], seed: int) -> float:
    """The number expected of so few draws: their costs are all found, but hardly one is within the budget."""
    for sentence in found.sentences(np.concatenate(list(samples(found, [], TRACED, seed)))):
        cost(parse(sentence))
    return TRACED * count(found, limits).high / size(found)


def rate(method: Method, found: Tables, limits: Sequence[Limit], seed: int) -> float:
    """Networks within the limits per second."""
    start = time.perf_counter()
    return method(found, limits, seed) / (time.perf_counter() - start)


def written(name: str, budget: str, networks: int) -> tuple[float, float]:
    """Seconds and peak gigabytes of the command that writes so many samples."""
    with TemporaryDirectory() as folder:
        words = ["space", name, "sample", "--budget", budget, "--n", str(networks)]
        words += ["--output", str(Path(folder) / "samples.parquet")]
        start = time.perf_counter()
        run = subprocess.run([sys.executable, "-c", COMMAND, *words], check=True, capture_output=True, text=True)
        return time.perf_counter() - start, int(run.stdout.split()[-1]) / 1e6


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--space", default="tree")
    parser.add_argument("--budget", default="4GFLOPs")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    found, limits = tables(space(options.space)), [limit(options.budget, 0.01)]
    print(f"{count(found, limits).high:,} of {size(found):,} networks are within 1 % of {options.budget}")
    methods: tuple[Method, ...] = (by_construction, by_rejection, by_tracing)
    speeds = [[rate(method, found, limits, seed) for method in methods] for seed in range(options.rounds)]
    ours, blind, traced = (list(column) for column in zip(*speeds, strict=True))
    met = [judge_speed("samples/s by construction", ours, at_least=1e5)]
    judge_speed("samples/s by rejection, the same tables", blind)
    judge_speed("samples/s by rejection, traced costs", traced)
    judge_ratio("by construction / by rejection, same tables", ours, blind)
    judge_ratio("by construction / by rejection, traced costs", ours, traced)
    few, many = written(options.space, options.budget, 100_000), written(options.space, options.budget, 1_000_000)
    spread = f"a tenth of them {few[0]:.1f} s"
    met += [judge("a million samples to Parquet, s", f"{many[0]:.1f}", spread, many[0], at_most=60)]
    growth = many[1] / few[1]
    spread = f"{many[1]:.2f} GB against {few[1]:.2f} GB"
    met += [judge("peak memory of that / of a tenth", f"{growth:.2f}", spread, growth, at_most=1.25)]
    sys.exit(not all(met))
