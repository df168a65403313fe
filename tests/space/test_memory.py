"""Predicted memory obeys its laws, and is what torch's allocator measures."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings, strategies as st

from space import Arch, build, cost, ops, trace
from space.graph import Interface, Tensor, concat, source
from space.memory import FLOAT, INDEX, evaluation_memory, graph_memory, training_memory
from space.ops import Shape
from tests.allocation import measured_kept, measured_peak
from tests.space.test_whole_tree import archs

BATCHES = st.integers(1, 300)
BATCH = 32  # of what is measured
SCALARS = 64  # bytes of a few constants
SLACK = 500_000  # bytes of what a loss and oneDNN take for themselves, whatever the network


@given(archs, BATCHES, BATCHES)
@settings(max_examples=60)
def test_more_images_take_more_memory_each_as_much(arch: Arch, batch: int, more: int) -> None:
    one, two, three = (training_memory(arch, batch + k * more) for k in range(3))
    assert one.kept < two.kept
    assert two.kept - one.kept == three.kept - two.kept
    assert one.peak < two.peak
    assert 2 * two.peak <= one.peak + three.peak  # the most of several sums, each with a share for every image
    assert evaluation_memory(arch, batch) < evaluation_memory(arch, batch + more)


@given(archs, BATCHES, st.integers(0, 3))
@settings(max_examples=60)
def test_the_peak_holds_what_is_there_at_one_time(arch: Arch, batch: int, states: int) -> None:
    found, without = training_memory(arch, batch, states=states), training_memory(arch, batch, states=0)
    images = FLOAT * batch * arch.input.shape().elements
    assert found.gradients == FLOAT * cost(arch).params
    assert found.peak - without.peak == found.state == states * found.gradients
    assert without.peak >= found.weights + max(found.gradients, found.kept)
    assert found.kept >= images
    assert found.weights + images < evaluation_memory(arch, batch) <= without.peak


@given(archs, BATCHES)
@settings(max_examples=30)
def test_weights_are_the_modules_and_maps_of_half_the_precision_take_half(arch: Arch, batch: int) -> None:
    tensors = (*build(arch).parameters(), *build(arch).buffers())
    full, half = training_memory(arch, batch), training_memory(arch, batch, precision="bf16")
    assert full.weights == half.weights == sum(FLOAT * t.numel() for t in tensors if t.is_floating_point())
    assert full.kept / 2 <= half.kept <= full.kept + full.weights / 2  # with a copy of the weights
    assert half == training_memory(arch, batch, precision="fp16")


IMAGE = Shape(8, 6, 6)
MAP = IMAGE.elements

KEPT: dict[str, tuple[Callable[[Tensor], Tensor], float]] = {
    "the input of a convolution": (lambda x: x.conv(4, 1), MAP),
    "the input of a norm": (Tensor.norm, MAP),
    "a norm's result as that of the ReLU over it": (lambda x: x.norm().relu().conv(4, 1), 2 * MAP),
    "a ReLU6 over what it needs, so a copy": (lambda x: x.norm().relu6().conv(4, 1), 3 * MAP),
    "a sigmoid's result, not its input": (lambda x: x.norm().sigmoid().conv(4, 1), 2 * MAP),
    "nothing of a sum": (lambda x: x.scale(2) + x.scale(3), 0),
    "nothing of a concatenation": (lambda x: concat([x.scale(2), x.scale(3)]), 0),
    "what reads a concatenation, all of it": (lambda x: concat([x.scale(2), x.scale(3)]).conv(4, 1), 2 * MAP),
    "a whole map for its part": (lambda x: x.scale(2).narrow(0, 2).conv(4, 1), MAP),
    "a whole map for a part of its split": (lambda x: x.scale(2).chunks(2)[0].conv(4, 1), MAP),
    "both maps of a product": (lambda x: x.scale(2) * x.scale(3), 2 * MAP),
    "the places of maxima": (lambda x: x.max_pool(2, stride=2), MAP + MAP / 4 * INDEX / FLOAT),
    "the input of an average": (lambda x: x.scale(2).avg_pool(2, stride=2), MAP),
    "nothing of a mean": (lambda x: x.scale(2).global_pool(), 0),
    "the input of a mean over parts": (lambda x: x.scale(2).global_pool(2), MAP),
    "which elements were dropped": (lambda x: x.scale(2).dropout(50), MAP),
    "a map as it was flattened": (lambda x: x.scale(2).linear(5), MAP),
    "a mean's result": (lambda x: x.scale(2).global_pool().linear(5), 8),
    "a map for every other pixel": (lambda x: x.scale(2).subsample(2).conv(4, 1), MAP),
    "nothing of channels appended": (lambda x: x.pad_channels(9), 0),
    "patches, and the kernels and what they are of": (
        lambda x: x.scale(2).involution(x.scale(3).conv(18, 1), 3, stride=1, groups=2),
        36 * (9 * 8 + 18 + 8),
    ),
}


@pytest.mark.parametrize("what", KEPT)
def test_autograd_keeps(what: str) -> None:
    """As counted by hand in elements, beside the image and the last result, and as torch has it."""
    make, elements = KEPT[what]
    graph = make(source(Interface(IMAGE)).conv(8, 1)).graph
    statistics = sum(2 * node.shape.channels for node in graph.nodes if isinstance(node.op, ops.Norm))
    result = graph.nodes[-1].shape.elements
    assert graph_memory(graph, BATCH).kept == FLOAT * (BATCH * (MAP + elements + result) + statistics)
    assert graph_memory(graph, BATCH).kept == pytest.approx(measured_kept(graph, BATCH), abs=SCALARS)


def agrees(arch: Arch) -> bool:
    """What is kept, to the byte but for degenerate involutions and loose ends; the peak within 20 %.

    A single channel is laid out as if they were 16, which is not predicted: no network that is used has such a map.
    """
    graph = trace(arch)
    found, kept = training_memory(arch, BATCH), measured_kept(graph, BATCH)
    assert found.kept == pytest.approx(kept, rel=0.15 if "involution" in str(arch) else 0.001)
    if all(node.shape.channels > 1 for node in graph.nodes if isinstance(node.op, ops.Conv)):
        assert found.peak == pytest.approx(measured_peak(arch, BATCH), rel=0.2, abs=SLACK)
    return True


@given(archs)
@settings(max_examples=12)
def test_it_is_what_torch_allocates(arch: Arch) -> None:
    assert agrees(arch)


@pytest.mark.many
@given(archs)
@settings(max_examples=1000)
def test_it_is_what_torch_allocates_for_a_thousand(arch: Arch) -> None:
    assert agrees(arch)
