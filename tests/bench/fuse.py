"""Fusion, side by side: built, built with the channels last, fused, and onnxruntime on the fused network's ONNX file.

Run: `python -m tests.bench.fuse [--rounds 9] [--batch 8] [--threads 1] [--networks NAME ...]`. The four take turns, in
alternating order, so that a machine that slows down slows all. The first number of a line, the best of one against the
best of the built network, is what other jobs disturb least; then come the median over the rounds and their range. Ends
with status 1 if a fused network of convolutions, norms and ReLUs is not 1.1 times as fast as the built one.
"""

import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import onnxruntime
import torch

from search.export import Network, write
from search.measure import named
from space import build, parse
from tests.bench.timing import judge, seconds

NETWORKS = {  # by name, whether it is of convolutions, norms and ReLUs alone
    "resnet50": True,
    "vgg11_bn": True,
    "mobilenetv2": True,
    "hardnet68": True,
    "googlenet_bn": True,
    "seresnet50": False,
    "densenet121": False,
    "preresnet50": False,
}


def works(name: str, batch: int, threads: int, folder: Path) -> dict[str, Callable[[], object]]:
    """The four, each with one batch."""
    arch = parse(name)
    built = build(arch).eval()
    short = Network.of(name, arch, built, short=True)
    write(short, "onnx", folder / "x.onnx")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(folder / "x.onnx", options, providers=["CPUExecutionProvider"])
    images = short.images(batch)
    last = build(arch).eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return {
        "built": partial(built, images),
        "channels last": partial(last, images.to(memory_format=torch.channels_last)),
        "fused": partial(short.model, images),
        "onnxruntime": partial(session.run, None, {"images": images.numpy()}),
    }


def network(name: str, options: Namespace) -> bool:
    """Print its lines; whether the fused one is as fast as it should be."""
    with TemporaryDirectory() as folder, torch.inference_mode():
        four = works(name, options.batch, options.threads, Path(folder))
        _ = [work() for work in four.values()]  # warm up
        speeds: dict[str, list[float]] = {what: [] for what in four}
        for i in range(options.rounds):
            for what in list(four) if i % 2 else reversed(list(four)):
                speeds[what].append(options.batch / seconds(four[what]))
    compared = ("channels last", "built"), ("fused", "built"), ("fused", "channels last"), ("onnxruntime", "built")
    met = [_judged(name, one, other, speeds) for one, other in compared]
    return all(met)


def _judged(name: str, one: str, other: str, speeds: dict[str, list[float]]) -> bool:
    """Print a line: the best of one over the best of the other, the median and the range over the rounds."""
    ratios = [a / b for a, b in zip(speeds[one], speeds[other], strict=True)]
    best = max(speeds[one]) / max(speeds[other])
    spread = f"median {median(ratios):.2f}, {min(ratios):.2f} to {max(ratios):.2f}, n={len(ratios)}"
    bound = 1.1 if (one, other) == ("fused", "built") and NETWORKS.get(name) else 0
    return judge(f"{name}: {one} / {other}", f"{best:.2f}", spread, best, at_least=bound)


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    for option, default in (("--rounds", 9), ("--batch", 8), ("--threads", 1)):
        parser.add_argument(option, type=int, default=default)
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS))
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(f"{named(torch.device('cpu'))}; torch {torch.__version__}, onnxruntime {onnxruntime.__version__}")
    print(
        f"batch {options.batch}; images a second, of each over those of the built network; {time.strftime('%Y-%m-%d')}"
    )
    results = [network(name, options) for name in options.networks]
    sys.exit(not all(results))
