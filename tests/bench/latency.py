"""The latency predictor: fitted from blocks of random sentences, held to whole networks that it has not seen.

Run: `python -m tests.bench.latency [--fit 60] [--held-out 100] [--resolution 96] [--batch 1] [--seed 0]`. Sentences are
drawn from the space `tree`, all of whose families it mixes. Blocks, and then networks, are measured in turn, so that a
machine that slows down slows all of them; a network's latency is the least of the rounds,
what other jobs on the machine disturb least. Ends with status 1 if the
median error is above 15 %, or the worst above 40 %.
"""

import sys
import time
from argparse import ArgumentParser
from pathlib import Path

import numpy as np
import torch

from search.latency import fit, measured_in_turn
from space import parse, trace
from space.spaces.filling import tables
from space.spaces.sampling import samples
from space.spaces.space import space
from tests.bench.timing import judge

CHUNK = 20  # networks held in memory at a time


def main() -> bool:
    parser = ArgumentParser(description=__doc__)
    for option, default in (("--fit", 60), ("--held-out", 100), ("--resolution", 96), ("--batch", 1), ("--seed", 0)):
        parser.add_argument(option, type=int, default=default)
    parser.add_argument(
        "--cpu-time", action="store_true", help="of the one thread, where other jobs hold the processor"
    )
    parser.add_argument("--table", type=Path, help="write sentence, measured and predicted seconds")
    options = parser.parse_args()
    torch.set_num_threads(1)
    clock = time.thread_time if options.cpu_time else time.perf_counter
    found = tables(space("tree"), options.resolution)
    drawn = [
        parse(sentence)
        for paths in samples(found, (), options.fit + options.held_out, options.seed)
        for sentence in found.sentences(paths)
    ]
    predictor = fit(drawn[: options.fit], batch=options.batch, resolution=options.resolution, clock=clock)
    print(f"{predictor.device}; torch {torch.__version__}, batch {options.batch}, {options.resolution} pixels")
    print(f"fitted from {predictor.blocks} blocks of {options.fit} networks; their median error {predictor.error:.1%}")
    held_out = drawn[options.fit :]
    graphs = [trace(arch, options.resolution) for arch in held_out]
    chunks = [graphs[i : i + CHUNK] for i in range(0, len(graphs), CHUNK)]
    seconds = np.concatenate([measured_in_turn(chunk, "cpu", options.batch, clock) for chunk in chunks])
    predicted = np.array([predictor.latency(arch, options.resolution) for arch in held_out])
    errors = np.abs(predicted / seconds - 1)
    if options.table:
        rows = zip(held_out, seconds, predicted, strict=True)
        options.table.write_text("".join(f"{arch}\t{s:.6f}\t{p:.6f}\n" for arch, s, p in rows))
    spread = f"{1e3 * seconds.min():.1f} to {1e3 * seconds.max():.1f} ms, n={len(errors)}"
    met = [
        judge(
            "median error of the predicted latency",
            f"{np.median(errors):.1%}",
            spread,
            float(np.median(errors)),
            at_most=0.15,
        )
    ]
    met.append(
        judge(
            "worst error",
            f"{errors.max():.1%}",
            f"90th percentile {np.quantile(errors, 0.9):.1%}",
            float(errors.max()),
            at_most=0.40,
        )
    )
    return all(met)


if __name__ == "__main__":
    sys.exit(not main())
