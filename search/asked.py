"""What a command line asks of the training: images, fidelity, and hyperparameters."""

import re
import sys
import tomllib
from argparse import Namespace
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from analysis.plain import PlainError, from_plain
from analysis.preset import Preset
from analysis.recipe import Fidelity, Recipe, RecordError
from analysis.toml import line_of
from analysis.training import Training, is_teacher_file
from search.data import (
    DataError,
    DataNameError,
    DataSet,
    Indices,
    best_available,
    load,
    refuse_unnamed,
    split,
)
from search.errors import FailedError, UsageError
from search.presets import FIDELITIES, PRESETS, USUAL, known_fidelity, preset, resolved, training_for
from search.words import of, one_of
from space.errors import SpaceError
from space.sentence import parse

LEAST = 2  # images to train on: a batch norm of one has no variance


def training(options: Namespace, data: str) -> Training:
    """The default on the images of that name, a preset's or a file's, with the fields that are set."""
    asked: str = options.recipe or PRESETS[0]
    base = training_for(data, asked) if asked in PRESETS else begun(asked).training
    plain = asdict(base) | assignments(options.set)
    plain |= {"weights": options.weights} if options.weights else {}
    try:
        found = from_plain(Training, plain)
    except PlainError as error:
        raise UsageError(f"--set: {_of_fidelity(str(error)[:200], 'write --fidelity quick,{}=N')}") from None
    told = {word.partition("=")[0].strip() for word in options.set} | ({"weights"} if options.weights else set())
    teacher, weights, teacher_weights = (
        named(name, getattr(found, name), "--set" if name in told else f"--recipe {asked}")
        for name in ("teacher", "weights", "teacher_weights")
    )
    return replace(found, teacher=teacher, weights=weights, teacher_weights=teacher_weights)


def _of_fidelity(error: str, right: str) -> str:
    """What is wrong with a field of the training that is one of the fidelity: `right` says where to write it."""
    found = re.search(r"\b(\w+): no such field; (?=the nearest)", error)
    if not found or found[1] not in {field.name for field in fields(Fidelity)}:
        return error
    return f"{error[: found.end()]}it is of the fidelity; {right.format(found[1])}"


def named(field: str, words: str, option: str) -> str:
    """A field of the training; a file that it names by its absolute path, so that it means the same from everywhere.

    `UsageError` where there is no such file, and no such network.
    """
    if field == "weights":
        return _file(_weights(option), words)
    if field == "teacher_weights" or is_teacher_file(words):
        return _file(f"{option}: {field}", words)
    if field == "teacher" and words:
        of(f"{option}: teacher", lambda: parse(words))
    return words


def _weights(option: str) -> str:
    """What the user has written to start from weights, which have an option of their own."""
    return "--weights" if option == "--set" else f"{option}: weights"


def _file(option: str, path: str) -> str:
    """Its absolute path, so that it means the same from everywhere."""
    if path and not Path(path).is_file():
        raise UsageError(f"{option}: there is no file {path[:60]!r}")
    return str(Path(path).resolve()) if path else ""


def begun(name: str, option: str = "--recipe") -> Preset:
    """A preset by name, or of a file: a run's recipe.toml, whose training it is, or one of its own."""
    if name in PRESETS:
        return preset(name)
    try:
        return _read(Path(name).read_text(encoding="utf-8"))
    except OSError as error:
        known = f"{', '.join(PRESETS)} (the nearest is {get_close_matches(name.lower(), PRESETS, n=1, cutoff=0)[0]})"
        raise UsageError(
            f"{option}: {name!r} cannot be read ({error.strerror}); write the path of a recipe, or {known}"
        ) from None
    except (ValueError, RecursionError) as error:  # no recipe, no text, nested beyond reason
        what = _of_fidelity(str(error), "write {} = … in [fidelity]")
        raise UsageError(f"{option}: {name!r} is no recipe: {what}") from None


def _read(text: str) -> Preset:
    if re.search(r"^budget\s*=", text, re.MULTILINE):
        return Preset(training=Recipe.from_toml(text).training)
    found = Preset.from_toml(text)
    if found.fidelity and known_fidelity(found.fidelity.name) not in (None, found.fidelity):
        what = f"{found.fidelity.name!r} ships with other numbers; write a name of its own"
        raise RecordError(f"line {line_of(text, 'fidelity.name')}: fidelity.name: {what}")
    return found


def assignment(word: str, option: str = "--set") -> tuple[str, Any]:
    """`lr=0.05` as a name and a value; what is no TOML value is a word."""
    name, equals, text = word.partition("=")
    if not equals:
        example = "epochs=8" if option == "--fidelity" else "lr=0.05"
        raise UsageError(f"{option}: {word[:40]!r} sets nothing; write FIELD=VALUE such as {example}")
    try:
        document = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        document = {}
    return name.strip(), document["value"] if len(document) == 1 else text.strip()


def assignments(words: Iterable[str], option: str = "--set") -> dict[str, Any]:
    """Fields by name, each set once."""
    found: dict[str, Any] = {}
    for word in words:
        name, value = assignment(word.strip(), option)
        if name in found:
            raise UsageError(f"{option}: {name[:40]!r} is set twice; set it once")
        found[name] = value
    return found


def data_and_training(options: Namespace) -> tuple[DataSet, Fidelity, Training]:
    """The images, what the named fidelity comes to with them, and how it is trained."""
    asked = _fidelity(options)
    data, rest = loaded(options.data or best_available())
    fidelity = resolved(asked, resolution=data.train.pixels.shape[-1], train_images=len(rest))
    if "epochs" in _changes(options.fidelity):  # written out, so it is meant, however few the images are
        fidelity = replace(fidelity, epochs=asked.epochs)
    return data, fidelity, training(options, data.name)


def refuse_unknown(options: Namespace) -> None:
    """Words on images and training that mean nothing, where nothing is to be trained and no image read."""
    data = options.data or best_available()
    try:
        refuse_unnamed(data)
    except DataNameError as error:
        raise UsageError(str(error)) from None
    _fidelity(options)
    training(options, data)


def loaded(name: str) -> tuple[DataSet, Indices]:
    """The images called so, and those of them that can be trained on."""
    try:
        data = load(name, lambda line: print(f"explore: {line}", file=sys.stderr))
        rest, _ = split(data, run_seed=0, replicate=0, train_images=len(data.train))
    except DataNameError as error:
        raise UsageError(str(error)) from None
    except DataError as error:
        raise FailedError(str(error)) from None
    return data, rest


def _fidelity(options: Namespace) -> Fidelity:
    """The one that is asked for, if there is something to train on."""
    found = _named_fidelity(options)
    if found.train_images < LEAST:
        option = "--fidelity" if options.fidelity else "--recipe"
        raise UsageError(f"{option}: train_images: {found.train_images} is not possible; write a number of at least 2")
    return found


def _named_fidelity(options: Namespace) -> Fidelity:
    """The one named, with the fields changed that follow its name; a preset's own, or the usual one."""
    asked: str | None = options.fidelity
    own = begun(options.recipe).fidelity if options.recipe else None
    if asked is None:
        return own or USUAL
    named, changed = asked.split(",")[0].strip(), _changes(asked)
    known = FIDELITIES | ({own.name: own} if own else {})
    try:
        return from_plain(Fidelity, asdict(known[one_of("--fidelity", named, known)]) | {"name": asked} | changed)
    except PlainError as error:
        raise UsageError(f"--fidelity: {str(error)[:200]}") from None


def _changes(fidelity: str | None) -> dict[str, Any]:
    """The fields that stand after the name in `quick,epochs=8`."""
    return assignments((fidelity or "").split(",")[1:], "--fidelity")


def refuse_unfit(
    training: Training, data: DataSet, proxies: Mapping[str, str] | None = None, option: str = "--set"
) -> None:
    """Files of weights that are none, or not of the networks they are for: before a trial fails of it."""
    if training.weights:
        from search.start import start_from  # imports torch, as nothing else here does
        from search.weights import read

        path = Path(training.weights)
        if not proxies:  # else it is read for them
            read(path)
        for name, sentence in (proxies or {}).items():
            try:
                start_from(path, parse(sentence))
            except SpaceError as error:
                what = f"{name} cannot start from {training.weights!r}"
                raise UsageError(f"{_weights(option)}: {what}: {error}") from None
    if training.has_given_teacher:
        from search.distillation import given

        field = "teacher_weights" if training.teacher_weights else "teacher"
        try:
            given(training, data)
        except (UsageError, SpaceError) as error:
            raise UsageError(f"{option}: {field}: {str(error).removeprefix('--weights: ')}") from None
