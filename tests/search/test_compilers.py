"""What fusion leaves to the compilers, they do: convolution with ReLU, with a sum between them, norm with ReLU."""

from collections import Counter
from pathlib import Path

import onnx
import onnxruntime
import pytest
import torch
from torch._inductor.utils import run_and_get_code

from search.export import Network, write
from space import parse


def optimised(sentence: str, folder: Path) -> Counter[str]:
    """How often onnxruntime's optimised graph of the fused network has each operation, and convolutions with more."""
    network = Network.of("x", parse(sentence), short=True)
    write(network, "onnx", folder / "x.onnx")
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(folder / "optimised.onnx")
    options.log_severity_level = 3  # it says that the optimised file is for this processor alone
    onnxruntime.InferenceSession(folder / "x.onnx", options, providers=["CPUExecutionProvider"])
    found = Counter[str]()
    for node in onnx.load(folder / "optimised.onnx").graph.node:
        found[node.op_type] += 1
        if node.op_type in ("Conv", "FusedConv"):
            found["with an activation"] += any(attribute.name == "activation" for attribute in node.attribute)
            found["with a sum"] += len(node.input) == 4  # image, weight, bias, and what is added
    return found


def test_onnxruntime_fuses_convolutions_with_relus_and_sums(tmp_path: Path) -> None:
    found = optimised("input(3, 32) > conv_stem(64) > 3*bottleneck(16, 64) > head(5)", tmp_path)
    assert found["Relu"] == found["Add"] == 0
    assert found["Conv"] + found["FusedConv"] == found["with an activation"] == 1 + 3 * 3
    assert found["with a sum"] == 3
    assert found["MaxPool"] == 1  # stays by itself


@pytest.mark.many
def test_torch_compile_makes_one_loop_of_norm_and_relu() -> None:
    """And of a sum with a ReLU; it wants a C++ compiler."""
    network = Network.of("x", parse("input(3, 32) > conv_stem(8) > 2*pre_basic(8) > norm_head(5)"))
    with torch.no_grad():
        result, code = run_and_get_code(torch.compile(network.model), network.images(2))
    assert torch.allclose(result, network.model(network.images(2)), atol=1e-5)
    kernels = [line for line in "\n".join(code).splitlines() if "cpp_fused" in line]
    assert any("norm" in line and "relu" in line for line in kernels)
