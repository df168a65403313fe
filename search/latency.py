"""How long a network takes for one image on this machine."""

import time
from statistics import median

import torch

from space.arch import Arch
from space.module import build

WARM_UP, REPEATS = 2, 7


@torch.inference_mode()
def latency_ms(arch: Arch, device: str | torch.device = "cpu") -> float:
    """Milliseconds of a forward pass of one image at the network's own resolution: the median of some, warmed up."""
    model = build(arch).eval().to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    image = torch.zeros(1, *arch.input.shape(), device=device).to(memory_format=torch.channels_last)
    taken = [_seconds(model, image) for _ in range(WARM_UP + REPEATS)]
    return 1000 * median(taken[WARM_UP:])


def _seconds(model: torch.nn.Module, image: torch.Tensor) -> float:
    start = time.perf_counter()
    model(image)
    if image.is_cuda:
        torch.cuda.synchronize(image.device)
    return time.perf_counter() - start
