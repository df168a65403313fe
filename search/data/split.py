"""Which images train and which validate, and images made smaller."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap

from search.data.images import LARGE, DataError, DataSet, Indices, Labels, Pixels
from search.data.shrink import shrunk
from search.seeds import seed_for

VALIDATION_FRACTION, VALIDATION_MOST = 0.1, 2_500
TEST_FRACTION = 0.2  # where nothing says what is to be tested


def split(data: DataSet, *, run_seed: int, replicate: int, train_images: int) -> tuple[Indices, Indices]:
    """Which of `data.train` train and which validate: indices, in an order fixed by seed and replicate alone.

    The validation part is stratified by class: a tenth of the images and at most 2,500, at least one of
    each class. Training images are drawn from the rest, the fewer always being the first of the more.
    """
    labels = data.train.labels
    most = min(int(VALIDATION_FRACTION * len(labels)), VALIDATION_MOST)
    rng = np.random.default_rng(seed_for("split", run_seed, replicate))
    rest, validation = stratified(labels, most, rng)
    train = rest[:train_images]
    if len(train) < 2 or not len(validation):
        counts = f"{len(train)} images to train on and {len(validation)} to validate on"
        raise DataError(f"--data: {data.name} leaves {counts}; at least 2 and 1 are needed")
    return train, validation


def stratified(labels: Labels, total: int, rng: np.random.Generator) -> tuple[Indices, Indices]:
    """(rest, chosen): about `total` images chosen in proportion to the classes, of each at least one, but never all."""
    order = rng.permutation(len(labels))
    counts = np.bincount(labels)
    quota = np.minimum(np.maximum(total * counts // len(labels), 1), counts - 1)
    chosen = _rank_within_class(labels[order]) < quota[labels[order]]
    return order[~chosen], order[chosen]


def held_out(labels: Labels, name: str) -> tuple[Indices, Indices]:
    """Of data without a test part those to train with, and a fifth of each class to test with: always the same."""
    rng = np.random.default_rng(seed_for(name, "test"))
    rest, chosen = stratified(labels, int(TEST_FRACTION * len(labels)), rng)
    return np.sort(rest), np.sort(chosen)


def _rank_within_class(labels: Labels) -> Indices:
    """How many images of its own class come before each image."""
    by_class = np.argsort(labels, kind="stable")
    starts = np.cumsum(np.bincount(labels)) - np.bincount(labels)
    rank = np.empty_like(by_class)
    rank[by_class] = np.arange(len(labels)) - starts[labels[by_class]]
    return rank


def resized(data: DataSet, resolution: int) -> DataSet:
    """`data` with no side longer than `resolution` pixels, by area averaging; images are never enlarged.

    What lies in a file and is large lies in a file beside it when it is smaller, too, made once.
    """
    train, test = (replace(part, pixels=_smaller(part.pixels, resolution)) for part in (data.train, data.test))
    return replace(data, train=train, test=test)


def _smaller(pixels: Pixels, resolution: int) -> Pixels:
    count, channels, height, width = pixels.shape
    size = count * channels * min(height, resolution) * min(width, resolution)
    if not isinstance(pixels, np.memmap) or max(height, width) <= resolution or size <= LARGE:
        return shrunk(pixels, resolution)
    source = Path(str(pixels.filename))
    target = source.with_name(f"{source.stem}-{resolution}.npy")
    if not target.exists():
        with tempfile.TemporaryDirectory(dir=target.parent) as unfinished:
            part = Path(unfinished) / target.name
            shrunk(pixels, resolution, lambda shape, kind: open_memmap(part, "w+", kind, shape))
            part.replace(target)
    return np.load(target, mmap_mode="r")  # type: ignore[no-any-return]
