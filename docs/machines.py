"""The trainings that several committed runs have in common, and how far their numbers agree."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations

import numpy as np

from analysis.record import Run
from analysis.trial import Trial
from analysis.words import number
from docs.study import RUNS, committed

Pair = tuple[Trial, Trial]


def processor(trial: Trial) -> str:
    """Of the machine it was trained on."""
    return trial.host.split(",")[0].replace("(R)", "")


def trained_twice() -> Iterable[list[str]]:
    """For every two processors, the trainings that both did, each for a run of its own."""
    yield ["processors", "pairs", "equal to the last bit", "root mean square difference (points)", "largest"]
    for (one, other), pairs in sorted(_pairs().items()):
        apart = np.array([a.metrics["test_error"] - b.metrics["test_error"] for a, b in pairs])
        equal = sum(a.metrics["test_loss"] == b.metrics["test_loss"] for a, b in pairs)
        names = f"{one}, twice" if one == other else f"{one} and {other}"
        differences = (number(float(np.sqrt((apart**2).mean())), 2), number(float(np.abs(apart).max()), 2))
        yield [names, str(len(pairs)), str(equal), *differences]


def _pairs() -> dict[tuple[str, str], list[Pair]]:
    """Every two trials of different runs that differ in nothing they were asked for."""
    alike: dict[str, list[tuple[str, Trial]]] = defaultdict(list)
    for page in sorted(RUNS.glob("*/README.md")):
        run = committed(page.parent.name)
        for trial in run.finished().values():
            alike[_asked(run, trial)].append((run.folder.name, trial))
    found: dict[tuple[str, str], list[Pair]] = defaultdict(list)
    for trials in alike.values():
        for (first, a), (second, b) in combinations(trials, 2):
            if first != second:
                one, other = sorted((processor(a), processor(b)))
                found[one, other].append((a, b))
    return found


def _asked(run: Run, trial: Trial) -> str:
    """All that decides what is computed, whatever the fidelity and the setting are called."""
    recipe = run.recipe
    fidelity = replace(recipe.fidelity, name="any")
    return json.dumps(
        [trial.sentence, trial.proxy, trial.replicate, recipe.seed, recipe.data, repr(fidelity), trial.hyperparameters]
    )
