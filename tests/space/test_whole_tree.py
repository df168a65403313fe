"""Random sentences over all families at once, and every pair that the composition table promises."""

import pytest
import torch
from hypothesis import given, settings, strategies as st

from search.counters import measured_macs
from space import Arch, SpaceError, build, cost, ops, parse, trace
from space.arch import Head, Input, Stage
from space.notation import word
from space.parts import Block, Part
from tests import strategies
from tests.composition import pairs, sentences, table
from tests.conftest import ROOT
from tests.families import strategies_branches, strategies_classic, strategies_dense, strategies_spatial

PACKAGES = (strategies_branches, strategies_classic, strategies_dense, strategies_spatial)
SHARE = 0.6  # of the drawn writings, at least, are sentences

stems = st.one_of(strategies.stems, *(one for package in PACKAGES for one in package.STEMS))
blocks = st.one_of(strategies.blocks, *(one for package in PACKAGES for one in package.BLOCKS))
outputs = st.one_of(st.builds(Head, st.integers(1, 12)), *(one for package in PACKAGES for one in package.OUTPUTS))
writings = st.fixed_dictionaries(
    {
        "stem": stems,
        "stages": st.lists(
            st.builds(Stage, blocks, st.integers(1, 2), st.sampled_from((1, 1, 2, 2, 3))), min_size=1, max_size=3
        ).map(tuple),
        "head": outputs,
        "input": st.builds(Input, st.integers(1, 3), st.integers(17, 40)),
    }
)


def _made(writing: dict[str, object]) -> Arch | None:
    try:
        return Arch(**writing)  # type: ignore[arg-type]
    except SpaceError:
        return None


archs: st.SearchStrategy[Arch] = writings.map(_made).filter(bool)  # type: ignore[assignment]


def fitting(arch: Arch, resolution: int) -> int:
    """The resolution, or the native one: an unpadded window may not fit a smaller image."""
    try:
        cost(arch, resolution)
    except SpaceError:
        return arch.input.resolution
    return resolution


def holds(arch: Arch, resolution: int) -> None:
    """Notation, parameters, multiply-adds, output shape and gradients are what the sentence says."""
    assert parse(str(arch)) == arch
    model, image = build(arch), arch.input.shape(resolution)
    declared = cost(arch, resolution)
    unseen = sum(
        n.op.macs(*g.inputs(n)) for g in [trace(arch, resolution)] for n in g.nodes if isinstance(n.op, ops.Involution)
    )
    assert declared.params == sum(p.numel() for p in model.parameters())
    assert declared.macs == measured_macs(model, image) + unseen
    logits = model(torch.randn(3, *image, generator=torch.Generator().manual_seed(0)))
    assert logits.shape == (3, arch.head.classes)
    logits.square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


def tried(examples: int) -> float:
    """The share of `examples` writings that are sentences, each of which holds; at other resolutions where it fits."""
    accepted = []

    @settings(max_examples=examples, database=None)
    @given(writings, st.integers(15, 41))
    def one(writing: dict[str, object], resolution: int) -> None:
        accepted.append(False)
        try:
            arch = Arch(**writing)  # type: ignore[arg-type]
        except SpaceError:
            return
        accepted[-1] = True
        holds(arch, fitting(arch, resolution))

    one()
    return sum(accepted) / len(accepted)


def test_five_hundred_random_sentences_hold() -> None:
    assert tried(500) >= SHARE


@pytest.mark.many
def test_five_thousand_random_sentences_hold() -> None:
    assert tried(5_000) >= SHARE


def test_the_composition_table_is_todays() -> None:
    assert table() in (ROOT / "docs" / "composition.md").read_text()


PAIRS = [(block, slot, part) for block, slot, part in pairs() if sentences(block, slot, part, most=1)]


@pytest.mark.parametrize(("block", "slot", "part"), PAIRS, ids=[f"{word(b)}-{word(p)}" for b, _, p in PAIRS])
def test_every_pair_of_the_table_is_accepted_ten_times(block: type[Block], slot: str, part: type[Part]) -> None:
    found = sentences(block, slot, part, most=10)
    assert len(found) == 10
    holds(found[-1], 17)
