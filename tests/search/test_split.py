"""Laws of seeds, of splitting images into parts and of reducing them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.typing import NDArray

from search.data import DataError, DataSet, Images, resized, split
from search.seeds import seed_for


def labelled(labels: list[int]) -> DataSet:
    images = Images(np.zeros((len(labels), 1, 2, 2), np.uint8), np.array(labels, np.int64), 1 + max(labels))
    return DataSet("made", images, images)


def squares(pixels: NDArray[np.uint8]) -> DataSet:
    images = Images(pixels, np.zeros(len(pixels), np.int64), 2)
    return DataSet("made", images, images)


# Splitting

classes = st.lists(st.integers(0, 4), min_size=12, max_size=200).filter(lambda labels: max(np.bincount(labels)) > 2)


@given(classes, st.integers(0, 9), st.integers(0, 9), st.integers(2, 200))
def test_parts_are_disjoint_and_drawn_from_the_training_part(
    labels: list[int], seed: int, replicate: int, most: int
) -> None:
    train, validation = split(labelled(labels), run_seed=seed, replicate=replicate, train_images=most)
    together = [*train, *validation]
    assert len(set(together)) == len(together)
    assert set(together) <= set(range(len(labels)))
    assert 2 <= len(train) <= most


@given(classes)
def test_every_class_with_two_images_is_validated_and_trained(labels: list[int]) -> None:
    train, validation = split(labelled(labels), run_seed=0, replicate=0, train_images=len(labels))
    counts, array = np.bincount(labels), np.array(labels)
    assert set(array[validation]) == set(np.flatnonzero(counts > 1))
    assert set(array[train]) == set(labels)


@given(classes, st.integers(2, 100), st.integers(2, 100))
def test_fewer_training_images_are_the_first_of_more(labels: list[int], some: int, more: int) -> None:
    few, many = (
        split(labelled(labels), run_seed=1, replicate=2, train_images=count)
        for count in (min(some, more), max(some, more))
    )
    assert np.array_equal(few[0], many[0][: len(few[0])])
    assert np.array_equal(few[1], many[1])


def test_the_split_follows_seed_and_replicate_alone() -> None:
    made = labelled([0, 1] * 100)
    other = replace(made, name="other", test=labelled([0, 1]).test)
    parts = [
        split(made, run_seed=seed, replicate=replicate, train_images=50) for seed, replicate in ((0, 0), (0, 1), (1, 0))
    ]
    assert np.array_equal(parts[0][0], split(other, run_seed=0, replicate=0, train_images=50)[0])
    assert not np.array_equal(parts[0][0], parts[1][0])
    assert not np.array_equal(parts[0][0], parts[2][0])
    assert not np.array_equal(parts[1][0], parts[2][0])


def test_the_validation_part_is_a_tenth_and_at_most_2500() -> None:
    for count, expected in ((1_000, 100), (60_000, 2_500)):
        _, validation = split(labelled(list(range(10)) * (count // 10)), run_seed=0, replicate=0, train_images=9)
        assert np.bincount(validation % 10).tolist() == [expected // 10] * 10


def test_too_few_images_are_counted() -> None:
    with pytest.raises(
        DataError, match="--data: made leaves 1 images to train on and 1 to validate on; at least 2 and 1"
    ):
        split(labelled([0, 0]), run_seed=0, replicate=0, train_images=9)


# Reducing


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 12), st.integers(0, 255))
def test_a_flat_image_stays_flat(height: int, width: int, resolution: int, value: int) -> None:
    small = resized(squares(np.full((2, 1, height, width), value, np.uint8)), resolution).train.pixels
    assert small.shape == (2, 1, min(height, resolution), min(width, resolution))
    assert (small == value).all()


@given(st.integers(0, 2**32), st.integers(1, 9), st.integers(1, 9))
def test_area_averaging_keeps_the_mean(seed: int, before: int, after: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (3, 2, before, before), np.uint8)
    small = resized(squares(pixels), after).train.pixels
    assert np.abs(small.mean((2, 3)) - pixels.mean((2, 3))).max() <= 0.51  # each new byte is rounded by half at most


def test_halving_averages_blocks_of_four() -> None:
    pixels = np.array([[[[0, 4, 8, 8], [4, 0, 8, 8], [1, 1, 0, 0], [1, 1, 0, 100]]]], np.uint8)
    assert resized(squares(pixels), 2).train.pixels.tolist() == [[[[2, 8], [1, 25]]]]


def test_images_are_never_enlarged_nor_copied_for_nothing() -> None:
    made = squares(np.zeros((2, 1, 4, 4), np.uint8))
    assert resized(made, 8).train.pixels is made.train.pixels


# Seeds


def test_seeds_are_the_same_on_every_machine() -> None:
    assert seed_for("split", 0, 1) == 8942365943651609841


@given(st.lists(st.integers() | st.text()), st.lists(st.integers() | st.text()))
def test_different_parts_give_different_seeds(some: list[int | str], other: list[int | str]) -> None:
    assert (seed_for(*some) == seed_for(*other)) == (some == other)
    assert 0 <= seed_for(*some) < 2**63
