"""An independent counter: fvcore's trace of the built module, to hold the declared cost against."""

import warnings

import torch
from fvcore.nn import FlopCountAnalysis
from torch import nn

from space.ops import Shape


def measured_macs(model: nn.Module, image: Shape) -> int:
    """fvcore's multiply-adds of convolutions and linear layers for one image; the module is left in training mode."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # fvcore 0.1.5 traces with torch.jit
        counts = FlopCountAnalysis(model.eval(), torch.zeros(1, *image))
        counts.unsupported_ops_warnings(enabled=False).uncalled_modules_warnings(enabled=False)
        by_operator = counts.by_operator()
    model.train()
    return int(by_operator["conv"] + by_operator["linear"])
