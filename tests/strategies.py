"""Random sentences of the grammar, small enough to build and trace in milliseconds."""

from dataclasses import replace

from hypothesis import strategies as st

from space.arch import Arch, Head, Input, Stage
from space.families.resnest import SplitAttention
from space.families.resnet import (
    Basic,
    Bottleneck,
    ConvStem,
    DeepStem,
    FullProjection,
    Grouped,
    NoShortcut,
    PooledProjection,
    Projection,
    ZeroPadding,
)
from space.parts import Block, Downsampling, Shortcut, Spatial, Stem

RESOLUTIONS = st.integers(7, 40)

stems: st.SearchStrategy[Stem] = st.one_of(
    st.builds(
        ConvStem,
        width=st.integers(1, 9),
        kernel=st.sampled_from((1, 3, 5, 7)),
        stride=st.integers(1, 3),
        pool=st.booleans(),
    ),
    st.builds(DeepStem, width=st.integers(1, 6), stride=st.integers(1, 2), pool=st.booleans()),
)

spatials: st.SearchStrategy[Spatial] = st.one_of(
    st.builds(Grouped, st.sampled_from((1, 2, 4, 8))),
    st.builds(SplitAttention, st.sampled_from((0, 1, 2, 3, 4)), st.sampled_from((1, 2, 4))),
)

shortcuts: st.SearchStrategy[Shortcut] = st.sampled_from(
    (Projection(), FullProjection(), PooledProjection(), ZeroPadding(), NoShortcut())
)


@st.composite
def _bottlenecks(draw: st.DrawFn) -> Block:
    """Bottlenecks whose width mostly divides into their groups, as a user's would."""
    spatial = draw(spatials)
    groups = spatial.cardinality * max(getattr(spatial, "radix", 1), 1)  # type: ignore[attr-defined]
    inner = draw(st.integers(1, 3)) * groups + draw(st.sampled_from((0, 0, 0, 0, 1)))
    downsampling = draw(st.sampled_from(Downsampling))
    return Bottleneck(inner, draw(st.integers(8, 24)), spatial, downsampling, shortcut=draw(shortcuts))


blocks: st.SearchStrategy[Block] = st.one_of(
    st.builds(Basic, st.sampled_from((8, 12, 16)), st.builds(Grouped, st.sampled_from((1, 2, 4))), shortcut=shortcuts),
    _bottlenecks(),
)

stages = st.builds(Stage, blocks, st.integers(1, 3), st.sampled_from((1, 1, 2, 2, 3)))

writings = st.fixed_dictionaries(
    {
        "stem": stems,
        "stages": st.lists(stages, min_size=1, max_size=3).map(tuple),
        "head": st.builds(Head, st.integers(1, 12)),
        "input": st.builds(Input, st.integers(1, 3), RESOLUTIONS),
    }
)
"""Arguments of `Arch` as a user may write them, before they are checked and put in normal form."""


@st.composite
def archs(draw: st.DrawFn) -> Arch:
    """Random networks of every family; shortcuts that cannot shrink channels are kept from having to."""
    writing = draw(writings)
    return Arch(**{**writing, "stages": tuple(_possible(writing["stages"]))})


def _possible(written: tuple[Stage, ...]) -> list[Stage]:
    """The stages with widths that divide, and zero padding only where channels do not shrink."""
    out: list[Stage] = []
    width = 99
    for stage in written:
        block = stage.block
        assert isinstance(block, Basic | Bottleneck)
        if isinstance(block.shortcut, ZeroPadding) and block.out < width:
            block = replace(block, shortcut=Projection())
        if isinstance(block, Bottleneck):
            groups = block.spatial.cardinality * max(getattr(block.spatial, "radix", 1), 1)  # type: ignore[attr-defined]
            block = replace(block, inner=block.inner - block.inner % groups or groups)
        width = block.out
        out.append(replace(stage, block=block))
    return out
