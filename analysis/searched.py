"""What a sweep has found: every proposal with what it came to, the best, and the front where there are several aims."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.recipe import Recipe, Setting
from analysis.record import Run
from analysis.statistics.pareto import pareto_front
from analysis.sweep import MEASURED_EACH_EPOCH, Objective
from analysis.trial import Proposal, Trial, trial_key
from analysis.verdict import Verdict
from analysis.words import number, plural

METRICS: Mapping[Objective, str] = {**MEASURED_EACH_EPOCH, "latency": "latency_ms"}
"""The objectives that are measured; the others are costs of the candidate."""
LABELS: Mapping[Objective, str] = {
    "loss": "validation loss (nats)",
    "error": "validation error (%)",
    "latency": "latency (ms)",
    "macs": "FLOPs of the candidate",
    "params": "params of the candidate",
    "activations": "activations of the candidate",
}


@dataclass(frozen=True)
class Outcome:
    """A proposal and its trials, one from every seed that has ended; its values are no numbers before all have."""

    proposal: Proposal
    trials: tuple[Trial, ...]
    values: tuple[float, ...]  # of the objectives, means over seeds
    key: str  # of its first trial: what is proposed again has the same

    @property
    def is_finished(self) -> bool:
        """Whether all its trials were trained to the end."""
        return all(map(math.isfinite, self.values))

    @property
    def state(self) -> str:
        """Of the proposal as a whole."""
        states = {trial.state for trial in self.trials}
        named = next((one for one in ("failed", "pruned") if one in states), "running")
        return "finished" if self.is_finished else named

    @property
    def test_error(self) -> float:
        """Percent, mean over seeds."""
        errors = [trial.metrics.get("test_error", math.nan) for trial in self.trials]
        return sum(errors) / len(errors) if errors else math.nan


def objective_value(objective: Objective, setting: Setting, trials: Sequence[Trial]) -> float:
    """The mean over finished trials of what was measured, or what is known of the candidate."""
    if objective not in METRICS:
        return float(getattr(setting, objective))
    return sum(trial.metrics.get(METRICS[objective], math.nan) for trial in trials) / len(trials)


def outcomes(run: Run) -> tuple[Outcome, ...]:
    """Of every proposal, by number; one that proposes again what was trained before has its trials, too."""
    return run.once(_outcomes)


def _outcomes(run: Run) -> tuple[Outcome, ...]:
    latest = run.latest()
    return tuple(_outcome(run.recipe, proposal, latest) for proposal in run.proposals())


def _outcome(recipe: Recipe, proposal: Proposal, latest: Mapping[str, Trial]) -> Outcome:
    assert recipe.sweep
    setting = proposal.setting
    words = (setting.sentence, setting.proxy, proposal.hyperparameters, recipe.fidelity)
    keys = [trial_key(*words, replicate) for replicate in range(recipe.seeds)]
    trials = tuple(latest[key] for key in keys if key in latest)
    if len(trials) < len(keys) or any(trial.state != "finished" for trial in trials):
        return Outcome(proposal, trials, (math.nan,) * len(recipe.sweep.objectives), keys[0])
    values = tuple(objective_value(objective, setting, trials) for objective in recipe.sweep.objectives)
    return Outcome(proposal, trials, values, keys[0])


def ranked(found: Sequence[Outcome]) -> list[Outcome]:
    """The finished ones, the best first: by the first objective; what is proposed again stands once."""
    distinct = {one.key: one for one in reversed(found) if one.is_finished}
    return sorted(distinct.values(), key=lambda one: (one.values, one.proposal.number))


def by_setting(recipe: Recipe, found: Sequence[Outcome]) -> list[tuple[Setting, list[Outcome], list[Outcome]]]:
    """Of a search along an axis every setting with its proposals; and with the finished ones, the best first."""

    def of(setting: Setting, some: Sequence[Outcome]) -> list[Outcome]:
        return [one for one in some if one.proposal.setting.sentence == setting.sentence]

    best = ranked(found)
    return [(setting, of(setting, found), of(setting, best)) for setting in recipe.settings]


def _may_pass(one: Outcome) -> bool:
    return any(trial.passing for trial in one.trials)


def front(found: Sequence[Outcome]) -> list[Outcome]:
    """Those that no other is better than in every objective, in the order of the first."""
    best = ranked(found)
    if not best:
        return []
    return [one for one, stays in zip(best, pareto_front(np.array([one.values for one in best])), strict=True) if stays]


def sweep_verdict(recipe: Recipe, found: Sequence[Outcome]) -> Verdict:
    """What has been found, and how little a search by itself says of it."""
    assert recipe.sweep
    best, states = ranked(found), [one.state for one in found]
    counts = ", ".join(
        f"{states.count(state):,} {words}"
        for state, words in (("pruned", "stopped early"), ("failed", "failed"), ("running", "not ended yet"))
        if state in states
    )
    tally = f"{len(best):,} of {plural(recipe.sweep.trials, 'proposal')} trained to the end" + (
        f", {counts}" if counts else ""
    )
    if not best:
        goes_on = len(found) < recipe.sweep.trials or "running" in states or any(map(_may_pass, found))
        more = "; the same command continues" if goes_on else ""
        return Verdict(f"undecided: {tally}{more}", decided=False)
    if len(recipe.sweep.objectives) > 1:
        names = " and ".join(recipe.sweep.objectives)
        brief = f"{plural(len(front(found)), 'network')} on the front of {names}"
        return Verdict(f"{brief}; {tally}", decided=False, brief=brief)
    first = best[0]
    label = LABELS[recipe.sweep.objectives[0]]
    brief = (
        f"lowest {label}: {number(first.values[0], 4)}, of {first.proposal.setting.setting}, "
        f"whose test error is {number(first.test_error, 2)} %"
    )
    words = (
        f"{brief}; {tally}. It is the best of {len(best):,} on {plural(recipe.seeds, 'seed')}, so trained "
        f"again it would likely do somewhat worse; more seeds of it and the next best would tell them apart"
    )
    return Verdict(words, decided=False, brief=brief)
