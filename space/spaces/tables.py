"""A space as tables of integers: at every place of the sentence the options there are, what each costs and leads to.

The tables are filled by tracing the one definition of each block. A network is a path through them, and no network is
two paths: ways to choose that come to the same graph are one option. What couples the places, the interface handed on
and the values of variables, is the state between them.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from space.arch import Input, Stage, simplest
from space.graph import Interface
from space.parts import Part
from space.sentence import parse, words
from space.spaces.space import Bindings, Space

MEASURES = ("params", "macs", "activations", "cio")
"""What the tables hold of every option, as in `space.cost.Cost`."""

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Place:
    """The options at one place, by the state they start from: those of state i are offsets[i] to offsets[i+1]."""

    element: str  # as the space writes it
    interfaces: tuple[Interface | None, ...]  # of the states; the input starts from nothing
    bindings: tuple[Bindings, ...]  # of the states
    offsets: Ints
    target: Ints  # the state after each option
    cost: Ints  # (options, measures)
    parts: tuple[Part | Stage, ...]  # stages of depth 1
    part: Ints  # of each option, among `parts`
    depth: Ints

    @cached_property
    def origin(self) -> Ints:
        """The state each option starts from."""
        return np.repeat(np.arange(len(self.interfaces)), np.diff(self.offsets))

    def narrowed(self, options: NDArray[np.bool_], states: NDArray[np.bool_], renumbered: Ints) -> "Place":
        """The place with some of its options and states, those after it renumbered."""
        kept = np.concatenate(([0], np.cumsum(options)))[self.offsets]
        return replace(
            self,
            interfaces=tuple(compress(self.interfaces, states)),
            bindings=tuple(compress(self.bindings, states)),
            offsets=np.concatenate(([0], kept[1:][states])),
            target=renumbered[self.target[options]],
            cost=self.cost[options],
            part=self.part[options],
            depth=self.depth[options],
        )

    def options(self, states: Ints) -> tuple[Ints, Ints]:
        """Every option of each of several states, and the number of the one that it is of."""
        lengths = np.diff(self.offsets)[states]
        which = np.repeat(np.arange(len(states)), lengths)
        return np.arange(len(which)) - (np.cumsum(lengths) - lengths - self.offsets[states])[which], which

    def written(self, option: int) -> Part | Stage:
        """The option in one of the ways that it may be written."""
        part = self.parts[int(self.part[option])]
        return replace(part, depth=int(self.depth[option])) if isinstance(part, Stage) else part

    def normal(self, option: int) -> Part | Stage:
        """The option as the sentence has it, in normal form."""
        part = self.written(option)
        if not isinstance(part, Stage):
            return part
        before = self.interfaces[self.origin[option]]
        assert before is not None
        simple: Stage = simplest(part, before)
        return simple


@dataclass(frozen=True)
class Tables:
    """All places of a space, from input to head."""

    space: Space
    places: tuple[Place, ...]

    def costs(self, paths: NDArray[np.int32]) -> Ints:
        """The cost (networks, measures) of `paths` (networks, places), each the option taken at every place."""
        total = self.places[0].cost[paths[:, 0]]
        for place, options in zip(self.places[1:], paths.T[1:], strict=True):
            total += place.cost[options]
        return total

    def sentences(self, paths: NDArray[np.int32]) -> list[str]:
        """The sentences of `paths`, in normal form."""
        columns, joined, before = [], np.zeros(len(paths), dtype=bool), np.full(len(paths), -1)
        for place, options in zip(self.places, paths.T, strict=True):
            distinct, which = np.unique(options, return_inverse=True)
            parts = [place.normal(int(option)) for option in distinct]
            texts = list(map(str, parts))
            columns.append([texts[i] for i in which])
            block, strides = (np.array(list(map(f, parts)), dtype=int)[which] for f in (_block, _strides))
            joined |= (block == before) & (block >= 0) & (strides == 0)
            before = block
        usual = str(Input(3, 224))
        lines = [" > ".join(row[1:] if row[0] == usual else row) for row in zip(*columns, strict=True)]
        for i in np.flatnonzero(joined):  # neighbours of one kind may be one stage
            lines[i] = str(parse(lines[i]))
        return lines


def _block(part: Part | Stage) -> int:
    """The number of a stage's kind of block; -1 of what is no stage."""
    return list(words().values()).index(type(part.block)) if isinstance(part, Stage) else -1


def _strides(part: Part | Stage) -> bool:
    return isinstance(part, Stage) and part.stride > 1
