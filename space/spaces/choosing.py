"""A network of a space within budgets, chosen parameter by parameter from outside: whatever is answered, it is one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf, log
from typing import NamedTuple

import numpy as np

from space.arch import Arch
from space.budget import Limit
from space.errors import SpaceError
from space.sentence import parse
from space.spaces.choices import Answers, Choices, Parameter, Value
from space.spaces.filling import tables
from space.spaces.finding import alike
from space.spaces.reach import Reach, reach
from space.spaces.sampling import within
from space.spaces.shortfall import shortfall
from space.spaces.space import Space, Way
from space.spaces.tables import MEASURES, Ints, Tables

Ask = Callable[[Parameter, tuple[Value, ...]], Value]
"""Takes a parameter and those of its values from which a network within the budgets can still be reached; gives one."""


class Chosen(NamedTuple):
    """A network, and the parameters that were asked for it, in order, with what was answered."""

    arch: Arch
    answers: dict[str, Value]


class _Step(NamedTuple):
    """Answers at a place, and the option of its table that they lead to."""

    answers: Answers
    option: int


@dataclass(frozen=True, eq=False)
class Chooser:
    """Asks place by place, in the order of the sentence, for what is chosen there; what is asked later gives way.

    The values offered are exactly those from which some network within all budgets can still be reached: no answers
    end in nothing, and every network within the budgets is reached by some.
    """

    tables: Tables  # not merged: a state has one binding
    choices: Choices
    reach: Reach
    resolution: int | None
    known: dict[tuple[int, int], list[_Step]] = field(default_factory=dict)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """All that may be asked, in order; what belongs to an alternative is asked only where that is chosen."""
        return tuple(self.choices.parameters.values())

    def choose(self, ask: Ask) -> Chosen:
        """The network that the answers lead to: the same for the same answers."""
        answers: dict[str, Value] = {}
        path, state, spent = [], 0, np.zeros(len(MEASURES), np.int64)
        for index, place in enumerate(self.tables.places):
            option = self._asked(self._open(index, state, spent), ask, answers)
            path.append(option)
            state, spent = int(place.target[option]), spent + place.cost[option]
        return Chosen(parse(self._sentence(path)), answers)

    def answers(self, arch: Arch) -> dict[str, Value] | None:
        """Those that lead to the network; None where it is not in the space, or not within the budgets."""
        path = next(
            (path for path in alike(self.tables, arch, self.resolution) if self._sentence(path) == str(arch)), ()
        )
        if not path or not within(self.tables.costs(np.array([path], np.int32)), self.reach.limits).all():
            return None
        taken = (self._answers(index, option) for index, option in enumerate(path))
        return {name: value for answers in taken for name, value in answers}

    def _answers(self, index: int, option: int) -> Answers:
        state = int(self.tables.places[index].origin[option])
        return next(step.answers for step in self._steps(index, state) if step.option == option)

    def _asked(self, steps: list[_Step], ask: Ask, answers: dict[str, Value]) -> int:
        """The option that is left of those possible when all that they differ in has been asked."""
        number = 0
        while number < len(steps[0].answers):
            parameter = self.choices.parameters[steps[0].answers[number][0]]
            offered = tuple(dict.fromkeys(step.answers[number][1] for step in steps))
            answer = ask(parameter, offered)
            if answer not in offered:
                values = ", ".join(map(str, offered))
                raise SpaceError(f"{parameter.name} = {answer} leads to no network within the budgets; {values} do")
            answers[parameter.name] = answer
            steps = [step for step in steps if step.answers[number][1] == answer]
            number += 1
        (step,) = steps
        return step.option

    def _open(self, index: int, state: int, spent: Ints) -> list[_Step]:
        """The steps from which some network within the budgets can be reached."""
        steps, place = self._steps(index, state), self.tables.places[index]
        options = np.array([step.option for step in steps])
        open_ = self.reach.of(index + 1, place.target[options], spent + place.cost[options])
        return [step for step, leads in zip(steps, open_, strict=True) if leads]

    def _steps(self, index: int, state: int) -> list[_Step]:
        """Those that are possible, within budgets or not."""
        if (index, state) not in self.known:
            (binding,) = self.tables.places[index].bindings[state]
            options = self._options(index, state)
            rows = ((answers, options.get(way)) for answers, way in self.choices.rows(index, binding))
            self.known[index, state] = [_Step(answers, option) for answers, option in rows if option is not None]
        return self.known[index, state]

    def _options(self, index: int, state: int) -> dict[Way, int]:
        """Those of a state, by the way to choose that each is."""
        place, last = self.tables.places[index], index + 1 == len(self.tables.places)
        options = range(place.offsets[state], place.offsets[state + 1])
        after = [((),) if last else self.tables.places[index + 1].bindings[place.target[one]] for one in options]
        return {Way(place.written(one), binding): one for one, (binding,) in zip(options, after, strict=True)}

    def _sentence(self, path: Sequence[int]) -> str:
        return self.tables.sentences(np.array([path], np.int32))[0]


def chooser(space: Space, limits: Sequence[Limit], resolution: int | None = None) -> Chooser:
    """Of the space's networks within all the limits, at `resolution` pixels a side (None: native).

    `SpaceError` where there is none, with the nearest.
    """
    separate = tables(space, resolution, merged=False)
    reached = reach(separate, limits)
    if not reached.of(0, np.zeros(1, np.int64), np.zeros((1, len(MEASURES)), np.int64)).all():
        within_them = f"within {' and '.join(map(str, limits))}"
        raise SpaceError(shortfall(tables(space, resolution), limits) or f"no network of the space is {within_them}")
    return Chooser(separate, Choices(space), reached, resolution)


def nearest(parameter: Parameter, feasible: Sequence[Value], wish: Value) -> Value:
    """Of the feasible values the one nearest to a wish.

    Of numbers it is the one with the smallest ratio to the wish, of equally near ones the smaller; of words the wish
    itself, or else the first.
    """
    if wish in feasible or not parameter.ordered:
        return wish if wish in feasible else feasible[0]
    return min(feasible, key=lambda value: (_apart(value, wish), value))


def _apart(value: Value, wish: Value) -> float:
    """The logarithm of their ratio; nothing is near to zero."""
    assert not isinstance(value, str) and not isinstance(wish, str)  # noqa: PT018 -- both are numbers
    return abs(log(value / wish)) if value > 0 and wish > 0 else inf
