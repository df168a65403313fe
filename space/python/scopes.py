"""A graph's scopes as a tree: each that reads one map and makes one is a class of its own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from space import ops
from space.graph import Graph

Path = tuple[str, ...]

LAYERS = ops.Conv | ops.Norm | ops.Linear | ops.Dropout


@dataclass(frozen=True)
class Scope:
    """What happens in a scope, in order: nodes, by their index, and scopes within. `reads` and `makes` are nodes."""

    path: Path
    items: "tuple[int | Scope, ...]"
    reads: int
    makes: int

    def __iter__(self) -> "Iterator[Scope]":
        """The scope and all within it, the innermost first."""
        for item in self.items:
            if isinstance(item, Scope):
                yield from item
        yield self


def tree(graph: Graph) -> Scope:
    """The network's scope: all but its input."""
    last = dict.fromkeys([len(graph.nodes) - 1, *graph.auxiliary], len(graph.nodes))
    for i, node in enumerate(graph.nodes):
        last |= {j: max(i, last.get(j, i)) for j in node.inputs}
    items = _items(graph, last, _homes(graph), (), range(1, len(graph.nodes)))
    return Scope((), tuple(items), 0, len(graph.nodes) - 1)


def local(graph: Graph, item: int | Scope, scope: Scope) -> Path:
    """An item's name, seen from the scope it is in."""
    path = tuple(graph.nodes[item].name.split(".")) if isinstance(item, int) else item.path
    return path[len(scope.path) :]


def _homes(graph: Graph) -> list[Path]:
    """Of each node, the scope that it is written in: its own, but of a pool that all of a stage begins with.

    Before the stage, such a pool leaves it with blocks like those of other stages.
    """
    homes = [tuple(node.name.split(".")[:-1]) for node in graph.nodes]
    for i in range(1, len(homes)):
        node, stage = graph.nodes[i], homes[i][:1]
        begins = stage[:1] != homes[i - 1][:1] and "".join(stage).startswith("stage")
        if begins and isinstance(node.op, ops.Pool) and _readers(graph, node.inputs[0], stage, homes) == [i]:
            homes[i] = ()
    return homes


def _readers(graph: Graph, read: int, stage: Path, homes: Sequence[Path]) -> list[int]:
    return [i for i, node in enumerate(graph.nodes) if homes[i][:1] == stage and read in node.inputs]


def _items(
    graph: Graph, last: Mapping[int, int], homes: Sequence[Path], path: Path, indices: Sequence[int]
) -> list[int | Scope]:
    """The nodes in a scope and the scopes within it; one that cannot be a class has its items listed here.

    `last` is where each node is read for the last time.
    """
    found: dict[int, int | Scope] = {}  # by the first node
    within: dict[str, list[int]] = {}
    for i in indices:
        inner = homes[i][len(path) :]
        if inner:
            within.setdefault(inner[0], []).append(i)
        else:
            found[i] = i
    for name, those in within.items():
        items = _items(graph, last, homes, (*path, name), those)
        if scope := _closed(graph, last, (*path, name), those, items):
            found[those[0]] = scope
        else:
            found |= {_first(item): item for item in items}
    return [found[i] for i in sorted(found)]


def _first(item: int | Scope) -> int:
    return item if isinstance(item, int) else _first(item.items[0])


def _closed(
    graph: Graph, last: Mapping[int, int], path: Path, indices: Sequence[int], items: Sequence[int | Scope]
) -> Scope | None:
    """The scope, if it is entered once, reads one map, makes one, and has layers."""
    begin, end = indices[0], indices[-1]
    if end - begin >= len(indices) or not any(isinstance(graph.nodes[i].op, LAYERS) for i in indices):
        return None
    reads = {j for i in indices for j in graph.nodes[i].inputs if j < begin}
    makes = {i for i in indices if last[i] > end}
    return Scope(path, tuple(items), *reads, *makes) if len(reads) == len(makes) == 1 else None
