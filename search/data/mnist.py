"""MNIST and Fashion-MNIST, and any folder with images in the same four files."""

import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from search.data import idx
from search.data.images import DataError, DataSet, Images, Pixels
from search.data.places import cache, fetch, is_file, reason, roots

FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


@dataclass(frozen=True)
class Published:
    """One of the data sets that come as these four files."""

    url: str  # of their folder
    sha256: Mapping[str, str]  # of the files inside the .gz, since archives differ in their headers
    torchvision: str  # its folder there
    otherwise: str = ""  # where else it may come from
    debian: str = "/nowhere"


PUBLISHED = {
    # Xiao et al. 2017
    "fashion-mnist": Published(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        {
            "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        },
        "FashionMNIST",
        "install Debian's dataset-fashion-mnist, ",
        "/usr/share/datasets/fashion-mnist",
    ),
    # LeCun et al. 1998
    "mnist": Published(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        {
            "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        },
        "MNIST",
    ),
}


def published(name: str) -> DataSet:
    """MNIST or Fashion-MNIST, checked against what was published; downloaded if it is nowhere on this machine."""
    return read_folder(find(name) or _download(name), name, PUBLISHED[name].sha256)


def find(name: str) -> Path | None:
    """Where the data set lies on this machine, if it does."""
    return next((folder for folder in _folders(name) if all(file_of(folder, stem) for stem in FILES)), None)


def _folders(name: str) -> Iterator[Path]:
    """Where Debian, torchvision, Keras and this program keep it."""
    yield Path(PUBLISHED[name].debian)
    for root in roots():
        yield root / PUBLISHED[name].torchvision / "raw"
        yield root / name
    yield cache(name)


def file_of(folder: Path, stem: str) -> Path | None:
    """The file, packed or not."""
    return next((path for path in (folder / stem, folder / f"{stem}.gz") if is_file(path)), None)


def _download(name: str) -> Path:
    folder, known = cache(name), PUBLISHED[name]
    for stem in (stem for stem in FILES if not file_of(folder, stem)):

        def check(part: Path, stem: str = stem) -> None:
            _read(part, f"{known.url}{stem}.gz", stem, known.sha256[stem])

        otherwise = f"{known.otherwise}put its four files into {folder}"
        fetch(name, f"{known.url}{stem}.gz", folder / f"{stem}.gz", check, otherwise=otherwise)
    return folder


# Reading ---------------------------------------------------------------------------------------------------


def read_folder(folder: Path, name: str, sha256: Mapping[str, str] | None = None) -> DataSet:
    """The four files in `folder`, checked against each other and against `sha256` if given. Raises DataError."""
    arrays = [_read_stem(folder, stem, (sha256 or {}).get(stem)) for stem in FILES]
    classes = 1 + max(int(labels.max(initial=0)) for labels in arrays[1::2])
    train, test = (
        _paired(folder, stem, pixels, labels, classes)
        for stem, pixels, labels in zip(FILES[::2], arrays[::2], arrays[1::2], strict=True)
    )
    if train.pixels.shape[1:] != test.pixels.shape[1:]:
        sizes = " and ".join("×".join(map(str, part.pixels.shape[2:])) for part in (train, test))
        raise DataError(f"--data: {folder}: training and test images must be of one size, not {sizes} pixels")
    *_, height, width = train.pixels.shape
    if height != width:
        raise DataError(f"--data: {folder}: images of {height}×{width} pixels are not square; crop or pad them first")
    if len(np.unique(train.labels)) < 2:
        raise DataError(f"--data: {folder}: all training images have label {train.labels[0]}; two classes are needed")
    return DataSet(name, train, test)


def _paired(folder: Path, stem: str, pixels: Pixels, labels: NDArray[np.uint8], classes: int) -> Images:
    if not len(pixels) == len(labels) > 0:
        raise DataError(f"--data: {folder}: {stem} holds {len(pixels)} images, but there are {len(labels)} labels")
    return Images(pixels[:, None], labels.astype(np.int64), classes)


def _read_stem(folder: Path, stem: str, sha256: str | None) -> NDArray[np.uint8]:
    path = file_of(folder, stem)
    if path is None:
        raise DataError(f"--data: {folder} holds neither {stem} nor {stem}.gz; it needs {', '.join(FILES)}")
    try:
        return _read(path, str(path), stem, sha256)
    except OSError as error:
        raise DataError(f"--data: {path} cannot be read: {reason(error)}") from None


def _read(path: Path, where: str, stem: str, sha256: str | None) -> NDArray[np.uint8]:
    """The images or labels of a file; what is wrong with it is said of `where`."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        return _array(file, where, stem, sha256)


def _array(file: BufferedIOBase, where: str, stem: str, sha256: str | None) -> NDArray[np.uint8]:
    try:
        return idx.read(file, rank=3 if "images" in stem else 1, sha256=sha256)
    except idx.IdxError as error:
        raise DataError(f"--data: {where} {error}") from None
