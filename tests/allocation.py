"""What a step of training really allocates: torch's own account of its CPU memory."""

from collections.abc import Callable
from itertools import accumulate

import torch
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile

from analysis.training import Training
from search.grouping import sgd
from space import Arch, build
from space.graph import Graph
from space.module import build_graph


def step(
    arch: Arch, batch: int, resolution: int | None = None, *, bf16: bool = False, device: str = "cpu"
) -> tuple[nn.Module, Callable[[], None]]:
    """A network as the trainer has it, and one step of its training without the data: gradients are left behind."""
    model = build(arch).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = sgd(model, Training())
    images = torch.randn(batch, *arch.input.shape(resolution)).to(device, memory_format=torch.channels_last)
    labels = torch.zeros(batch, dtype=torch.long, device=device)

    def work() -> None:
        optimizer.zero_grad()
        with torch.autocast(device, torch.bfloat16, enabled=bf16):
            logits = model(images)
        main: Tensor = logits[0] if isinstance(logits, tuple) else logits
        nn.functional.cross_entropy(main.float(), labels).backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    return model, work


def measured_peak(arch: Arch, batch: int, resolution: int | None = None, *, bf16: bool = False) -> int:
    """The most bytes there are at one time of weights, momentum, images, maps and gradients, in a step after others."""
    model, work = step(arch, batch, resolution, bf16=bf16)
    work()  # the optimizer has made its momentum
    model.zero_grad()
    tensors = sum(t.numel() * t.element_size() for t in (*model.parameters(), *model.buffers()))
    momentum = sum(p.numel() * p.element_size() for p in model.parameters())
    images = 4 * batch * arch.input.shape(resolution).elements
    return tensors + momentum + images + most_allocated(work)


def measured_kept(graph: Graph, batch: int) -> int:
    """The bytes that are there after a forward pass and were not before, its result included, and the images."""
    model = build_graph(graph).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    images = torch.randn(batch, *graph.nodes[0].shape).to(memory_format=torch.channels_last)
    model(images)
    results = []
    return 4 * images.numel() + sum(_changes(lambda: results.append(model(images))))


def most_allocated(work: Callable[[], object]) -> int:
    """The most bytes that are allocated at one time by the work, beside those there before it."""
    return max(accumulate(_changes(work), initial=0))


def _changes(work: Callable[[], object]) -> list[int]:
    """Of the bytes allocated on the CPU, in order."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        work()
    results = profiler.profiler.kineto_results  # type: ignore[union-attr]
    found = sorted((e.start_ns(), e.nbytes()) for e in results.events() if e.name() == "[memory]")
    return [change for _, change in found]
