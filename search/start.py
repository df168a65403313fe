"""Networks that start from the weights of a file: of the same network, or of one that it can start as."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor, nn

from search.errors import UsageError
from search.weights import State, fitted, read, sentence_of
from space import Arch, parse, trace
from space.errors import SpaceError
from space.graph import Graph
from space.module import build_graph
from space.ops import Conv, Linear
from space.relatives import Embedding, Layer, embedding

Start = Callable[[nn.Module], None]
"""Sets the weights of a network that has been initialised, and stays on the CPU until then."""


def start_from(path: Path, arch: Arch) -> Start:
    """For networks of `arch`; `SpaceError` where they cannot start from the file, `UsageError` where that is none.

    A classifier for another number of classes starts anew.
    """
    state, sentence = _file(path)
    small = _network(state, sentence, arch)
    large = trace(_of_classes(arch, small.head.classes))
    graph = trace(small)
    try:
        weights = fitted(graph, build_graph(graph), state)
    except UsageError as error:
        raise SpaceError(str(error).removeprefix("--weights: ")) from None
    found = embedding(graph, large)
    anew = _classifier(large) if small.head.classes != arch.head.classes else None

    def load(model: nn.Module) -> None:
        fresh = model.state_dict()
        model.load_state_dict(
            {
                name: fresh[name] if name.rpartition(".")[0] == anew else _placed(found, weights, name, fresh[name])
                for name in fresh
            }
        )

    return load


@lru_cache(maxsize=1)
def _file(path: Path) -> tuple[State, str | None]:
    return read(path), sentence_of(path)


def _network(state: State, sentence: str | None, arch: Arch) -> Arch:
    """The file's own, for images as `arch` has them: as it says, or the same one for as many classes as it holds."""
    if sentence is None:
        last = [value for value in state.values() if value.dim() > 1][-1:]
        return _of_classes(arch, last[0].shape[0] if last else arch.head.classes)
    small = parse(sentence)
    if small.input.channels != arch.input.channels:
        channels = f"{small.input.channels} channels, and this one's {arch.input.channels}"
        raise SpaceError(f"images of the file's network have {channels}")
    return replace(small, input=arch.input)


def _of_classes(arch: Arch, classes: int) -> Arch:
    return replace(arch, head=replace(arch.head, classes=classes))


def _classifier(graph: Graph) -> str:
    if graph.auxiliary:
        raise SpaceError("it has several classifiers, and the file's are for another number of classes")
    return [node.name for node in graph.nodes if isinstance(node.op, Conv | Linear)][-1]


def _placed(found: Embedding, weights: State, name: str, fresh: Tensor) -> Tensor:
    """A tensor of the larger network, from those of the smaller and from its own."""
    layer, _, leaf = name.rpartition(".")
    if layer in found.zero and leaf in ("weight", "bias"):
        return torch.zeros_like(fresh)
    return _filled(found.layers[layer], weights[name], fresh) if layer in found.layers and name in weights else fresh


def _filled(layer: Layer, theirs: Tensor, fresh: Tensor) -> Tensor:
    """With the smaller's numbers in their places, zeros beside them in their rows, and its own in other rows."""
    made, rows = fresh.clone(), torch.tensor(layer.rows)
    if not layer.columns or theirs.dim() == 1:
        made[rows] = theirs.to(made.dtype)
        return made
    made[rows] = 0
    for some, columns, part in zip(
        rows.chunk(len(layer.columns)), layer.columns, theirs.chunk(len(layer.columns)), strict=True
    ):
        made[some[:, None], torch.tensor(columns)] = part.to(made.dtype)
    return made
