"""Where a network is in a space's tables: the paths that cost what it costs, block by block."""

from collections.abc import Iterator

import numpy as np

from space.arch import Arch, Stage
from space.cost import graph_cost
from space.graph import Interface, Tensor, source
from space.parts import Position
from space.spaces.tables import MEASURES, Ints, Tables


def alike(tables: Tables, arch: Arch, resolution: int | None) -> Iterator[tuple[int, ...]]:
    """The paths that spend at every place what the network spends in as many blocks, at the tables' resolution.

    The network itself is among them if it is in the space, with those that measures do not tell from it.
    """
    yield from _continued(tables, np.array([*_sums(arch, resolution)]), (), 0, 0)


def _continued(tables: Tables, sums: Ints, path: tuple[int, ...], state: int, done: int) -> Iterator[tuple[int, ...]]:
    """A path that has come to a state, and to the sum numbered `done`."""
    if len(path) == len(tables.places):
        yield from [path] if done == len(sums) - 1 else []
        return
    place = tables.places[len(path)]
    options = np.arange(place.offsets[state], place.offsets[state + 1])
    options = options[done + place.depth[options] < len(sums)]
    equal = (place.cost[options] == sums[done + place.depth[options]] - sums[done]).all(axis=1)
    for option in map(int, options[equal]):
        target, end = int(place.target[option]), done + int(place.depth[option])
        yield from _continued(tables, sums, (*path, option), target, end)


def _sums(arch: Arch, resolution: int | None) -> Iterator[Ints]:
    """What has been spent at first, after the input, the stem, every block, and the head."""
    before, total = Interface(arch.input.shape(resolution)), np.zeros(len(MEASURES), np.int64)
    yield from (total, total)
    for y in _applied(arch, before):
        spent = graph_cost(y.graph)
        total = total + [getattr(spent, measure) for measure in MEASURES]
        yield total


def _applied(arch: Arch, before: Interface) -> Iterator[Tensor]:
    """Stem, blocks and head, each applied to what stands before it."""
    for _, part in arch.parts():
        if not isinstance(part, Stage):
            yield (y := part.apply(source(before)))
            before = y.interface
            continue
        for i in range(part.depth):
            at = Position(part.stride, opens=True) if i == 0 else Position()
            yield (y := part.block.apply(source(before), at))
            before = y.interface
