"""Random blocks around parts that stand where a 3x3 does, and blocks of separate branches."""

from hypothesis import strategies as st

from space.families.rednet import InvolutionStem
from space.families.resnet import Basic, Bottleneck
from space.families.resnext import Aggregated, Merge
from space.parts import Output, Stem
from tests.families.strategies_parts import ANY, INVOLUTIONS, Blocks, Slots, around, downsamplings

STEMS: list[st.SearchStrategy[Stem]] = [
    st.builds(InvolutionStem, st.sampled_from((4, 8)), st.sampled_from(INVOLUTIONS), st.integers(1, 2), st.booleans())
]

OUTPUTS: list[st.SearchStrategy[Output]] = []

_outs = st.sampled_from((8, 12))
_merges = st.sampled_from(Merge)


def blocks(slots: Slots = ANY) -> Blocks:
    others = (slots.gate, slots.shortcut)
    branches = st.integers(1, 3)
    return {
        Basic: around(slots, lambda spatial, width: st.builds(Basic, width, spatial, *others)),
        Bottleneck: around(
            slots, lambda spatial, width: st.builds(Bottleneck, width, _outs, spatial, downsamplings, *others)
        ),
        Aggregated: around(
            slots, lambda spatial, width: st.builds(Aggregated, branches, width, _outs, _merges, spatial, *others)
        ),
    }
