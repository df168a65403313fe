"""Independent counters, run on the built module, to hold the declared costs against."""

import warnings

import torch
from fvcore.nn import FlopCountAnalysis
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from space.graph import Graph
from space.module import build_graph
from space.ops import Shape

LARGEST = 2 * 10**9  # numbers of four bytes, in the weights and in the maps of two images: tracing may keep them


def measured_macs(model: nn.Module, image: Shape) -> int:
    """fvcore's multiply-adds of convolutions and linear layers for one image; the module is left in training mode."""
    by_operator = _fvcore(model.eval(), 1, image).by_operator()
    model.train()
    return int(by_operator["conv"] + by_operator["linear"])


def measured(graph: Graph) -> dict[str, int]:
    """What fvcore and torch themselves say of a network for one image, by the names of `space.counters`.

    Nothing of a network that would fill the memory.
    """
    if sum(node.op.params(*graph.inputs(node)) + 2 * node.shape.elements for node in graph.nodes) > LARGEST:
        return {}
    model, image = build_graph(graph), graph.nodes[0].shape
    totals = {"fvcore_eval": int(_fvcore(model.eval(), 1, image).total())}
    # A norm refuses to be trained on one value a channel, which one image may leave it: two are halved.
    totals["fvcore_train"] = int(_fvcore(model.train(), 2, image).total()) // 2
    with FlopCounterMode(display=False) as counter:  # it needs shapes only
        model.to("meta").eval()(torch.zeros(1, *image, device="meta"))
    return {**totals, "torch_flop_counter": counter.get_total_flops()}


def _fvcore(model: nn.Module, images: int, image: Shape) -> FlopCountAnalysis:
    """fvcore's counts of a model in the mode it is in."""
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore", DeprecationWarning)  # fvcore 0.1.5 traces with torch.jit
        counts = FlopCountAnalysis(model, torch.zeros(images, *image))
        counts.unsupported_ops_warnings(enabled=False).uncalled_modules_warnings(enabled=False)
        counts.total()  # traces, and keeps what it finds
    return counts
