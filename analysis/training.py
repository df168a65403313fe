"""How a network is trained: the part of a recipe that `--set` sets and a sweep may tune."""

from dataclasses import dataclass
from typing import Annotated, Literal

from analysis.bounds import Bounds, Count, check


@dataclass(frozen=True, kw_only=True)
class Training:
    """SGD with Nesterov momentum under a schedule with warm-up, and the tricks that go with it.

    A field that a later version adds changes nothing at its default: old recipes and keys stay what they are.
    Below every field: `[unit] What it is (the source).`
    """

    # Optimiser and schedule

    batch_size: Count = 128
    """[images] Those of one step."""

    lr: Annotated[float, Bounds(above=0)] = 0.4
    """Peak learning rate, for this batch size (between Goyal et al. 2017 and Page 2018)."""

    momentum: Annotated[float, Bounds(least=0, below=1)] = 0.9
    """Of SGD, in Nesterov's form (Sutskever et al. 2013)."""

    weight_decay: Annotated[float, Bounds(least=0)] = 5e-4
    """On the weights of convolutions and linear layers; never on biases and norms (He et al. 2019)."""

    schedule: Literal["cosine", "one-cycle"] = "cosine"
    """How the rate falls after the warm-up: half a cosine, or a line (Loshchilov & Hutter 2017; Smith 2018)."""

    warmup: Annotated[float, Bounds(least=0, most=1)] = 0.15
    """[share of all steps] In which the learning rate rises linearly (Goyal et al. 2017)."""

    # Loss and initialisation

    label_smoothing: Annotated[float, Bounds(least=0, below=1)] = 0.0
    """Probability taken from the label and spread evenly over all classes, it among them (Szegedy et al. 2016)."""

    zero_gamma: bool = True
    """The last norm of each residual branch starts at zero (Goyal et al. 2017)."""

    # Augmentation

    crop_padding: Annotated[int, Bounds(least=0, most=1024)] = 0
    """[pixels] Zeros around the image before a random crop; 0: no crop, best for few epochs (He et al. 2016)."""

    flip: bool = True
    """Half of the images are mirrored; off where orientation carries the class (Krizhevsky et al. 2012)."""

    # The machine

    threads: Annotated[int, Bounds(least=1, most=1024)] = 1
    """[torch threads] Of one trial."""

    precision: Literal["fp32", "bf16"] = "fp32"
    """Of activations; weights stay fp32 (Micikevicius et al. 2018)."""

    compile: bool = False
    """torch.compile, which pays on a GPU."""

    def __post_init__(self) -> None:
        check(self)
