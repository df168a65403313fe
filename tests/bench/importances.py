"""How importances fare where the truth is known: `python -m tests.bench.importances`, some minutes on one core.

How often a choice without effect, and a planted one, is above its tick of chance; and what share a cardinality without
effect has if it is judged as a number rather than as a category.
"""

import numpy as np
import pandas as pd

from analysis.statistics import importances as judged
from analysis.statistics.importances import importances

SWEEPS = 40
SIZES = (20, 50, 150, 500)
VALUES = [1, 2, 4, 8, 16, 32]


def above(trials: int) -> tuple[float, float]:
    """Of choices without effect, and of a learning rate with one, the fraction above chance."""
    idle, planted = [], []
    for seed in range(SWEEPS):
        chance = np.random.default_rng(seed)
        choices = pd.DataFrame({
            "lr": 10 ** chance.uniform(-4, 0, trials),
            "width": chance.integers(8, 64, trials),
            "C": chance.choice(VALUES, trials),
            "gate": chance.choice(["se", "none"], trials),
        })  # fmt: skip
        noise = chance.normal(size=trials)
        nothing = importances(choices, noise, logarithmic=["lr"], seed=seed)
        idle += [one.share > (one.chance or 0) for one in nothing.values()]
        lr = importances(choices, (np.log10(choices["lr"]) + 2) ** 2 + noise, logarithmic=["lr"], seed=seed)["lr"]
        planted.append(lr.share > (lr.chance or 0))
    return float(np.mean(idle)), float(np.mean(planted))


def phantom(trials: int, few: int) -> float:
    """The share of a cardinality without effect, where a number of more than `few` values is one."""
    chance = np.random.default_rng(0)
    choices = pd.DataFrame({"lr": 10 ** chance.uniform(-2, 0, trials), "C": chance.choice(VALUES, trials)})
    error = (np.log10(choices["lr"]) + 1) ** 2 + 0.1 * chance.normal(size=trials)
    judged.FEW_VALUES = few
    return importances(choices, error, logarithmic=["lr"])["C"].share


if __name__ == "__main__":
    for size in SIZES:
        idle, planted = above(size)
        print(
            f"{size} trials: above chance {100 * idle:.1f} % of choices without effect, {100 * planted:.0f} % planted"
        )
    for size in (2000, 20_000):
        number, category = phantom(size, 0), phantom(size, 20)
        words = f"{100 * number:.1f} % as a number, {100 * category:.1f} % as a category"
        print(f"{size} trials: share without effect {words}")
