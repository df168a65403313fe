"""Other pixels in testing than in training: the classifier and the norms are trained a little more at these."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from analysis.training import Training
from search.losses import label_loss
from search.regularise import classifier
from search.schedule import cosine


def adjustable(model: nn.Module) -> list[nn.Parameter]:
    """The parameters of the classifier and of every batch norm (Touvron et al. 2019, section 4.2)."""
    return [parameter for module in (*_norms(model), classifier(model)) for parameter in module.parameters()]


def fine_tune(model: nn.Module, batches: Iterable[tuple[Tensor, Tensor]], steps: int, training: Training) -> None:
    """Train what is adjustable, and nothing else, on so many batches of images as they are tested, and their labels.

    Norms see the statistics of these images; the rate falls from `fix_lr` to zero as half a cosine.
    """
    parameters = adjustable(model)
    ours = set(map(id, parameters))
    others = [parameter for parameter in model.parameters() if id(parameter) not in ours]
    optimizer = torch.optim.SGD(parameters, lr=training.fix_lr, momentum=training.momentum)
    model.eval()
    for norm in _norms(model):
        norm.train()
    _require(others, gradients=False)
    for step, (images, labels) in enumerate(batches):
        for group in optimizer.param_groups:
            group["lr"] = training.fix_lr * cosine(step / steps)
        optimizer.zero_grad()
        label_loss(model(images), labels, training).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    _require(others, gradients=True)
    model.eval()


def _norms(model: nn.Module) -> list[nn.BatchNorm2d]:
    return [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]


def _require(parameters: Iterable[nn.Parameter], *, gradients: bool) -> None:
    for parameter in parameters:
        parameter.requires_grad_(gradients)
