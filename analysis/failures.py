"""Why trials failed, by reason, so that many failures stay few lines."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from analysis.trial import Trial
from analysis.words import brief, plural

MOST = 20  # reasons


@dataclass(frozen=True)
class Kind:
    """Trials that failed for one reason; the reason as the first of them has it."""

    reason: str
    count: int
    setting: str  # of the first of them
    replicate: int

    @property
    def example(self) -> str:
        """The first of them, for a page."""
        return f"{brief(self.setting, 60)}, seed {self.replicate}"


@dataclass(frozen=True)
class Failures:
    """The reasons that most failed for, and in words what is left out."""

    kinds: tuple[Kind, ...]
    others: str


def failures(trials: Iterable[Trial]) -> Failures:
    """Of the failed ones, in their order; reasons that differ in numbers only are one."""
    groups: dict[str, list[Trial]] = {}
    for trial in trials:
        if trial.state == "failed":
            groups.setdefault(_kind(trial.reason or ""), []).append(trial)
    found = sorted(groups.values(), key=len, reverse=True)
    left = found[MOST:]
    others = f"{plural(sum(map(len, left)), 'trial')} more failed for {plural(len(left), 'other reason')}."
    return Failures(tuple(map(_one, found[:MOST])), others if left else "")


def _one(trials: list[Trial]) -> Kind:
    first = trials[0]
    return Kind(first.reason or "not recorded", len(trials), first.setting, first.replicate)


def _kind(reason: str) -> str:
    """Without what differs from trial to trial: addresses, sizes, times."""
    return re.sub(r"\b0x[0-9a-f]+|\d+", "0", reason[:300])
