"""The teacher of a network: one of the grammar that is trained here first, or one from a file."""

from dataclasses import replace
from pathlib import Path

from torch import nn

from analysis.recipe import Fidelity
from analysis.training import Training
from search.data import DataSet
from search.errors import UsageError
from search.reducing import trained_as
from search.train import Trainer
from search.weights import loaded, read, sentence_of
from space.arch import Input, trace
from space.module import build, residual_norms
from space.sentence import parse

_known: dict[str, nn.Module] = {}  # the last teacher of this process, as trials of one replicate share it


def teacher(
    training: Training, data: DataSet, fidelity: Fidelity, *, run_seed: int, replicate: int, device: str
) -> nn.Module:
    """The network that the training names, in evaluation mode; `UsageError` where it cannot teach these images.

    One of the grammar is trained as its students are, but from seeds of its own and without a teacher.
    """
    key = repr((training, data.name, data.digest, fidelity, run_seed, replicate, device))
    if key not in _known:
        _known.clear()
        if training.has_given_teacher:
            found = given(training, data).to(device)
        else:
            found = _trained(training, data, fidelity, run_seed=run_seed, replicate=replicate, device=device)
        _known[key] = found.eval()
    return _known[key]


def given(training: Training, data: DataSet) -> nn.Module:
    """The teacher whose weights are in a file; `UsageError` where they are not, or not of these images."""
    if training.teacher_weights:
        found = with_weights(training.teacher, Path(training.teacher_weights), data)
    else:
        found = from_file(Path(training.teacher), data)
    return found.float()  # whatever the file holds: images are of single precision


def with_weights(words: str, path: Path, data: DataSet) -> nn.Module:
    """The network of that name or sentence, as it is but for these images and their classes, with a file's weights."""
    arch, (channels, side) = parse(words), data.train.pixels.shape[1:3]
    made = replace(arch, input=Input(channels, side), head=replace(arch.head, classes=data.train.classes))
    return loaded(made, read(path))


def from_file(path: Path, data: DataSet) -> nn.Module:
    """What `explore export --to safetensors` wrote: its sentence is in the file."""
    state = read(path)
    sentence = sentence_of(path)
    if sentence is None:
        raise UsageError(f"{str(path)!r} says no sentence; write it with explore export --to safetensors")
    arch = parse(sentence)
    wanted, found = (data.train.pixels.shape[1], data.train.classes), (arch.input.channels, arch.head.classes)
    if wanted != found:
        words = " and ".join("{} channels and {} classes".format(*one) for one in (found, wanted))
        raise UsageError(f"{str(path)!r} is for images of other channels or classes: {words}")
    return loaded(arch, state)


def _trained(
    training: Training, data: DataSet, fidelity: Fidelity, *, run_seed: int, replicate: int, device: str
) -> nn.Module:
    arch = trained_as(parse(training.teacher), fidelity, data)
    model: nn.Module = build(arch)
    trainer = Trainer(
        model,
        residual_norms(trace(arch)),
        data,
        fidelity,
        replace(training, teacher="", weights=""),
        run_seed=run_seed,
        replicate=replicate,
        candidate=f"teacher {arch}",
        device=device,
    )
    for _ in range(fidelity.epochs):
        trainer.epoch()
    return model
