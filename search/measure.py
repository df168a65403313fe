"""What a network takes on a device: time with its spread, and memory; measured, never guessed."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import median, quantiles

import torch
from torch import Tensor, nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from search.errors import UsageError
from search.here import machine
from space import Arch, build

WARM_UP = 3
FEWEST, MOST = 10, 100  # runs
PATIENCE = 5.0  # seconds of runs, if these are not too few


@dataclass(frozen=True)
class Speed:
    """Runs of one batch on a device; `peak` bytes are of weights and of the maps alive at a time."""

    device: str
    batch: int
    seconds: tuple[float, ...]  # of each run
    peak: int

    @property
    def latency(self) -> float:
        """The median, in seconds."""
        return median(self.seconds)

    @property
    def spread(self) -> tuple[float, float]:
        """The first and the last decile, in seconds."""
        deciles = quantiles(self.seconds, n=10, method="inclusive")
        return deciles[0], deciles[-1]

    @property
    def throughput(self) -> float:
        """Images a second."""
        return self.batch / self.latency


@lru_cache(maxsize=4096)
def speed(arch: Arch, device: str = "cpu", batch: int = 1, resolution: int | None = None) -> Speed:
    """The network's in evaluation mode, with random weights; measured once for equal networks in a process."""
    where = on(device)
    model = build(arch).eval().to(where)
    images = torch.randn(batch, *arch.input.shape(resolution), device=where)
    return measured(model, images)


def measured(model: nn.Module, images: Tensor) -> Speed:
    """The module's on these images, on the device that both are on."""
    with torch.no_grad():
        peak = _peak(model, images)
        times = runs(lambda: done(model(images)))
    return Speed(named(images.device), len(images), tuple(times), peak)


def runs(work: Callable[[], object]) -> list[float]:
    """Seconds of each run, after some that do not count."""
    for _ in range(WARM_UP):
        work()
    times: list[float] = []
    while len(times) < FEWEST or (len(times) < MOST and sum(times) < PATIENCE):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return times


def on(device: str) -> torch.device:
    """The device of that name; `UsageError` where there is none."""
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if device not in there:
        raise UsageError(f"--device: {device[:40]!r} is no device; write cpu, cuda or mps")
    if not there[device]:
        raise UsageError(f"--device: there is no {device.upper()} device here; write cpu")
    return torch.device(device)


def named(device: torch.device) -> str:
    """The device as a table names it, with the number of threads where that matters."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return f"{machine()}, GPU"
    threads = torch.get_num_threads()
    return f"{machine()}, {threads} thread{'s' * (threads > 1)}"


def done(y: object) -> object:
    """On a GPU, wait for what was asked for."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    elif torch.backends.mps.is_available():
        torch.mps.synchronize()
    return y


def _peak(model: nn.Module, images: Tensor) -> int:
    """Bytes of weights, and of as many maps as are alive at a time; on a GPU, all that was allocated."""
    if images.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
        done(model(images))
        return int(torch.cuda.max_memory_allocated())
    weights = sum(t.numel() * t.element_size() for t in (*model.parameters(), *model.buffers()))
    alive = _Alive([images])
    with alive:
        model(images)
    return weights + alive.most


class _Alive(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the bytes of the storages that operations make, while anyone holds them."""

    def __init__(self, tensors: Sequence[Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.held: dict[int, tuple[StorageWeakRef, int]] = {}
        self.most = 0
        self._count(tensors)

    def __torch_dispatch__(  # type: ignore[no-untyped-def]
        self,
        func,  # noqa: ANN001
        types,  # noqa: ANN001
        args=(),  # noqa: ANN001
        kwargs=None,  # noqa: ANN001
    ) -> object:
        del types
        made = func(*args, **(kwargs or {}))
        self._count([leaf for leaf in tree_leaves(made) if isinstance(leaf, Tensor)])
        return made

    def _count(self, tensors: Sequence[Tensor]) -> None:
        for tensor in tensors:
            storage = tensor.untyped_storage()
            ref = StorageWeakRef(storage)  # type: ignore[no-untyped-call]
            self.held[ref.cdata] = ref, storage.nbytes()
        self.held = {key: pair for key, pair in self.held.items() if not pair[0].expired()}  # type: ignore[no-untyped-call]
        self.most = max(self.most, sum(size for _, size in self.held.values()))
