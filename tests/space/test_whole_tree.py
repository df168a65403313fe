"""Random sentences over all families at once, and every pair that the composition table promises."""

import re
from collections.abc import Callable, Sequence

import pytest
import torch
from hypothesis import assume, given, settings, strategies as st

from search.counters import measured_macs
from space import Arch, SpaceError, build, cost, parse
from space.arch import Head, Input, Stage
from space.families.resnet import ConvStem
from space.notation import word
from space.parts import Block, Part, Stem
from tests import strategies
from tests.composition import nested, pairs, sentences, sentences_within, table
from tests.conftest import ROOT
from tests.families import strategies_branches, strategies_classic, strategies_dense, strategies_spatial
from tests.families.classic import involution_macs
from tests.families.strategies_parts import ANY, Slots

PACKAGES = (strategies_branches, strategies_classic, strategies_dense, strategies_spatial)
SHARE = 0.6  # of the drawn writings, at least, are sentences
TIMES = 10  # that every pair of the table is accepted, at least

stems = st.one_of(strategies.stems, *(one for package in PACKAGES for one in package.STEMS))
outputs = st.one_of(st.builds(Head, st.integers(1, 12)), *(one for package in PACKAGES for one in package.OUTPUTS))


def _blocks(slots: Slots, *kinds: type[Block]) -> st.SearchStrategy[Block]:
    """Blocks of these kinds, or of all, their slots filled from `slots`."""
    drawn = [(kind, one) for package in PACKAGES for kind, one in package.blocks(slots).items()]
    return st.one_of(*(one for kind, one in drawn if not kinds or kind in kinds))


def _stages(blocks: st.SearchStrategy[Block]) -> st.SearchStrategy[Stage]:
    return st.builds(Stage, blocks, st.integers(1, 2), st.sampled_from((1, 1, 2, 2, 3)))


def _networks(
    stages: st.SearchStrategy[tuple[Stage, ...]], stem: st.SearchStrategy[Stem] = stems
) -> st.SearchStrategy[dict[str, object]]:
    image = st.builds(Input, st.integers(1, 3), st.integers(17, 40))
    return st.fixed_dictionaries({"stem": stem, "stages": stages, "head": outputs, "input": image})


any_stage = _stages(_blocks(ANY))
writings = _networks(st.lists(any_stage, min_size=1, max_size=3).map(tuple))


def writings_with(block: type[Block], part: type[Part]) -> st.SearchStrategy[dict[str, object]]:
    """Those with the part in a block of that kind, after a stem whose channels most parts take."""
    these = _stages(_blocks(ANY.with_only(part), block))
    stem = st.builds(ConvStem, st.sampled_from((4, 8)), st.just(3), st.integers(1, 2), st.booleans())
    return _networks(st.tuples(these) | st.tuples(any_stage, these) | st.tuples(these, any_stage), stem)


def _made(writing: dict[str, object]) -> Arch | None:
    try:
        return Arch(**writing)  # type: ignore[arg-type]
    except SpaceError:
        return None


@st.composite
def _archs(draw: st.DrawFn) -> Arch:
    """Composite and without a filter: what a filter draws from Hypothesis writes down, and warns of its size."""
    arch = _made(draw(writings))
    assume(arch is not None)
    assert arch
    return arch


archs = _archs()


def fitting(arch: Arch, resolution: int) -> int:
    """The resolution, or the native one: an unpadded window may not fit a smaller image."""
    try:
        cost(arch, resolution)
    except SpaceError as error:
        says_where_and_why(error, arch.stages)
        return arch.input.resolution
    return resolution


def holds(arch: Arch, resolution: int) -> None:
    """Notation, parameters, multiply-adds, output shape and gradients are what the sentence says."""
    assert parse(str(arch)) == arch
    model, image = build(arch), arch.input.shape(resolution)
    declared = cost(arch, resolution)
    assert declared.params == sum(p.numel() for p in model.parameters())
    assert declared.macs == measured_macs(model, image) + involution_macs(arch, resolution)
    logits = model(torch.randn(3, *image, generator=torch.Generator().manual_seed(0)))
    assert logits.shape == (3, arch.head.classes)
    logits.square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


def _leaves(a: int, b: int) -> bool:
    return a % b > 0


UNFIT: dict[str, Callable[..., bool]] = {
    r"(\d+) (?:\w+ )?channels are not divisible by (\d+) groups": _leaves,
    r"(\d+) (?:\w+ )?channels are not divisible by (?:scale|cardinality|group width) (\d+)": _leaves,
    r"(\d+) channels cannot be reduced (\d+) times": int.__lt__,
    r"zero padding cannot shrink (\d+) channels to (\d+)": int.__gt__,
    r"(\d+) channels compressed to (\d+); at least 1": lambda channels, out: channels > out == 0,
    r"a window of (\d+) does not fit a map of (\d+) with padding (\d+)": lambda k, n, padding: k > n + 2 * padding,
}
"""What may not fit in a random writing, and what its numbers then are."""

NUMBERLESS = ("a shortcut is needed; there is none", "gate_identity stands on a shortcut; there is none")
"""What is refused though no numbers meet: something for a shortcut where there is none."""


def says_where_and_why(error: SpaceError, stages: Sequence[Stage]) -> None:
    """One line that names a block of the sentence and the numbers that do not fit, and indeed they do not."""
    (line,) = str(error).splitlines()
    place = re.match(r"stage(\d+)\.block(\d+)[.:]", line)
    assert place, line
    stage, block = map(int, place.groups())
    assert 1 <= block <= stages[stage - 1].depth
    for reason, unfit in UNFIT.items():
        if numbers := re.search(reason, line):
            assert unfit(*map(int, numbers.groups())), line
            return
    assert line.endswith(NUMBERLESS), line


def accepted(writing: dict[str, object]) -> Arch | None:
    """The network, if the writing is one; otherwise the refusal says where and why."""
    try:
        return Arch(**writing)  # type: ignore[arg-type]
    except SpaceError as error:
        says_where_and_why(error, writing["stages"])  # type: ignore[arg-type]
        return None


def tried(examples: int, drawn: st.SearchStrategy[dict[str, object]], has: Callable[[Stage], bool]) -> list[bool]:
    """Of `examples` writings, whether each is a network with such a stage; each holds, or is refused in due form."""
    found = []

    @settings(max_examples=examples, database=None)
    @given(drawn, st.integers(15, 41))
    def one(writing: dict[str, object], resolution: int) -> None:
        found.append(False)
        if arch := accepted(writing):
            found[-1] = any(map(has, writing["stages"]))  # type: ignore[call-overload]
            holds(arch, fitting(arch, resolution))

    one()
    return found


def test_five_hundred_random_sentences_hold() -> None:
    found = tried(500, writings, bool)
    assert sum(found) >= SHARE * len(found)


def test_the_composition_table_is_todays() -> None:
    assert table() in (ROOT / "docs" / "composition.md").read_text()


PAIRS = [(block, slot, part) for block, slot, part in pairs() if sentences(block, slot, part, most=1)]
EACH = 30  # random sentences of every pair, in the marked suite: five thousand in all

of_every_pair = pytest.mark.parametrize(
    ("block", "slot", "part"), PAIRS, ids=[f"{word(b)}-{word(p)}" for b, _, p in PAIRS]
)


@of_every_pair
def test_every_pair_of_the_table_is_accepted_ten_times(block: type[Block], slot: str, part: type[Part]) -> None:
    found = sentences(block, slot, part, most=TIMES)
    assert len(found) == TIMES
    holds(found[-1], 17)


WITHIN = [pair for pair in nested() if sentences_within(*pair, most=1)]


@pytest.mark.parametrize(
    ("holder", "slot", "part"), WITHIN, ids=[f"{word(holder)}-{word(part)}" for holder, _, part in WITHIN]
)
def test_every_pair_within_a_part_is_accepted_ten_times(holder: type[Part], slot: str, part: type[Part]) -> None:
    found = sentences_within(holder, slot, part, most=TIMES)
    assert len(found) == TIMES
    assert all(word(holder) in str(arch) for arch in found)
    holds(found[-1], 17)


def test_every_pair_is_drawn_as_often_as_makes_five_thousand() -> None:
    assert EACH * len(PAIRS) >= 5_000


@pytest.mark.many
@of_every_pair
def test_five_thousand_random_sentences_hold_ten_at_least_of_every_pair(
    block: type[Block], slot: str, part: type[Part]
) -> None:
    def has(stage: Stage) -> bool:
        return isinstance(stage.block, block) and isinstance(getattr(stage.block, slot), part)

    found = tried(EACH, writings_with(block, part), has)
    assert sum(found) >= TIMES
