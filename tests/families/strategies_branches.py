"""Random parts of the families of branches and of separable convolutions, and VGG's."""

from dataclasses import replace

from hypothesis import strategies as st

from space.families.inception import (
    Auxiliary,
    AvgPooling,
    Chain,
    Conv,
    Fork,
    Inception,
    InceptionResidual,
    InceptionStem,
    Layer,
    LocalNorm,
    MaxPooling,
    Normalisation,
    Padding,
)
from space.families.mobilenet import InvertedResidual, MobileStem, Order, Pointwise, Separable
from space.families.vgg import FullyConnected, Vgg, VggStem
from space.families.xception import Xception, XceptionStem
from space.parts import Block, Output, Stem
from tests.families.strategies_parts import ANY, USUAL, Blocks, Slots

WIDTHS = st.integers(1, 4).map(lambda n: USUAL * n)
KERNELS = st.sampled_from((1, 3, 3, 5, (1, 3), (3, 1), (1, 7)))
NORMALISATIONS = st.sampled_from(Normalisation)

convs: st.SearchStrategy[Layer] = st.builds(Conv, WIDTHS, KERNELS, normalisation=NORMALISATIONS)
poolings: st.SearchStrategy[Layer] = st.one_of(
    st.just(MaxPooling(3)), st.builds(AvgPooling, st.just(3), count_padding=st.booleans())
)


@st.composite
def _branches(draw: st.DrawFn, nesting: int = 1) -> tuple[Chain, ...]:
    """Branches whose maps agree: all padded, each ending in a layer that can stride."""
    return tuple(draw(st.lists(_chain(nesting), min_size=1 if nesting else 2, max_size=3)))


@st.composite
def _chain(draw: st.DrawFn, nesting: int) -> Chain:
    """Perhaps pooling or a local norm, a convolution, perhaps a spatial part on its channels, perhaps a fork."""
    first = draw(st.lists(st.one_of(poolings, st.just(LocalNorm())), max_size=1))
    middle = draw(st.lists(ANY.usual_spatial, max_size=1))
    last = draw(st.lists(_branches(0).map(Fork), max_size=nesting))
    return (*first, draw(convs), *middle, *last)


branches = _branches()

_same = (Conv(8, 1), Conv(8, 3, Padding.VALID))
REDUCTIONS = st.sampled_from(
    (
        Inception(((Conv(8, 3, Padding.VALID),), _same, (MaxPooling(3, Padding.VALID),))),
        Inception(((Conv(4, 1), Conv(8, (1, 3)), Conv(8, 3, Padding.VALID)), (AvgPooling(3, Padding.VALID),))),
        Inception(((MaxPooling(3, Padding.VALID, ceil=True),),)),
        Inception(((MaxPooling(2, Padding.VALID, ceil=True), Conv(4, 1)),)),
    )
)
"""Modules whose branches shrink the map by the same window."""

STEMS: list[st.SearchStrategy[Stem]] = [
    st.builds(InceptionStem, st.builds(Conv, WIDTHS, st.sampled_from((3, 5, (1, 7)))), st.integers(1, 2)),
    st.builds(InceptionStem, st.just(Conv(8, 3, Padding.VALID))),
    st.builds(VggStem, WIDTHS, NORMALISATIONS),
    st.builds(MobileStem, WIDTHS, st.integers(1, 2)),
    st.builds(XceptionStem, st.sampled_from((4, 8)), st.just(1)),
]


def blocks(slots: Slots = ANY) -> Blocks:
    spatial, gate, shortcut = slots.usual_spatial, slots.gate, slots.shortcut
    widths = st.lists(WIDTHS, min_size=1, max_size=3).map(tuple)
    scales = st.sampled_from((0.1, 0.5, 1.0))
    return {
        Inception: st.builds(Inception, branches, gate) | st.builds(replace, REDUCTIONS, gate=gate),
        InceptionResidual: st.builds(InceptionResidual, branches, scales, st.booleans(), gate, shortcut),
        Separable: st.builds(Separable, WIDTHS, spatial, st.sampled_from(Order), st.booleans(), gate),
        InvertedResidual: st.builds(InvertedResidual, WIDTHS, st.integers(1, 3), spatial, gate),
        Pointwise: st.builds(Pointwise, WIDTHS),
        Xception: st.builds(Xception, widths, spatial, gate, shortcut),
        Vgg: st.builds(Vgg, WIDTHS, NORMALISATIONS, gate),
    }


AUXILIARIES: st.SearchStrategy[Block] = st.builds(
    Auxiliary, convs.map(lambda conv: (conv,)), st.builds(FullyConnected, st.integers(1, 5), st.just((6,)), st.just(2))
)
"""Not among the blocks: a network with one has a tuple of outputs."""

OUTPUTS: list[st.SearchStrategy[Output]] = [
    st.builds(
        FullyConnected,
        st.integers(1, 12),
        st.lists(st.integers(1, 9), max_size=2).map(tuple),
        st.integers(1, 3),
        st.sampled_from((0, 50)),
    )
]
