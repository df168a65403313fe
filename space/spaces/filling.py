"""Filling a space's tables: every option traced once for every interface it may stand on."""

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from operator import add
from typing import NamedTuple

import numpy as np

from space.arch import Input, Stage
from space.budget import LARGEST
from space.cost import graph_cost
from space.errors import SpaceError
from space.graph import MAX_OPERATIONS, Interface, Tensor, source
from space.parts import Block, Output, Part, Position, Stem
from space.spaces.space import Binding, Bindings, Space
from space.spaces.tables import MEASURES, Place, Tables
from space.written import excerpt

MAX_OPTIONS = 2_000_000  # of all places and states
MAX_TRACED = 1_500_000  # operations: seconds


State = tuple["Standing | None", Bindings]  # what stands before a place; the values that may still be meant
Spent = tuple[int, ...]  # the measures, then operations
Depths = dict[int, dict[Binding, None]]  # the bindings that each depth leaves
Graphs = tuple[int, int, int]  # of the first block, of all that differ, depth: equal ones are one network

NOTHING: Spent = (0,) * (len(MEASURES) + 1)


class Standing(NamedTuple):
    """What stands before a part: at the network's own resolution, which decides what it is, and where it is costed."""

    native: Interface
    costed: Interface


class Step(NamedTuple):
    """A part applied once: the number of its graph, what it spends, and what it hands on."""

    graph: int
    spent: Spent
    after: Standing


class Option(NamedTuple):
    """A row of a table, before the states after it have numbers."""

    graphs: Graphs
    spent: Spent
    after: Standing | None  # the head hands on nothing
    part: Part | Stage
    depth: int
    next: int  # the graph of one more block, where some choice has one; else -1


Found = tuple[Option, list[int], list[Binding]]


class Tracer:
    """Applies parts to interfaces, once each; equal graphs have equal numbers."""

    def __init__(self) -> None:
        self.graphs: dict[object, int] = {}
        self.steps: dict[tuple[Part, Position | None, Standing], Step | None] = {}
        self.operations = 0  # traced
        self.refusal = ""  # the first

    def numbered(self, graph: object) -> int:
        """The number of a graph, or of several that follow each other."""
        return self.graphs.setdefault(graph, len(self.graphs))

    def step(self, part: Part, at: Position | None, before: Standing) -> Step | None:
        """What the part does there; None where it is refused."""
        key = (part, at, before)
        if key not in self.steps:
            if self.operations > MAX_TRACED:
                what = f"tracing the space's parts has taken more than {MAX_TRACED} operations"
                raise SpaceError(f"{what}; narrow its choices")
            try:
                self.steps[key] = self._traced(part, at, before)
            except SpaceError as error:
                self.refusal = self.refusal or str(error)
                self.steps[key] = None
        return self.steps[key]

    def _traced(self, part: Part, at: Position | None, before: Standing) -> Step:
        y = _applied(part, at, before.native)
        costed = y if before.costed == before.native else _applied(part, at, before.costed)
        wiring, cost = y.graph.wiring(), graph_cost(costed.graph)
        number = self.numbered(wiring)
        self.operations += len(wiring)
        spent = (*(getattr(cost, measure) for measure in MEASURES), len(wiring))
        return Step(number, spent, Standing(y.interface, costed.interface))


def _applied(part: Part, at: Position | None, before: Interface) -> Tensor:
    x = source(before)
    if isinstance(part, Block):
        assert at is not None
        return part.apply(x, at)
    assert isinstance(part, Stem | Output)
    return part.apply(x)


def tables(space: Space, resolution: int | None = None, *, merged: bool = True) -> Tables:
    """The space's tables at `resolution` pixels a side (None: native); `SpaceError` where it has no sentence.

    Unless `merged`, other parts and other values of variables are other paths, whether or not their graphs are equal,
    and every state has one binding.
    """
    tracer = Tracer()
    states: list[State] = [(None, ((),))]
    continued: dict[int, set[int]] = {}
    places: list[Place] = []
    largest = [0] * (len(MEASURES) + 1)
    for index in range(len(space.elements)):
        filler = _Filler(space, index, resolution, tracer, merged=merged)
        places.append(filler.fill(states, continued, MAX_OPTIONS - sum(len(place.target) for place in places)))
        states, continued = list(filler.known), filler.continued
        largest = list(map(add, largest, filler.largest))
    if largest[-1] > MAX_OPERATIONS:
        raise SpaceError(f"a network has at most {MAX_OPERATIONS} operations; the space's largest have {largest[-1]}")
    return Tables(space, _without_dead_ends(places))


class _Filler:
    """Fills the table of one place, and finds the states after it."""

    def __init__(self, space: Space, index: int, resolution: int | None, tracer: Tracer, *, merged: bool) -> None:
        self.space, self.index, self.resolution, self.tracer, self.merged = space, index, resolution, tracer, merged
        self.known: dict[State, int] = {}
        self.parts: dict[Part | Stage, int] = {}
        self.continued: dict[int, set[int]] = defaultdict(set)  # by state: the graph of one more block of this stage
        self.largest = [0] * (len(MEASURES) + 1)  # that any option spends

    def fill(self, before: list[State], continued: dict[int, set[int]], room: int) -> Place:
        """The options of the states before, at most `room`; `continued` is what the stage before may go on with."""
        rows: list[tuple[int, int, int, Spent]] = []
        offsets = [0]
        for state, (standing, bindings) in enumerate(before):
            for option, nexts, after in self._options(standing, bindings):
                self._check_boundary(option, continued.get(state, set()))
                target = self.known.setdefault((option.after, tuple(after)), len(self.known))
                self.continued[target].update(nexts)
                part = self.parts.setdefault(option.part, len(self.parts))
                rows.append((target, part, option.depth, option.spent))
            offsets.append(len(rows))
            if len(rows) > room:
                raise SpaceError(f"the space's tables have more than {MAX_OPTIONS} options; narrow its choices")
        return self._place(before, offsets, rows)

    def _place(self, before: list[State], offsets: list[int], rows: list[tuple[int, int, int, Spent]]) -> Place:
        text = excerpt(str(self.space.elements[self.index]))
        if not rows:
            raise SpaceError(f"the space has no sentence; {text} is always refused: {self.tracer.refusal}")
        target, part, depth, spent = zip(*rows, strict=True)
        self.largest = [max(column) for column in zip(*spent, strict=True)]
        if max(self.largest) * len(self.space.elements) > LARGEST:
            raise SpaceError(
                f"{text} may cost {max(self.largest):.1e}; a space's networks cost less than {LARGEST:.1e}"
            )
        return Place(
            element=str(self.space.elements[self.index]),
            interfaces=tuple(standing and standing.native for standing, _ in before),
            bindings=tuple(bindings for _, bindings in before),
            offsets=np.array(offsets),
            target=np.array(target),
            cost=np.array(spent, dtype=np.int64)[:, : len(MEASURES)].copy(),
            parts=tuple(self.parts),
            part=np.array(part),
            depth=np.array(depth),
        )

    def _options(self, standing: Standing | None, bindings: Bindings) -> list[Found]:
        """The options of a state, each with what some deeper option of the state goes on with, and what it leaves."""
        found: dict[object, tuple[Option, dict[Binding, None]]] = {}
        nexts: dict[Graphs, set[int]] = defaultdict(set)
        for (part, stride), depths in self._choices(bindings).items():
            for option in self._traced(part, stride, standing, depths):
                nexts[option.graphs] |= {option.next} - {-1}
                for binding in depths.get(option.depth, ()):
                    way = option.graphs if self.merged else (option.part, option.depth, binding)
                    found.setdefault(way, (option, {}))[1][binding] = None
        return [(option, sorted(nexts[option.graphs]), sorted(after, key=repr)) for option, after in found.values()]

    @cache  # noqa: B019 -- a filler lives as long as one table
    def _choices(self, bindings: Bindings) -> dict[tuple[Part, int], Depths]:
        """The parts that may be chosen, with stride and depths."""
        found: dict[tuple[Part, int], Depths] = {}
        for binding in bindings:
            for way in self.space.ways(self.index, binding):
                match way.part:
                    case Stage(block, depth, stride):
                        found.setdefault((block, stride), {}).setdefault(depth, {})[way.binding] = None
                    case part:
                        found.setdefault((part, 1), {}).setdefault(1, {})[way.binding] = None
        return found

    def _traced(self, part: Part, stride: int, before: Standing | None, depths: Depths) -> Iterator[Option]:
        if isinstance(part, Input):
            graph = self.tracer.numbered(part)
            native, costed = (Interface(part.shape(one)) for one in (None, self.resolution))
            yield Option((graph, -1, 1), NOTHING, Standing(native, costed), part, 1, -1)
        elif isinstance(part, Block):
            assert before is not None
            yield from self._stage(part, stride, before, depths)
        elif before is not None and (step := self.tracer.step(part, None, before)):
            after = None if isinstance(part, Output) else step.after
            yield Option((step.graph, -1, 1), step.spent, after, part, 1, -1)

    def _stage(self, block: Block, stride: int, before: Standing, depths: Depths) -> Iterator[Option]:
        """The stages of a block at every depth up to the deepest chosen; one more block is one step more."""
        one, deepest = Stage(block, 1, stride), Stage(block, max(depths), stride).depth
        step = self.tracer.step(block, Position(stride, opens=True), before)
        first = different = step.graph if step else -1
        spent, steady = NOTHING, False
        for depth in range(1, deepest + 1):
            if step is None:
                return
            spent = tuple(map(add, spent, step.spent))
            if depth > 1 and not steady:
                different = self.tracer.numbered((different, step.graph))
            after, steady = step.after, depth > 1 and step.after == before
            following = step if steady else self.tracer.step(block, Position(), after)
            more = following.graph if following and depth < deepest else -1
            yield Option((first, different, depth), spent, after, one, depth, more)
            before, step = after, following

    def _check_boundary(self, option: Option, continued: set[int]) -> None:
        """A stage that goes on as the one before it may would make two paths of one network."""
        if option.graphs[0] in continued:
            text = excerpt(str(self.space.elements[self.index]))
            raise SpaceError(
                f"{text} may go on where the stage before it stops: {option.part}; write them as one stage"
            )


def _without_dead_ends(places: list[Place]) -> tuple[Place, ...]:
    """The places without the options after which none is left."""
    kept: list[Place] = []
    alive = np.ones(int(places[-1].target.max()) + 1, dtype=bool)
    for place in reversed(places):
        options = alive[place.target]
        states = np.diff(np.concatenate(([0], np.cumsum(options)))[place.offsets]) > 0
        kept.append(place.narrowed(options, states, np.cumsum(alive) - 1))
        alive = states
    if not alive.all():
        raise SpaceError("the space has no sentence: whatever is chosen at first is refused later")
    return tuple(reversed(kept))
