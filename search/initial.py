"""What a network starts from."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from analysis.training import Training
from search.seeds import seed_for


def initialise(
    model: nn.Module, residual_norms: Sequence[str], training: Training, *, seed: tuple[str | int, ...]
) -> None:
    """Set every parameter anew, each from a seed of its own name: neither torch's global state nor any order matters.

    Biases are 0, norms 1 and 0; `residual_norms`, the last norm of each residual branch, 0 where `zero_gamma` asks for
    it (Goyal et al. 2017). `Training.initialisation` says how weights are drawn.
    """
    for name, module in model.named_modules():
        generator = torch.Generator().manual_seed(seed_for(*seed, name))
        match module:
            case nn.Conv2d() | nn.Linear():
                _draw(module, training, generator)
            case nn.BatchNorm2d() | nn.GroupNorm() | nn.LayerNorm():
                module.reset_parameters()
            case _:
                assert not list(module.parameters(recurse=False)), f"no initialisation for {name}: {module}"
    for name in residual_norms if training.zero_gamma else ():
        nn.init.zeros_(model.get_parameter(f"{name}.weight"))


def _draw(module: nn.Conv2d | nn.Linear, training: Training, generator: torch.Generator) -> None:
    """`he`: convolutions N(0, 2 / fan-out), the fan-out counting all outputs of a grouped one, as ResNeXt's own code
    does; linear layers N(0, 0.01²). `xavier`: both U(-a, a) with a² = 6 / (fan-in + fan-out).
    """
    weight: Tensor = module.weight
    match training.initialisation, module:
        case "xavier", _:
            nn.init.xavier_uniform_(weight, generator=generator)
        case _, nn.Conv2d():
            nn.init.kaiming_normal_(weight, mode="fan_out", nonlinearity="relu", generator=generator)
        case _:
            nn.init.normal_(weight, std=0.01, generator=generator)
    if module.bias is not None:
        nn.init.zeros_(module.bias)
