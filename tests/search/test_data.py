"""Laws of names and digests of data sets."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

from search.data import DataNameError, load, resized
from search.data.names import LOADERS
from tests.search.idx_files import rewrite, write

# Finding and loading


def test_digits_are_1797_scans_scaled_to_bytes() -> None:
    digits = load("digits")
    assert len(digits.train) + len(digits.test) == 1797
    assert digits.train.pixels.shape[1:] == (1, 8, 8)
    assert [str(array.dtype) for array in (digits.train.pixels, digits.train.labels)] == ["uint8", "int64"]
    assert (digits.train.pixels.min(), digits.train.pixels.max()) == (0, 255)
    assert digits.train.pixels.flags.c_contiguous


def test_digits_have_one_test_part_with_thirty_percent_of_every_class() -> None:
    first, again = load("digits"), load("digits")
    assert np.array_equal(first.test.pixels, again.test.pixels)
    counts, all_counts = (
        np.bincount(labels) for labels in (first.test.labels, [*first.test.labels, *first.train.labels])
    )
    assert np.abs(counts - 0.3 * all_counts).max() <= 1


@given(st.text(max_size=20).filter(lambda name: name not in LOADERS))
def test_an_unknown_name_is_quoted_in_one_line(name: str) -> None:
    with pytest.raises(DataNameError) as error:
        load(name)
    assert str(error.value).startswith(f"--data: {name!r} is not ")
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    "name", ["folder", "folder:", "folder:~nobody/here", "folder:\0", f"folder:{'x' * 9999}", "digits:"]
)
def test_a_folder_that_cannot_be_is_quoted_too(name: str) -> None:
    with pytest.raises(DataNameError) as error:
        load(name)
    assert str(error.value).startswith(f"--data: {name!r} is not ")


@pytest.mark.parametrize(
    ("name", "near"),
    [("fashon-mnist", "fashion-mnist"), ("cifar-10", "cifar10"), ("CIFAR100", "cifar100"), ("minst", "mnist")],
)
def test_an_unknown_name_is_answered_with_the_nearest(name: str, near: str) -> None:
    with pytest.raises(DataNameError) as error:
        load(name)
    known = "digits, fashion-mnist, mnist, cifar10, cifar100, svhn, procedural, folder:PATH or hf:NAME"
    assert str(error.value) == f"--data: {name!r} is not known; write {known} (the nearest is {near})"


def test_a_folder_without_the_word_for_it_is_answered_with_the_word(tmp_path: Path) -> None:
    with pytest.raises(DataNameError, match=rf"\(the nearest is folder:{tmp_path}\)$"):
        load(str(tmp_path))


def test_a_folder_is_called_the_same_from_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "images").mkdir()
    write(tmp_path / "images")
    monkeypatch.chdir(tmp_path)
    assert load("folder:images").name == load("folder:./images/../images").name == f"folder:{tmp_path / 'images'}"


def test_the_digest_follows_the_images_and_labels_and_nothing_else(tmp_path: Path) -> None:
    for name in ("one", "packed", "other", "relabelled"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, packed=name != "one")
    rewrite(tmp_path / "other", 2, np.ones((10, 4, 4), np.uint8))
    rewrite(tmp_path / "relabelled", 3, np.arange(10, dtype=np.uint8) % 2)
    digests = {name: load(f"folder:{tmp_path / name}").digest for name in ("one", "packed", "other", "relabelled")}
    assert digests["one"] == digests["packed"]
    assert len(set(digests.values())) == 3
    assert resized(load(f"folder:{tmp_path / 'one'}"), 2).digest == digests["one"]


def test_the_digest_of_the_digits_is_the_same_on_every_machine() -> None:
    assert load("digits").digest == "55149dc2f180e385"


def test_a_missing_folder_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(
        DataNameError,
        match=r"^--data: 'folder:/.*/nowhere' is not a folder here; write folder:PATH, with a folder of images",
    ):
        load(f"folder:{tmp_path}/nowhere")
