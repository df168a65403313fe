"""The smallest trial there is: a residual network of one block on the digits."""

import torch
from torch import Tensor, nn

from analysis.recipe import Fidelity
from analysis.training import Training
from search.data import DataSet
from search.train import Trainer

FIDELITY = Fidelity(name="tiny", resolution=8, width=1.0, depth=1.0, train_images=200, epochs=2)
TRAINING = Training(batch_size=32, flip=False, crop_padding=1)


class Residual(nn.Module):
    """The smallest residual block: its last norm is `norm`."""

    def __init__(self, channels: int, groups: int = 2) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.norm(self.conv(x)))


def network() -> nn.Module:
    stem = nn.Conv2d(1, 16, 3, stride=2, padding=1, bias=False)
    return nn.Sequential(
        stem, nn.BatchNorm2d(16), nn.ReLU(), Residual(16), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10)
    )


def trainer(
    data: DataSet,
    *,
    fidelity: Fidelity = FIDELITY,
    training: Training = TRAINING,
    replicate: int = 0,
    candidate: str = "a",
    model: nn.Module | None = None,
) -> Trainer:
    return Trainer(
        model or network(), ["3.norm"], data, fidelity, training, run_seed=0, replicate=replicate, candidate=candidate
    )


def curve(made: Trainer) -> list[tuple[float, ...]]:
    """All that a trial measures, without the clock."""
    epochs = [made.epoch() for _ in range(made.fidelity.epochs)]
    return [tuple(value for name, value in epoch.items() if name != "seconds") for epoch in epochs]


def inputs(made: Trainer) -> list[Tensor]:
    """The batches one epoch trains the network on."""
    seen: list[Tensor] = []

    def watch(model: nn.Module, args: tuple[Tensor]) -> None:
        if model.training:
            seen.append(args[0].clone())

    with made.model.register_forward_pre_hook(watch):
        made.epoch()
    return seen
