"""CPU or GPU: which there is, what share of one a trial needs, and what a trial has taken of it."""

import os
import sys
from collections.abc import Iterable
from math import floor
from pathlib import Path
from platform import machine as architecture
from typing import Literal

from analysis.trial import Trial
from analysis.words import plural
from search.errors import UsageError

Kind = Literal["cpu", "gpu"]
"""What a trial trains on; which GPU's library that means, the worker finds out."""

CONTEXT = 600_000_000  # bytes of a GPU that every process takes for its libraries, whatever it computes
MARGIN = 1.25  # on what is predicted: cuDNN's workspaces, and blocks that the allocator rounds up
MOST = 64  # trials on one GPU
LIMIT = Path("/sys/fs/cgroup/memory.max")  # a container's


def is_apple() -> bool:
    """Whether this machine's GPU is one of Apple's, of which Ray does not know."""
    return sys.platform == "darwin" and architecture() == "arm64"


def device_of(kind: Kind) -> str:
    """torch's name of it, in a worker; `RuntimeError` where Ray has promised a GPU that torch does not find."""
    import torch  # here: the driver does without

    if kind == "cpu":
        return "cpu"
    if torch.cuda.is_available():
        return "cuda"
    if torch.backends.mps.is_available():
        return "mps"
    raise RuntimeError("torch finds no GPU here; write --gpus-per-trial 0, or install a torch with CUDA")


def gpu_name(device: str) -> str:
    """Of the device, by torch's name of it; nothing of a CPU."""
    import torch

    if device.startswith("cuda"):
        return torch.cuda.get_device_name(device)
    return "" if device == "cpu" else f"its GPU ({device})"


def gpu_need(need: int) -> int:
    """Bytes of a GPU that a trial is given room for, of which `need` bytes are predicted."""
    return int(MARGIN * need) + CONTEXT


def gpu_share(need: int, memory: int) -> float:
    """Of a GPU with so many bytes, for a trial of which `need` bytes are predicted: one over a whole number.

    `UsageError` where not even one trial fits.
    """
    wanted = gpu_need(need)
    if wanted > memory:
        gigabytes = f"{wanted / 1e9:.1f} GB of a GPU, and the smallest here has {memory / 1e9:.1f}"
        raise UsageError(
            f"--gpus-per-trial: a trial needs {gigabytes}; lower --set batch_size, or write 1 to try all the same"
        )
    return floor(10_000 / min(MOST, memory // wanted)) / 10_000  # Ray counts GPUs to the fourth decimal


def device_memory(device: str) -> int:
    """Bytes of memory that the trials on a device have in common: a CUDA GPU's own, else the machine's."""
    if device == "cuda":
        import torch

        return int(torch.cuda.get_device_properties(0).total_memory)
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = LIMIT.read_text(encoding="utf-8").strip() if LIMIT.exists() else ""
    return min(machine, int(limit)) if limit.isdigit() else machine


def forget_peak(device: str) -> None:
    """Memory that is free goes back to the GPU, which other trials share; what is taken from now on is measured."""
    if device == "cuda":
        import torch

        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def measured_peak(device: str, share: float) -> dict[str, float]:
    """Of the memory that the trial has had at one time its bytes, and all it held as a part of its `share` of the GPU.

    Nothing of devices that do not keep count.
    """
    if device != "cuda":
        return {}
    import torch

    held = torch.cuda.max_memory_reserved() + CONTEXT  # more than is used: the allocator keeps what is freed
    return {
        "peak_memory": float(torch.cuda.max_memory_allocated()),
        "memory_of_share": held / (share * device_memory(device)),
    }


def overdrawn(trials: Iterable[Trial]) -> str | None:
    """What is to be said where trials have held more of a GPU's memory than their share of it."""
    found = [(trial.metrics["memory_of_share"], trial) for trial in trials if "memory_of_share" in trial.metrics]
    most = max(found, default=None, key=lambda one: one[0])
    if most is None or most[0] <= 1:
        return None
    count, (times, trial) = sum(held > 1 for held, _ in found), most
    what = f"{plural(count, 'trial')} held more of a GPU's memory than their share, {trial.setting} {times:.2f} times"
    return f"{what} as much; give them a larger one with --gpus-per-trial"
