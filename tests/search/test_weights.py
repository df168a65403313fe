"""Weights of other implementations land where they belong, or are refused in one line; nothing in a file is run."""

import os
import pickle
import struct
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from search.cli import main
from search.errors import UsageError
from search.weights import fitted, loaded, read
from space import build, parse, trace
from tests.conftest import GOLDEN
from tests.weights import randomised, relative_error

State = dict[str, torch.Tensor]
LISTS = sorted((GOLDEN / "keys").iterdir())


def listed(path: Path) -> tuple[str, State]:
    """Our name of a network, and a state dict in another's layout, every tensor with a number of its own."""
    first, *rows = path.read_text().splitlines()
    state: State = {}
    for row in rows:
        name, sizes, *kind = row.split()
        shape = tuple(map(int, sizes.split("x")))
        leaves = {"weight": shape} | ({"bias": shape[:1]} if kind else {})
        leaves |= {"running_mean": shape, "running_var": shape} if kind == ["norm"] else {}
        state |= {
            f"{name}.{leaf}": torch.full(size, float(len(state) + i)) for i, (leaf, size) in enumerate(leaves.items())
        }
    return first.removeprefix("# "), state


def mapping(name: str, state: State) -> dict[str, str]:
    """Our names to those of the state dict, by the numbers in the tensors."""
    arch = parse(name)
    found = fitted(trace(arch), build(arch), state)
    theirs = {float(tensor.flatten()[0]): key for key, tensor in state.items()}
    return {ours: theirs[float(tensor.flatten()[0])] for ours, tensor in found.items()}


@pytest.mark.parametrize("path", LISTS, ids=[path.stem for path in LISTS])
def test_every_tensor_of_a_known_layout_has_one_place(path: Path) -> None:
    name, state = listed(path)
    found = mapping(name, state)
    assert sorted(found.values()) == sorted(state)


PLACES = {
    "torchvision.resnet50": {
        "stage2.block1.shortcut.conv1": "layer2.0.downsample.0",
        "stage4.block3.norm2": "layer4.2.bn2",
    },
    "torchvision.densenet121": {
        "stage3.block12.conv2": "features.denseblock2.denselayer12.conv2",
        "head.norm1": "features.norm5",
    },
    "torchvision.googlenet": {"stage13.block1.branch4.conv1": "inception5b.branch4.1.conv"},
    "torchvision.inception_v3": {"stage10.block2.branch3.branch1.conv1": "Mixed_7c.branch3x3dbl_3a.conv"},
    "torchvision.vgg11_bn": {"head.linear1": "classifier.0", "head.linear3": "classifier.6"},
    "timm.resnet50d": {
        "stem.norm3": "bn1",
        "stem.conv3": "conv1.6",
        "stage1.block1.shortcut.norm1": "layer1.0.downsample.2",
    },
    "timm.resnest50d": {
        "stage1.block2.attention.norm1": "layer1.1.conv2.bn1",
        "stage1.block2.norm2": "layer1.1.conv2.bn0",
    },
    "timm.seresnet50": {"stage3.block6.se.conv2": "layer3.5.se.fc2"},
    "timm.res2net50_26w_4s": {"stage1.block1.conv4": "layer1.0.convs.2", "stage1.block1.conv5": "layer1.0.conv3"},
}
"""Layers of ours and of theirs that are told apart by more than their shape."""


@pytest.mark.parametrize("name", PLACES)
def test_layers_are_where_their_layout_says(name: str) -> None:
    found = mapping(*listed(GOLDEN / "keys" / f"{name}.txt"))
    for ours, theirs in PLACES[name].items():
        assert found[f"{ours}.weight"] == f"{theirs}.weight"


THEIRS = {
    "resnet18": "resnet.resnet18",
    "resnext50_32x4d": "resnext.resnext50_32x4d",
    "seresnet18": "seresnet.seresnet18",
    "densenet121": "densenet.densenet121",
    "dpn68": "dpn.dpn68",
    "hardnet39ds": "hardnet.hardnet39ds",
    "resnest50": "resnesta.resnesta50",
    "mobilenetv1": "mobilenet.mobilenet_w1",
    "densenet_bc_l40_k12_cifar": "densenet_cifar.densenet40_k12_bc_cifar10",
}
"""Networks of pytorchcv's that are ours, too."""


@pytest.mark.parametrize("name", THEIRS)
def test_pytorchcv_state_dicts_reproduce_its_outputs(name: str) -> None:
    module, function = THEIRS[name].split(".")
    torch.manual_seed(0)
    theirs = randomised(getattr(import_module(f"pytorchcv.models.{module}"), function)())
    if name != "dpn68":
        theirs.features.final_pool = nn.AdaptiveAvgPool2d(1)  # theirs averages 7x7
    ours = loaded(parse(name), theirs.state_dict()).eval()
    side = 224 if name == "dpn68" else 64
    image = torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(0)).double()
    with torch.no_grad():
        assert relative_error(ours(image), theirs(image)) < 1e-9


def test_equal_networks_take_each_others_weights() -> None:
    """At cardinality 1 a ResNeXt is a ResNet, at scale 1 a Res2Net is; another shortcut is another network."""
    _, state = listed(GOLDEN / "keys" / "torchvision.resnet50.txt")
    for name in ("resnext50_1x64d", "res2net50_64w1s", "resnet50"):
        loaded(parse(name), state)
    with pytest.raises(UsageError, match=r"^--weights: not of this network: [^\n]+$"):
        loaded(parse("resnet50_shortcut_c"), state)


def test_what_order_does_not_tell_apart_is_refused() -> None:
    """Branches of one shape side by side, under names that say nothing."""
    name, state = listed(GOLDEN / "keys" / "torchvision.googlenet.txt")
    numbers = {key.rpartition(".")[0]: f"layer{i}" for i, key in enumerate(state)}
    bare = {f"{numbers[k.rpartition('.')[0]]}.{k.rpartition('.')[2]}": v for k, v in state.items()}
    with pytest.raises(UsageError, match=r"which stand side by side$"):
        loaded(parse(name), bare)


def test_half_precision_checkpoints_are_read(tmp_path: Path) -> None:
    model = build(parse(SMALL))
    torch.save(
        {"epoch": 3, "state_dict": {f"module.{k}": v for k, v in model.half().state_dict().items()}}, tmp_path / "a.pt"
    )
    state = read(tmp_path / "a.pt")
    assert loaded(parse(SMALL), state).state_dict()["stem.conv1.weight"].dtype == torch.float32


SMALL = "input(3, 16) > conv_stem(4, 3, pool=false) > basic(4) > head(3)"


class Code:
    """What a malicious pickle is made of."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return os.mkdir, (str(self.marker),)


def _state() -> State:
    return dict(build(parse(SMALL)).state_dict())


def _pickle(value: object) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        torch.save(value, folder / "weights.pt")
        return folder / "weights.pt"

    return write


def _code(folder: Path) -> Path:
    torch.save({**_state(), "extra": Code(folder / "executed")}, folder / "weights.pt")
    return folder / "weights.pt"


def _cut(suffix: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / f"weights.{suffix}"
        save_file(_state(), path) if suffix == "safetensors" else torch.save(_state(), path)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        return path

    return write


def _bytes(data: bytes, suffix: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / f"weights.{suffix}").write_bytes(data)
        return folder / f"weights.{suffix}"

    return write


def _plain_pickle(folder: Path) -> Path:
    """As Python itself writes it, in a protocol of which torch warns."""
    path = folder / "weights.pkl"
    path.write_bytes(pickle.dumps({"conv1.weight": [1.0]}, protocol=4))
    return path


WRONG: dict[str, Callable[[Path], Path]] = {
    "code": _code,
    "no pickle of torch": _plain_pickle,
    "a whole module": _pickle(nn.Linear(2, 2)),
    "truncated": _cut("pt"),
    "truncated safetensors": _cut("safetensors"),
    "empty": _bytes(b"", "pt"),
    "text": _bytes(b"weights", "pt"),
    "header of 10^18 bytes": _bytes(struct.pack("<Q", 10**18) + b"{}", "safetensors"),
    "wrong shape": _pickle({**_state(), "stem.conv1.weight": torch.zeros(4, 3, 5, 5)}),
    "integers": _pickle({**_state(), "stem.conv1.weight": torch.zeros(4, 3, 3, 3, dtype=torch.int8)}),
    "complex": _pickle({**_state(), "stem.conv1.weight": torch.zeros(4, 3, 3, 3, dtype=torch.complex64)}),
    "sparse": _pickle({**_state(), "stem.conv1.weight": torch.zeros(4, 3).to_sparse()}),
    "not a number": _pickle({**_state(), "stem.conv1.weight": torch.full((4, 3, 3, 3), torch.nan)}),
    "infinite": _pickle({**_state(), "stem.norm1.bias": torch.full((4,), torch.inf)}),
    "a key missing": _pickle({k: v for k, v in _state().items() if k != "stem.norm1.bias"}),
    "a key too many": _pickle({**_state(), "more.weight": torch.zeros(3)}),
    "a list": _pickle([torch.zeros(3)]),
    "numbers": _pickle({"stem.conv1.weight": 3}),
    "10^6 keys": _pickle(dict.fromkeys(map(str, range(10**6)), torch.zeros(1))),
    "nothing": _pickle({}),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_files_are_refused_in_one_line(what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights, output = WRONG[what](tmp_path), tmp_path / "out.safetensors"
    words = ["export", SMALL, "--to", "safetensors", "--weights", str(weights), "--output", str(output)]
    assert main(words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("explore: --weights: ")
    assert said.err.count("\n") == 1
    assert len(said.err) < 400
    assert not output.exists()
    assert not (tmp_path / "executed").exists()


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^--weights: there is no file '.*none\.pt'$"):
        read(tmp_path / "none.pt")
