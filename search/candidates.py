"""What a sweep chooses from: the settings of an axis, or a design space within budgets, each with its proxy."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from analysis.recipe import Recipe, Setting
from search.ceiling import ceiling
from search.seeds import seed_for
from search.settings import setting
from space.arch import Arch
from space.budget import limit
from space.proxy import Reduction, whole_proxy
from space.sentence import parse
from space.spaces.choices import Parameter, Value
from space.spaces.choosing import Ask, Chooser, chooser
from space.spaces.filling import tables
from space.spaces.listing import networks
from space.spaces.space import space

if TYPE_CHECKING:
    from search.gate import Gate


class Candidates(Protocol):
    """Whatever is chosen by one answer after the other."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """All that may be asked."""

    def choose(self, ask: Ask, number: int) -> Setting:
        """What comes of the answers, for the proposal of that number; `SpaceError` where it has no proxy."""

    def listed(self) -> Iterator[dict[str, Value]]:
        """The answers that lead to each of them."""


class Settings:
    """Those of a recipe: its own parameter is which one."""

    def __init__(self, settings: Sequence[Setting]) -> None:
        self.settings = {setting.setting: setting for setting in settings}
        self.parameter = Parameter("setting", tuple(self.settings))

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (self.parameter,)

    def choose(self, ask: Ask, number: int) -> Setting:
        del number
        return self.settings[str(ask(self.parameter, self.parameter.values))]

    def listed(self) -> Iterator[dict[str, Value]]:
        return ({self.parameter.name: name} for name in self.settings)


class Found:
    """The networks of a space within budgets."""

    def __init__(self, chooser: Chooser, recipe: Recipe, proxy: Callable[[Arch], Arch]) -> None:
        self.chooser, self.recipe, self.proxy = chooser, recipe, proxy

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return self.chooser.parameters

    def choose(self, ask: Ask, number: int) -> Setting:
        arch = self.chooser.choose(ask).arch
        return found(self.recipe, number, arch, self.proxy(arch))

    def listed(self) -> Iterator[dict[str, Value]]:
        """In the order of their cost."""
        assert self.recipe.sweep
        merged = tables(space(self.recipe.sweep.space), self.recipe.resolution)  # every network once
        for paths in networks(merged, self.chooser.reach.limits):
            for sentence in merged.sentences(paths):
                answers = self.chooser.answers(parse(sentence))
                assert answers is not None
                yield answers


def found(recipe: Recipe, number: int, arch: Arch, proxy: Arch) -> Setting:
    """A candidate that was found, under the number of its proposal."""
    against = {"budget_macs": recipe.budget_macs, "base_macs": recipe.base_macs}
    return setting(number, f"#{number}", arch, proxy, **against, resolution=recipe.resolution)


def candidates(recipe: Recipe, reduction: Reduction, folder: Path) -> Candidates:
    """What the recipe's sweep chooses from; what is measured of candidates is kept in the run's folder."""
    sweep = recipe.sweep
    assert sweep
    if not recipe.is_free:
        return Settings(recipe.settings)
    chosen = chooser_of(sweep.space, sweep.budgets, sweep.tolerance, recipe.resolution)
    gate = _gate(recipe, chosen, folder) if sweep.latency else None

    def proxy(arch: Arch) -> Arch:
        if gate:
            gate.admit(arch)
        made = whole_proxy(arch, reduction, sweep.proxy_macs)
        if recipe.training.weights:
            from search.start import start_from  # imports torch, which a driver needs for nothing else

            start_from(Path(recipe.training.weights), made)
        return made

    return Found(chosen, recipe, proxy)


def _gate(recipe: Recipe, chosen: Chooser, folder: Path) -> "Gate":
    from search.gate import Gate  # imports torch, which a driver needs for nothing else

    assert recipe.sweep

    chance = np.random.default_rng(seed_for("latency", recipe.seed))

    def ask(_: Parameter, possible: tuple[Value, ...]) -> Value:
        return possible[int(chance.integers(len(possible)))]

    def draw(count: int) -> list[Arch]:
        return [chosen.choose(ask).arch for _ in range(count)]

    return Gate(ceiling(recipe.sweep.latency), folder, recipe.resolution, draw)


@cache
def chooser_of(text: str, budgets: tuple[str, ...], tolerance: float, resolution: int) -> Chooser:
    """The space's networks within the budgets; filling its tables takes up to seconds, so it is done once."""
    return chooser(space(text), [limit(budget, tolerance) for budget in budgets], resolution)
