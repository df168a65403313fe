"""Random parts that stand where a 3x3 does: hierarchies, involutions, and blocks of separate branches."""

from hypothesis import strategies as st

from space.families.dcdc import DcdcReconstruction
from space.families.rednet import Involution, InvolutionStem
from space.families.res2net import Hierarchical
from space.families.resnest import SplitAttention
from space.families.resnet import Basic, Bottleneck, FullProjection, Grouped, NoShortcut, PooledProjection, Projection
from space.families.resnext import Aggregated, Merge
from space.families.senet import SqueezeExcite
from space.parts import Block, Downsampling, Gate, NoGate, Output, Shortcut, Spatial, Stem

_involutions = st.builds(Involution, st.sampled_from((1, 3, 5, 7)), st.sampled_from((1, 2, 4)), st.sampled_from((1, 2)))

_inner: st.SearchStrategy[Spatial] = st.one_of(
    st.builds(Grouped, st.sampled_from((1, 1, 2))),
    st.builds(SplitAttention, st.sampled_from((0, 1, 2)), st.sampled_from((1, 2))),
    _involutions,
    st.builds(DcdcReconstruction, _involutions),
)

_hierarchies = st.builds(Hierarchical, st.sampled_from((1, 2, 3, 4)), _inner, st.booleans())


def unit(spatial: Spatial) -> int:
    """The channels that a spatial part takes are multiples of this."""
    match spatial:
        case Hierarchical(scale, inner):
            return scale * unit(inner)
        case SplitAttention(radix, cardinality):
            return max(radix, 1) * cardinality
        case Grouped(cardinality):
            return cardinality
        case Involution(_, group_width, reduction):
            return max(group_width, reduction)
        case DcdcReconstruction(local):
            return unit(local)
    return 1


STEMS: list[st.SearchStrategy[Stem]] = [
    st.builds(InvolutionStem, st.sampled_from((4, 8)), _involutions, st.integers(1, 2), st.booleans())
]

SPATIALS: list[st.SearchStrategy[Spatial]] = [
    _hierarchies,
    _involutions,
    st.builds(DcdcReconstruction, _involutions),
    st.builds(Hierarchical, st.just(2), _hierarchies, st.booleans()),
]

GATES: list[st.SearchStrategy[Gate]] = []

OUTPUTS: list[st.SearchStrategy[Output]] = []

_gates: st.SearchStrategy[Gate] = st.sampled_from((NoGate(), NoGate(), SqueezeExcite(4)))

_shortcuts: st.SearchStrategy[Shortcut] = st.sampled_from(
    (Projection(), FullProjection(), PooledProjection(), NoShortcut())
)


@st.composite
def _around(draw: st.DrawFn) -> Block:
    """A block of He's, or one of separate branches, with channels that mostly divide."""
    spatial = draw(st.one_of(*SPATIALS))
    width = unit(spatial) * draw(st.integers(1, 2)) + draw(st.sampled_from((0,) * 9 + (1,)))
    gate, shortcut = draw(_gates), draw(_shortcuts)
    kind = draw(st.sampled_from(("basic", "bottleneck", "bottleneck", "aggregated")))
    if kind == "basic":
        return Basic(width, spatial, shortcut=shortcut)
    out = draw(st.sampled_from((8, 12)))
    if kind == "bottleneck":
        return Bottleneck(width, out, spatial, draw(st.sampled_from(Downsampling)), gate, shortcut)
    return Aggregated(draw(st.sampled_from((1, 2))), width, out, draw(st.sampled_from(Merge)), spatial, gate, shortcut)


BLOCKS: list[st.SearchStrategy[Block]] = [_around()]
