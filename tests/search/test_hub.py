"""Laws of the hub's data sets, by a stand-in for the library, and by the library where it is installed."""

import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from search.data import DataError, DataNameError, load
from tests.search.image_files import COLOURED, halves, saved


class Image:
    """As the library's feature of that name."""

    def __init__(self, *, decode: bool = True) -> None:
        self.decode = decode


class ClassLabel:
    def __init__(self, names: list[str]) -> None:
        self.names = names


class Rows:
    """A split: some files, and a label for each."""

    def __init__(self, files: list[bytes], labels: list[int], features: dict[str, Any], print_: str) -> None:
        self.files, self.labels, self.features, self._fingerprint = files, labels, features, print_

    def __getitem__(self, key: str | int) -> Any:
        return {"image": {"bytes": self.files[key], "path": None}} if isinstance(key, int) else list(self.labels)

    def select(self, indices: np.ndarray) -> "Rows":
        files, labels = ([of[i] for i in indices] for of in (self.files, self.labels))
        return Rows(files, labels, self.features, f"{self._fingerprint} {indices.tolist()}")

    def cast_column(self, _: str, feature: Image) -> "Rows":
        assert not feature.decode  # by us, and not by the library
        return self


def rows(labels: list[int], print_: str, **features: Any) -> Rows:
    known = features or {"image": Image(), "label": ClassLabel(["cat", "dog", "eel"])}
    return Rows([saved(halves(), "PNG") for _ in labels], labels, known, print_)


@pytest.fixture
def splits(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Rows]:
    """What the stand-in gives for every name but `nowhere`."""
    del elsewhere
    made: dict[str, Rows] = {}
    module = ModuleType("datasets")
    module.__spec__ = ModuleSpec("datasets", None)

    def load_dataset(path: str, name: str | None) -> dict[str, Rows]:
        if path == "nowhere":
            raise FileNotFoundError(f"Couldn't find any data at {path}.\nOr {name}.")
        return made

    module.load_dataset, module.Image = load_dataset, Image  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "datasets", module)
    return made


@pytest.mark.parametrize("test", ["test", "validation"])
def test_parts_are_the_splits(splits: dict[str, Rows], test: str) -> None:
    splits |= {"train": rows([0, 1, 2, 0], "a"), test: rows([2, 1], "b")}
    data = load("hf:someone/pets")
    assert data.name == "hf:someone/pets"
    assert (data.train.labels.tolist(), data.test.labels.tolist()) == ([0, 1, 2, 0], [2, 1])
    assert data.train.pixels.shape == (4, 3, 16, 16)


@pytest.mark.parametrize("unlabelled", [True, False])
def test_without_a_labelled_test_part_a_fifth_is_one(splits: dict[str, Rows], unlabelled: bool) -> None:
    splits["train"] = rows([0, 1] * 10, "a")
    if unlabelled:
        splits["test"] = rows([-1, -1], "b")
    data = load("hf:pets")
    assert (len(data.train), np.bincount(data.test.labels).tolist()) == (16, [2, 2])


def test_unreadable_images_are_numbered(splits: dict[str, Rows]) -> None:
    splits |= {"train": rows([0, 1, 2, 0], "a"), "test": rows([2, 1], "b")}
    splits["train"].files[2] = b"<html>"
    with pytest.raises(DataError, match=r"^--data: hf:pets: 1 of 6 images cannot be read: image 2 is no image; mend"):
        load("hf:pets")


@pytest.mark.parametrize(
    ("train", "test", "says"),
    [
        (None, rows([0], "a"), "hf:pets has no split called train, only test"),
        (rows([0, 1], "a", image=Image()), None, "hf:pets has no column of classes (of type ClassLabel), only image"),
        (rows([0, 1], "a", label=ClassLabel([])), None, "hf:pets has no column of images (of type Image), only label"),
        (rows([0, 1], "a"), rows([2], "b"), "class 'eel' is only in the test part"),
        (rows([0, 0], "a"), rows([0], "b"), "the training images are of 1 class; two are needed"),
        (rows([0, 1, -1], "a"), rows([0], "b"), "1 training images have no class"),
    ],
)
def test_what_cannot_be_trained_on_is_said(
    splits: dict[str, Rows], train: Rows | None, test: Rows | None, says: str
) -> None:
    splits |= {name: part for name, part in (("train", train), ("test", test)) if part}
    with pytest.raises(DataError) as error:
        load("hf:pets")
    assert says in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_what_the_library_says_is_said_in_one_line(splits: dict[str, Rows]) -> None:
    with pytest.raises(DataError) as error:
        load("hf:nowhere:plain")
    what = "hf:nowhere:plain cannot be loaded (Couldn't find any data at nowhere. Or plain.)"
    assert str(error.value) == f"--data: {what}"


def test_a_name_without_a_name_is_quoted(splits: dict[str, Rows]) -> None:
    with pytest.raises(DataNameError, match=r"^--data: 'hf:' is not complete; write hf:NAME, such as hf:ylecun/mnist$"):
        load("hf:")


def test_without_the_library_the_message_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(DataError, match=r"Hugging Face's library datasets; pip install 'design-space-explorer\[hub"):
        load("hf:ylecun/mnist")


def test_the_library_itself(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets", reason="needs the extra `hub`")
    features = datasets.Features({"picture": datasets.Image(), "kind": datasets.ClassLabel(names=["cat", "dog"])})
    (elsewhere / "pets").mkdir()
    for part, labels in (("train", [0, 1, 1]), ("test", [1, 0])):
        pictures = [{"bytes": COLOURED["rgb.png"](), "path": None} for _ in labels]
        made = datasets.Dataset.from_dict({"picture": pictures, "kind": labels}, features=features)
        made.to_parquet(elsewhere / "pets" / f"{part}.parquet")
    for _ in range(2):
        data = load(f"hf:{elsewhere / 'pets'}")
        assert (data.train.labels.tolist(), data.test.labels.tolist()) == ([0, 1, 1], [1, 0])
        assert data.train.pixels.shape == (3, 3, 16, 16)
