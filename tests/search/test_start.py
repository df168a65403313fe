"""What starts from a narrower, shallower or more divided network computes what that does, and has room for more."""

from dataclasses import asdict, replace
from importlib import import_module
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from torch import nn

from search.cli import main
from search.configured import trainer_of
from search.data import DataSet
from search.packed import packed
from search.start import start_from
from search.weights import read
from space import Arch, SpaceError, build, parse, trace
from space.relatives import embedding
from tests.analysis.runs import a_recipe
from tests.search.tiny import FIDELITY, TRAINING
from tests.space import test_whole_tree as whole_tree
from tests.weights import randomised, relative_error

NARROW = "input(3, 16) > conv_stem(8, pool=false) > "


def started(small: str, large: str, folder: Path) -> tuple[nn.Module, nn.Module]:
    """The smaller network with random weights, and the larger as it starts from them."""
    one, other = parse(small), parse(large)
    torch.manual_seed(0)
    source, target = randomised(build(one)), randomised(build(other), seed=1)
    path = folder / "small.safetensors"
    path.write_bytes(packed(source, str(one)))
    start_from(path, other)(target)
    return source, target


PAIRS = {
    "itself": ("2*bottleneck(8, 32)", "2*bottleneck(8, 32)"),
    "cardinality 1": ("2*bottleneck(8, 32, grouped(1))", "2*bottleneck(8, 32)"),
    "scale 1": ("2*bottleneck(8, 32, hierarchical(1))", "2*bottleneck(8, 32)"),
    "radix 0": ("2*bottleneck(8, 32, split_attention(0, 2))", "2*bottleneck(8, 32, grouped(2))"),
    "wider within": ("2*bottleneck(8, 32)", "2*bottleneck(12, 32)"),
    "wider": ("2*bottleneck(8, 32)", "2*bottleneck(12, 48)"),
    "deeper": ("2*bottleneck(8, 32)", "5*bottleneck(8, 32)"),
    "a wider stem": ("2*basic(16)", "3*basic(24)"),
    "groups made dense": ("2*bottleneck(8, 32, grouped(4))", "2*bottleneck(10, 32)"),
    "fewer groups": ("2*bottleneck(8, 32, grouped(4))", "2*bottleneck(16, 32, grouped(2))"),
    "wider groups": ("2*bottleneck(8, 32, grouped(4))", "2*bottleneck(12, 32, grouped(4))"),
    "more groups": ("2*bottleneck(8, 32, grouped(4))", "2*bottleneck(16, 32, grouped(8))"),
    "more and wider groups": ("2*bottleneck(6, 32, grouped(3))", "3*bottleneck(20, 40, grouped(5))"),
    "depthwise": ("1*separable(16) > 1*inverted_residual(16, 4)", "1*separable(24) > 3*inverted_residual(24, 6)"),
    "wider splits": ("2*bottleneck(8, 32, hierarchical(4))", "3*bottleneck(16, 40, hierarchical(4))"),
    "squeeze and excitation": ("2*bottleneck(8, 32, squeeze_excite(4))", "3*bottleneck(12, 32, squeeze_excite(4))"),
    "two stages": ("2*basic(8) > 1*basic(16)/2", "3*basic(8) > 2*basic(24)/2"),
    "pre-activation": ("2*pre_bottleneck(8, 32)", "4*pre_bottleneck(12, 32)"),
    "dense": (
        "3*dense_layer(4) > 1*transition/2 > 2*dense_layer(4)",
        "3*dense_layer(6) > 1*transition/2 > 4*dense_layer(6)",
    ),
}


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_it_starts_as_the_smaller_one(pair: tuple[str, str], tmp_path: Path) -> None:
    source, target = started(*(f"{NARROW}{body} > head(5)" for body in pair), tmp_path)
    images = torch.randn(2, 3, 16, 16).double()
    with torch.no_grad():
        assert relative_error(target(images), source(images)) < 1e-9


@given(whole_tree.archs)
@settings(max_examples=50)
def test_every_network_can_start_as_itself(arch: Arch) -> None:
    """With every channel in its own place."""
    graph = trace(arch)
    found = embedding(graph, graph)
    assert not found.zero
    for name, layer in found.layers.items():
        assert layer.rows == tuple(range(len(layer.rows))), name


def test_what_is_added_learns(tmp_path: Path) -> None:
    """Zeros are where they must be and nowhere else: after two steps every tensor has moved."""
    _, target = started(*(f"{NARROW}{body} > head(5)" for body in PAIRS["more and wider groups"]), tmp_path)
    before = {name: value.clone() for name, value in target.named_parameters()}
    optimizer = torch.optim.SGD(target.train().parameters(), 0.1)
    for _ in range(2):
        optimizer.zero_grad()
        nn.functional.cross_entropy(target(torch.randn(8, 3, 16, 16).double()), torch.arange(8) % 5).backward()
        optimizer.step()
    assert all((value != before[name]).any(dim=0).all() for name, value in target.named_parameters())


STRANGERS = {
    "narrower": ("2*bottleneck(12, 32)", "2*bottleneck(8, 32)", "stage1.block1.conv1 has 8 channels, and the file's"),
    "shallower": ("3*bottleneck(8, 32)", "2*bottleneck(8, 32)", "it has no stage1.block3.conv1"),
    "divided": ("2*bottleneck(8, 32)", "2*bottleneck(8, 32, grouped(2))", "stage1.block1.conv2 has 2 groups, which"),
    "too narrow groups": (
        "2*bottleneck(8, 32, grouped(4))",
        "2*bottleneck(9, 32, grouped(3))",
        "stage1.block1.conv2 has 3 groups, which",
    ),
    "another scale": ("2*bottleneck(8, 32)", "2*bottleneck(8, 32, hierarchical(2))", "stage1.block1."),
    "another radix": ("2*bottleneck(8, 32)", "2*bottleneck(8, 32, split_attention(1, 1))", "stage1.block1."),
    "wider radix": (
        "2*bottleneck(8, 32, split_attention(2, 1))",
        "2*bottleneck(16, 32, split_attention(2, 1))",
        "stage1.block1.",
    ),
    "another block": ("2*basic(8)", "2*bottleneck(8, 8)", "stage1.block1.conv1 is another operation in the file's"),
    "a further stage": ("2*basic(8)", "2*basic(8) > 1*basic(16)/2", "stage2.block1 is not in the file's network, and"),
    "another input": ("2*basic(8)", None, "images of the file's network have 3 channels, and this one's 1"),
}


@pytest.mark.parametrize("name", STRANGERS)
def test_what_is_no_relative_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    small, large, says = STRANGERS[name]
    other = f"{NARROW}{large} > head(5)" if large else f"{NARROW}{small} > head(5)".replace("input(3", "input(1")
    with pytest.raises(SpaceError) as caught:
        started(f"{NARROW}{small} > head(5)", other, tmp_path)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


SMALL = f"{NARROW}2*basic(8) > 1*basic(10)/2 > head(5)"
LARGE = f"{NARROW}3*basic(8) > 1*basic(12)/2 > head(7)"


def test_another_number_of_classes_has_a_classifier_of_its_own(tmp_path: Path) -> None:
    source, target = started(
        f"{NARROW}2*basic(8) > 1*basic(10)/2 > head(5)", f"{NARROW}3*basic(8) > 1*basic(12)/2 > head(7)", tmp_path
    )
    fresh = randomised(build(parse(LARGE)), seed=1).state_dict()
    state = target.state_dict()
    assert not state["stage1.block1.conv1.weight"].equal(fresh["stage1.block1.conv1.weight"])
    assert state["stem.conv1.weight"].equal(source.state_dict()["stem.conv1.weight"])
    assert state["head.linear1.weight"].shape == (7, 12)


def test_a_foreign_file_is_of_the_same_network(tmp_path: Path) -> None:
    """For other images and classes than ours."""
    name, path = "resnet18", tmp_path / "theirs.pt"
    theirs = randomised(getattr(import_module("pytorchcv.models.resnet"), name)(num_classes=11))
    torch.save({"state_dict": theirs.state_dict()}, path)
    arch = parse(str(parse(name)).replace("head(1000)", "head(3)"))
    model = build(arch).double()
    start_from(path, arch)(model)
    assert model.state_dict()["stem.conv1.weight"].equal(theirs.state_dict()["features.init_block.conv.conv.weight"])
    with pytest.raises(SpaceError, match=r"^not of this network: [^\n]+$"):
        start_from(path, parse("resnet34"))


def test_a_trial_begins_where_its_file_ends(digits: DataSet, tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    sentence = "input(1, 8) > conv_stem(8, pool=false) > 1*basic(8) > head(10)"
    path.write_bytes(packed(randomised(build(parse(sentence))).float(), sentence))
    training = replace(TRAINING, weights=str(path))
    arch = parse(sentence.replace("1*basic", "2*basic"))
    trial = {"proxy": str(arch), "candidate": "a", "replicate": 0, "training": asdict(training)}
    trainer, _ = trainer_of(trial, a_recipe(fidelity=FIDELITY, training=training), digits, "cpu")
    made = trainer.model.state_dict()
    assert all(made[name].equal(value) for name, value in read(path).items())
    assert not made["stage1.block2.norm2.weight"].any()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--weights", "none.pt"], "--weights: there is no file 'none.pt'"),
        (["--weights", "text.pt"], "--weights: 'text.pt' holds more than tensors"),
        (["--weights", "small.safetensors"], "--weights: 1x64d cannot start from '"),
        (["--set", "teacher_weights=small.safetensors"], "--set: teacher_weights: '"),
        (["--set", "teacher=resnet18", "--set", "teacher_weights=none.pt"], "--set: teacher_weights: there is no file"),
        (
            ["--set", "teacher=resnet18", "--set", "teacher_weights=small.safetensors"],
            "--set: teacher_weights: not of this network: ",
        ),
        (["--set", "teacher=small.safetensors"], "--set: teacher: 'small.safetensors' is for images of other channels"),
        (["--set", "teacher=torn.safetensors"], "--set: teacher: 'torn.safetensors' is no whole safetensors file"),
        (["--recipe", "mine.toml"], "--recipe mine.toml: teacher: there is no file 'none.safetensors'"),
    ],
    ids=" ".join,
)
def test_files_are_refused_before_anything_is_trained(
    words: list[str],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.pt").write_text("no pickle")
    (tmp_path / "torn.safetensors").write_text("no header")
    (tmp_path / "mine.toml").write_text("[training]\nteacher = 'none.safetensors'")
    small = f"{NARROW}1*basic(8) > head(5)"
    (tmp_path / "small.safetensors").write_bytes(packed(build(parse(small)), small))
    question = ["--budget", "4GFLOPs", "--axis", "cardinality", "--values", "1", "--data", "digits"]
    assert main([*question, *words]) == 2
    said = capsys.readouterr().err
    assert said.replace(f"{tmp_path.resolve()}/", "").startswith(f"explore: {says}")
    assert said.count("\n") == 1
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["ablate", "resnet18", "--weights", "text.pt"], "--weights: 'text.pt' holds more than tensors"),
        (["ablate", "resnet18", "--tricks", "weights=none.pt"], "--tricks: weights: there is no file 'none.pt'"),
        (["ablate", "resnet18", "--tricks", "a:lr=0.1,weights=small.pt"], "--tricks: weights: resnet18 cannot start "),
        (
            ["ablate", "resnet18", "--tricks", "a:teacher=resnet18+teacher_weights=text.pt"],
            "--tricks: teacher_weights: 'text.pt' holds more than tensors",
        ),
        (["train", "resnet18", "resnet34", "--weights", "small.pt"], "--weights: resnet18 cannot start from "),
        (["sweep", "resnext", "--tune", "teacher_weights=a.pt|b.pt"], "--tune: teacher_weights: there is no file "),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_ablations_and_networks_by_name_refuse_files_beforehand_too(
    words: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.pt").write_text("no pickle")
    torch.save(build(parse(f"{NARROW}1*basic(8) > head(5)")).state_dict(), tmp_path / "small.pt")
    budget = ["--budget", "4GFLOPs"] if words[0] == "sweep" else ["--plan"]
    assert main([*words, *budget, "--data", "digits"]) == 2
    said = capsys.readouterr().err
    assert said.replace(f"{tmp_path.resolve()}/", "").startswith(f"explore: {says}")
    assert said.count("\n") == 1


def test_a_sweep_reads_its_file_before_anything_is_proposed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.pt").write_text("no pickle")
    words = ["sweep", "resnext", "--budget", "4GFLOPs", "--trials", "1", "--data", "digits", "--weights", "text.pt"]
    assert main(words) == 2
    said = capsys.readouterr().err.replace(f"{tmp_path.resolve()}/", "")
    assert said == "explore: --weights: 'text.pt' holds more than tensors, or no pickle at all; nothing of it was run\n"
    assert not (tmp_path / "runs").exists()
