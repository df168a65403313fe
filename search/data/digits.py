"""The digits that come with scikit-learn."""

import numpy as np

from search.data.images import DataSet, Images
from search.data.split import stratified
from search.seeds import seed_for


def digits() -> DataSet:
    """1,797 handwritten digits of 8 × 8 pixels (Alpaydin & Kaynak 1998); 30 % of each class is the test part."""
    from sklearn.datasets import load_digits  # type: ignore[import-untyped]  # takes a second

    scans, target = load_digits(return_X_y=True)
    pixels = np.rint(scans * (255 / 16)).astype(np.uint8).reshape(-1, 1, 8, 8)
    labels = target.astype(np.int64)
    rng = np.random.default_rng(seed_for("digits", "test"))
    rest, test = stratified(labels, int(0.3 * len(labels)), rng)
    train_part, test_part = (Images(pixels[part], labels[part], 10) for part in (np.sort(rest), np.sort(test)))
    return DataSet("digits", train_part, test_part)
