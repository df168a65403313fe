"""A process's part of every batch, where several train one network as one process would alone."""

from dataclasses import dataclass

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel


@dataclass(frozen=True)
class Shard:
    """The process of that rank among `world` that have joined; one alone has all of a batch."""

    rank: int = 0
    world: int = 1

    def part(self, batch: Tensor) -> Tensor:
        """Every world-th of a batch, beginning with this process's own; none has nothing."""
        if len(batch) < self.world:
            raise ValueError(f"{self.world} GPUs cannot share a batch of {len(batch)}; raise batch_size")
        return batch[self.rank :: self.world] if self.world > 1 else batch

    def weighed(self, loss: Tensor, part: Tensor, batch: Tensor) -> Tensor:
        """The mean loss of a part, scaled so that the mean over processes is that of the whole batch."""
        return loss * (len(part) * self.world / len(batch)) if self.world > 1 else loss

    def mean(self, loss: Tensor) -> float:
        """Of all processes' losses, which each of them has then: they find in the same step that it is not finite."""
        total = loss.detach().clone()
        if self.world > 1:
            distributed.all_reduce(total)
        return total.item() / self.world

    def joined(self, network: nn.Module, model: nn.Module) -> nn.Module:
        """The network, compiled or the `model` itself, to be trained with: its gradients are those of whole batches.

        So are, while the model is in training mode, the statistics of its norms.
        """
        if self.world == 1:
            return network
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.forward = _Whole(module, model)  # type: ignore[assignment, method-assign]
        return DistributedDataParallel(network)


ALONE = Shard()


class _Whole:
    """A norm's forward pass over the parts of all processes, with the same gradients as one process would find.

    As it is for one process where the model is not trained as a whole, but its norms are. Not torch's SyncBatchNorm,
    which wants a GPU and loses hooks.
    """

    def __init__(self, norm: nn.BatchNorm2d, model: nn.Module) -> None:
        self.norm, self.model = norm, model

    def __call__(self, maps: Tensor) -> Tensor:
        """(N, C, H, W) of this process, normalised."""
        norm = self.norm
        if not self.model.training:
            plain: Tensor = nn.BatchNorm2d.forward(norm, maps)
            return plain
        values, shape = maps.float(), (1, -1, 1, 1)
        own = values.new_full((1,), maps.numel() // maps.shape[1])
        total = _total(torch.cat((values.sum((0, 2, 3)), own)))
        count = total[-1].detach()
        mean = total[:-1] / count
        centred = values - mean.view(shape)
        variance = _total(centred.square().sum((0, 2, 3))) / count
        self._remember(mean.detach(), variance.detach() * count / (count - 1))
        scale = (variance + norm.eps).rsqrt() * norm.weight
        return (centred * scale.view(shape) + norm.bias.view(shape)).to(maps.dtype)

    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        """As running statistics, which share the unbiased variance."""
        norm = self.norm
        assert norm.running_mean is not None
        assert norm.running_var is not None
        assert norm.num_batches_tracked is not None
        assert norm.momentum is not None
        norm.running_mean.lerp_(mean, norm.momentum)
        norm.running_var.lerp_(variance, norm.momentum)
        norm.num_batches_tracked.add_(1)


class _Sum(torch.autograd.Function):
    """Over all processes; and so is its gradient, as every process's loss depends on it."""

    @staticmethod
    def forward(ctx: object, value: Tensor) -> Tensor:
        del ctx
        total = value.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> Tensor:
        del ctx
        total = gradient.clone()
        distributed.all_reduce(total)
        return total


def _total(value: Tensor) -> Tensor:
    total: Tensor = _Sum.apply(value)  # type: ignore[no-untyped-call]
    return total
