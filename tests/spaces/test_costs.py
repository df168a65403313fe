"""The vectorised cost of a network is the traced cost of its sentence: random ones of every space that ships."""

import numpy as np
import pytest

from space import cost, parse
from space.spaces.filling import tables
from space.spaces.sampling import samples
from space.spaces.space import space
from space.spaces.starters import starters
from space.spaces.tables import MEASURES

FEW, MANY = 168, 1_800  # sentences of each space, of which there are six


def agree(name: str, count: int, seed: int, resolution: int | None) -> int:
    """How many different sentences were compared."""
    known = tables(space(name), resolution)
    paths = np.concatenate(list(samples(known, (), count, seed)))
    sentences = known.sentences(paths)
    for sentence, costs in zip(sentences, known.costs(paths), strict=True):
        arch = parse(sentence)
        traced = cost(arch, resolution)
        assert tuple(map(int, costs)) == tuple(getattr(traced, measure) for measure in MEASURES), sentence
        assert str(arch) == sentence
    return len(set(sentences))


def test_enough_sentences_are_compared() -> None:
    assert FEW * len(starters()) >= 1_000
    assert MANY * len(starters()) >= 10_000


@pytest.mark.parametrize("name", starters())
def test_vectorised_cost_is_traced_cost(name: str) -> None:
    assert agree(name, FEW // 2, 0, None) + agree(name, FEW // 2, 1, 161) > 0.9 * FEW


@pytest.mark.many
@pytest.mark.parametrize("name", starters())
def test_vectorised_cost_is_traced_cost_on_many_sentences(name: str) -> None:
    assert agree(name, MANY // 2, 2, None) + agree(name, MANY // 2, 3, 161) > MANY // 2
