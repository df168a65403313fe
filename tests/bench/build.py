"""Built networks against pytorchcv's, side by side: forward + backward, time to build, and what a cost query costs.

Run: `python -m tests.bench.build [--rounds 9] [--batch 8] [--threads 2]`. Two works alternate, in alternating order, so
that a machine that slows down slows both. The first number of a line, the best of one against the best of the other, is
what other jobs on the machine disturb least, and is held to the bound; then come the median over the rounds and their
range. Ends with status 1 if a bound is missed.
"""

import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from math import inf
from pathlib import Path
from statistics import median

import torch
from torch import nn

from space import build, cost, parse
from tests.bench.timing import judge, seconds

NETWORKS = {
    "resnet50": ("resnet", "resnet50b"),  # their resnet50 strides in the first 1x1, resnet50b in the 3x3
    "resnext50_32x4d": ("resnext", "resnext50_32x4d"),
    "densenet121": ("densenet", "densenet121"),
    "resnest50": ("resnesta", "resnesta50"),
}


def theirs(name: str) -> nn.Module:
    module, function = NETWORKS[name]
    network: nn.Module = getattr(import_module(f"pytorchcv.models.{module}"), function)()
    return network


def training_step(model: nn.Module, images: torch.Tensor) -> None:
    model.zero_grad(set_to_none=True)
    model(images).sum().backward()


def rounds_of(ours: Callable[[], object], other: Callable[[], object], rounds: int) -> list[tuple[float, float]]:
    """Seconds of ours and of the other, a round each."""
    found = []
    for i in range(rounds):
        order = (ours, other) if i % 2 else (other, ours)
        times = {work: seconds(work) for work in order}
        found.append((times[ours], times[other]))
    return found


def show(what: str, found: list[tuple[float, float]], *, at_least: float = 0, at_most: float = inf) -> bool:
    """Print the ratio of each round's first number to its second, where smaller is better unless it is `at_least`."""
    ratios = [one / other for one, other in found]
    extreme = max if at_least else min
    best = extreme(one for one, _ in found) / extreme(other for _, other in found)
    spread = f"median {median(ratios):.3f}, {min(ratios):.3f} to {max(ratios):.3f}, n={len(ratios)}"
    return judge(what, f"{best:.3f}", spread, best, at_least=at_least, at_most=at_most)


def network(name: str, images: torch.Tensor, rounds: int) -> Iterator[bool]:
    """Whether ours trains and builds as fast as it should."""
    steps = [partial(training_step, model.train(), images) for model in (build(parse(name)), theirs(name))]
    _ = [step() for step in steps]  # warm up
    speeds = [(len(images) / one, len(images) / other) for one, other in rounds_of(steps[0], steps[1], rounds)]
    yield show(f"{name}: images/s, ours / theirs", speeds, at_least=0.97)
    built = rounds_of(partial(build, parse(name)), partial(theirs, name), rounds)
    yield show(f"{name}: build time, ours / theirs", built, at_most=1.5)


def queries(rounds: int) -> Iterator[bool]:
    """Whether costs are quick to ask for, in a process of their own and in one that runs."""
    command = [str(Path(sys.executable).parent / "explore"), "cost", "resnet50"]
    explore, imports = (
        partial(subprocess.run, code, check=True, capture_output=True)
        for code in (command, [sys.executable, "-c", "import torch"])
    )
    yield show("time of explore cost resnet50 / import torch", rounds_of(explore, imports, rounds), at_most=0.6)
    arch = parse("resnext50_32x4d")
    cost(arch)
    found = [1e6 * seconds(lambda: [cost(arch) for _ in range(100)]) / 100 for _ in range(50)]
    spread = f"median, {min(found):.1f} to {max(found):.1f}, n={len(found)}"
    yield judge("memoised cost query, µs", f"{median(found):.1f}", spread, median(found), at_most=40)


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    for option, default in (("--rounds", 9), ("--batch", 8), ("--threads", 2)):
        parser.add_argument(option, type=int, default=default)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    images = torch.randn(options.batch, 3, 224, 224)
    print(f"torch {torch.__version__}, {options.threads} threads, batch {options.batch}; theirs is pytorchcv")
    results = [met for name in NETWORKS for met in network(name, images, options.rounds)]
    sys.exit(not all([*results, *queries(options.rounds)]))
