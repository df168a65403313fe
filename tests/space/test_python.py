"""The Python file of a network needs nothing but torch, has the parameters of the built one, and computes the same."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from torch import nn

from space import Arch, parse, trace
from space.fuse import fuse
from space.fused import fused
from space.module import build_graph
from space.python.layout import laid_out
from space.python.module import module
from tests.conftest import ROOT
from tests.space import test_whole_tree as whole_tree
from tests.space.test_fuse import outputs
from tests.weights import randomised, relative_error

LONGEST = 250
FAMILIES = (
    *("resnet50", "preresnet50", "resnext50_32x4d", "seresnet50", "resnest50_fast_2s2x40d", "res2net50_26w4s"),
    *("densenet121", "dpn68", "rednet26", "googlenet_bn", "xception", "mobilenetv2", "vgg16_bn", "dcdc_resnet50"),
    *("hardnet68", "hardnet85"),
)


def written(text: str) -> nn.Module:
    """The network of a file, in float64."""
    names: dict[str, type[nn.Module]] = {}
    exec(compile(text, "network.py", "exec"), names)
    return names["Network"]().double()


def agree(arch: Arch, *, short: bool = False) -> None:
    graph = trace(arch)
    ours = randomised(build_graph(graph))
    if short:
        ours = fused(ours, graph, fuse(graph))
    theirs = written(module(arch, fused=short)).eval()
    theirs.load_state_dict(ours.state_dict())
    image = torch.randn(2, *arch.input.shape(), generator=torch.Generator().manual_seed(0)).double()
    with torch.no_grad():
        for one, other in zip(outputs(theirs(image)), outputs(ours(image)), strict=True):
            assert relative_error(one, other) < 1e-9


@given(whole_tree.archs)
def test_a_written_network_computes_the_same(arch: Arch) -> None:
    agree(arch)


@given(whole_tree.archs)
@settings(max_examples=50)
def test_so_does_a_fused_one(arch: Arch) -> None:
    agree(arch, short=True)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One of each family, and one fused."""
    folder = tmp_path_factory.mktemp("written")
    for name in FAMILIES:
        (folder / f"{name}.py").write_text(module(parse(name), name))
    (folder / "fused.py").write_text(module(parse("googlenet_bn"), "googlenet_bn", fused=True))
    return sorted(folder.iterdir())


def test_files_import_only_torch_and_are_short(files: list[Path]) -> None:
    for path in files:
        tree = ast.parse(path.read_text())
        imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
        modules = {node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in imports}
        assert modules <= {"collections", "torch", "torch.nn.functional"}
        assert path.read_text().count("\n") < LONGEST, path
        assert max(map(len, path.read_text().split("\n"))) <= 88, path


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "--config", "pyproject.toml", "--ignore", "INP001"],
        ["ruff", "format", "--isolated", "--check"],
        ["mypy", "--strict"],
    ],
    ids=" ".join,
)
def test_files_pass_the_linters(files: list[Path], command: list[str]) -> None:
    tool = [str(Path(sys.executable).parent / command[0]), *command[1:]]
    run = subprocess.run([*tool, *map(str, files)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_what_forward_needs_is_an_attribute() -> None:
    """Pools of two paddings in equal places."""
    pools = ("[[conv(2, 1), max_pooling(3), conv(4, 1)]]", "[[conv(2, 1), max_pooling(3, valid), conv(5, 1)]]")
    inceptions = " > ".join(f"inception({branches})" for branches in pools)
    arch = parse(f"input(3, 24) > conv_stem(4) > {inceptions} > head(3)")
    assert "self.padding = padding" in module(arch)
    agree(arch)


def test_repeated_blocks_are_loops() -> None:
    text = module(parse("densenet121"))
    assert "self.stage5 = stage(*(DenseLayer(256 + 32 * i) for i in range(24)))" in text
    assert text.count("class ") == 5  # stem, layer, transition, head, network


def test_a_thousand_layers_are_no_longer_than_twenty() -> None:
    assert module(parse("resnet1202_cifar")).count("\n") == module(parse("resnet20_cifar")).count("\n")


def test_numbers_that_instances_share_are_no_parameters() -> None:
    text = module(parse("resnet50"))
    assert "def __init__(self, width: int) -> None:" in text  # of a bottleneck that repeats
    assert "nn.Conv2d(width, 4 * width, 1, bias=False)" in text
    text = module(parse("dpn68"))
    assert "nn.Conv2d(2 * width3, width + width3, 1, bias=False)" in text  # what both paths are made of


def test_what_is_concatenated_is_counted_as_the_sum_of_it() -> None:
    """Links of a HarDNet, whose blocks differ in what they read, their growth and the widths that it multiplies to."""
    text = module(parse("hardnet68"))
    assert "self.conv2 = nn.Conv2d(channels + width, width2, 3, padding=1, bias=False)" in text
    assert "self.conv10 = nn.Conv2d(3 * width + width3, width2, 3, padding=1, bias=False)" in text
    assert "self.stage3 = stage(HardBlock(256, 20, 34, 58, 168))" in text


def test_a_pool_before_a_stage_is_before_it() -> None:
    """Its blocks are then those of other stages, whether they begin with a pool or not."""
    text = module(parse("vgg16_bn"))
    assert "OpeningVgg" not in text
    assert "        x = F.max_pool2d(x, 2, 2)\n        x = self.stage2(x)\n" in text
    assert text.count("max_pool2d") == 5


def test_the_file_says_what_it_is() -> None:
    text = module(parse("resnext50_32x4d"), "resnext50_32x4d")
    first, figures, sentence = text.split('"""')[1].strip().split("\n\n")
    assert first == "resnext50_32x4d, for images of 3x224x224."
    assert figures == "25,028,904 parameters, 4,230,479,872 multiply-adds."
    assert parse(sentence.replace("\n", " ")) == parse("resnext50_32x4d")


def test_a_written_network_trains() -> None:
    model = written(module(parse("resnet20_cifar")))
    model(torch.randn(2, 3, 32, 32).double()).sum().backward()
    assert all(p.grad is not None for p in model.parameters())


def test_a_network_with_auxiliaries_returns_theirs_too() -> None:
    """Written for those who train it."""
    sentence = (
        "input(3, 75) > inception_stem(conv(8, 3)) > auxiliary([conv(8, 1)], head(5)) > inception([[conv(8, 1)]])"
    )
    agree(parse(f"{sentence} > head(5)"))


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("y = f(a, b)", ["y = f(a, b)"]),
        ("y = f(aaaaaa, bbbbbb)", ["y = f(", "    aaaaaa, bbbbbb", ")"]),
        ("y = f(aaaaaaaaa, bbbbbbbbb)", ["y = f(", "    aaaaaaaaa,", "    bbbbbbbbb,", ")"]),
        ("return f(g(aaaaaa, bbbbbb))", ["return f(", "    g(", "        aaaaaa,", "        bbbbbb,", "    )", ")"]),
    ],
)
def test_long_lines_are_broken_at_their_brackets(line: str, lines: list[str]) -> None:
    assert laid_out(line, 0, 18) == lines
