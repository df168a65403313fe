"""Reports of runs of 1, 1,000 and 100,000 trials: seconds, CPU seconds, peak memory, the page's size, what was loaded.

Run: `python -m tests.bench.report [--trials 1 1000 100000] [--images 100]`, ten minutes for all. The runs are
synthetic (tests/analysis/synthetic.py): an axis of five settings from many seeds, the same with scores of so many test
images a trial, and a sweep. Every command is a process of its own. Ends with status 1 if a bound is missed, or if torch
or ray were loaded, or Optuna other than to compute a sweep's importances.
"""

import os
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from tests.analysis.scores import ERRORS
from tests.analysis.synthetic import Synthetic, axis, sweep
from tests.bench.timing import judge

SETTINGS = 5
RUN = """
import re, sys
from pathlib import Path
from search.cli import main
code = main(sys.argv[1:])
peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]  # of this program alone
print(peak, *sorted({"torch", "ray", "optuna"} & set(sys.modules)), file=sys.stderr)
sys.exit(code)
"""
BOUNDS = {1: 5, 1000: 5, 100_000: 60}  # CPU seconds, by the least number of trials that is as large


@dataclass(frozen=True)
class Cost:
    """Of one process."""

    seconds: float
    cpu: float  # seconds, user and system
    peak: float  # MB
    loaded: frozenset[str]  # of the heavy libraries


def ran(*words: str) -> Cost:
    """What `explore` with these words took; its last words on stderr are its memory and what it has loaded."""
    start = perf_counter()
    process = subprocess.Popen([sys.executable, "-c", RUN, *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr
    said = process.stderr.read().decode().splitlines()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"explore {' '.join(words)}: {said}")
    peak, *loaded = said[-1].split()
    return Cost(perf_counter() - start, used.ru_utime + used.ru_stime, int(peak) / 1024, frozenset(loaded))


def kinds(trials: int, images: int) -> dict[str, Callable[[], Synthetic]]:
    """The runs of a size."""
    seeds = -(-trials // SETTINGS)
    return {
        "axis": lambda: _first(axis(seeds), trials),
        "axis with scores": lambda: _first(axis(seeds, world=replace(ERRORS, step=-0.02), images=images), trials),
        "sweep": lambda: sweep(trials, networks=min(trials, 400)),
    }


def _first(made: Synthetic, trials: int) -> Synthetic:
    return replace(made, trials=made.trials[:trials])


def reported(name: str, made: Synthetic, folder: Path) -> Iterator[bool]:
    """Every command that reads the run."""
    run, trials = made.write(folder / "run").folder, len(made.trials)
    size = sum(path.stat().st_size for path in run.rglob("*") if path.is_file()) / 1e6
    print(f"\n{name} of {trials:,} trials, {size:,.1f} MB")
    most = next(bound for count, bound in BOUNDS.items() if trials <= count)
    commands = {
        "report": ("report", str(run)),
        "report again": ("report", str(run)),
        "report --text": ("report", "--text", str(run)),
        "runs": ("runs", str(folder)),
        "report --table": ("report", str(run), "--table", "trials", "--output", str(folder / "trials.csv")),
    }
    for what, words in commands.items():
        cost = ran(*words)
        spread = f"{cost.seconds:.1f} s by the clock, {cost.peak:,.0f} MB at most"
        yield judge(f"explore {what}, CPU s", f"{cost.cpu:.1f}", spread, cost.cpu, at_most=most)
        computes = made.proposals and what == "report"  # importances, which are kept for the next
        if wrong := cost.loaded - ({"optuna"} if computes else set()):
            print(f"explore {what} loaded {', '.join(sorted(wrong))}")
            yield False
    page = (run / "report.html").stat().st_size / 1e6
    yield judge("report.html, MB", f"{page:.1f}", "", page, at_most=12)


def table(trials: list[int], images: int) -> Iterator[bool]:
    """Print everything; whether each bound is met."""
    for count in trials:
        for name, make in kinds(count, images).items():
            with TemporaryDirectory() as folder:
                yield from reported(name, make(), Path(folder))


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, nargs="+", default=[1, 1000, 100_000])
    parser.add_argument("--images", type=int, default=100)
    options = parser.parse_args()
    sys.exit(not all(list(table(options.trials, options.images))))
