"""What a network is, what it may be, and what it costs."""

from typing import TYPE_CHECKING

from space.arch import Arch, Stage, trace
from space.cost import Cost, cost
from space.errors import SpaceError
from space.names import listed
from space.sentence import parse

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Arch", "Cost", "SpaceError", "Stage", "build", "cost", "listed", "parse", "trace"]


def build(arch: Arch, *, recompute: bool = False) -> "nn.Module":
    """The network as a torch module, maps (N, channels, H, W) to logits (N, classes); imports torch when called.

    With `recompute`, what stands before a 1x1 convolution is made again in the backward pass: less memory, more time.
    """
    from space.module import build as build_module

    return build_module(arch, recompute=recompute)
