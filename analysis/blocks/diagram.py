"""What a drawing of a network's blocks holds: boxes and arrows, read off the one traced graph."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from space import ops, trace
from space.arch import Arch
from space.errors import SpaceError
from space.graph import Graph, Node
from space.ops import Shape
from space.table import layer_words

Kind = Literal["end", "pointwise", "spatial", "pool", "linear", "dynamic", "join", "part", "note"]
"""Ends are what is read and handed on; a part is some of a map's channels; a note is what papers leave out."""

MOST = 200  # boxes of a drawing
ALIKE = 8  # parallel boxes that do the same are drawn one by one up to this number
BRANCH = re.compile(r"branch\d+")


@dataclass(frozen=True)
class Box:
    """A layer with the norms and activations around it, a join, or an end.

    `title` is the layer; `before` and `after` say in small what else happens. `names` are the graph's operations.
    """

    kind: Kind
    title: str
    shape: Shape
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    count: int = 1  # boxes that this one stands for
    aside: bool = False  # on a shortcut, or in a gate
    params: int = 0
    macs: int = 0


Edge = tuple[int, int]


class Diagram(NamedTuple):
    """The boxes of one block in order of execution, the first and last of them its ends, and the arrows."""

    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]


class Panel(NamedTuple):
    """One kind of block, where it stands in the network, and where else the same is, with other numbers."""

    title: str
    elsewhere: str
    diagram: Diagram


def panels(arch: Arch, resolution: int | None = None) -> tuple[Panel, ...]:
    """A panel for each kind of block: equal but for channels and strides.

    Where there is anything else, blocks of a single layer are left out. The one drawn is the first that strides, where
    one does, so that a stage's opening block and its repeating one are drawn with the same numbers.
    """
    graph = trace(arch, resolution)
    kinds: dict[object, list[_Block]] = {}
    for block in _blocks(arch):
        kinds.setdefault(_signature(graph, block.scope), []).append(block)
    drawn = sorted((_drawn(same), same) for same in kinds.values())
    found = [_panel(graph, block, same) for block, same in drawn]
    return tuple([panel for panel in found if len(panel.diagram.boxes) > 3] or found)


class _Block(NamedTuple):
    """A block that may be drawn: the first or the second of a stage, which stands for those that follow."""

    stage: int
    number: int
    place: str
    strides: bool

    @property
    def scope(self) -> str:
        return f"stage{self.stage}.block{self.number}."


def _blocks(arch: Arch) -> Iterable[_Block]:
    for i, stage in enumerate(arch.stages, start=1):
        names = [f"block 1 of {stage.depth}", f"blocks 2 to {stage.depth}" if stage.depth > 2 else "block 2 of 2"]
        for j, name in enumerate(names[: stage.depth], start=1):
            yield _Block(i, j, name if stage.depth > 1 else "", stage.stride > 1)


def _drawn(same: Sequence[_Block]) -> _Block:
    return next((one for one in same if one.strides), same[0])


def _panel(graph: Graph, block: _Block, same: Sequence[_Block]) -> Panel:
    here = [one.place for one in same if one.stage == block.stage and one.place]
    title = f"Stage {block.stage}" + (f", {here[0]}" if len(here) == 1 else ", every block" if here else "")
    others = sorted({one.stage for one in same} - {block.stage})
    whole = diagram(graph, block.scope)
    if len(whole.boxes) > MOST:
        raise SpaceError(f"{block.scope[:-1]}: a drawing has at most {MOST} boxes; this one has {len(whole.boxes)}")
    elsewhere = f"also in {_stages(others)}, with other channels or strides" if others else ""
    return Panel(title, elsewhere, whole)


def _stages(numbers: Sequence[int]) -> str:
    """stage 3; stages 1, 3 and 4."""
    *most, last = map(str, numbers)
    return f"stages {', '.join(most)} and {last}" if most else f"stage {last}"


def _signature(graph: Graph, scope: str) -> object:
    """What a block does, whatever its numbers of channels and its strides."""
    members = [i for i, node in enumerate(graph.nodes) if node.name.startswith(scope)]
    index = {i: position for position, i in enumerate(members)}
    return tuple(
        (_likeness(graph.nodes[i].op), tuple(index.get(x, -1) for x in graph.nodes[i].inputs)) for i in members
    )


def _likeness(op: ops.Op) -> object:
    """The operation without its numbers of channels and its stride."""
    match op:
        case ops.Conv(_, kernel, _, groups):
            return "conv", kernel, groups > 1
        case ops.Pool(function, kernel):
            return function, kernel
        case ops.Activation(function):
            return function
        case _:
            return type(op)


def diagram(graph: Graph, scope: str) -> Diagram:
    """The boxes of the block of that scope, `stage1.block2.`."""
    members = [i for i, node in enumerate(graph.nodes) if node.name.startswith(scope)]
    if not members:
        return Diagram((), ())
    boxes, owner = _boxed(graph, members, scope)
    edges = {(owner.get(x, 0), owner[i]) for i in members for x in graph.nodes[i].inputs if owner.get(x, 0) != owner[i]}
    result = graph.nodes[members[-1]].shape
    edges.add((owner[members[-1]], len(boxes)))
    return _folded(Diagram((*boxes, Box("end", _size(result), result)), tuple(sorted(edges))))


def _boxed(graph: Graph, members: Sequence[int], scope: str) -> tuple[list[Box], dict[int, int]]:
    """The block's boxes, its input first, and which of them an operation is in."""
    entry = graph.nodes[next(x for i in members for x in graph.nodes[i].inputs if x not in set(members))].shape
    boxes, owner = [Box("end", _size(entry), entry)], dict[int, int]()
    readers = Counter(x for node in graph.nodes for x in node.inputs)
    for i in members:
        node = graph.nodes[i]
        box = _box(graph, node, scope)
        alone = {owner[x] for x in node.inputs if x in owner and readers[x] == 1} if len(node.inputs) == 1 else set()
        before = next(iter(alone), None)
        together = None if before is None else _together(boxes[before], box)
        if before is not None and together:
            boxes[before] = together
            owner[i] = before
        else:
            boxes.append(box)
            owner[i] = len(boxes) - 1
    return boxes, owner


def _together(first: Box, then: Box) -> Box | None:
    """One box for what is always read together: notes go with the layer before them, or else with the one after."""
    names, params, macs = first.names + then.names, first.params + then.params, first.macs + then.macs
    if then.kind == "note":
        after = (*first.after, then.title)
        return replace(first, shape=then.shape, after=after, names=names, params=params, macs=macs)
    if first.kind == "note" and then.kind in LAYER_KINDS:
        return replace(then, before=(first.title, *first.after), names=names, params=params, macs=macs)
    return None


LAYERS: Mapping[type[ops.Op], Kind] = {
    ops.Pool: "pool", ops.GlobalPool: "pool", ops.Linear: "linear",
    ops.Involution: "dynamic", ops.SampleConv: "dynamic", ops.Add: "join", ops.Multiply: "join", ops.Slice: "part",
}  # fmt: skip
LAYER_KINDS = {"pointwise", "spatial", "pool", "linear", "dynamic"}


def _box(graph: Graph, node: Node, scope: str) -> Box:
    """An operation by itself."""
    within = node.name.removeprefix(scope).split(".")[:-1]
    aside = any(not BRANCH.fullmatch(one) for one in within)
    xs = graph.inputs(node)
    kind: Kind = LAYERS.get(type(node.op), "note")
    if isinstance(node.op, ops.Conv):
        kind = "pointwise" if node.op.kernel == (1, 1) else "spatial"
    if aside and node.shape[1:] == (1, 1) and kind == "pointwise":
        kind = "linear"  # fully connected, on a gate's averages
    title = _part(graph, node, node.op) if isinstance(node.op, ops.Slice) else _title(node.op)
    return Box(
        kind, title, node.shape, names=(node.name,),
        aside=aside, params=node.op.params(*xs), macs=node.op.macs(*xs),
    )  # fmt: skip


def _title(op: ops.Op) -> str:
    match op:
        case ops.Add():
            return "+"
        case ops.Multiply():
            return "×"
        case ops.Norm():
            return "norm"
        case ops.LocalNorm():
            return "local norm"
        case ops.Activation(function):
            return function
        case ops.Dropout(percent):
            return f"dropout {percent} %"
        case ops.Scale(factor):
            return f"× {factor:g}"
        case ops.Subsample(stride):
            return f"every {stride}. pixel"
        case ops.PadChannels(out):
            return f"zeros to {out} channels"
        case _:
            return re.sub(r"(\d)x(\d)", r"\1×\2", layer_words(op)) or type(op).__name__.lower()


def _part(graph: Graph, node: Node, op: ops.Slice) -> str:
    """2/4 is the second of four equal parts of a map; other parts are told by their channels."""
    others = {other.op for other in graph.nodes if other.inputs == node.inputs and isinstance(other.op, ops.Slice)}
    size = op.stop - op.start
    if len(others) * size == graph.inputs(node)[0].channels and all(one.stop - one.start == size for one in others):
        return f"{op.start // size + 1}/{len(others)}"
    return f"channels {op.start + 1}–{op.stop}"


def _size(shape: Shape) -> str:
    return " × ".join(map(str, shape))


def _folded(whole: Diagram) -> Diagram:
    """Of more than a few boxes that do the same side by side, the first two and the last; one stands for the others."""
    alike: dict[object, list[int]] = {}
    for i, what in enumerate(_roles(whole)):
        alike.setdefault(what, []).append(i)
    stands = {i: same[2] for same in alike.values() if len(same) > ALIKE for i in same[2:-1]}
    kept = [i for i in range(len(whole.boxes)) if stands.get(i, i) == i]
    counts = Counter(stands.values())
    boxes = [_many(whole, i, stands) if counts[i] else whole.boxes[i] for i in kept]
    index = {i: position for position, i in enumerate(kept)}
    edges = {(index[stands.get(a, a)], index[stands.get(b, b)]) for a, b in whole.edges}
    return Diagram(tuple(boxes), tuple(sorted(edges)))


def _roles(whole: Diagram) -> list[object]:
    """What leads to a box and what follows, equal for boxes that could be exchanged."""
    known: dict[object, int] = {}

    def number(*what: object) -> int:
        return known.setdefault(what, len(known))

    above, below = defaultdict[int, list[int]](list), defaultdict[int, list[int]](list)
    for a, b in whole.edges:
        above[b].append(a)
        below[a].append(b)
    own = [(b.kind, "" if b.kind == "part" else b.title, b.before, b.after, b.shape) for b in whole.boxes]
    down, up = dict[int, int](), dict[int, int]()
    for i in range(len(own)):
        down[i] = number(own[i], *sorted(down[a] for a in above[i]))
    for i in reversed(range(len(own))):
        up[i] = number(own[i], *sorted(up[b] for b in below[i]))
    return [(down[i], up[i]) for i in range(len(own))]


def _many(whole: Diagram, first: int, stands: Mapping[int, int]) -> Box:
    """The box that stands for all those."""
    same = [whole.boxes[i] for i in sorted(stands) if stands[i] == first]
    return replace(
        same[0], title=f"{len(same)} more", before=(), after=(), count=len(same),
        names=tuple(name for box in same for name in box.names),
        params=sum(box.params for box in same), macs=sum(box.macs for box in same),
    )  # fmt: skip
