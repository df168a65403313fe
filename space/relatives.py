"""Where a network's channels are in a wider, deeper or less divided one that can start as the same: zeros do the rest.

Every map of the smaller network is among the channels of the larger one's, at places that suit what reads it; the rows
of those channels read nothing else. A convolution's groups are each within one of the larger's, alone or beside others,
as a grouped convolution is a block-diagonal one. Blocks that the smaller network lacks add nothing to what they read,
or append to it. (Net2Net, Chen et al. 2016, copies channels; where zeros fill up, nothing is divided.)
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from space import ops
from space.errors import SpaceError
from space.graph import Graph, Node
from space.tiles import tilings

Places = tuple[int, ...]  # for each channel of a map of the smaller network, its channel in the larger one's

CHANNELWISE = ops.Norm | ops.Activation | ops.Pool | ops.GlobalPool | ops.Scale | ops.Subsample | ops.Dropout


@dataclass(frozen=True)
class Layer:
    """The larger layer's rows for those of the smaller, and columns for each of the smaller's groups; none: a norm."""

    rows: Places
    columns: tuple[Places, ...] = ()


@dataclass
class Embedding:
    """Layers by name, and the names of those, of further blocks, that are to be zero."""

    layers: dict[str, Layer] = field(default_factory=dict)
    zero: list[str] = field(default_factory=list)


def embedding(small: Graph, large: Graph) -> Embedding:
    """How the larger network starts as the smaller; `SpaceError` says in one line why it cannot."""
    walk = _Walk(small, large)
    if lacking := [name for name in walk.names if name not in {node.name for node in large.nodes}]:
        raise SpaceError(f"it has no {lacking[0]}")
    for scope, indices in _blocks(large).items():
        if any(large.nodes[i].name in walk.names for i in indices):
            for i in indices:
                walk.place(i)
        else:
            walk.hand_on(scope, indices)
    return walk.found


class _Walk:
    """Through the larger graph in its order."""

    def __init__(self, small: Graph, large: Graph) -> None:
        self.small, self.large, self.found = small, large, Embedding()
        self.names = {node.name: i for i, node in enumerate(small.nodes)}
        self.tilings = tilings(small), tilings(large)
        self.readers: list[list[int]] = [[] for _ in large.nodes]
        for i, node in enumerate(large.nodes):
            for j in node.inputs:
                self.readers[j].append(i)
        self.same: dict[int, int] = {}  # the smaller's node whose map is within the larger's
        self.places: dict[int, Places] = {}

    def place(self, i: int) -> None:
        """Where the node of the same name has its channels in this one."""
        node = self.large.nodes[i]
        k = self.names.get(node.name)
        if k is None:
            raise SpaceError(f"{node.name} is not in the file's network")
        other = self.small.nodes[k]
        if tuple(self.same.get(j, -1) for j in node.inputs) != other.inputs or not _alike(node, other):
            raise SpaceError(f"{node.name} is another operation in the file's network")
        self.same[i], self.places[i] = k, self._of(i, node, other)

    def hand_on(self, scope: str, indices: Sequence[int]) -> None:
        """What a block that the smaller network lacks reads is within what it makes."""
        reads = {j for i in indices for j in self.large.nodes[i].inputs} - {*indices}
        end = self.large.nodes[indices[-1]]
        if len(reads) == 1 and (x := reads.pop()) in self.same:
            if isinstance(end.op, ops.Concat) and x in end.inputs:
                start = _starts(self.large, end)[end.inputs.index(x)]
                self.same[indices[-1]] = self.same[x]
                self.places[indices[-1]] = tuple(start + p for p in self.places[x])
                return
            if branch := self._branch(end, x):
                self.found.zero.append(branch)
                self.same[indices[-1]], self.places[indices[-1]] = self.same[x], self.places[x]
                return
        raise SpaceError(f"{scope} is not in the file's network, and does not hand on what it reads")

    def _branch(self, end: Node, x: int) -> str | None:
        """The layer that ends the branch of a block that adds one to what it reads, where the rest changes nothing."""
        nodes = self.large.nodes
        if isinstance(end.op, ops.Activation):
            before = nodes[x]
            while isinstance(before.op, ops.Pool) and before.op.function == "max":
                before = nodes[before.inputs[0]]
            if before.op != end.op or end.op.function == "sigmoid":
                return None
            end = nodes[end.inputs[0]]
        if end.op != ops.Add(residual=True) or end.inputs[1] != x:
            return None
        last = nodes[end.inputs[0]]
        while isinstance(last.op, ops.Multiply | ops.Scale | ops.Dropout):
            last = nodes[last.inputs[0]]
        return last.name if isinstance(last.op, ops.Norm | ops.Conv) else None

    def _of(self, i: int, node: Node, other: Node) -> Places:
        xs = [self.places[j] for j in node.inputs]
        match node.op, other.op:
            case ops.Conv(), ops.Conv():
                return self._conv(i, node, other)
            case ops.Linear(), _:
                area = self.large.nodes[node.inputs[0]].shape.height * self.large.nodes[node.inputs[0]].shape.width
                columns = tuple(p * area + a for p in xs[0] for a in range(area))
                rows = self._wanted(i, other.shape.channels)
                self.found.layers[node.name] = Layer(rows, (columns,))
                return rows
            case ops.Concat(), _:
                starts = _starts(self.large, node)
                return tuple(start + p for start, x in zip(starts, xs, strict=True) for p in x)
            case ops.Slice(begin, end), ops.Slice(start, stop):
                kept = tuple(p - begin for p in xs[0][start:stop])
                if not all(0 <= p < end - begin for p in kept):
                    raise SpaceError(f"{node.name} divides its map in other places")
                return kept
            case ((ops.Add() | ops.Multiply()), _):
                if any(x != xs[0] for x in xs):
                    raise SpaceError(f"{node.name} joins maps that are wider in different places")
                return xs[0]
            case op, _ if isinstance(op, CHANNELWISE):
                if isinstance(op, ops.Norm):
                    self.found.layers[node.name] = Layer(xs[0])
                return xs[0]
        return self._identical(node, other, xs)

    def _identical(self, node: Node, other: Node, xs: Sequence[Places]) -> Places:
        """Of an operation that is among channels."""
        if (node.op, node.shape) != (other.op, other.shape) or any(x != tuple(range(len(x))) for x in xs):
            raise SpaceError(
                f"{node.name} has {node.shape.channels} channels, not {other.shape.channels}, of one meaning"
            )
        return tuple(range(node.shape.channels))

    def _conv(self, i: int, node: Node, other: Node) -> Places:
        """Rows of a grouped convolution stay with their group's columns; a dense one's are where they are wanted."""
        assert isinstance(node.op, ops.Conv)
        assert isinstance(other.op, ops.Conv)
        places = self.places[node.inputs[0]]
        count, few = node.op.groups, other.op.groups
        width, step = self.large.nodes[node.inputs[0]].shape.channels // count, len(places) // few
        each, own = node.op.out // count, other.op.out // few
        wanted = self._wanted(i, other.op.out)
        rows: list[int] = []
        columns: list[Places] = []
        held = [0] * count  # rows of each group that are taken
        for j in range(few):
            reads = places[j * step : (j + 1) * step]
            if len(groups := {p // width for p in reads}) > 1:
                raise SpaceError(f"{node.name} has {count} groups, which divide those of the file's network")
            (group,) = groups
            first = group * each + held[group]
            rows += wanted[j * own : (j + 1) * own] if count == 1 else range(first, first + own)
            held[group] += own
            columns.append(tuple(p - group * width for p in reads))
        if max(held) > each:
            raise SpaceError(f"{node.name} has {each} channels in a group, and needs {max(held)}")
        self.found.layers[node.name] = Layer(tuple(rows), tuple(columns))
        return tuple(rows)

    def _wanted(self, i: int, channels: int) -> Places:
        """Where a map is to have so many channels: first, or where what reads it in groups or parts wants them."""
        node = self.large.nodes[i]
        if channels > node.shape.channels:
            raise SpaceError(f"{node.name} has {node.shape.channels} channels, and the file's network {channels}")
        waiting = [i]
        while waiting:
            x = waiting.pop()
            for j in self.readers[x]:
                reader, k = self.large.nodes[j], self.names.get(self.large.nodes[j].name)
                if isinstance(reader.op, CHANNELWISE):
                    waiting.append(j)
                elif k is not None and (parts := self._parts(x, reader, self.small.nodes[k])):
                    return parts
        return tuple(range(channels))

    def _parts(self, x: int, reader: Node, other: Node) -> Places | None:
        """Where a grouped convolution, or a split into parts, wants what it reads."""
        match reader.op, other.op:
            case ops.Conv(groups=count), ops.Conv(groups=few) if max(count, few) > 1:
                width = self.large.nodes[x].shape.channels // count
                step, beside = self.small.nodes[other.inputs[0]].shape.channels // few, -(-few // count)
                return tuple(j // beside * width + j % beside * step + c for j in range(few) for c in range(step))
            case ops.Slice(), ops.Slice():
                small, large = (t.get(k) for t, k in zip(self.tilings, (other.inputs[0], x), strict=True))
                if small and large and len(small) == len(large):
                    pairs = zip(small, large, strict=True)
                    return tuple(b.start + c for a, b in pairs for c in range(a.stop - a.start))
        return None


def _blocks(graph: Graph) -> dict[str, list[int]]:
    """The nodes of each block of a stage, and any other by itself, in order."""
    found: dict[str, list[int]] = {}
    for i, node in enumerate(graph.nodes):
        stage, *block = node.name.split(".")[:-1] or [""]
        scope = f"{stage}.{block[0]}" if block and stage.startswith("stage") else node.name
        found.setdefault(scope, []).append(i)
    return found


def _starts(graph: Graph, node: Node) -> list[int]:
    """Where each of the maps that are joined begins."""
    return [0, *accumulate(x.channels for x in graph.inputs(node))][:-1]


def _alike(node: Node, other: Node) -> bool:
    """Whether two nodes are one operation, but for its channels."""
    if node.shape[1:] != other.shape[1:]:
        return False
    match node.op, other.op:
        case ops.Conv() as a, ops.Conv() as b:
            return (a.kernel, a.stride, a.bias, a.padded) == (b.kernel, b.stride, b.bias, b.padded)
        case (ops.Linear(), ops.Linear()) | (ops.Slice(), ops.Slice()) | (ops.Dropout(), ops.Dropout()):
            return True
        case a, b:
            return type(a) is type(b) and (a == b or isinstance(a, ops.PadChannels | ops.Input))
