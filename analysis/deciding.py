"""What decided a sweep: importances of its choices, computed once and kept in its folder."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np
import pandas as pd

from analysis.files import write_atomically
from analysis.plain import from_plain, to_plain
from analysis.record import Run
from analysis.searched import LABELS, Outcome, ranked
from analysis.statistics.importances import Method, NothingToJudgeError, importances
from analysis.sweep import Between

FILE = "importances.json"
TEST_ERROR = "test error (%)"
ENOUGH = 0.8  # of a run's finished proposals while it goes on
MOST = 1000  # proposals that are judged: more take minutes and tell hardly more


@dataclass(frozen=True, kw_only=True)
class Decided:
    """The share of every choice in an objective or in test error, by their labels; or why there is none."""

    computed_from: str  # digest of choices and results: of others, these are stale
    finished: int  # proposals
    judged: int  # of them, evenly taken in their order
    shares: dict[str, dict[str, float]] = field(default_factory=dict)  # the largest first
    chance: dict[str, dict[str, float]] = field(default_factory=dict)  # as of `importances.Importance`
    reasons: dict[str, str] = field(default_factory=dict)


def decided(run: Run, found: Sequence[Outcome], method: Method = "ped-anova", *, goes_on: bool = False) -> Decided:
    """What the folder holds; if that is nothing or of other results, computed by Optuna, and kept there.

    While a run goes on, what was computed of most of its results will do.
    """
    table, stored = _table(run, found), _read(run)
    if method not in stored or not table.has(stored[method], most=goes_on):
        stored[method] = _computed(table, method)
        with suppress(OSError):  # of a folder that can only be read there is a report, too
            text = json.dumps(to_plain(stored), indent=1, ensure_ascii=False)
            write_atomically(run.folder / FILE, f"{text}\n".encode())
    return stored[method]


@dataclass(frozen=True)
class _Table:
    """Of every finished proposal, in their order."""

    choices: Sequence[Mapping[str, object]]
    results: Mapping[str, Sequence[float]]
    logarithmic: Sequence[str]

    def has(self, stored: Decided, *, most: bool) -> bool:
        """Whether that is of these results, or was, of `most` of them."""
        return (most and ENOUGH * len(self.choices) <= stored.finished) or stored.computed_from == self.digest()

    def digest(self) -> str:
        """In 16 hexadecimal digits."""
        return sha256(json.dumps([self.choices, self.results, self.logarithmic]).encode()).hexdigest()[:16]


def _table(run: Run, found: Sequence[Outcome]) -> _Table:
    assert run.recipe.sweep
    finished = sorted(ranked(found), key=lambda one: one.proposal.number)
    labels = [*(LABELS[aim] for aim in run.recipe.sweep.objectives), TEST_ERROR]
    rows = [(*one.values, one.test_error) for one in finished]  # noqa: PD011 -- an outcome's
    return _Table(
        choices=[one.proposal.parameters for one in finished],
        results={label: [row[place] for row in rows] for place, label in enumerate(labels)},
        logarithmic=[one.field for one in run.recipe.sweep.tune if isinstance(one, Between) and one.log],
    )


def _computed(table: _Table, method: Method) -> Decided:
    count = len(table.choices)
    taken = np.unique(np.linspace(0, count - 1, min(MOST, count)).round().astype(int))
    parameters = pd.DataFrame([table.choices[place] for place in taken])
    made = Decided(computed_from=table.digest(), finished=count, judged=len(taken))
    for label, values in table.results.items():
        try:
            found = importances(
                parameters, [values[place] for place in taken], method=method, logarithmic=table.logarithmic
            )
        except NothingToJudgeError as why:
            made.reasons[label] = str(why)
            continue
        made.shares[label] = {name: one.share for name, one in found.items()}
        made.chance[label] = {name: one.chance for name, one in found.items() if one.chance is not None}
    return made


def _read(run: Run) -> dict[str, Decided]:
    """By method; nothing where the file is missing, or says what is not ours: it can be made again."""
    with suppress(OSError, ValueError, RecursionError):
        plain = json.loads((run.folder / FILE).read_bytes())
        if isinstance(plain, dict):
            return {str(name): from_plain(Decided, one) for name, one in plain.items()}
    return {}
