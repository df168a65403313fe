"""Data sets of the Hugging Face hub, by their library `datasets`, which need not be installed."""

from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from search.data.cached import Part, Tell, cached
from search.data.decode import File
from search.data.images import DataError, DataNameError, DataSet, Labels
from search.data.places import reason
from search.data.split import held_out

TRAIN, TEST = ("train",), ("test", "validation", "valid")  # splits, the first that is there

Rows = Any  # of a split: the library has no types


def hub(path: str, name: str, tell: Tell) -> DataSet:
    """The data set `path`, or PATH:CONFIGURATION; `name` is what was written for it. Raises DataError.

    Of its columns the one with images and the one with classes. No code of the data set's is run.
    """
    repository, _, configuration = path.partition(":")
    if not repository:
        raise DataNameError(f"--data: {name!r} is not complete; write hf:NAME, such as hf:ylecun/mnist")
    if find_spec("datasets") is None:
        how = "pip install 'design-space-explorer[hub]'"
        raise DataError(f"--data: {name} needs Hugging Face's library datasets; {how}, or write --data digits")
    splits = _splits(repository, configuration or None, name)
    train, test = (next((splits[one] for one in names if one in splits), None) for names in (TRAIN, TEST))
    if train is None:
        raise DataError(f"--data: {name} has no split called train, only {', '.join(splits)}")
    image, label = _columns(train, name)
    classes = list(train.features[label].names)
    pairs = [(train, _labels(train, label))]
    if test is None or image not in test.features or not (tested := _labels(test, label)).size or (tested < 0).any():
        rows, labels = pairs[0]
        pairs = [(rows.select(part), labels[part]) for part in held_out(labels.clip(0), "hub")]
    else:
        pairs.append((test, tested))
    _refuse_impossible(name, classes, *(labels for _, labels in pairs))
    parts = {one: _part(rows, image, labels) for one, (rows, labels) in zip(("train", "test"), pairs, strict=True)}
    key = " ".join(rows._fingerprint for rows, _ in pairs)  # noqa: SLF001 -- the library's own name for what is in it
    return cached(name, name, key, parts, classes, tell)


def _refuse_impossible(name: str, classes: list[str], train: Labels, test: Labels) -> None:
    if (train < 0).any():
        raise DataError(f"--data: {name}: {int((train < 0).sum()):,} training images have no class")
    if len(seen := set(train.tolist())) < 2:
        raise DataError(f"--data: {name}: the training images are of {len(seen)} class; two are needed")
    if unseen := sorted(set(test.tolist()) - seen):
        what = f"class {classes[unseen[0]]!r} is only in the test part, so that nothing is learnt of it"
        raise DataError(f"--data: {name}: {what}")


def _splits(repository: str, configuration: str | None, name: str) -> dict[str, Rows]:
    datasets = import_module("datasets")
    try:
        return dict(datasets.load_dataset(repository, configuration))
    except Exception as error:  # noqa: BLE001 -- the library raises what its parts raise
        said = " ".join(reason(error).split())[:200]
        raise DataError(f"--data: {name} cannot be loaded ({said})") from None


def _columns(rows: Rows, name: str) -> tuple[str, str]:
    """The names of the columns with images and with classes."""
    found = {kind: [column for column, feature in rows.features.items() if type(feature).__name__ == kind]
             for kind in ("Image", "ClassLabel")}  # fmt: skip
    for kind, what in (("Image", "images"), ("ClassLabel", "classes")):
        if not found[kind]:
            columns = ", ".join(rows.features)
            raise DataError(f"--data: {name} has no column of {what} (of type {kind}), only {columns}")
    return found["Image"][0], found["ClassLabel"][0]


def _labels(rows: Rows, column: str) -> Labels:
    return np.array(rows[column] if column in rows.features else [], np.int64)


def _part(rows: Rows, column: str, labels: Labels) -> Part:
    datasets = import_module("datasets")
    packed = rows.cast_column(column, datasets.Image(decode=False))

    def file(index: int) -> File:
        cell = packed[index][column]
        return BytesIO(cell["bytes"]) if cell["bytes"] is not None else Path(cell["path"])

    return Part(labels, file, lambda index: f"image {index}")
