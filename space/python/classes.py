"""Equal scopes as one class: the numbers in which its instances differ become its parameters."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from space import ops
from space.graph import Graph
from space.python.parameters import READS, Column, Columns, Terms
from space.python.scopes import LAYERS, Path, Scope, local
from space.python.text import Hole, Number, Ref, Text, functional, layer, part
from space.tiles import tilings


@dataclass(frozen=True)
class Line:
    """An item of a class: its attribute, how its module is made, and how it is applied to what others make (-1: x)."""

    name: Path  # empty without a module; two where the attribute is a container
    makes: Text
    applies: Text
    operands: tuple[int, ...]
    op: ops.Op | None  # None: a scope
    within: "Class | None" = None  # the scope's

    @property
    def holes(self) -> Iterator[Hole]:
        return (piece for piece in (*self.makes, *self.applies) if isinstance(piece, Hole))


@dataclass(eq=False)
class Class:
    """Lines, those whose values are the results, and the scopes that are instances of it."""

    lines: Sequence[Line]
    results: tuple[int, ...]  # one, but of a network with auxiliary classifiers
    instances: list[Scope] = field(default_factory=list)
    name: str = ""
    expressions: list[str] = field(default_factory=list)  # for each line's holes, or its scope's arguments, in order
    parameters: list[str] = field(default_factory=list)
    arguments: dict[Path, tuple[Number, ...]] = field(default_factory=dict)  # by the instance's path


class Reader:
    """Reads classes off a graph. `of` says whose instance each scope is."""

    def __init__(self, graph: Graph, root: Scope) -> None:
        self.graph, self.splits = graph, tilings(graph)
        pairs = [tiles for tiles in self.splits.values() if len(tiles) == 2]
        self.halves = all(one.stop - one.start == other.stop - other.start for one, other in pairs)
        self.of: dict[Path, Class] = {}
        found: dict[object, Class] = {}
        for scope in root:
            makes = (scope.makes, *(() if scope.path else graph.auxiliary))
            places = _places(scope)
            each = Class([self._line(scope, item) for item in scope.items], tuple(places[i] for i in makes))
            each = found.setdefault(_key(each), each)
            each.instances.append(scope)
            self.of[scope.path] = each
        self.classes = list(found.values())
        for each in self.classes:
            self._parametrise(each)

    def _line(self, scope: Scope, item: int | Scope) -> Line:
        places, name = _places(scope), local(self.graph, item, scope)
        if isinstance(item, Scope):
            return Line(name, (), _applied(name), (places[item.reads],), None, self.of[item.path])
        node = self.graph.nodes[item]
        operands, xs = tuple(places[i] for i in node.inputs), self.graph.inputs(node)
        match node.op:
            case op if isinstance(op, LAYERS):
                flat = ".flatten(1)" if isinstance(op, ops.Linear) else ""
                return Line(name, layer(op, xs[0]), _applied(name, flat), operands, op)
            case ops.Slice() as op if tiles := self.splits.get(node.inputs[0]):
                return Line((), (), part(op, tiles, halves=self.halves), operands, op)
            case op:
                assert not isinstance(op, ops.Input | LAYERS)
                return Line((), (), functional(op, len(operands), xs[0]), operands, op)

    def _parametrise(self, each: Class) -> None:
        """Find the numbers in which the instances differ, and say all others with them."""
        rows = [self._numbers(scope) for scope in each.instances]
        kinds = [kind for kind, _ in rows[0]]
        columns = list(zip(*[[number for _, number in row] for row in rows], strict=True))
        inner = [line.within is not None for line in each.lines for _ in _numbered(line)]
        found = Columns(*(self._channels(each.instances, end) for end in ("reads", "makes")))
        each.expressions = found.expressions(list(zip(kinds, columns, strict=True)), inner, _sums(each))
        each.parameters = found.parameters
        each.arguments = {s.path: values for s, values in zip(each.instances, found.arguments, strict=False)}

    def _numbers(self, scope: Scope) -> list[tuple[str, Number]]:
        """All of an instance, each with its kind: those of its operations, and arguments of the scopes within."""
        found: list[tuple[str, Number]] = []
        for item in scope.items:
            if isinstance(item, Scope):
                inner = self.of[item.path]
                kinds = [_kind(name) for name in inner.parameters]
                found += zip(kinds, inner.arguments[item.path], strict=True)
            else:
                found += [(hole.kind, hole.value) for hole in self._line(scope, item).holes]
        return found

    def _channels(self, scopes: Sequence[Scope], end: str) -> Column:
        return tuple(self.graph.nodes[getattr(scope, end)].shape.channels for scope in scopes)


def _numbered(line: Line) -> Sequence[object]:
    """What has a number in the line: its holes, or the parameters of the scope within."""
    return line.within.parameters if line.within else list(line.holes)


def _sums(each: Class) -> dict[int, Terms]:
    """By the number of the channels that a convolution or a norm reads, those that are concatenated to them."""
    made: dict[int, Terms] = {-1: (READS,)}  # channels of each line's value, as numbers whose sum they are
    found: dict[int, Terms] = {}
    at = 0
    for k, line in enumerate(each.lines):
        operands = [made.get(j, ()) for j in line.operands]
        match line.op:
            case ops.Conv():
                found[at], made[k] = operands[0], (at + 1,)
            case ops.Norm():
                found[at] = made[k] = operands[0]
            case ops.Concat() if all(operands):
                made[k] = tuple(term for terms in operands for term in terms)
            case ops.Activation() | ops.Pool() | ops.Dropout():
                made[k] = operands[0]
        at += len(_numbered(line))
    return {number: terms for number, terms in found.items() if len(terms) > 1}


def _applied(name: Path, suffix: str = "") -> Text:
    """`self.conv1(x)`, or `self.kernels["conv1"](x)` in a container."""
    first, *rest = name
    return (f"self.{first}" + "".join(f'["{key}"]' for key in rest) + "(", Ref(0), f"{suffix})")


def _places(scope: Scope) -> dict[int, int]:
    """By the node, the line that makes it; -1 is what the scope reads."""
    return {scope.reads: -1} | {
        (item if isinstance(item, int) else item.makes): k for k, item in enumerate(scope.items)
    }


def _key(each: Class) -> object:
    """What two instances of a class have in common."""
    lines = ((x.name, _blank(x.makes), _blank(x.applies), x.operands, id(x.within)) for x in each.lines)
    return each.results, *lines


def _blank(text: Text) -> Text:
    return tuple(Hole(p.kind, 0, p.prefix, p.default) if isinstance(p, Hole) else p for p in text)


def _kind(parameter: str) -> str:
    name = parameter.rstrip("0123456789")
    return name if name in ("kernel", "stride", "padding", "number") else "channels"
