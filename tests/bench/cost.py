"""Networks costed per second on one core: from a space's tables, memoised by part, and by fvcore on the built module.

Run: `python -m tests.bench.cost [--space tree] [--networks 1000000] [--rounds 5]`. The three take turns on the same
networks, drawn uniformly from the space, so that a machine that slows down slows all. Ends with status 1 if a bound is
missed.
"""

import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from functools import partial
from statistics import median

import numpy as np
import torch

from search.counters import measured_macs
from space import Arch, build, cost, parse
from space.spaces.filling import tables
from space.spaces.sampling import Paths, samples
from space.spaces.space import space
from space.spaces.tables import MEASURES, Tables
from tests.bench.timing import judge, judge_ratio, judge_speed, per_second

PARSED, BUILT = 200, 2  # networks of each round that are costed one by one, and built
FILL = """
import resource, sys, time
import numpy, space
start = time.perf_counter()
from space.spaces.filling import tables
from space.spaces.space import space
tables(space(sys.argv[1]))
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def counted(sentences: list[str]) -> list[int]:
    """As a tool that has no sum to look up: build, and let fvcore trace."""
    return [measured_macs(build(arch), arch.input.shape()) for arch in map(parse, sentences)]


def memoised(archs: list[Arch]) -> list[int]:
    return [cost(arch).macs for arch in archs]


def rates(found: Tables, paths: Paths, rounds: int) -> dict[str, list[float]]:
    """Networks per second, a round each."""
    speeds: dict[str, list[float]] = {"tables": [], "memoised": [], "fvcore": []}
    rng = np.random.default_rng(0)
    for _ in range(rounds):
        chosen = paths[rng.integers(0, len(paths), PARSED)]
        some = found.sentences(chosen)
        archs = list(map(parse, some))
        assert memoised(archs) == found.costs(chosen)[:, MEASURES.index("macs")].tolist()  # warms up, too
        speeds["tables"].append(per_second(partial(found.costs, paths), len(paths)))
        speeds["memoised"].append(per_second(partial(memoised, archs), PARSED))
        speeds["fvcore"].append(per_second(partial(counted, some[:BUILT]), BUILT))
    return speeds


def filling(name: str, rounds: int) -> Iterator[bool]:
    """Whether the tables are filled as fast and in as little memory as they should, each time in a new process."""
    command = [sys.executable, "-c", FILL, name]
    runs = [subprocess.run(command, check=True, capture_output=True, text=True).stdout.split() for _ in range(rounds)]
    times, gigabytes = [float(run[0]) for run in runs], max(float(run[1]) for run in runs) / 1e6
    spread = f"median {median(times):.2f}, {min(times):.2f} to {max(times):.2f}, n={rounds}"
    yield judge(f"seconds to fill the tables of {name}", f"{min(times):.2f}", spread, min(times), at_most=5)
    yield judge("peak memory of that, GB", f"{gigabytes:.2f}", "of the whole process", gigabytes, at_most=1.5)


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--space", default="tree")
    parser.add_argument("--networks", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    met = [*filling(options.space, options.rounds)]
    found = tables(space(options.space))
    paths = np.concatenate(list(samples(found, [], options.networks, 0)))
    speeds = rates(found, paths, options.rounds)
    met += [judge_speed("networks/s from the tables", speeds["tables"], at_least=2e6)]
    judge_speed("networks/s memoised", speeds["memoised"])
    judge_speed("networks/s built, and traced by fvcore", speeds["fvcore"])
    met += [judge_ratio("tables / fvcore", speeds["tables"], speeds["fvcore"], at_least=1e6)]
    judge_ratio("tables / memoised", speeds["tables"], speeds["memoised"])
    sys.exit(not all(met))
