"""Random parts of the dense families: DenseNet, DPN, HarDNet."""

from hypothesis import strategies as st

from space.families.densenet import BareStem, DenseLayer, NormHead, Transition
from space.families.dpn import DualPath, DualPathHead, DualPathStem
from space.families.hardnet import Depthwise, HardBlock, HardStem, Links, Reduction
from space.families.resnest import SplitAttention
from space.families.resnet import Grouped
from space.families.senet import SqueezeExcite
from space.parts import Block, Gate, NoGate, Output, Spatial, Stem

PERCENT = st.sampled_from((0, 0, 0, 20))

STEMS: list[st.SearchStrategy[Stem]] = [
    st.builds(BareStem, st.integers(2, 9), st.sampled_from((1, 3, 5)), st.integers(1, 2), st.booleans()),
    st.builds(DualPathStem, st.integers(2, 9), st.sampled_from((3, 5, 7))),
    st.builds(HardStem, st.integers(2, 9), st.sampled_from(Reduction)),
]

SPATIALS: list[st.SearchStrategy[Spatial]] = [st.just(Depthwise())]

GATES: list[st.SearchStrategy[Gate]] = []

OUTPUTS: list[st.SearchStrategy[Output]] = [
    st.builds(NormHead, st.integers(1, 12)),
    st.builds(DualPathHead, st.integers(1, 12)),
]

_spatials: st.SearchStrategy[Spatial] = st.sampled_from(
    (Grouped(1), Grouped(1), Grouped(2), Grouped(4), Depthwise(), SplitAttention(2, 1), SplitAttention(1, 2))
)
"""Those that fit channels divisible by 4."""

_gates: st.SearchStrategy[Gate] = st.sampled_from((NoGate(), NoGate(), SqueezeExcite(4)))


@st.composite
def _dual_paths(draw: st.DrawFn) -> Block:
    """Two paths, or one of them."""
    residual, increment = draw(st.sampled_from(((8, 4), (4, 2), (5, 3), (6, 0), (0, 4))))
    inner = draw(st.sampled_from((4, 8)))
    return DualPath(inner, residual, increment, draw(_spatials), draw(_gates), split=draw(st.booleans()))


BLOCKS: list[st.SearchStrategy[Block]] = [
    st.builds(DenseLayer, st.sampled_from((4, 8)), st.integers(1, 4), _spatials, _gates, PERCENT),
    st.builds(DenseLayer, st.integers(1, 6), st.just(0), dropout=PERCENT),
    st.builds(Transition, st.sampled_from((0.5, 0.8, 1.0)), PERCENT),
    _dual_paths(),
    st.builds(
        HardBlock,
        st.integers(1, 8),
        st.sampled_from((4, 8)),
        st.integers(4, 16),
        st.sampled_from((1.0, 2.0)),
        _spatials,
        st.sampled_from(Links),
        st.sampled_from(Reduction),
        _gates,
        PERCENT,
    ),
    st.builds(HardBlock, st.integers(1, 8), st.integers(1, 6), st.integers(2, 9), st.sampled_from((1.6, 1.7))),
]
