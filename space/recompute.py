"""Memory-efficient networks: what is cheap is made again in the backward pass (Pleiss 2017, arXiv:1707.06990)."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn
from torch.utils.checkpoint import checkpoint


def recomputed(model: fx.GraphModule) -> fx.GraphModule:
    """The same network, in which no concatenation, norm and ReLU before a 1x1 convolution is kept for its gradient.

    Parameters and their names stay. In a DenseNet these are the maps whose number grows with the square of the depth.
    """
    for conv in list(model.graph.nodes):
        if chain := _chain(model, conv):
            norm, activation = chain
            name = f"{conv.target}_recomputed"
            layers = (model.get_submodule(str(node.target)) for node in (norm, conv))
            model.add_submodule(name, _Recomputed(*layers, relu6=activation.target is F.relu6))
            with model.graph.inserting_before(conv):
                conv.replace_all_uses_with(model.graph.call_module(name, tuple(_leaves(norm.args[0]))))
            for node in (conv, activation, norm):
                model.graph.erase_node(node)
    for node in model.graph.find_nodes(op="call_function", target=torch.cat):
        node.args = (list(_leaves(node)), 1)  # what it read is needed by nobody else
    model.graph.eliminate_dead_code()
    model.recompile()
    return model


class _Recomputed(nn.Module):
    """Norm, activation and 1x1 convolution of the concatenated inputs, by layers that stand elsewhere in the tree."""

    def __init__(self, norm: nn.Module, conv: nn.Module, *, relu6: bool) -> None:
        super().__init__()
        self.layers = norm, conv  # in a tuple, so that they are not registered a second time
        self.activation = F.relu6 if relu6 else F.relu

    def forward(self, *xs: Tensor) -> Tensor:
        if not torch.is_grad_enabled():
            return self._made(*xs)
        y = checkpoint(self._made, *xs, use_reentrant=False, preserve_rng_state=False, context_fn=self._contexts)
        assert isinstance(y, Tensor)
        return y

    def _made(self, *xs: Tensor) -> Tensor:
        norm, conv = self.layers
        y = conv(self.activation(norm(torch.cat(xs, 1) if len(xs) > 1 else xs[0]), inplace=True))
        assert isinstance(y, Tensor)
        return y

    def _contexts(self) -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
        return nullcontext(), _on_copies(self.layers[0])


@contextmanager
def _on_copies(norm: nn.Module) -> Iterator[None]:
    """The running statistics have seen this batch; what sees it again are copies, thrown away afterwards."""
    statistics = dict(norm.named_buffers())
    for name, value in statistics.items():
        setattr(norm, name, value.clone())
    try:
        yield
    finally:
        for name, value in statistics.items():
            setattr(norm, name, value)


def _chain(model: fx.GraphModule, conv: fx.Node) -> tuple[fx.Node, fx.Node] | None:
    """The norm and the activation whose results a 1x1 convolution alone reads."""
    if not _calls(model, conv, nn.Conv2d) or model.get_submodule(str(conv.target)).kernel_size != (1, 1):
        return None
    activation = conv.args[0]
    if not isinstance(activation, fx.Node) or activation.target not in (F.relu, F.relu6) or len(activation.users) > 1:
        return None
    norm = activation.args[0]
    if not isinstance(norm, fx.Node) or not _calls(model, norm, nn.BatchNorm2d) or len(norm.users) > 1:
        return None
    return norm, activation


def _calls(model: fx.GraphModule, node: fx.Node, kind: type[nn.Module]) -> bool:
    return node.op == "call_module" and isinstance(model.get_submodule(str(node.target)), kind)


def _leaves(node: fx.node.Argument) -> Iterator[fx.Node]:
    """What a nest of concatenations is made of, in order."""
    assert isinstance(node, fx.Node)
    if node.target is not torch.cat:
        yield node
        return
    parts, _ = node.args
    assert isinstance(parts, list | tuple)
    for part in parts:
        yield from _leaves(part)
