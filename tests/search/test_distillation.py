"""A student learns from its teacher: who that is, what it says, and that it is trained once."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from analysis.training import Training
from search import distillation
from search.data import DataSet
from search.distillation import from_file, teacher
from search.errors import UsageError
from search.export import Network, write
from search.losses import label_loss, teacher_loss
from search.reducing import trained_as
from search.train import Trainer
from search.weights import read
from space import build, parse
from tests.search.tiny import FIDELITY, TRAINING, curve, network, trainer

SENTENCE = "input(1, 8) > conv_stem(8, pool=false) > 1*basic(8) > head(10)"
TAUGHT = replace(TRAINING, teacher=SENTENCE)


def student(data: DataSet, master: nn.Module, training: Training = TAUGHT) -> Trainer:
    return Trainer(network(), [], data, FIDELITY, training, run_seed=0, replicate=0, candidate="a", teacher=master)


def taught(data: DataSet, replicate: int = 0) -> nn.Module:
    return teacher(TAUGHT, data, FIDELITY, run_seed=0, replicate=replicate, device="cpu")


@pytest.fixture(scope="module")
def master(digits: DataSet) -> nn.Module:
    return taught(digits)


def test_a_teacher_is_trained_once_for_all_trials_of_a_replicate(digits: DataSet, master: nn.Module) -> None:
    assert not master.training
    assert taught(digits) is taught(digits)
    assert taught(digits, replicate=1) is not taught(digits)
    assert len(distillation._known) == 1
    weights = taught(digits).state_dict()
    assert all(tensor.equal(weights[name]) for name, tensor in master.state_dict().items())  # the same each time


def test_a_teacher_has_learned_something(digits: DataSet, master: nn.Module) -> None:
    made = student(digits, master)
    images = made._seen(torch.from_numpy(digits.train.pixels[made.train]))
    labels = torch.from_numpy(digits.train.labels[made.train])
    with torch.inference_mode():
        assert nn.functional.cross_entropy(master(images), labels) < 2.28  # guessing: 2.303


def test_a_step_adds_the_teachers_loss_to_that_of_the_labels(digits: DataSet, master: nn.Module) -> None:
    training = replace(TAUGHT, temperature=5.0, distillation=0.3)
    made = student(digits, master, training)
    said: list[tuple[Tensor, Tensor]] = []
    master.register_forward_hook(lambda _, args, result: said.append((args[0].clone(), result.clone())))
    seen: list[tuple[Tensor, Tensor]] = []
    made.model.register_forward_hook(lambda _, args, result: seen.append((args[0].clone(), result.detach().clone())))
    batch = made.train[:32]
    loss = made._step(batch, made.augmentation.epoch(*made.chance, 1), 0)
    ((images, logits),), ((theirs, opinion),) = seen, said
    assert images.equal(theirs)
    assert not opinion.requires_grad
    labels = torch.from_numpy(digits.train.labels[batch])
    expected = label_loss(logits, labels, training) + 0.3 * teacher_loss(logits, opinion, 5.0)
    assert loss == pytest.approx(expected.item(), rel=1e-6)


def test_a_teacher_does_not_learn(digits: DataSet, master: nn.Module) -> None:
    before = {name: tensor.clone() for name, tensor in master.state_dict().items()}
    taught_curve = curve(student(digits, master))
    assert all(tensor.equal(before[name]) for name, tensor in master.state_dict().items())
    assert taught_curve != curve(trainer(digits))


def test_whoever_asks_for_a_teacher_brings_it(digits: DataSet) -> None:
    with pytest.raises(AssertionError, match="brings it"):
        trainer(digits, training=TAUGHT)


def test_a_teacher_made_for_the_images_is_taken_as_it_is_and_another_reduced(digits: DataSet) -> None:
    assert trained_as(parse(SENTENCE), FIDELITY, digits) == parse(SENTENCE)
    fidelity = replace(FIDELITY, width=0.125, depth=0.5)
    arch = trained_as(parse("resnet50"), fidelity, digits)
    assert (arch.input.channels, arch.input.resolution, arch.head.classes) == (1, 8, 10)
    assert [stage.depth for stage in arch.stages] == [2, 2, 3, 2]


def test_a_teacher_from_a_file_is_what_was_exported(digits: DataSet, master: nn.Module, tmp_path: Path) -> None:
    path = tmp_path / "master.safetensors"
    write(Network.of("master", parse(SENTENCE), master), "safetensors", path)
    found = teacher(replace(TAUGHT, teacher=str(path)), digits, FIDELITY, run_seed=0, replicate=0, device="cpu")
    images = torch.randn(4, 1, 8, 8)
    assert torch.allclose(found(images), master.eval()(images), atol=1e-6)
    assert not found.training


def test_a_teacher_of_double_precision_teaches(digits: DataSet, tmp_path: Path) -> None:
    """As `explore export` writes one of weights that are: images are of single precision."""
    path = tmp_path / "double.safetensors"
    write(Network.of("double", parse(SENTENCE), build(parse(SENTENCE)).double()), "safetensors", path)
    assert {one.dtype for one in read(path).values()} == {torch.float64}
    found = teacher(replace(TAUGHT, teacher=str(path)), digits, FIDELITY, run_seed=0, replicate=0, device="cpu")
    assert found(torch.randn(4, 1, 8, 8)).dtype == torch.float32


def test_a_file_for_other_images_is_refused(digits: DataSet, tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    write(Network.of("other", parse(SENTENCE.replace("head(10)", "head(7)"))), "safetensors", path)
    with pytest.raises(UsageError, match="is for images of other channels or classes: 1 channels and 7 classes and 1"):
        from_file(path, digits)


def test_a_teacher_may_have_weights_of_any_layout(digits: DataSet, tmp_path: Path) -> None:
    """They are of the sentence as it is, but for the images and their classes; nothing is trained."""
    sentence = "conv_stem(8) > 1*basic(8) > head(10)"
    model = build(parse(f"input(1, 8) > {sentence}"))
    torch.save(
        {"state_dict": {f"module.{name}": value for name, value in model.state_dict().items()}}, tmp_path / "x.pt"
    )
    training = replace(TAUGHT, teacher=f"input(3, 224) > {sentence}", teacher_weights=str(tmp_path / "x.pt"))
    found = teacher(training, digits, FIDELITY, run_seed=0, replicate=0, device="cpu")
    images = torch.rand(2, 1, 8, 8)
    assert found(images).equal(model.eval()(images))
    assert not found.training
