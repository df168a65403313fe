"""Random parts of the residual, pre-activated, wide and squeeze-and-excitation families, small and mostly valid."""

from hypothesis import strategies as st

from space.arch import Head
from space.families.densenet import NormHead
from space.families.preresnet import ConvHead, PreBasic, PreBottleneck
from space.families.resnet import Basic, Bottleneck
from space.families.senet import HalvedBottleneck
from space.parts import Output, Stem
from tests.families.strategies_parts import ANY, Blocks, Slots, around, downsamplings, placements

STEMS: list[st.SearchStrategy[Stem]] = []
OUTPUTS: list[st.SearchStrategy[Output]] = [
    st.builds(NormHead, st.integers(1, 12)),
    st.builds(ConvHead, st.integers(1, 12)),
    st.builds(Head, st.integers(1, 12), st.integers(0, 60)),
]

_outs = st.sampled_from((8, 12, 16, 24))
_kernels = st.sampled_from(((3, 3), (3, 3), (1, 3, 1), (3, 1), (1, 3), (3, 1, 1), (3, 1, 3), (3,), (3, 3, 3, 3)))
_dropouts = st.sampled_from((0, 0, 30))


def blocks(slots: Slots = ANY) -> Blocks:
    others = (slots.gate, slots.shortcut)
    return {
        PreBasic: around(slots, lambda spatial, width: st.builds(PreBasic, width, spatial, *others))
        | around(slots, lambda spatial, width: st.builds(PreBasic, width, spatial, *others, _kernels, _dropouts)),
        PreBottleneck: around(
            slots, lambda spatial, width: st.builds(PreBottleneck, width, _outs, spatial, downsamplings, *others)
        ),
        HalvedBottleneck: st.builds(HalvedBottleneck, _outs, _outs, st.sampled_from((1, 2)), *others, placements),
        Basic: around(slots, lambda spatial, width: st.builds(Basic, width, spatial, *others, placements)),
        Bottleneck: around(
            slots,
            lambda spatial, width: st.builds(Bottleneck, width, _outs, spatial, downsamplings, *others, placements),
        ),
    }
