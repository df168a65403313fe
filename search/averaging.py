"""Weights averaged over steps, and the statistics of norms taken anew for weights that were never trained with."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Average:
    """The exponential moving average of a network's weights and of its norms' running statistics.

    Starts from the first step's; of step t, from 0, the decay is the smaller of `decay` and (1 + t) / (10 + t), so that
    a short training is not an average of its beginning (TensorFlow's ExponentialMovingAverage).
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay, self.steps = decay, 0
        self.values = [*model.parameters(), *(b for b in model.buffers() if b.is_floating_point())]
        self.averages: list[Tensor] = [value.detach().clone() for value in self.values]

    @torch.no_grad()
    def update(self) -> None:
        """One step more."""
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        torch._foreach_lerp_(self.averages, [v.detach() for v in self.values], 1 - decay)
        self.steps += 1

    @torch.no_grad()
    def swap(self) -> None:
        """The network has the averages, and what it had is kept in their place."""
        for value, average in zip(self.values, self.averages, strict=True):
            held = value.clone()
            value.copy_(average)
            average.copy_(held)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """For as long as the network is to have the averages."""
        self.swap()
        try:
            yield
        finally:
            self.swap()


@torch.no_grad()
def reestimate(model: nn.Module, batches: Iterable[Tensor]) -> None:
    """Running mean and variance of every batch norm become those of all images in `batches` together.

    A pass without gradients, in which every norm normalises with its batch's own statistics, as in training
    (Precise-BN: Wu & Johnson 2021, arXiv:2105.07576); dropout and its like are off.
    """
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    if not norms:
        return
    momenta, sums = [norm.momentum for norm in norms], [_Sums(norm) for norm in norms]
    model.eval()
    for norm in norms:
        norm.train()
        norm.momentum = 1.0  # the running statistics become the last batch's
    hooks = [norm.register_forward_hook(one.add) for norm, one in zip(norms, sums, strict=True)]
    for batch in batches:
        model(batch)
    for hook, norm, one, momentum in zip(hooks, norms, sums, momenta, strict=True):
        hook.remove()
        one.settle()
        norm.momentum = momentum
        norm.eval()


class _Sums:
    """Of one norm, over batches: how much was seen, its sum and its sum of squares for every channel."""

    def __init__(self, norm: nn.BatchNorm2d) -> None:
        self.norm, self.count = norm, 0
        self.sum, self.squares = (torch.zeros(norm.num_features, dtype=torch.float64) for _ in range(2))

    def add(self, norm: nn.Module, args: tuple[Tensor, ...], result: object) -> None:
        """After the norm has seen a batch; its variance divides by one less than the number of elements."""
        del result
        assert norm is self.norm
        mean, variance = self._statistics()
        n = args[0].numel() // args[0].shape[1]
        self.count += n
        self.sum += n * mean.double().cpu()
        self.squares += (n - 1) * variance.double().cpu() + n * mean.double().cpu() ** 2

    def settle(self) -> None:
        """The statistics of all batches together, into the norm."""
        mean, variance = self._statistics()
        mean.copy_(self.sum / self.count)
        variance.copy_((self.squares - self.sum**2 / self.count) / (self.count - 1))

    def _statistics(self) -> tuple[Tensor, Tensor]:
        mean, variance = self.norm.running_mean, self.norm.running_var
        assert mean is not None
        assert variance is not None
        return mean, variance
