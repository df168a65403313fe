"""From a run folder to the verdict's words: how often a planted trend is said, and said the right way round.

Run: `python -m tests.bench.planted [--runs 200] [--images 500]`, five minutes. Every run is written as a study
would write it, scores of every test image with it, and read again as `explore report` reads it. Beside what is said
stands the power that `analysis.statistics.power` predicts. Ends with status 1 if, by more than three standard errors,
power is missed, more than 2.5 % of verdicts have the wrong sign, or more than 5 % of the runs without a trend are
decided.
"""

import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from math import sqrt
from pathlib import Path
from tempfile import TemporaryDirectory

from analysis.questions import answer
from tests.analysis.scores import ERRORS
from tests.analysis.synthetic import axis
from tests.bench.coverage import planted

SEEDS = (3, 5, 10)
STEPS = (-0.05, -0.02, 0.0, 0.02, 0.05)  # of the margin a setting; 0.05 is about a point of error from end to end


def said(step: float, seeds: int, images: int, runs: int) -> Counter[str]:
    """How many of the runs say that test error falls, that it rises, or that it is undecided."""
    found: Counter[str] = Counter()
    for seed in range(runs):
        with TemporaryDirectory() as folder:
            made = axis(seeds, world=replace(ERRORS, step=step), images=images, seed=seed)
            found[word(answer(made.write(Path(folder) / "run")).words)] += 1
    return found


def word(verdict: str) -> str:
    """What a verdict says in one; the loss, which decides nothing, is not asked."""
    return next(one for one in ("undecided", "falls", "rises") if verdict.startswith((one, f"test error {one}")))


def table(runs: int, images: int) -> Iterator[bool]:
    """Print everything; whether each bound is met."""
    print(f"Percent of {runs} runs of five settings on {images} test images: decided rightly, wrongly, predicted")
    for step in STEPS:
        for seeds in SEEDS:
            found = said(step, seeds, images, runs)
            falls, rises = (100 * found[one] / runs for one in ("falls", "rises"))
            if step:
                right, wrong = (falls, rises) if step < 0 else (rises, falls)
                predicted = planted(step, seeds, images, 200)[2]
                print(f"step {step:+.2f}, {seeds:2} seeds  {right:5.1f} {wrong:5.1f} {predicted:5.1f}", flush=True)
                yield abs(right - predicted) <= slack(predicted, runs) and wrong <= 2.5 + slack(2.5, runs)
            else:
                print(f"no trend,   {seeds:2} seeds  {falls + rises:5.1f} decided", flush=True)
                yield falls + rises <= 5 + slack(5, runs)


def slack(percent: float, runs: int) -> float:
    """Three standard errors of what is measured in so many runs, in percent."""
    return 3 * sqrt(percent * (100 - percent) / runs)


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--images", type=int, default=500)
    options = parser.parse_args()
    sys.exit(not all(list(table(options.runs, options.images))))
