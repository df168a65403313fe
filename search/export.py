"""Networks written to files that need nothing of ours: a module, ONNX, TorchScript, weights, or Python."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor, nn

from analysis.files import write_atomically
from search.errors import FailedError, UsageError
from search.packed import packed
from space import Arch, trace
from space.fuse import Fusion, fuse
from space.fused import fused
from space.graph import Graph
from space.module import build_graph
from space.python.module import module

AGREEMENT = 1e-4
"""Of what another runtime computes in single precision, relative to the largest logit."""


@dataclass(frozen=True)
class Network:
    """A network with its weights, in evaluation mode, and what was fused of it."""

    name: str
    arch: Arch
    graph: Graph  # what the module is of
    model: nn.Module
    fusion: Fusion | None = None

    @classmethod
    def of(cls, name: str, arch: Arch, model: nn.Module | None = None, *, short: bool = False) -> "Network":
        """With the weights of `model`, or those that a seed of 0 initialises; `short` fuses it."""
        graph = trace(arch)
        if model is None:
            torch.manual_seed(0)
            model = build_graph(graph)
        model = model.eval()
        if not short:
            return cls(name, arch, graph, model)
        fusion = fuse(graph)
        return cls(name, arch, fusion.graph, fused(model, graph, fusion), fusion)

    def images(self, number: int) -> Tensor:
        """Images of the network's own size and type, drawn from a seed."""
        dtype = next(self.model.parameters()).dtype
        return torch.randn(number, *self.arch.input.shape(), generator=torch.Generator().manual_seed(0)).to(dtype)


def write(network: Network, form: str, path: Path) -> None:
    """Write the network in the form, `UsageError` where its libraries are missing; the file is there whole, or not."""
    try:
        with TemporaryDirectory() as folder:
            part = Path(folder) / path.name
            FORMS[form](network, part)
            write_atomically(path, part.read_bytes())
    except ImportError as error:
        missing = f"{form} needs {error.name}, which is not installed"
        raise UsageError(f"--to: {missing}; pip install 'design-space-explorer[export]'") from None


def _torch(network: Network, path: Path) -> None:
    torch.save(network.model, path)


def _safetensors(network: Network, path: Path) -> None:
    path.write_bytes(packed(network.model, str(network.arch)))


def _python(network: Network, path: Path) -> None:
    path.write_text(module(network.arch, network.name, fused=network.fusion is not None), encoding="utf-8")


def _torchscript(network: Network, path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # torch.jit's, which is what was asked for
        torch.jit.trace(network.model, network.images(2)).save(str(path))  # type: ignore[no-untyped-call]


def _onnx(network: Network, path: Path) -> None:
    """With a batch of any size; onnxruntime computes what torch does, or there is no file."""
    import onnxruntime  # noqa: F401 -- before minutes are spent
    import onnxscript  # noqa: F401

    outputs = ["logits", *(f"auxiliary{i + 1}" for i in range(len(network.graph.auxiliary)))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter's, about itself
        torch.onnx.export(
            _portable(network),
            (network.images(2),),
            path,
            dynamo=True,
            external_data=False,
            input_names=["images"],
            output_names=outputs,
            dynamic_shapes=({0: torch.export.Dim("batch", min=1)},),
            verbose=False,
        )
    for number in (1, 3):
        if (error := onnx_error(network, path, number)) > AGREEMENT:
            what = f"onnxruntime's logits are off by {error:.1e} of the largest"
            raise FailedError(f"{path.name}: {what}; nothing was written")


def _portable(network: Network) -> nn.Module:
    """The module in operations that other runtimes have, and in their layout."""
    model = build_graph(network.graph, portable=True)
    model.load_state_dict(network.model.state_dict())
    return model.eval()


def onnx_error(network: Network, path: Path, number: int) -> float:
    """The largest difference of an ONNX file's logits from the module's, over the largest of them."""
    import onnxruntime

    images = network.images(number)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    found = torch.from_numpy(session.run(None, {"images": images.numpy()})[0])
    with torch.no_grad():
        expected = network.model(images)
    expected = expected[0] if isinstance(expected, tuple) else expected
    return float((found - expected).abs().max() / expected.abs().max())


FORMS: dict[str, Callable[[Network, Path], None]] = {
    "torch": _torch,
    "onnx": _onnx,
    "torchscript": _torchscript,
    "safetensors": _safetensors,
    "python": _python,
}
