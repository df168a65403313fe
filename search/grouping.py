"""Which parameters decay: biases and norms do not (He et al. 2019, section 3.1), unless all are to."""

import torch
from torch import nn

from analysis.training import Training


def sgd(model: nn.Module, training: Training) -> torch.optim.SGD:
    """SGD with Nesterov momentum, in two groups: what decays, and what does not."""
    parameters = list(model.parameters())
    is_decaying = [training.decay == "all" or p.ndim > 1 for p in parameters]
    decaying, other = ([p for p, d in zip(parameters, is_decaying, strict=True) if d is way] for way in (True, False))
    groups = [
        {"params": decaying, "weight_decay": training.weight_decay},
        {"params": other, "weight_decay": 0.0},
    ]
    return torch.optim.SGD(groups, lr=training.peak, momentum=training.momentum, nesterov=training.momentum > 0)
