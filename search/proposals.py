"""A sweep's trials: what is proposed is kept before it is trained, and what is known is not trained again."""

import math
import time
from collections.abc import Mapping
from copy import copy

import optuna
from optuna.trial import FrozenTrial, TrialState

from analysis.plain import PlainError, from_plain
from analysis.recipe import Setting
from analysis.record import Run
from analysis.searched import objective_value
from analysis.training import Training
from analysis.trial import Proposal, Trial
from search.asking import Asker
from search.candidates import Candidates
from search.errors import FailedError
from search.jobs import Job
from search.source import intermediate

IN_VAIN = 50  # proposals in a row that are known or have no proxy, after which a sweep ends; a grid has an end anyway


class Proposer:
    """The source of a sweep's trials: a proposal is one trial of Optuna's, trained from every seed of the recipe."""

    def __init__(self, run: Run, candidates: Candidates, until: float = float("inf")) -> None:
        """No trial begins after `until`, of `time.monotonic`. `FailedError` where the ledger is of another sweep."""
        assert run.recipe.sweep
        self.run, self.sweep, self.until, self.slots = run, run.recipe.sweep, until, 1
        self.asker = Asker(run.recipe, candidates)
        self.ended = {key: trial for key, trial in run.latest().items() if not trial.passing}
        self.proposed: dict[int, tuple[Setting, tuple[Job, ...]]] = {}  # by number
        self.numbers: dict[str, list[int]] = {}  # of the proposals that a key is of
        self.distinct = 0  # proposals
        self.pending: list[Job] = []
        self.in_vain = 0
        self.curves: dict[int, dict[int, float]] = {}  # of proposals that train
        self.changed: dict[str, FrozenTrial] = {}
        for proposal in run.proposals():
            self._replay(proposal)
        self.in_vain = 0  # whoever asks again may be luckier

    @property
    def study(self) -> optuna.Study:
        return self.asker.study

    @property
    def notice(self) -> str | None:
        """Why there are fewer proposals than were asked for, if the reason is neither time nor an interruption."""
        refused = self._refused()
        if self.distinct >= self.sweep.trials or not (self.asker.grid_ended or self.in_vain >= IN_VAIN):
            return refused or None
        grid = f"the grid has {self.distinct} points that can be trained, and {self.sweep.trials} were asked for"
        vain = f"the sweep ends with {self.distinct} proposals: {IN_VAIN} more in a row gave nothing new to train"
        return (grid if self.asker.grid_ended else vain) + (f"; {refused}" if refused else "")

    def _refused(self) -> str:
        """What was chosen and is not trained, if anything."""
        why, over = self.asker.refused, self.asker.over
        small = f"{len(why):,} had no proxy, such as: {why[0]}" if why else ""
        slow = (
            f"{len(over):,} took too long, of which the fastest: {min(over, key=lambda one: one.milliseconds)}"
            if over
            else ""
        )
        return "; ".join(filter(None, (small, slow)))

    def next(self, running: int) -> Job | None:
        held = (self.sweep.is_adaptive or self.until < float("inf")) and running >= self.slots
        while not held and not self.pending and self._may_propose(running):
            self._propose()
        if held or not self.pending or self._is_late():
            return None
        job = self.pending.pop(0)
        self._show(self.numbers[job.key][0])
        return job

    def is_exhausted(self) -> bool:
        return self._is_late() or not (self.pending or self._may_propose(0))

    def read(self, job: Job, reading: Mapping[str, float]) -> None:
        number = self.numbers[job.key][0]
        if self.sweep.reading and self.run.recipe.seeds == 1:
            self.curves.setdefault(number, {})[int(reading["epoch"])] = reading[self.sweep.reading]
        self._show(number)

    def end(self, job: Job, trial: Trial, *, again: bool) -> None:
        self.curves.pop(self.numbers[job.key][0], None)
        if again:
            self.pending.append(job)
            return
        self.ended[job.key] = trial
        for number in self.numbers[job.key]:  # another proposal may have been of the same trial
            self._tell(number)

    def known(self) -> dict[str, FrozenTrial]:
        trials = self.study.get_trials(deepcopy=False)
        return {self._name(trial.number): trial for trial in trials if trial.state.is_finished()}

    def news(self) -> dict[str, FrozenTrial]:
        changed, self.changed = self.changed, {}
        return changed

    def _show(self, number: int) -> None:
        """A trial that runs with what it has read so far, which its sampler learns only when it has ended."""
        shown = copy(self.asker.trial(number))
        if number in self.curves:
            shown.intermediate_values = dict(self.curves[number])
        self.changed[self._name(number)] = shown

    def _name(self, number: int) -> str:
        seeds = self.run.recipe.seeds
        return f"proposal {number}" + (f", {seeds} seeds" if seeds > 1 else "")

    def _is_late(self) -> bool:
        return time.monotonic() > self.until

    def _may_propose(self, running: int) -> bool:
        """What runs may yet tell a sampler something new."""
        hopeful = self.in_vain < IN_VAIN or self.sweep.sampler == "grid"
        waits = self.in_vain and running and self.sweep.is_adaptive
        wanted = self.distinct < self.sweep.trials and not self._is_late()
        return bool(wanted and hopeful and not waits and not self.asker.grid_ended)

    def _propose(self) -> None:
        """In the ledger before anything comes of it."""
        proposal = self.asker.ask()
        if proposal is None:
            self.in_vain += 1
            return
        self.run.append(proposal)
        self._open(proposal)

    def _open(self, proposal: Proposal) -> None:
        """Its trials wait to be trained, but for those that did before; told at once where all of them did."""
        setting, training = proposal.setting, from_plain(Training, proposal.hyperparameters)
        recipe = self.run.recipe
        jobs = tuple(Job.of(recipe, setting, replicate, training) for replicate in range(recipe.seeds))
        self.proposed[proposal.number] = setting, jobs
        is_new = jobs[0].key not in self.numbers
        self.in_vain = 0 if is_new else self.in_vain + 1
        self.distinct += is_new
        self.pending += [job for job in jobs if job.key not in self.numbers and job.key not in self.ended]
        for job in jobs:
            self.numbers.setdefault(job.key, []).append(proposal.number)
        self._tell(proposal.number)

    def _tell(self, number: int) -> None:
        """What the proposal came to, once all its trials have ended."""
        setting, jobs = self.proposed[number]
        ended = [self.ended[job.key] for job in jobs if job.key in self.ended]
        if len(ended) < len(jobs) or self.asker.trial(number).state.is_finished():
            return
        state, values = self._outcome(setting, ended)
        readings = intermediate(ended[0], self.sweep.reading) if self.sweep.reading and len(jobs) == 1 else {}
        self.asker.tell(number, state, values, readings)
        self._show(number)

    def _outcome(self, setting: Setting, trials: list[Trial]) -> tuple[TrialState, list[float] | None]:
        """Optuna's state, and its values of what was trained to the end."""
        states = {trial.state for trial in trials}
        if states != {"finished"}:
            return TrialState.FAIL if "failed" in states else TrialState.PRUNED, None
        values = [objective_value(one, setting, trials) for one in self.sweep.objectives]
        return (TrialState.COMPLETE, values) if all(map(math.isfinite, values)) else (TrialState.FAIL, None)

    def _replay(self, proposal: Proposal) -> None:
        try:
            self.asker.replay(proposal)
            self._open(proposal)
        except (PlainError, ValueError) as error:
            what = f"proposal {proposal.number} of its ledger is not of this sweep ({error})"
            raise FailedError(f"{self.run.folder}: {what}; choose another --run folder") from None
