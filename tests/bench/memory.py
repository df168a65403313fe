"""Predicted against allocated memory of a step of training, on networks of all families.

Run: `python -m tests.bench.memory [--precision bf16]`. Measured is the peak of torch's CPU allocator in one step, with
the weights and the optimizer's momentum: what a trial needs of a device besides the process itself. Beside it, for
comparison, what the process has grown by after two steps, as its largest resident set has it: that also holds what the
C library keeps once it is freed, and code that was loaded for the first step. Every network has a process of its own.
Ends with status 1 if a prediction is farther than 20 % from the allocator's peak.
"""

import resource
import sys
from argparse import ArgumentParser
from multiprocessing import get_context
from multiprocessing.connection import Connection
from statistics import median

import torch

from space import parse
from space.memory import training_memory
from tests.allocation import measured_peak, step

WITHIN = 0.2
UNIT = 1024 if sys.platform == "linux" else 1  # of ru_maxrss
# By family: plain, residual, wide, grouped, gated, split, scaled, dense, dual, linked, involved, branched, separable.
NETWORKS = {
    **dict.fromkeys(("vgg11", "vgg16_bn", "plain34", "resnet18", "resnet50", "resnet50d", "resnet101"), (16, 96)),
    **dict.fromkeys(("resnet50_shortcut_a", "preresnet50", "wrn50_2", "resnext50_32x4d", "resnext50_2x40d"), (16, 96)),
    **dict.fromkeys(("seresnet50", "seresnext50_32x4d", "senet154", "resnest50", "resnest50_fast_4s1x64d"), (8, 96)),
    **dict.fromkeys(("resnest50_fast_2s2x40d", "res2net50_26w4s", "res2net50_14w8s", "res2next50_4w4s8c"), (16, 96)),
    **dict.fromkeys(("densenet121", "densenet169", "dpn68", "dpn92", "hardnet68", "hardnet39ds"), (16, 96)),
    **dict.fromkeys(("rednet26", "rednet50", "dcdc_resnet50", "mobilenetv1", "mobilenetv2"), (16, 96)),
    **dict.fromkeys(("xception", "googlenet", "googlenet_bn", "inceptionv3", "inceptionv4"), (8, 160)),
    **dict.fromkeys(("inceptionresnetv2",), (4, 160)),
    **dict.fromkeys(("resnet20_cifar", "densenet_bc_l40_k12_cifar", "wrn16_8_cifar"), (128, 32)),
    **dict.fromkeys(("resnext29_1x64d_cifar", "preresnet110_cifar"), (64, 32)),
}
"""Names, each with a batch and a resolution."""


def grown() -> int:
    """The most bytes of memory this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT


def measure(name: str, batch: int, resolution: int, precision: str, there: Connection) -> None:
    """In a process of its own: the growth of two steps, then the allocator's peak."""
    torch.set_num_threads(1)
    arch, bf16 = parse(name), precision == "bf16"
    before = grown()
    _, work = step(arch, batch, resolution, bf16=bf16)
    work()
    work()
    there.send((grown() - before, measured_peak(arch, batch, resolution, bf16=bf16)))


def measured(name: str, batch: int, resolution: int, precision: str) -> tuple[int, int]:
    """Bytes by which a process grows, and of the allocator's peak."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=measure, args=(name, batch, resolution, precision, there))
    process.start()
    growth, peak = here.recv()
    process.join()
    return growth, peak


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--precision", default="fp32", choices=("fp32", "bf16"))
    options = parser.parse_args()
    print(f"torch {torch.__version__}, {options.precision}; MB")
    print(f"{'network':26} {'batch':>5} {'side':>4} {'predicted':>9} {'allocated':>9} {'ratio':>6} {'process':>8}")
    ratios = []
    for name, (batch, resolution) in NETWORKS.items():
        growth, peak = measured(name, batch, resolution, options.precision)
        predicted = training_memory(parse(name), batch, resolution, precision=options.precision).peak
        ratios.append(predicted / peak)
        print(
            f"{name:26} {batch:5} {resolution:4} {predicted / 1e6:9.1f} {peak / 1e6:9.1f} {ratios[-1]:6.3f}"
            f" {growth / 1e6:8.1f}",
            flush=True,
        )
    within = sum(abs(ratio - 1) <= WITHIN for ratio in ratios)
    spread = f"{min(ratios):.3f} to {max(ratios):.3f}, median {median(ratios):.3f}"
    print(f"{within} of {len(ratios)} networks within {WITHIN:.0%}: ratios {spread}")
    sys.exit(within < len(ratios))
