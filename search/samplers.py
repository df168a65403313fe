"""Optuna's samplers, made anew for every proposal, and mended so that whatever they wish can be trained."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.samplers import BaseSampler, GPSampler, NSGAIISampler, RandomSampler, TPESampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from analysis.sweep import Sampler
from search.seeds import seed_for
from space.spaces.choices import Parameter, Value
from space.spaces.choosing import nearest

STARTUP = 10  # proposals at random, before there is something to learn from
POPULATION = 20  # of a generation of NSGA-II


def sampler(name: Sampler, seed: int) -> BaseSampler:
    """Optuna's; a grid proposes by itself and asks none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)  # of options that have worked for years
        match name:
            case "tpe":
                return TPESampler(seed=seed, n_startup_trials=STARTUP, constant_liar=True)
            case "gp":
                return GPSampler(seed=seed, n_startup_trials=STARTUP, warn_independent_sampling=False)
            case "nsga2":
                return NSGAIISampler(seed=seed, population_size=POPULATION)
            case _:
                return RandomSampler(seed=seed)


class Mended(BaseSampler):
    """Another sampler, whose wishes are mended one by one to the nearest value that can still be had.

    What Optuna keeps is what is trained: a wish that no network within the budgets has never becomes a trial. The
    sampler within is made anew for every trial, from a seed of the trial's number, so that its proposals depend on
    what has been told before and on nothing else.
    """

    def __init__(self, name: Sampler, run_seed: int) -> None:
        self.make: Callable[[int], BaseSampler] = lambda number: sampler(name, _seed(run_seed, number))
        self.within: BaseSampler = self.make(0)
        self.wishes: Mapping[str, Any] = {}
        self.possible: Mapping[str, tuple[Parameter, Sequence[Value]]] = {}  # of what is asked for next, what it may be

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        self.within = self.make(trial.number)
        self.within.before_trial(study, trial)
        _know_parents(self.within, study, trial)
        relative = self.within.infer_relative_search_space(study, trial)
        self.wishes = self.within.sample_relative(study, trial, relative)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        del study, trial
        return {}  # every parameter is asked for by itself, after those before it have been mended

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        del study, trial, search_space
        return {}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:  # noqa: ANN401 -- Optuna's
        if param_name in self.wishes:
            wish = self.wishes[param_name]
        else:
            wish = self.within.sample_independent(study, trial, param_name, param_distribution)
        return nearest(*self.possible[param_name], wish) if param_name in self.possible else wish

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> None:
        self.within.after_trial(study, trial, state, values)


def _know_parents(within: BaseSampler, study: Study, trial: FrozenTrial) -> None:
    """Who selects a generation's parents has them in one order, all others in another: select them first."""
    if isinstance(within, NSGAIISampler):
        for generation in range(1, 1 + within.get_trial_generation(study, trial)):
            within.get_parent_population(study, generation)


def _seed(run_seed: int, number: int) -> int:
    return seed_for("sampler", run_seed, number) % 2**32
