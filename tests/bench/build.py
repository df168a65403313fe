"""Built networks against pytorchcv's, side by side: forward + backward, build time, and the cost of a cost query.

Run: `python tests/bench/build.py [--rounds 9] [--batch 8] [--threads 2]`. Every ratio is the median over the rounds of
ours against theirs within one round, the order alternating, so that a machine that slows down slows both.
"""

import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from statistics import median

import torch
from torch import nn

from space import build, cost, listed, parse

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


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def training_step(model: nn.Module, images: torch.Tensor) -> None:
    model.zero_grad(set_to_none=True)
    model(images).sum().backward()


def ratios(ours: Callable[[], object], other: Callable[[], object], rounds: int) -> list[float]:
    """Their seconds over ours, a round each; above 1 we are faster."""
    found = []
    for i in range(rounds):
        order = (ours, other) if i % 2 else (other, ours)
        times = {work: seconds(work) for work in order}
        found.append(times[other] / times[ours])
    return found


def show(what: str, found: list[float]) -> None:
    print(f"{what:42} {median(found):.3f}  ({min(found):.3f} to {max(found):.3f}, n={len(found)})", flush=True)


def query_microseconds() -> float:
    arch = parse("resnext50_32x4d")
    cost(arch)
    return 1e6 * median(seconds(lambda: [cost(arch) for _ in range(100)]) / 100 for _ in range(50))


def process_seconds(code: list[str]) -> float:
    return median(seconds(lambda: subprocess.run(code, check=True, capture_output=True)) for _ in range(5))


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    for option, default in (("--rounds", 9), ("--batch", 8), ("--threads", 2)):
        parser.add_argument(option, type=int, default=default)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    images = torch.randn(options.batch, 3, 224, 224)
    setting = f"torch {torch.__version__}, {options.threads} threads, batch {options.batch}"
    print(f"{setting}; ours over pytorchcv, larger is faster")
    for name in (name for name in NETWORKS if name in listed()):
        steps = [partial(training_step, model.train(), images) for model in (build(parse(name)), theirs(name))]
        _ = [step() for step in steps]  # warm up
        show(f"{name}: images/s, forward + backward", ratios(*steps, options.rounds))
        show(f"{name}: build speed", ratios(partial(build, parse(name)), partial(theirs, name), options.rounds))
    print(f"{'memoised cost query':42} {query_microseconds():.1f} µs")
    explore = process_seconds([str(Path(sys.executable).parent / "explore"), "cost", "resnet50"])
    torch_import = process_seconds([sys.executable, "-c", "import torch"])
    print(f"{'explore cost resnet50 / import torch':42} {explore / torch_import:.3f}")
