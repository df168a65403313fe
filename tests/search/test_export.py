"""What is exported computes what the built network does, and needs nothing of ours."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from analysis.record import Run
from search.cli import main
from search.export import Network, onnx_error, write
from space import build, parse
from tests.committed import AXIS_RUNS
from tests.weights import randomised, relative_error

SMALL = "input(3, 24) > conv_stem(8) > 2*bottleneck(8, 16, squeeze_excite(4)) > head(5)"
RUN = str(AXIS_RUNS[0])

ONNX = (
    "conv_stem(8) > 2*bottleneck(8, 16, squeeze_excite(4)) > head(5)",
    "conv_stem(8) > 2*bottleneck(8, 16, split_attention(2, 2)) > head(5)",
    "conv_stem(8) > 2*bottleneck(16, 16, dcdc_reconstruction)/2 > head(5)",
    "conv_stem(8) > 2*bottleneck(16, 16, hierarchical(4)) > conv_head(5)",
)
"""All that has an operation of its own; all networks are tried by tests/test_agreement.py."""


def exported(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["export", *words]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("sentence", ONNX)
@pytest.mark.parametrize("short", [False, True], ids=["built", "fused"])
def test_onnx_agrees_at_any_batch(sentence: str, short: bool, tmp_path: Path) -> None:
    arch = parse(f"input(3, 32) > {sentence}")
    network = Network.of("x", arch, randomised(build(arch)).float(), short=short)
    write(network, "onnx", tmp_path / "x.onnx")
    assert max(onnx_error(network, tmp_path / "x.onnx", number) for number in (1, 2, 5)) < 1e-4


def test_a_module_is_loaded_and_trained_without_us(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "network.pt"
    exported([SMALL, "--to", "torch", "--output", str(path)], capsys)
    code = f"""
import sys
sys.modules |= dict.fromkeys(["space", "search", "analysis"])
import torch
model = torch.load({str(path)!r}, weights_only=False)
assert "stage1.block2.se.conv1.weight" in model.state_dict()
model.train()(torch.randn(2, 3, 24, 24)).sum().backward()
assert all(p.grad is not None for p in model.parameters())
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    network = Network.of("x", parse(SMALL))
    again = torch.load(path, weights_only=False)
    assert torch.equal(again(network.images(2)), network.model(network.images(2)))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_torchscript_takes_any_batch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "network.ts"
    exported([SMALL, "--to", "torchscript", "--output", str(path)], capsys)
    network = Network.of("x", parse(SMALL))
    for number in (1, 5):
        images = network.images(number)
        assert relative_error(torch.jit.load(path)(images), network.model(images)) < 1e-6


def test_weights_go_out_and_come_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    exported([SMALL, "--to", "safetensors", "--output", str(first)], capsys)
    exported([SMALL, "--to", "safetensors", "--weights", str(first), "--output", str(second)], capsys)
    one, other = load_file(first), load_file(second)
    assert list(one) == list(other)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_the_python_file_takes_the_weights(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "network.py"
    exported([SMALL, "--to", "python", "--output", str(path)], capsys)
    names: dict[str, type[torch.nn.Module]] = {}
    exec(path.read_text(), names)
    network = Network.of("x", parse(SMALL))
    model = names["Network"]().eval()
    model.load_state_dict(network.model.state_dict())
    assert torch.equal(model(network.images(2)), network.model(network.images(2)))


@pytest.mark.parametrize("sentence", ONNX)
def test_torch_exports_and_compiles_what_is_built(sentence: str) -> None:
    """With a batch of any size; compiled without a break in the graph."""
    network = Network.of("x", parse(f"input(3, 32) > {sentence}"))
    if "dcdc" not in sentence:  # its groups are the samples'
        batch = {0: torch.export.Dim("batch", min=2)}
        program = torch.export.export(network.model, (network.images(2),), dynamic_shapes=(batch,))
        assert relative_error(program.module()(network.images(3)), network.model(network.images(3))) < 1e-5
    compiled = torch.compile(network.model, backend="eager", fullgraph=True)
    assert relative_error(compiled(network.images(2)), network.model(network.images(2))) < 1e-5


def test_fusing_says_what_became_of_the_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["preresnet18", "--to", "safetensors", "--fuse", "--output", str(tmp_path / "x.safetensors")]
    said = exported(words, capsys).splitlines()
    assert "fused: 9 x norm folded into a convolution" in said
    assert "left: 8 x norm stays: it reads an addition" in said
    before, after = said[-1].removeprefix("parameters: ").split(" -> ")
    assert int(before.replace(",", "")) == sum(p.numel() for p in build(parse("preresnet18")).parameters())
    assert after.endswith(f"({-64 * 3 - 128 * 2 - 256 * 2 - 512 * 2:+,})")


def test_of_a_run_comes_its_best_or_the_setting_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--to", "python", "--output", str(tmp_path / "x.py")]
    assert "of the lowest mean validation error: the candidate, untrained" in exported([RUN, *words], capsys)
    assert "32x4d: the candidate, untrained" in exported([f"{RUN}:32x4d", *words], capsys)
    assert '"""network_32x4d, for images of 3x224x224.' in (tmp_path / "x.py").read_text()


def test_a_folder_named_like_a_network_does_not_hide_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "resnet18").mkdir()
    assert exported(["resnet18", "--to", "python", "--output", "x.py"], capsys) == "x.py: resnet18\n"


def test_weights_that_a_run_keeps_are_the_proxys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy, output = tmp_path / "run", tmp_path / "x.safetensors"
    shutil.copytree(RUN, copy)
    trial = next(trial for trial in Run.open(copy).finished().values() if trial.setting == "32x4d")
    model = randomised(build(parse(trial.proxy))).float()
    (copy / "weights").mkdir()
    save_file(model.state_dict(), copy / "weights" / f"{trial.key}.safetensors")
    said = exported([f"{copy}:32x4d", "--to", "safetensors", "--output", str(output)], capsys)
    assert f"the proxy, as trained ({trial.key}.safetensors)" in said
    assert torch.equal(load_file(output)["stem.conv1.weight"], model.state_dict()["stem.conv1.weight"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["resnet50", "--to", "tflite", "--output", "x"],
            "--to: 'tflite' is not known; write torch, onnx, torchscript,",
        ),
        (
            ["resnet50", "--to", "torch", "--output", "none/x"],
            "--output: 'none/x' cannot be written: there is no folder",
        ),
        (["resnet50", "--to", "torch", "--output", "."], "--output: '.' is a folder; name a file in it"),
        (["resnet51", "--to", "torch", "--output", "x"], "no network is called 'resnet51'"),
        ([f"{RUN}:7x7d", "--to", "torch", "--output", "x"], f"{RUN}: '7x7d' is no trial of the run; write a setting ("),
        ([str(Path(RUN).parent), "--to", "torch", "--output", "x"], "is no run folder: it has no recipe.toml"),
        (["resnet50", "--to", "torch"], "--output: missing"),
    ],
    ids=["form", "no folder", "folder", "network", "trial", "run", "output"],
)
def test_wrong_words_are_one_line(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", *words]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
