"""How a graph is written in torch changes nothing of what it computes: slices as splits, sums and maps in place."""

from collections.abc import Callable
from copy import deepcopy
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import fx, nn

from space import Arch, SpaceError, ops, parse, trace
from space.graph import Interface, Tensor, concat, source, total
from space.module import build_graph
from space.ops import Shape
from tests.space.test_whole_tree import writings


@st.composite
def slices(draw: st.DrawFn) -> tuple[int, list[tuple[int, int]]]:
    """Channels and slices of them in any order, some twice: a tiling, or one with parts missing or too many."""
    channels = draw(st.integers(2, 9))
    cuts = draw(st.sets(st.integers(1, channels - 1)))
    found = list(pairwise([0, *sorted(cuts), channels]))
    found = draw(st.permutations(found))[draw(st.integers(0, 1)) * (len(found) > 1) :]
    found += draw(st.lists(st.sampled_from(found), max_size=2))
    return channels, found + draw(st.lists(st.sampled_from([(0, 1), (1, channels), (0, channels)]), max_size=1))


@given(slices())
def test_slices_are_a_split_where_they_tile(drawn: tuple[int, list[tuple[int, int]]]) -> None:
    """And compute the same as slices, forward and backward, where they do not."""
    channels, parts = drawn
    x = source(Interface(Shape(channels, 3, 2)))
    model = build_graph(concat([x.narrow(*part) for part in parts]).graph)
    ends = [0, *(stop for _, stop in sorted(set(parts)))]
    tiled = ends == [*(start for start, _ in sorted(set(parts))), channels]
    assert [node.target for node in model.graph.nodes].count("split") == int(tiled)
    image = torch.randn(2, channels, 3, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    written, sliced = (
        _result(model, image),
        _result(lambda x: torch.cat([x[:, a:b] for a, b in parts], 1), image),
    )
    assert all(torch.equal(one, other) for one, other in zip(written, sliced, strict=True))


def _result(function: Callable[[torch.Tensor], torch.Tensor], image: torch.Tensor) -> list[torch.Tensor]:
    """What a function makes of an image, and what goes back to the image."""
    x = image.clone().requires_grad_()
    y = function(x)
    weights = torch.arange(y.numel(), dtype=y.dtype).reshape(y.shape)
    return [y.detach(), *torch.autograd.grad(y, x, weights)]


@given(writings)
@settings(max_examples=200)
def test_nothing_is_overwritten_that_is_needed(writing: dict[str, object]) -> None:
    try:
        arch = Arch(**writing)  # type: ignore[arg-type]
    except SpaceError:
        return
    assert _same_out_of_place(build_graph(trace(arch)), arch.input.shape())


MAPS: dict[str, Callable[[Tensor], Tensor]] = {
    "conv": lambda x: x.conv(4, 3),
    "norm": Tensor.norm,
    "sum": lambda x: x + x.scale(2),
    "product": lambda x: x * x.global_pool(),
    "square": lambda x: x * x,
    "relu": Tensor.relu,
    "sigmoid": Tensor.sigmoid,
    "softmax": lambda x: x.global_pool().softmax(2, 1),
    "dropout": lambda x: x.dropout(50),
    "slice": lambda x: x.relu().narrow(0, 2),
    "part": lambda x: x.chunks(2)[0] * x.chunks(2)[1],
    "pool": lambda x: x.max_pool(3, stride=1, padding=1),
}


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("made", MAPS)
def test_no_map_is_overwritten_that_its_maker_needs(made: str, count: int) -> None:
    """As an activation of it would, or a sum with others like it."""
    x = source(Interface(Shape(3, 6, 5))).conv(4, 1)
    maps = [MAPS[made](x) for _ in range(count)]
    y = total(maps) if count > 1 else maps[0].relu()
    assert _same_out_of_place(build_graph(y.conv(2, 1).graph), Shape(3, 6, 5))


def _same_out_of_place(model: fx.GraphModule, image: Shape) -> bool:
    """In training mode, and in evaluation mode, where a dropout's result is what it reads."""
    pairs = [[_gradients(each.train(mode), image) for each in (_out_of_place(model), model)] for mode in (True, False)]
    return all(a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a) for a, b in pairs)


def _out_of_place(model: fx.GraphModule) -> fx.GraphModule:
    """The same network with nothing overwritten."""
    found = deepcopy(model)
    for node in found.graph.nodes:
        if node.op == "call_function" and node.target.__name__ == "iadd":
            node.target = torch.add
        if "inplace" in node.kwargs:
            node.kwargs = {**node.kwargs, "inplace": False}
    found.recompile()
    assert not any(words in found.code for words in ("+=", "inplace = True"))
    return found


def _gradients(model: nn.Module, shape: Shape) -> dict[str, torch.Tensor]:
    """Of every parameter, and the logits."""
    model.zero_grad()
    torch.manual_seed(0)  # dropout
    image = torch.randn(2, *shape, generator=torch.Generator().manual_seed(0))
    logits = model(image)
    logits.square().sum().backward()
    return {"": logits.detach()} | {n: p.grad for n, p in model.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("name", ["resnest50", "resnest50_fast_4s2x40d", "res2net50_26w4s", "dpn92"])
def test_no_published_network_is_sliced(name: str) -> None:
    """The gradient of a slice is a map as large as what it is a slice of, zero outside: a network of them is slow."""
    graph = trace(parse(name))
    sliced = {node.inputs[0] for node in graph.nodes if isinstance(node.op, ops.Slice)}
    code = build_graph(graph).code
    assert code.count(".split(") == len(sliced) > 0
    assert "slice(" not in code


def test_a_residual_is_added_in_the_place_of_the_branch() -> None:
    code = build_graph(trace(parse("resnet50"))).code
    assert (code.count("_norm3 += "), code.count("operator.add")) == (16, 0)
