"""Weights moved from an independent implementation's module to ours, layer by layer in the order of execution."""

import torch
from torch import nn


def moved(source_model: nn.Module, our_model: nn.Module, image: torch.Tensor) -> None:
    """Give every layer of ours the state of the next unused one of the source with its sizes that reads what it reads.

    Both run once, in eval mode. Reading tells apart what two implementations execute in another order: a shortcut
    before its branch, or after it.
    """
    unused = _executed(source_model.eval(), image)

    def take(layer: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        found = next((i for i, (other, x) in enumerate(unused) if _alike(layer, other) and _same(x, inputs[0])), None)
        assert found is not None, f"no layer of the source is {layer} and reads what it reads"
        for ours, theirs in zip(_state(layer), _state(unused.pop(found)[0]), strict=True):
            ours.copy_(theirs.reshape(ours.shape))

    hooks = [layer.register_forward_pre_hook(take) for layer in _layers(our_model)]
    with torch.no_grad():
        our_model.eval()(image)
    for hook in hooks:
        hook.remove()
    assert not unused, f"ours lacks {[layer for layer, _ in unused]}"


def randomised(model: nn.Module, seed: int = 0) -> nn.Module:
    """The model in float64 and eval mode, with random norms and statistics as if it had been trained."""
    generator = torch.Generator().manual_seed(seed)
    for layer in model.double().modules():
        if isinstance(layer, nn.BatchNorm2d):
            for tensor in (layer.weight, layer.running_var):
                tensor.data = 0.5 + torch.rand(tensor.shape, generator=generator, dtype=tensor.dtype)
            for tensor in (layer.bias, layer.running_mean):
                tensor.data = 0.2 * torch.randn(tensor.shape, generator=generator, dtype=tensor.dtype)
    return model.eval()


def relative_error(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    """The largest difference, over the largest value."""
    return float((ours - theirs).detach().abs().max() / theirs.detach().abs().max())


def _executed(model: nn.Module, image: torch.Tensor) -> list[tuple[nn.Module, torch.Tensor]]:
    """The layers with weights in the order of execution, each with what it reads."""
    found: list[tuple[nn.Module, torch.Tensor]] = []
    hooks = [
        layer.register_forward_pre_hook(lambda layer, x: found.append((layer, x[0].clone())))
        for layer in _layers(model)
    ]
    with torch.no_grad():
        model(image)
    for hook in hooks:
        hook.remove()
    return found


def _layers(model: nn.Module) -> list[nn.Module]:
    return [layer for layer in model.modules() if _state(layer) and not list(layer.children())]


def _state(layer: nn.Module) -> list[torch.Tensor]:
    """Parameters and statistics, but not the count of batches."""
    return [tensor for name, tensor in layer.state_dict().items() if name != "num_batches_tracked"]


def _alike(one: nn.Module, other: nn.Module) -> bool:
    return [t.numel() for t in _state(one)] == [t.numel() for t in _state(other)]


def _same(x: torch.Tensor, y: torch.Tensor) -> bool:
    return x.numel() == y.numel() and torch.allclose(
        x.flatten(), y.flatten(), rtol=1e-7, atol=1e-9 * float(x.abs().max())
    )
