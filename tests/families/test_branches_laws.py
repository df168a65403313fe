"""Random small networks of Inception, separable and VGG parts, at odd resolutions too."""

from fractions import Fraction

import torch
from hypothesis import given, settings, strategies as st

from search.counters import measured_macs
from space import Arch, SpaceError, Stage, build, cost, parse
from space.arch import Head, Input
from tests.families.classic import involution_macs
from tests.families.strategies_branches import AUXILIARIES, OUTPUTS, STEMS, blocks
from tests.strategies import RESOLUTIONS

stages = st.builds(Stage, st.one_of(*blocks().values()), st.integers(1, 3), st.sampled_from((1, 1, 2, 2, 3)))
writings = st.fixed_dictionaries(
    {
        "stem": st.one_of(STEMS),
        "stages": st.lists(stages, min_size=1, max_size=3).map(tuple),
        "head": st.one_of(st.builds(Head, st.integers(1, 12)), *OUTPUTS),
        "input": st.builds(Input, st.integers(1, 3), st.integers(17, 40)),
    }
)


def made(writing: dict[str, object]) -> Arch | None:
    try:
        return Arch(**writing)  # type: ignore[arg-type]
    except SpaceError:
        return None


archs: st.SearchStrategy[Arch] = writings.map(made).filter(lambda arch: arch is not None)  # type: ignore[assignment]


@given(archs, RESOLUTIONS)
@settings(max_examples=100)
def test_declared_cost_is_measured_cost(arch: Arch, resolution: int) -> None:
    try:
        declared = cost(arch, resolution)
    except SpaceError:  # unpadded windows may not fit the smaller image
        declared, resolution = cost(arch), arch.input.resolution
    model = build(arch)
    assert declared.params == sum(p.numel() for p in model.parameters())
    assert declared.macs == measured_macs(model, arch.input.shape(resolution)) + involution_macs(arch, resolution)


@given(archs)
def test_notation_round_trips(arch: Arch) -> None:
    assert parse(str(arch)) == arch
    assert Arch(stem=arch.stem, stages=arch.stages, head=arch.head, input=arch.input) == arch


@given(archs)
@settings(max_examples=60)
def test_every_parameter_gets_a_finite_gradient(arch: Arch) -> None:
    model, generator = build(arch), torch.Generator().manual_seed(0)
    model(torch.randn(4, *arch.input.shape(), generator=generator)).square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


@given(st.lists(writings, min_size=60, max_size=60))
@settings(max_examples=2)
def test_most_writings_are_sentences(drawn: list[dict[str, object]]) -> None:
    accepted = [arch for arch in map(made, drawn) if arch is not None]
    assert Fraction(len(accepted), len(drawn)) >= Fraction(6, 10)


@given(archs, AUXILIARIES)
@settings(max_examples=25)
def test_an_auxiliary_classifier_leaves_the_network_as_it_was(arch: Arch, block: object) -> None:
    try:
        both = Arch(stem=arch.stem, stages=(Stage(block, 1), *arch.stages), head=arch.head, input=arch.input)  # type: ignore[arg-type]
    except SpaceError:  # the map is smaller than its pooling window
        return
    model, plain = build(both).eval(), build(arch).eval()
    plain.load_state_dict(
        {_moved_up(name): tensor for name, tensor in model.state_dict().items() if "stage1." not in name}
    )
    image = torch.randn(2, *arch.input.shape(), generator=torch.Generator().manual_seed(0))
    logits, auxiliary = model(image)
    assert torch.equal(logits, plain(image))
    assert auxiliary.shape == (2, block.head.classes)  # type: ignore[attr-defined]
    model.train()
    outputs = model(torch.cat([image, image]))
    sum(output.square().sum() for output in outputs).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())
    assert parse(str(both)) == both
    assert cost(both).params == sum(p.numel() for p in model.parameters())
    assert cost(both).macs == measured_macs(model, arch.input.shape()) + involution_macs(both, arch.input.resolution)


def _moved_up(name: str) -> str:
    """`stage2.block1.conv1.weight` was `stage1.block1.conv1.weight` without the classifier before it."""
    scope, _, rest = name.partition(".")
    return f"stage{int(scope.removeprefix('stage')) - 1}.{rest}" if scope.startswith("stage") else name
