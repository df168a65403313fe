"""What is dropped at random while a network trains: features, squares of maps, whole residual branches."""

import re

import torch
from torch import Tensor, fx, nn

from analysis.training import Training

BLOCK = 3  # pixels a side of what DropBlock drops, as in ResNeSt's code


def regularise(model: nn.Module, training: Training) -> None:
    """Let the network drop what the training asks for; in evaluation mode it drops nothing, and weights keep names.

    All draws are of torch's global generators. A network without residual branches has none to drop.
    """
    if training.dropout:
        classifier(model).register_forward_pre_hook(_Dropout(training.dropout))
    if training.drop_block:
        for norm in late_norms(model):
            norm.register_forward_hook(_DropBlock(training.drop_block, model))
    if training.stochastic_depth:
        stochastic_depth(model, training.stochastic_depth)


def classifier(model: nn.Module) -> nn.Module:
    """The last layer that has weights and is no norm."""
    return [module for module in model.modules() if isinstance(module, nn.Linear | nn.Conv2d)][-1]


def late_norms(model: nn.Module) -> list[nn.Module]:
    """The batch norms of the last two stages."""
    norms = {name: module for name, module in model.named_modules() if isinstance(module, nn.BatchNorm2d)}
    stages = {name: int(found[1]) for name in norms if (found := re.match(r"stage(\d+)\.", name))}
    return [norms[name] for name, stage in stages.items() if stage > max(stages.values()) - 2]


class _Dropout:
    """Features of the classifier's input (Srivastava et al. 2014)."""

    def __init__(self, share: float) -> None:
        self.share = share

    def __call__(self, module: nn.Module, args: tuple[Tensor]) -> tuple[Tensor]:
        return (nn.functional.dropout(args[0], self.share, training=module.training),)


class _DropBlock:
    """Squares of a norm's output, where the model is trained as a whole, and not its norms alone."""

    def __init__(self, share: float, model: nn.Module) -> None:
        self.share, self.model = share, model

    def __call__(self, module: nn.Module, args: object, result: Tensor) -> Tensor:
        del module, args
        return drop_block(result, self.share, BLOCK) if self.model.training else result


def drop_block(maps: Tensor, share: float, block: int) -> Tensor:
    """Maps (N, C, H, W) without about `share` of their area, in squares of `block` pixels a side within the map.

    Every channel has squares of its own, and what is left of the batch is scaled to the size of the whole
    (Ghiasi et al. 2018, algorithm 1).
    """
    height, width = maps.shape[2:]
    block = min(block, height, width)
    places = (height - block + 1) * (width - block + 1)
    chance = min(1.0, share * height * width / (block**2 * places))
    corners = torch.rand(*maps.shape[:2], height - block + 1, width - block + 1, device=maps.device) < chance
    dropped = nn.functional.max_pool2d(nn.functional.pad(corners.to(maps.dtype), [block - 1] * 4), block, 1)
    kept = 1 - dropped
    return maps * kept * (kept.numel() / kept.sum().clamp(min=1))


def stochastic_depth(model: nn.Module, share: float) -> None:
    """Every residual branch l of L is left out of a training image's way with probability l / L of `share`.

    Huang et al. (2016), whose survival falls linearly with depth; here what survives is scaled up while it trains,
    rather than all of it scaled down in evaluation, which is the same in expectation and leaves evaluation alone.
    """
    if not isinstance(model, fx.GraphModule):
        raise TypeError(f"stochastic_depth needs a network that was built from a sentence, not {type(model).__name__}")
    sums = [node for node in model.graph.nodes if node.meta.get("residual")]
    for number, node in enumerate(sums, 1):
        branch = node.args[0]
        name = f"drop_path{number}"
        model.add_module(name, DropPath(share * number / len(sums)))
        with model.graph.inserting_before(node):
            node.replace_input_with(branch, model.graph.call_module(name, (branch,)))
    model.recompile()


class DropPath(nn.Module):
    """Each image's maps (N, C, H, W) with probability 1 - `share`, scaled up by its inverse; else zeros."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, maps: Tensor) -> Tensor:
        if not (self.training and self.share):
            return maps
        kept = torch.rand(len(maps), 1, 1, 1, device=maps.device) >= self.share
        return maps * (kept / (1 - self.share)).to(maps.dtype)
