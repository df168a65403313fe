"""The Street View House Numbers, cropped digits (Netzer et al. 2011)."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from search.data.images import DataSet, Images
from search.data.places import cache, fetch, is_file, refuse_other, roots

NAME = "svhn"
URL = "http://ufldl.stanford.edu/housenumbers/"
SHA256: Mapping[str, str] = {
    "train_32x32.mat": "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8",
    "test_32x32.mat": "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b",
}


def published() -> DataSet:
    """73,257 digits to train and 26,032 to test, without the extra ones; downloaded if they are nowhere here."""
    train, test = (_images(_find(name) or _download(name), sha256) for name, sha256 in SHA256.items())
    return DataSet(NAME, train, test)


def _find(name: str) -> Path | None:
    """In torchvision's roots, or where its readers put it, or where this program does."""
    places = (place for root in roots() for place in (root / name, root / "SVHN" / name, root / NAME / name))
    return next((path for path in (*places, cache(NAME) / name) if is_file(path)), None)


def _download(name: str) -> Path:
    target = cache(NAME) / name

    def check(part: Path) -> None:
        refuse_other(part, f"{URL}{name}", SHA256[name])

    fetch(NAME, f"{URL}{name}", target, check, otherwise=f"put {' and '.join(SHA256)} into {target.parent}")
    return target


def _images(path: Path, sha256: str) -> Images:
    """MATLAB has images last, and 10 for the digit 0."""
    from scipy.io import loadmat  # here: it takes its time

    refuse_other(path, str(path), sha256)
    content = loadmat(path, variable_names=["X", "y"])
    pixels = np.ascontiguousarray(content["X"].transpose(3, 2, 0, 1))
    return Images(pixels, content["y"].ravel().astype(np.int64) % 10, 10)
