"""Places for a layered drawing: ranks by longest path, orders by barycentre, columns by linear programming.

The steps are Sugiyama's (1981), the columns Gansner's (1993), but that all edges of a node which pass a rank share one
lane there: a node of a network hands the same map to all its readers.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from random import Random
from typing import NamedTuple

import numpy as np
from scipy.optimize import linprog  # type: ignore[import-untyped]
from scipy.sparse import csr_array  # type: ignore[import-untyped]

Edge = tuple[int, int]
Place = tuple[int, int]
"""A node and its rank, or a later one that its lane passes."""
Link = tuple[Place, Place]
"""From one rank to the next."""
Orders = tuple[tuple[Place, ...], ...]

LANE = 0.0  # pixels that a lane is wide
GAP, LANE_GAP = 26.0, 20.0  # pixels between neighbours, and beside a lane
STARTS, SWEEPS = 6, 10
STRAIGHT, CENTRED, CLOSE = 8.0, 2.0, 0.05  # how much a straight lane, a node amid its neighbours, little room weigh


class Layout(NamedTuple):
    """Ranks count from 0 at the top; each lists its places from left to right; `x` are middles, in pixels from 0."""

    ranks: tuple[int, ...]
    orders: Orders
    x: Mapping[Place, float]

    def path(self, edge: Edge) -> tuple[Place, ...]:
        """From the source along its lane to the target."""
        return _path(self.ranks, edge)

    def steps(self, edge: Edge) -> tuple[Link, ...]:
        """The same from each place to the next."""
        return tuple(pairwise(self.path(edge)))


def layout(widths: Sequence[float], edges: Sequence[Edge], aside: Collection[int] = ()) -> Layout:
    """Nodes are numbered in an order of execution: edges lead from lower numbers to higher ones.

    Those `aside`, on a shortcut or in a gate, stand beside the others, halfway from what they read to their readers.
    """
    ranks = _ranks(len(widths), edges, aside)
    links = list(dict.fromkeys(link for edge in edges for link in pairwise(_path(ranks, edge))))
    orders = _ordered(_first(ranks, links, aside), links)
    room = {place: widths[place[0]] if ranks[place[0]] == place[1] else LANE for order in orders for place in order}
    return Layout(ranks, orders, _columns(orders, list(_wishes(ranks, links, aside)), room))


def _path(ranks: Sequence[int], edge: Edge) -> tuple[Place, ...]:
    source, target = edge
    return (*((source, rank) for rank in range(ranks[source], ranks[target])), (target, ranks[target]))


def _ranks(count: int, edges: Sequence[Edge], aside: Collection[int]) -> tuple[int, ...]:
    """The longest path to a node; those aside sink halfway to their readers."""
    ranks = [0] * count
    for source, target in sorted(edges, key=lambda edge: edge[1]):
        ranks[target] = max(ranks[target], ranks[source] + 1)
    latest = list(ranks)
    for node in sorted(aside, reverse=True):
        latest[node] = min((latest[target] - 1 for source, target in edges if source == node), default=ranks[node])
    return tuple((rank + late) // 2 for rank, late in zip(ranks, latest, strict=True))


def _first(ranks: Sequence[int], links: Sequence[Link], aside: Collection[int]) -> Orders:
    """A first order: nodes as they are executed, then lanes, then what stands aside."""
    orders: list[set[Place]] = [set() for _ in range(max(ranks, default=-1) + 1)]
    for place in (*enumerate(ranks), *(end for link in links for end in link)):
        orders[place[1]].add(place)

    def key(place: Place) -> tuple[bool, bool, int]:
        return place[0] in aside and ranks[place[0]] == place[1], ranks[place[0]] != place[1], place[0]

    return tuple(tuple(sorted(order, key=key)) for order in orders)


def _neighbours(links: Sequence[Link]) -> tuple[dict[Place, list[Place]], dict[Place, list[Place]]]:
    """The places before and after each, where it has any."""
    above, below = defaultdict[Place, list[Place]](list), defaultdict[Place, list[Place]](list)
    for upper, lower in links:
        above[lower].append(upper)
        below[upper].append(lower)
    return dict(above), dict(below)


def _ordered(orders: Orders, links: Sequence[Link]) -> Orders:
    """The order of fewest crossings that sweeps down and up come by, from this one or from shuffled ones."""
    above, below = _neighbours(links)
    best, fewest = orders, _crossings(orders, below)
    shuffle = Random(0).sample  # noqa: S311 -- the same every time
    for start in range(STARTS if fewest else 0):
        now = tuple(tuple(shuffle(order, len(order))) for order in orders) if start else orders
        for sweep in range(SWEEPS):
            now = _swept(now, above) if sweep % 2 == 0 else _swept(now[::-1], below)[::-1]
            crossings = _crossings(now, below)
            if crossings < fewest:
                best, fewest = now, crossings
    return best


def _swept(orders: Orders, before: Mapping[Place, Sequence[Place]]) -> Orders:
    """Every rank by the barycentre of its neighbours in the one before; who has none there keeps its place."""
    done = [orders[0]]
    for order in orders[1:]:
        position = {place: index for index, place in enumerate(done[-1])}
        centres = {
            place: sum(position[one] for one in before[place]) / len(before[place]) if place in before else index
            for index, place in enumerate(order)
        }
        done.append(tuple(sorted(order, key=centres.__getitem__)))
    return tuple(done)


def _crossings(orders: Orders, below: Mapping[Place, Sequence[Place]]) -> int:
    """Pairs of links that cross."""
    count = 0
    for upper, lower in pairwise(orders):
        position = {place: index for index, place in enumerate(lower)}
        ends = np.array([end for place in upper for end in sorted(position[one] for one in below.get(place, ()))])
        count += int(sum((ends[:i] > end).sum() for i, end in enumerate(ends)))
    return count


Wish = tuple[float, dict[Place, float]]
"""How much it weighs that the places, times their factors, sum to 0."""


def _wishes(ranks: Sequence[int], links: Sequence[Link], aside: Collection[int]) -> Iterator[Wish]:
    """A lane goes straight down; a node stands amid what it reads, and amid its readers.

    Where there are several, nodes count before lanes, and before both those on the same side as itself.
    """
    for upper, lower in links:
        if upper[0] == lower[0] and ranks[upper[0]] < upper[1]:
            yield STRAIGHT, {upper: 1.0, lower: -1.0}
    for neighbours in _neighbours(links):
        for node, rank in enumerate(ranks):
            others = neighbours.get((node, rank), [])
            nodes = [other for other in others if ranks[other[0]] == other[1]]
            own = [other for other in nodes if (other[0] in aside) <= (node in aside)]
            lanes = [other for other in others if ranks[other[0]] != other[1]]
            if near := own or lanes or nodes:
                yield CENTRED, {(node, rank): 1.0, **{other: -1 / len(near) for other in near}}


def _columns(orders: Orders, wishes: Sequence[Wish], room: Mapping[Place, float]) -> dict[Place, float]:
    """Where all places stand: in order and apart, as near to the wishes and to each other as can be."""
    index = {place: i for i, place in enumerate(place for order in orders for place in order)}
    pairs = [pair for order in orders for pair in pairwise(order)]
    wishes = [*wishes, *((CLOSE, {left: -1.0, right: 1.0}) for left, right in pairs)]
    rows = [{index[left]: 1.0, index[right]: -1.0} for left, right in pairs]
    bounds = [-_apart(room[left], room[right]) for left, right in pairs]
    for i, (_, terms) in enumerate(wishes, start=len(index)):  # by how much it is missed, on either side
        miss = {index[place]: factor for place, factor in terms.items()}
        rows += [miss | {i: -1.0}, {k: -factor for k, factor in miss.items()} | {i: -1.0}]
        bounds += [0.0, 0.0]
    found = _least([0.0] * len(index) + [weight for weight, _ in wishes], rows, bounds)
    left = min((found[i] - room[place] / 2 for place, i in index.items()), default=0.0)
    return {place: float(found[i] - left) for place, i in index.items()}


def _apart(left: float, right: float) -> float:
    """The distance of two neighbours' middles."""
    return (left + right) / 2 + (LANE_GAP if LANE in (left, right) else GAP)


def _least(costs: Sequence[float], rows: Sequence[Mapping[int, float]], bounds: Sequence[float]) -> tuple[float, ...]:
    """The values from 0 of least cost for which every row's sum stays within its bound."""
    if not rows:
        return (0.0,) * len(costs)
    cells = [(i, j, factor) for i, row in enumerate(rows) for j, factor in row.items()]
    lines, columns, factors = zip(*cells, strict=True)
    matrix = csr_array((factors, (lines, columns)), shape=(len(rows), len(costs)))
    found = linprog(costs, matrix, bounds, method="highs")
    assert found.success, found.message
    return tuple(found.x)
