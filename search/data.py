"""The images of a trial: where they are found, how they are checked, and which of them train and which validate."""

import gzip
import hashlib
import os
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from http.client import HTTPException
from io import BufferedIOBase, BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from search import idx
from search.seeds import seed_for
from search.shrink import shrunk

Pixels = NDArray[np.uint8]  # (N, C, H, W)
Labels = NDArray[np.int64]  # (N,)
Indices = NDArray[np.int64]

NAMES = "digits, fashion-mnist or folder:PATH"
FASHION_URL = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
# Of the files inside the .gz, since Debian's archives differ in their headers
FASHION_SHA256 = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
FILES = tuple(FASHION_SHA256)  # the MNIST layout
PATIENCE = 10.0  # seconds without an answer before a download gives up
VALIDATION_FRACTION, VALIDATION_MOST = 0.1, 2_500


class DataError(ValueError):
    """Images that cannot be found, read or trusted; one line that says where and what would be right."""


class DataNameError(DataError):
    """`--data` names no data set, or a folder that is not there."""


@dataclass(frozen=True)
class Images:
    """Labelled images. The arrays are only ever read, so that many processes may share one copy."""

    pixels: Pixels
    labels: Labels
    classes: int

    def __len__(self) -> int:
        """N."""
        return len(self.labels)


@dataclass(frozen=True)
class DataSet:
    """A training part, from which every trial takes its own validation part, and the published test part."""

    name: str
    train: Images
    test: Images
    digest: str = ""  # of all images and labels as they were loaded, however they are reduced later


def digest_of(data: DataSet) -> str:
    """What the images are, in 16 hexadecimal digits, wherever they lie and whatever they are called."""
    sha256 = hashlib.sha256()
    for array in (data.train.pixels, data.train.labels, data.test.pixels, data.test.labels):
        sha256.update(repr((array.shape, array.dtype.str)).encode())
        sha256.update(np.ascontiguousarray(array).data)
    return sha256.hexdigest()[:16]


# Finding and loading ---------------------------------------------------------------------------------------


def load(name: str) -> DataSet:
    """The data set called `name`; Fashion-MNIST is downloaded if it is nowhere on this machine. Raises DataError.

    A folder's name becomes its absolute path, so that it means the same from everywhere.
    """
    found = _named(name)
    return replace(found, digest=digest_of(found))


def _named(name: str) -> DataSet:
    kind, colon, path = name.partition(":")
    match kind, bool(colon):
        case "digits", False:
            return _digits()
        case "fashion-mnist", False:
            return _read_folder(_find_fashion() or _download_fashion(), name, FASHION_SHA256)
        case "folder", True:
            folder = _existing(path, name).resolve()
            return _read_folder(folder, f"folder:{folder}")
        case _:
            raise DataNameError(f"--data: {name!r} is not known; write {NAMES}")


def best_available() -> str:
    """The most telling data set that needs no download: Fashion-MNIST where it is installed, else the digits."""
    return "fashion-mnist" if _find_fashion() else "digits"


def _digits() -> DataSet:
    """1,797 handwritten digits of 8 × 8 pixels (Alpaydin & Kaynak 1998); 30 % of each class is the test part."""
    from sklearn.datasets import load_digits  # type: ignore[import-untyped]  # takes a second

    scans, target = load_digits(return_X_y=True)
    pixels = np.rint(scans * (255 / 16)).astype(np.uint8).reshape(-1, 1, 8, 8)
    labels = target.astype(np.int64)
    rng = np.random.default_rng(seed_for("digits", "test"))
    rest, test = _stratified(labels, int(0.3 * len(labels)), rng)
    train_part, test_part = (Images(pixels[part], labels[part], 10) for part in (np.sort(rest), np.sort(test)))
    return DataSet("digits", train_part, test_part)


def _existing(path: str, name: str) -> Path:
    folder = _home(path)
    if not path or not os.path.isdir(folder):  # noqa: PTH112  # False where pathlib raises: names too long, no access
        raise DataNameError(
            f"--data: {name!r} is not a folder here; write folder:PATH, with {FILES[0]} and so on in PATH"
        )
    return folder


def _home(path: str) -> Path:
    return Path(os.path.expanduser(path))  # noqa: PTH111  # pathlib raises where there is no such user


def _cache() -> Path:
    return _home(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "design-space-explorer/fashion-mnist"


def _fashion_folders() -> Iterator[Path]:
    """Where Debian, torchvision, Keras and this program keep Fashion-MNIST."""
    yield Path("/usr/share/datasets/fashion-mnist")
    torch_home = os.environ.get("TORCH_HOME") or "~/.cache/torch"
    for root in ("data", "~/data", torch_home, f"{torch_home}/data", f"{torch_home}/datasets"):
        yield _home(root) / "FashionMNIST/raw"
    yield _home(os.environ.get("KERAS_HOME") or "~/.keras") / "datasets/fashion-mnist"
    yield _cache()


def _file(folder: Path, stem: str) -> Path | None:
    candidates = (folder / stem, folder / f"{stem}.gz")
    return next((path for path in candidates if os.path.isfile(path)), None)  # noqa: PTH113  # as above


def _find_fashion() -> Path | None:
    return next((folder for folder in _fashion_folders() if all(_file(folder, stem) for stem in FILES)), None)


def _download_fashion() -> Path:
    """Fetch Fashion-MNIST into the cache; every file appears there whole and checked, or not at all."""
    folder = _cache()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for stem in FILES:
            if not _file(folder, stem):
                _fetch(stem, folder)
    except (OSError, HTTPException) as error:
        raise DataError(
            f"--data: fashion-mnist is not on this machine, and {FASHION_URL} does not give it ({_reason(error)}); "
            f"install Debian's dataset-fashion-mnist, put its four files into {folder}, or write --data digits"
        ) from None
    return folder


def _fetch(stem: str, folder: Path) -> None:
    url = f"{FASHION_URL}{stem}.gz"
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:  # noqa: S310  # the address is a constant
        packed = answer.read(2**25)  # the largest of the four has 26 MB
    with gzip.open(BytesIO(packed)) as file:
        _array(file, url, stem, FASHION_SHA256[stem])
    with tempfile.TemporaryDirectory(dir=folder) as unfinished:
        part = Path(unfinished) / stem
        part.write_bytes(packed)
        part.replace(folder / f"{stem}.gz")


# Reading ---------------------------------------------------------------------------------------------------


def _read_folder(folder: Path, name: str, sha256: Mapping[str, str] | None = None) -> DataSet:
    """The four files of the MNIST layout in `folder`, checked against each other and against `sha256` if given."""
    arrays = [_read(folder, stem, (sha256 or {}).get(stem)) for stem in FILES]
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


def _read(folder: Path, stem: str, sha256: str | None) -> NDArray[np.uint8]:
    path = _file(folder, stem)
    if path is None:
        raise DataError(f"--data: {folder} holds neither {stem} nor {stem}.gz; it needs {', '.join(FILES)}")
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            return _array(file, str(path), stem, sha256)
    except OSError as error:
        raise DataError(f"--data: {path} cannot be read: {_reason(error)}") from None


def _array(file: BufferedIOBase, where: str, stem: str, sha256: str | None) -> NDArray[np.uint8]:
    """The images or labels in an open file; what is wrong with it is said of `where`."""
    try:
        return idx.read(file, rank=3 if "images" in stem else 1, sha256=sha256)
    except idx.IdxError as error:
        raise DataError(f"--data: {where} {error}") from None


def _reason(error: BaseException) -> str:
    return str(getattr(error, "strerror", None) or getattr(error, "reason", None) or error or type(error).__name__)


# Choosing --------------------------------------------------------------------------------------------------


def split(
    data: DataSet, *, run_seed: int, replicate: int, train_images: int, validation_images: int | None = None
) -> tuple[Indices, Indices]:
    """Which of `data.train` train and which validate: indices, in an order fixed by seed and replicate alone.

    The validation part is stratified by class: a tenth of the images and at most 2,500, unless said, at least one of
    each class. Training images are drawn from the rest, the fewer always being the first of the more.
    """
    labels = data.train.labels
    most = min(int(VALIDATION_FRACTION * len(labels)), VALIDATION_MOST)
    rng = np.random.default_rng(seed_for("split", run_seed, replicate))
    rest, validation = _stratified(labels, most if validation_images is None else validation_images, rng)
    train = rest[:train_images]
    if len(train) < 2 or not len(validation):
        counts = f"{len(train)} images to train on and {len(validation)} to validate on"
        raise DataError(f"--data: {data.name} leaves {counts}; at least 2 and 1 are needed")
    return train, validation


def _stratified(labels: Labels, total: int, rng: np.random.Generator) -> tuple[Indices, Indices]:
    """(rest, chosen): about `total` images chosen in proportion to the classes, of each at least one, but never all."""
    order = rng.permutation(len(labels))
    counts = np.bincount(labels)
    quota = np.minimum(np.maximum(total * counts // len(labels), 1), counts - 1)
    chosen = _rank_within_class(labels[order]) < quota[labels[order]]
    return order[~chosen], order[chosen]


def _rank_within_class(labels: Labels) -> Indices:
    """How many images of its own class come before each image."""
    by_class = np.argsort(labels, kind="stable")
    starts = np.cumsum(np.bincount(labels)) - np.bincount(labels)
    rank = np.empty_like(by_class)
    rank[by_class] = np.arange(len(labels)) - starts[labels[by_class]]
    return rank


# Reducing --------------------------------------------------------------------------------------------------


def resized(data: DataSet, resolution: int) -> DataSet:
    """`data` with no side longer than `resolution` pixels, by area averaging; images are never enlarged."""
    train, test = (replace(part, pixels=shrunk(part.pixels, resolution)) for part in (data.train, data.test))
    return replace(data, train=train, test=test)
