"""How often settings of equal worth, each at the best of its proposals, are told apart: false alarms of a tuned axis.

Run: `python -m tests.bench.chosen [--simulations 2000]`, four seconds. Proposals are chosen by the mean of their
validation losses, which share half their noise with the test errors; the trend is of the test errors of those chosen,
with its interval over seeds. Ends with status 1 where a whole grid alarms more than 7 % by three standard errors: what
was chosen is not quite of one worth.
"""

import argparse
import sys
from collections.abc import Sequence

import numpy as np

from analysis.statistics.intervals import fitted_changes, mean_interval

SETTINGS, NOISE, POINTS = 6, 0.2, 0.3  # and points of test error: of a seed, and by which hyperparameters differ


def alarms(tries: Sequence[int], seeds: int, simulations: int, *, is_grid: bool) -> float:
    """In percent, where every setting had so many proposals: the same points, or each setting its own."""
    chance, most, decided = np.random.default_rng(0), max(tries), 0
    untried = np.arange(most) >= np.array(tries)[:, None]  # (settings, points)
    for _ in range(simulations):
        shape = (1 if is_grid else len(tries), most, 1)
        test = chance.normal(0, POINTS, shape) + chance.normal(0, NOISE, (len(tries), most, seeds))
        validation = test + chance.normal(0, NOISE, test.shape)
        best = np.where(untried, np.inf, validation.mean(axis=-1)).argmin(axis=-1)
        errors = test[np.arange(len(tries)), best]  # (settings, seeds)
        decided += mean_interval(fitted_changes(errors.T)).excludes_zero
    return 100 * decided / simulations


def main(simulations: int) -> int:
    """The table; the status."""
    most = 7 + 300 * np.sqrt(0.07 * 0.93 / simulations)
    print(f"False alarms in percent, {SETTINGS} settings of equal worth, {simulations} simulations a line\n")
    print(f"{'proposals of each setting':32}" + "".join(f"{f'{seeds} seeds':>10}" for seeds in (2, 3, 5)))
    over = False
    for name, tries, is_grid in (
        ("a grid of 3", [3] * SETTINGS, True),
        ("a grid of 9", [9] * SETTINGS, True),
        ("3 of its own", [3] * SETTINGS, False),
        ("9 of its own", [9] * SETTINGS, False),
        ("1, 2, 4, 8, 12 and 20 of its own", [1, 2, 4, 8, 12, 20], False),
    ):
        found = [alarms(tries, seeds, simulations, is_grid=is_grid) for seeds in (2, 3, 5)]
        over |= is_grid and max(found) > most
        print(f"{name:32}" + "".join(f"{one:10.1f}" for one in found), flush=True)
    return int(over)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--simulations", type=int, default=2000)
    sys.exit(main(parser.parse_args().simulations))
