"""Laws of the Street View House Numbers, and of images made by a rule."""

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from search.data import DataError, load, procedural, svhn
from tests.search.serving import serving


@pytest.fixture
def asked(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A server with two small files whose checksums are the expected ones."""
    contents = {}
    for name, count in (("train_32x32.mat", 5), ("test_32x32.mat", 3)):
        pixels = np.random.default_rng(count).integers(0, 256, (32, 32, 3, count), np.uint8)
        buffer = io.BytesIO()
        savemat(buffer, {"X": pixels, "y": np.arange(10, 10 - count, -1)[:, None]}, do_compression=True)
        contents[f"{svhn.URL}{name}"] = buffer.getvalue()
    sums = {url.rsplit("/", 1)[1]: hashlib.sha256(content).hexdigest() for url, content in contents.items()}
    monkeypatch.setattr(svhn, "SHA256", sums)
    return serving(monkeypatch, contents)


def test_matlab_has_images_last_and_ten_for_zero(asked: list[str]) -> None:
    made = load("svhn")
    original = np.random.default_rng(5).integers(0, 256, (32, 32, 3, 5), np.uint8)
    assert made.train.pixels.shape == (5, 3, 32, 32)
    assert made.train.pixels.flags.c_contiguous
    assert np.array_equal(made.train.pixels[2, 1], original[:, :, 1, 2])
    assert made.train.labels.tolist() == [0, 9, 8, 7, 6]
    assert load("svhn").digest == made.digest
    assert len(asked) == 2


def test_a_damaged_file_is_named(asked: list[str], elsewhere: Path) -> None:
    (elsewhere / "data/SVHN").mkdir(parents=True)
    (elsewhere / "data/SVHN/train_32x32.mat").write_bytes(b"MATLAB 5.0")
    with pytest.raises(DataError, match=r"^--data: data/SVHN/train_32x32.mat is not as published \(its SHA-256"):
        load("svhn")


# Made by a rule


def test_waves_are_the_same_everywhere() -> None:
    assert load("procedural").digest == "4dfcc4f940b2e375"


def test_the_best_classifier_errs_as_often_as_it_must() -> None:
    test = load("procedural").test
    spectra = np.abs(np.fft.fft2(test.pixels[:, 0].astype(float)))
    chosen = np.stack([spectra[:, down, across] for across, down in procedural.WAVES], 1).argmax(1)
    error, expected = 100 * float((chosen != test.labels).mean()), procedural.bayes_error()
    assert abs(error - expected) < 3 * (expected * (100 - expected) / len(test)) ** 0.5
    assert 3 < expected < 4


def test_nothing_else_tells_the_waves_apart() -> None:
    """Every class has the same mean and deviation, and as many images as any other."""
    train = load("procedural").train
    assert np.bincount(train.labels).tolist() == [2_000] * 10
    means, stds = (
        [fold(train.pixels[train.labels == k].astype(float)) for k in range(10)] for fold in (np.mean, np.std)
    )
    assert np.ptp(means) < 0.3
    assert np.ptp(stds) < 0.3
