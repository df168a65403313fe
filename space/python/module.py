"""The file: one class for all equal scopes, loops over equal blocks, and no import but torch."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from textwrap import wrap

from space import ops
from space.arch import Arch, trace
from space.cost import graph_cost
from space.fuse import fuse
from space.graph import Graph
from space.python.classes import Class, Line, Reader
from space.python.forward import written
from space.python.helpers import helpers
from space.python.layout import WIDTH, laid_out
from space.python.names import named
from space.python.scopes import Scope, tree
from space.python.text import Hole, Number


def module(arch: Arch, name: str = "network", *, fused: bool = False) -> str:
    """The network as the text of a Python file whose class `Network` has the parameters of the built one.

    `fused` writes it for inference, as `fuse` makes it.
    """
    graph = fuse(trace(arch)).graph if fused else trace(arch)
    root = tree(graph)
    reader = Reader(graph, root)
    *inner, network = reader.classes
    named(reader, arch)
    classes = [_class(each) for each in inner if not _is_stage(each.instances[0])]
    body = [*classes, _network(graph, root, reader, network)]
    text = "\n\n\n".join("\n".join(lines) for lines in body)
    text = "\n\n\n".join([*helpers(text), text])
    return f"{_head(arch, graph, name, fused=fused)}\n\n{_imports(text)}\n\n\n{text}\n"


def _head(arch: Arch, graph: Graph, name: str, *, fused: bool) -> str:
    """What the network is, and what it costs."""
    cost, image = graph_cost(graph), graph.nodes[0].shape
    lines = [f'"""{name}, for images of {image}.', "", f"{cost.params:,} parameters, {cost.macs:,} multiply-adds."]
    lines += ["", *wrap(str(arch), WIDTH, break_long_words=False)]
    if fused:
        lines += ["", "For inference: norms are folded into convolutions."]
    return "\n".join([*lines, '"""'])


def _imports(text: str) -> str:
    lines = ["from collections import OrderedDict", ""] if "OrderedDict" in text else []
    lines += ["import torch"] if re.search(r"(?<!\w)torch\.", text) else []
    lines += ["import torch.nn.functional as F"] if re.search(r"\bF\.", text) else []
    return "\n".join([*lines, "from torch import Tensor, nn"])


def _class(each: Class) -> list[str]:
    """A class of a scope."""
    made, applied = _expressions(each)
    stored = [said.removeprefix(", ") for said in dict.fromkeys(applied) if re.search("[a-z]", said)]
    parameters = "".join(f", {name}: {'float' if name.startswith('number') else 'int'}" for name in each.parameters)
    lines = [f"class {each.name}(nn.Module):", f'    """{described(each)}"""', ""]
    lines += laid_out(f"def __init__(self{parameters}) -> None:", 4)
    lines += ["        super().__init__()"]
    attributes = {expression: _stored_name(expression) for expression in stored}
    lines += [f"        self.{name} = {expression}" for expression, name in attributes.items()]
    for attribute, text in _modules(each, iter(made)):
        lines += laid_out(f"self.{attribute} = {text}", 8)
    names = [_attributed(said, attributes) for said in applied]
    return [*lines, "", "    def forward(self, x: Tensor) -> Tensor:", *_body(each, names, "")]


def _body(each: Class, applied: Sequence[str], suffix: str) -> list[str]:
    lines: list[str] = []
    for name, text in written(each, applied):
        match name:
            case "return":
                lines += laid_out(f"return {text}{suffix}", 8)
            case "result":
                lines += [*laid_out(f"result: Tensor = {text}{suffix}", 8), "        return result"]
            case _:
                lines += laid_out(f"{name} = {text}", 8)
    return lines


def _expressions(each: Class) -> tuple[list[str], list[str]]:
    """Those in what makes modules, and those in what is applied, in their order; defaults as nothing."""
    numbers = iter(each.expressions)
    made: list[str] = []
    applied: list[str] = []
    for line in each.lines:
        made += [next(numbers) for _ in line.within.parameters] if line.within else []
        for text, into in ((line.makes, made), (line.applies, applied)):
            into += [_said(hole, next(numbers)) for hole in text if isinstance(hole, Hole)]
    return made, applied


def _said(hole: Hole, expression: str) -> str:
    return "" if hole.prefix and expression == str(hole.default) else f"{hole.prefix}{expression}"


def _attributed(said: str, attributes: Mapping[str, str]) -> str:
    """An expression in `forward`, where a parameter is an attribute."""
    bare = said.removeprefix(", ")
    return said.replace(bare, f"self.{attributes[bare]}") if bare in attributes else said


def _stored_name(expression: str) -> str:
    """An attribute for an expression that is used in `forward`: a parameter's own name, or `width_x2`."""
    factor, times, name = expression.rpartition(" * ")
    return re.sub(r"\W+", "_", f"{name}_x{factor}" if times else expression)


def _modules(each: Class, numbers: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Attributes and the expressions that make them; those of a container together."""
    containers: dict[str, list[str]] = {}
    found: list[tuple[str, str]] = []
    for line in each.lines:
        if line.name:
            text = _made(line, numbers)
            first, *rest = line.name
            if rest:
                containers.setdefault(first, []).append(f'"{rest[0]}": {text}')
            else:
                found.append((first, text))
    yield from found
    for name, entries in containers.items():
        yield name, f"nn.ModuleDict({{{', '.join(entries)}}})"


def _made(line: Line, numbers: Iterator[str]) -> str:
    if line.within:
        return f"{line.within.name}({', '.join(next(numbers) for _ in line.within.parameters)})"
    return "".join(piece if isinstance(piece, str) else next(numbers) for piece in line.makes)


def _is_stage(scope: Scope) -> bool:
    """Whether it is blocks one after the other."""
    blocks = [item for item in scope.items if isinstance(item, Scope)]
    names = [block.path[-1] for block in blocks] == [f"block{i}" for i in range(1, len(blocks) + 1)]
    chained = all(a.makes == b.reads for a, b in pairwise(blocks))
    return len(blocks) == len(scope.items) and names and chained and blocks[-1].makes == scope.makes


def _network(graph: Graph, root: Scope, reader: Reader, network: Class) -> list[str]:
    """The class of the whole."""
    made, applied = _expressions(network)
    numbers = iter(made)
    lines = ["class Network(nn.Module):", f'    """{_in_and_out(graph)}"""', "", "    def __init__(self) -> None:"]
    lines += ["        super().__init__()"]
    for item, line in zip(root.items, network.lines, strict=True):
        if isinstance(item, Scope) and _is_stage(item):
            _ = [next(numbers) for _ in (line.within.parameters if line.within else ())]
            blocks = ", ".join(_blocks([inner for inner in item.items if isinstance(inner, Scope)], reader))
            lines += laid_out(f"self.{'.'.join(line.name)} = stage({blocks})", 8)
        elif line.name:
            lines += laid_out(f"self.{line.name[0]} = {_made(line, numbers)}", 8)
    returns = "tuple[Tensor, ...]" if graph.auxiliary else "Tensor"
    return [*lines, "", f"    def forward(self, x: Tensor) -> {returns}:", *_body(network, applied, _flat(graph))]


def _blocks(blocks: Sequence[Scope], reader: Reader) -> Iterator[str]:
    """The calls that make the blocks; a loop where their arguments stay or grow by steps."""
    start = 0
    while start < len(blocks):
        each = reader.of[blocks[start].path]
        rows = [reader.of[b.path].arguments[b.path] for b in blocks[start:] if reader.of[b.path] is each]
        stop = start + 1
        while stop < len(blocks) and reader.of[blocks[stop].path] is each and _steps(rows[: stop - start + 1]):
            stop += 1
        count = stop - start
        if count > 1:
            name = "i" if any(a != b for a, b in zip(rows[0], rows[1], strict=True)) else "_"
            yield f"*({each.name}({', '.join(_stepped(rows[0], rows[1]))}) for {name} in range({count}))"
        else:
            yield f"{each.name}({', '.join(map(str, rows[0]))})"
        start = stop


def _steps(rows: Sequence[tuple[Number, ...]]) -> bool:
    """Whether every argument grows by the same step from each row to the next."""
    return all(len({b - a for a, b in pairwise(column)}) == 1 for column in zip(*rows, strict=True))


def _stepped(first: Sequence[Number], second: Sequence[Number]) -> Iterator[str]:
    for a, b in zip(first, second, strict=True):
        yield str(a) if a == b else f"{a} + {b - a} * i"


def _flat(graph: Graph) -> str:
    """Logits without the sides of their map, where the classifier is a convolution of one pixel."""
    node = graph.nodes[-1]
    return ".flatten(1)" if isinstance(node.op, ops.Conv) and node.shape[1:] == (1, 1) else ""


def _in_and_out(graph: Graph) -> str:
    return f"Images (N, {graph.nodes[0].shape.channels}, H, W) to logits (N, {graph.nodes[-1].shape.channels})."


def described(each: Class) -> str:
    """A class in the words of a stage table."""
    kernels = ["x".join(map(str, line.op.kernel)) for line in each.lines if isinstance(line.op, ops.Conv)]
    found = [f"{_counted(kernels)} convolution{'s' * (len(kernels) > 1)}"] if kernels else []
    found += dict.fromkeys(filter(None, map(_word, each.lines)))
    joined = any(isinstance(line.op, ops.Add) and line.op.residual for line in each.lines)
    end = ", added to the input" if joined else ""
    texts = (f"{_listed(found[:n])}{end}." for n in range(len(found), -1, -1))
    text = next(text for text in texts if len(text) <= WIDTH - 10)
    return f"{text[:1].upper()}{text[1:]}"


def _counted(kernels: Sequence[str]) -> str:
    """`1x1, 3x3 and 1x1`, or their number where they are many or equal."""
    if len(set(kernels)) == 1 and 1 < len(kernels) < 4:
        return f"{('two', 'three')[len(kernels) - 2]} {kernels[0]}"
    return _listed(kernels) if len(kernels) < 4 else str(len(kernels))


def _listed(words: Sequence[str]) -> str:
    *most, last = words or ["layers"]
    return f"{', '.join(most)} and {last}" if most else last


def _word(line: Line) -> str:
    match line.op:
        case ops.Pool(function):
            return f"{'average' if function == 'avg' else function} pooling"
        case ops.Involution():
            return "involution"
        case ops.Linear():
            return "linear layer"
        case None if line.within and not line.within.name.startswith("Branch"):
            return line.within.name
        case None:
            return "branches"
        case _:
            return ""
