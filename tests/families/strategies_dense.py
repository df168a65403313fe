"""Random parts of the dense families: DenseNet, DPN, HarDNet."""

from hypothesis import strategies as st

from space.families.densenet import BareStem, DenseLayer, NormHead, Transition
from space.families.dpn import DualPath, DualPathHead, DualPathStem
from space.families.hardnet import HardBlock, HardStem, Links, Reduction
from space.families.resnet import Grouped
from space.parts import Output, Stem
from tests.families.strategies_parts import ANY, Blocks, Slots, around

PERCENT = st.sampled_from((0, 0, 0, 20))

STEMS: list[st.SearchStrategy[Stem]] = [
    st.builds(BareStem, st.integers(2, 9), st.sampled_from((1, 3, 5)), st.integers(1, 2), st.booleans()),
    st.builds(DualPathStem, st.integers(2, 9), st.sampled_from((3, 5, 7))),
    st.builds(HardStem, st.integers(2, 9), st.sampled_from(Reduction)),
]

OUTPUTS: list[st.SearchStrategy[Output]] = [
    st.builds(NormHead, st.integers(1, 12)),
    st.builds(DualPathHead, st.integers(1, 12)),
]

_links = st.sampled_from(Links)
_reductions = st.sampled_from(Reduction)


_paths = st.sampled_from(((8, 4), (4, 2), (5, 3), (6, 0), (0, 4)))
"""Channels of the residual path, and those that a block appends to the dense one: both, or one of them."""


def _layers(slots: Slots) -> st.SearchStrategy[DenseLayer]:
    return st.one_of(
        around(
            slots, lambda spatial, width: st.builds(DenseLayer, width, st.integers(1, 3), spatial, slots.gate, PERCENT)
        ),
        st.builds(DenseLayer, st.sampled_from((4, 8)), st.just(0), slots.usual_spatial, slots.gate),
        *([st.builds(DenseLayer, st.integers(1, 6), st.just(0), dropout=PERCENT)] if slots == ANY else []),
    )


def _hard_blocks(slots: Slots) -> st.SearchStrategy[HardBlock]:
    """Those of any part, with widths that grow by whole factors; and of any widths, as published."""
    layers, outs, factors = st.integers(1, 4), st.sampled_from((8, 12)), st.sampled_from((1.0, 2.0))
    odd = (st.integers(1, 8), st.integers(1, 6), st.integers(2, 9), st.sampled_from((1.6, 1.7)))
    how = (_links, _reductions, slots.gate, PERCENT)
    return st.one_of(
        around(slots, lambda spatial, width: st.builds(HardBlock, layers, width, outs, factors, spatial, *how)),
        *([st.builds(HardBlock, *odd, st.just(Grouped(1)), *how)] if slots == ANY else []),
    )


def blocks(slots: Slots = ANY) -> Blocks:
    return {
        DenseLayer: _layers(slots),
        Transition: st.builds(Transition, st.sampled_from((0.5, 0.8, 1.0)), PERCENT),
        DualPath: around(
            slots,
            lambda spatial, width: st.builds(
                lambda inner, paths, *others: DualPath(inner, *paths, *others),
                *(width, _paths, spatial, slots.gate, st.booleans()),
            ),
        ),
        HardBlock: _hard_blocks(slots),
    }
