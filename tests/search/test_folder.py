"""Laws of folders of images: layouts, classes, the cache, and what is refused."""

import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from search.data import DataError, DataSet, digest_of, images, load, resized
from search.data.places import cache
from tests.search.image_files import COLOURED, UNREADABLE, fill


@pytest.fixture
def folder(elsewhere: Path) -> Path:
    made = elsewhere / "pictures"
    made.mkdir()
    return made


def colours(data: DataSet) -> set[bytes]:
    """Every image of a data set."""
    return {image.tobytes() for part in (data.train, data.test) for image in part.pixels}


def test_a_fifth_of_every_class_is_the_test_part_where_there_is_none(folder: Path) -> None:
    fill(folder, {"dogs": 20, "cats": 10, "ants": 1})
    data = load(f"folder:{folder}")
    assert np.bincount(data.train.labels).tolist() == [1, 9, 17]  # in the order of their names: ants, cats, dogs
    assert np.bincount(data.test.labels).tolist() == [0, 1, 3]  # of a single image none, rounded downwards
    assert (data.train.classes, data.train.pixels.shape[1:], data.train.pixels.dtype) == (3, (3, 8, 8), np.uint8)
    assert len(colours(data)) == 31


def test_labels_are_those_of_the_folders(folder: Path) -> None:
    fill(folder, {"b": 6, "a": 6})
    data = load(f"folder:{folder}")
    for number, name in ((1, 0), (0, 1)):  # as `fill` numbers them, and in the order of their names
        pixels = np.random.default_rng((number, 0)).integers(0, 256, (8, 8, 3), np.uint8).transpose(2, 0, 1)
        pairs = [pair for part in (data.train, data.test) for pair in zip(part.pixels, part.labels, strict=True)]
        labels = [label for image, label in pairs if np.array_equal(image, pixels)]
        assert labels == [name]


@pytest.mark.parametrize(
    ("parts", "train", "test"),
    [
        (("train", "test"), [5, 4], [2, 3]),
        (("train", "val"), [5, 4], [2, 3]),
        (("Training", "validation"), [5, 4], [2, 3]),
        (("train", "test", "val"), [7, 7], [2, 3]),
    ],
)
def test_parts_are_those_of_the_folder(folder: Path, parts: tuple[str, ...], train: list[int], test: list[int]) -> None:
    counts = {parts[0]: (5, 4), parts[1]: (2, 3), **({parts[2]: (2, 3)} if len(parts) > 2 else {})}
    for part, (cats, dogs) in counts.items():
        fill(folder / part, {"cats": cats, "dogs": dogs})
    data = load(f"folder:{folder}")
    assert np.bincount(data.train.labels).tolist() == train
    assert np.bincount(data.test.labels).tolist() == test


def test_test_images_without_labels_are_left_alone(folder: Path) -> None:
    fill(folder, {"train/a": 3, "train/b": 3, "val/a": 1, "val/b": 1, "test": 4})
    assert np.bincount(load(f"folder:{folder}").test.labels).tolist() == [1, 1]


def test_a_class_may_be_called_train(folder: Path) -> None:
    fill(folder, {"train": 5, "bus": 5, "test": 5})
    assert load(f"folder:{folder}").train.classes == 3


def test_folders_within_a_class_and_other_files(folder: Path) -> None:
    fill(folder, {"a/left": 3, "a/right": 3, "b": 4, ".git": 2, "__MACOSX/a": 2})
    (folder / "a" / "notes.txt").write_text("none")
    (folder / "b" / ".hidden.png").write_bytes(b"none")
    data = load(f"folder:{folder}")
    assert np.bincount(np.concatenate([data.train.labels, data.test.labels])).tolist() == [6, 4]


def test_grey_images_have_one_channel_and_among_coloured_ones_three(folder: Path) -> None:
    fill(folder, {"a": 4, "b": 4}, grey=True)
    assert load(f"folder:{folder}").train.pixels.shape == (6, 1, 8, 8)
    (folder / "a" / "red.png").write_bytes(COLOURED["rgb.png"]())
    data = load(f"folder:{folder}")
    assert data.train.pixels.shape[1:] == (3, 8, 8)
    greys = [(image == image[:1]).all() for part in (data.train, data.test) for image in part.pixels]
    assert sum(greys) == 8


def test_the_side_is_the_median_and_at_most_256(folder: Path) -> None:
    for name, side in (("a", 10), ("b", 20), ("c", 30)):
        fill(folder, {name: 3}, side=side)
    assert load(f"folder:{folder}").train.pixels.shape[2:] == (20, 20)
    fill(folder, {"d": 12}, side=300)
    assert load(f"folder:{folder}").train.pixels.shape[2:] == (256, 256)


@pytest.mark.parametrize("kind", COLOURED)
def test_every_kind_of_file_may_be_among_others(folder: Path, kind: str) -> None:
    fill(folder, {"a": 3, "b": 3})
    (folder / "a" / kind).write_bytes(COLOURED[kind]())
    assert len(load(f"folder:{folder}").train) + 1 + 1 == 7


# The cache


def test_files_are_decoded_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(folder, {"a": 4, "b": 4})
    first = load(f"folder:{folder}")
    monkeypatch.setattr("search.data.cached.decoded", None)
    again = load(f"folder:{folder}")
    assert np.array_equal(first.train.pixels, again.train.pixels)
    assert first.digest == again.digest == digest_of(again)
    assert isinstance(again.train.pixels, np.memmap)
    assert not again.train.pixels.flags.writeable


def added(folder: Path) -> None:
    fill(folder / "a", {"more": 1})


def removed(folder: Path) -> None:
    (folder / "a" / "000.png").unlink()


def renamed(folder: Path) -> None:
    (folder / "a" / "000.png").rename(folder / "b" / "new.png")


def rewritten(folder: Path) -> None:
    (folder / "a" / "000.png").write_bytes((folder / "b" / "000.png").read_bytes())


def touched(folder: Path) -> None:
    os.utime(folder / "a" / "000.png", ns=(1, 1))


@pytest.mark.parametrize("change", [added, removed, renamed, rewritten, touched])
def test_a_changed_folder_is_decoded_anew(folder: Path, change: Callable[[Path], None]) -> None:
    fill(folder, {"a": 4, "b": 4})
    before = load(f"folder:{folder}")
    change(folder)
    after = load(f"folder:{folder}")
    assert len(list(cache("images").iterdir())) == 2
    assert (before.digest == after.digest) == (change is touched)


def test_what_takes_long_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.data.cached.TELLING", 8)
    fill(folder, {"a": 4, "b": 4})
    told: list[str] = []
    load(f"folder:{folder}", told.append)
    load(f"folder:{folder}", told.append)
    (line,) = told
    assert line.startswith(f"reading 8 images of {folder}, this once, into {cache('images')}")


def test_large_arrays_travel_by_name_and_small_ones_as_they_are(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(folder, {"a": 40, "b": 40})
    data = load(f"folder:{folder}")
    for large in (1, 2**40):
        monkeypatch.setattr(images, "LARGE", large)
        sent = pickle.dumps(data.train, protocol=5)
        assert isinstance(pickle.loads(sent).pixels, np.memmap) == (large == 1)
        assert np.array_equal(pickle.loads(sent).pixels, data.train.pixels)
        assert (len(sent) < data.train.pixels.nbytes) == (large == 1)
        assert (data.train.travelling < data.train.pixels.nbytes) == (large == 1)


def test_large_arrays_are_made_smaller_in_a_file_beside_them(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(folder, {"a": 5, "b": 5})
    data = load(f"folder:{folder}")
    small = resized(data, 4)
    monkeypatch.setattr(sys.modules["search.data.split"], "LARGE", 1)
    for _ in range(2):
        mapped = resized(data, 4)
        assert isinstance(mapped.train.pixels, np.memmap)
        assert np.array_equal(mapped.train.pixels, small.train.pixels)
    assert {path.name for path in Path(str(mapped.train.pixels.filename)).parent.glob("*-4.npy")} == {
        "train-4.npy",
        "test-4.npy",
    }


# What is refused


def said(folder: Path) -> str:
    with pytest.raises(DataError) as error:
        load(f"folder:{folder}")
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


def test_unreadable_files_are_counted_and_named(folder: Path) -> None:
    fill(folder, {"a": 4, "b": 4})
    (folder / "b" / "broken.jpg").write_bytes(b"<html>")
    what = "1 of 9 images cannot be read: b/broken.jpg is no image; mend or remove them"
    assert said(folder) == f"--data: {folder}: {what}"
    assert not cache("images").exists()  # refused before anything is decoded


def test_all_of_many_unreadable_files_are_listed_in_a_file(folder: Path) -> None:
    fill(folder, {"a": 4, "b": 4})
    for i in range(200):
        (folder / "b" / f"broken {i:03}.jpg").write_bytes(b"<html>")
    line = said(folder)
    assert "200 of 208 images cannot be read: b/broken 000.jpg is no image, b/broken 001.jpg is no image" in line
    listing = Path(line.split(" all listed in ")[1].split(";")[0])
    assert listing.read_text().splitlines() == [f"b/broken {i:03}.jpg is no image" for i in range(200)]


@pytest.mark.parametrize("kind", UNREADABLE)
def test_every_kind_of_unreadable_file_is_named(folder: Path, kind: str) -> None:
    fill(folder, {"a": 4, "b": 4})
    (folder / "a" / kind).write_bytes(UNREADABLE[kind][0]())
    assert f"1 of 9 images cannot be read: a/{kind} {UNREADABLE[kind][1]}" in said(folder)


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        ({}, ".webp) in folders, one for each class, nor train-images-idx3-ubyte and so on"),
        ({"": 4}, "holds no images (.bmp "),
        ({"a": 0, "b": 0}, "holds no images (.bmp "),
        ({"a": 4, "b": 4, "empty": 0}, "class 'empty' is without images; fill or remove the folder"),
        (
            {"a": 4, "b": 4, **{f"e{i}": 0 for i in range(5)}},
            "5 classes ('e0', 'e1', 'e2' and 2 more) are without images",
        ),
        ({"a": 4}, "all images are of class 'a'; two classes are needed"),
        ({"train/a": 4, "train/b": 4, "test/a": 1, "test/zebra": 2}, "class 'zebra' is only in the test part, so that"),
        ({"train/a": 4, "train/b": 0, "test/a": 1, "test/b": 2}, "class 'b' is without images"),
    ],
)
def test_classes_that_cannot_be_are_named(folder: Path, counts: dict[str, int], says: str) -> None:
    fill(folder, counts)
    assert says in said(folder)


def test_a_full_disk_is_noticed_before(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(folder, {"a": 4, "b": 4})

    class Usage:
        free = 100

    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage)
    assert "its array needs 0.0 GB, and " in said(folder)


def test_a_cache_that_cannot_be_written_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(folder, {"a": 4, "b": 4})
    (folder.parent / "occupied").write_text("a file")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder.parent / "occupied"))
    assert "cannot be written or read: Not a directory" in said(folder)
