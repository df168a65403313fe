"""Random parts of the pre-activated, wide and squeeze-and-excitation families, small and mostly valid."""

from hypothesis import strategies as st

from space.arch import Head
from space.families.densenet import NormHead
from space.families.preresnet import (
    BareProjection,
    ConvHead,
    DropoutShortcut,
    GatedShortcut,
    PreBasic,
    PreBottleneck,
    ScaledShortcut,
)
from space.families.resnest import SplitAttention
from space.families.resnet import (
    Basic,
    Bottleneck,
    FullProjection,
    Grouped,
    NoShortcut,
    PooledProjection,
    Projection,
    ZeroPadding,
)
from space.families.senet import HalvedBottleneck, SpatialProjection, SqueezeExcite
from space.parts import Block, Downsampling, Gate, NoGate, Output, Placement, Shortcut, Spatial, Stem

STEMS: list[st.SearchStrategy[Stem]] = []
SPATIALS: list[st.SearchStrategy[Spatial]] = []
GATES: list[st.SearchStrategy[Gate]] = [st.builds(SqueezeExcite, st.sampled_from((1, 2, 4, 8)))]
OUTPUTS: list[st.SearchStrategy[Output]] = [
    st.builds(NormHead, st.integers(1, 12)),
    st.builds(ConvHead, st.integers(1, 12)),
    st.builds(Head, st.integers(1, 12), st.integers(0, 60)),
]

_plain: st.SearchStrategy[Shortcut] = st.sampled_from(
    (Projection(), BareProjection(), FullProjection(), PooledProjection(), SpatialProjection())
)
_factors = st.sampled_from((0.25, 0.5, 1, 1.0))
SHORTCUTS: list[st.SearchStrategy[Shortcut]] = [
    _plain,
    st.builds(NoShortcut),
    st.builds(ScaledShortcut, _factors, _factors, _plain | st.just(ZeroPadding())),
    st.builds(DropoutShortcut, st.sampled_from((0, 30)), _plain),
    st.builds(GatedShortcut, st.booleans()),
]
_shortcuts = st.one_of(*SHORTCUTS)
_gates = st.one_of(st.just(NoGate()), *GATES)
_spatials = st.sampled_from((Grouped(1), Grouped(2), Grouped(4), SplitAttention(1, 2), SplitAttention(2, 2)))
_widths = st.sampled_from((8, 12, 16, 24))
_kernels = st.sampled_from(((3, 3), (3, 3), (1, 3, 1), (3, 1), (1, 3), (3, 1, 1), (3, 1, 3), (3,), (3, 3, 3, 3)))
_placements = st.sampled_from(Placement)

BLOCKS: list[st.SearchStrategy[Block]] = [
    st.builds(PreBasic, _widths, _spatials, _gates, _shortcuts, _kernels, st.sampled_from((0, 0, 30))),
    st.builds(PreBottleneck, _widths, _widths, _spatials, st.sampled_from(Downsampling), _gates, _shortcuts),
    st.builds(HalvedBottleneck, _widths, _widths, st.sampled_from((1, 2)), _gates, _shortcuts, _placements),
    st.builds(Basic, _widths, _spatials, _gates, _shortcuts, _placements),
    st.builds(Bottleneck, _widths, _widths, _spatials, st.sampled_from(Downsampling), _gates, _shortcuts, _placements),
]
