"""Laws over sentences of hierarchies, involutions, dynamic kernels and separate branches."""

import torch
from hypothesis import given, settings, strategies as st

from search.counters import measured_macs
from space import Arch, SpaceError, Stage, build, cost, ops, parse, trace
from space.arch import Head, Input
from space.families.resnet import ConvStem
from space.module import residual_norms
from tests.families import strategies_spatial as strategies
from tests.families.classic import involution_macs
from tests.weights import randomised

RESOLUTIONS = st.integers(5, 24)

stages = st.builds(Stage, st.one_of(*strategies.blocks().values()), st.integers(1, 2), st.sampled_from((1, 1, 2, 3)))

writings = st.fixed_dictionaries(
    {
        "stem": st.one_of(*strategies.STEMS, st.just(ConvStem(6, kernel=3, pool=False))),
        "stages": st.lists(stages, min_size=1, max_size=2).map(tuple),
        "head": st.just(Head(3)),
        "input": st.builds(Input, st.integers(1, 3), RESOLUTIONS),
    }
)


@st.composite
def archs(draw: st.DrawFn) -> Arch:
    """Those that are sentences."""
    try:
        return Arch(**draw(writings))
    except SpaceError:
        return parse("input(3, 9) > conv_stem(8) > 2*bottleneck(16, 16, hierarchical(4))/2 > head(3)")


@given(archs(), RESOLUTIONS)
@settings(max_examples=20, deadline=None)
def test_declared_cost_is_measured_cost(arch: Arch, resolution: int) -> None:
    declared, model, image = cost(arch, resolution), build(arch), arch.input.shape(resolution)
    assert declared.params == sum(p.numel() for p in model.parameters())
    assert declared.macs == measured_macs(model, image) + involution_macs(arch, resolution)
    assert model.eval()(torch.zeros(2, *image)).shape == (2, arch.head.classes)


@given(archs())
@settings(max_examples=60, deadline=None)
def test_notation_round_trips(arch: Arch) -> None:
    assert parse(str(arch)) == arch


@given(archs())
@settings(max_examples=20, deadline=None)
def test_every_parameter_gets_a_finite_gradient(arch: Arch) -> None:
    model, generator = build(arch), torch.Generator().manual_seed(0)
    model(torch.randn(8, *arch.input.shape(), generator=generator)).square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


@given(archs())
@settings(max_examples=20, deadline=None)
def test_samples_of_a_batch_do_not_meet(arch: Arch) -> None:
    model = randomised(build(arch))
    images = torch.randn(2, *arch.input.shape(), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    with torch.no_grad():
        assert torch.allclose(model(images)[1:], model(images[1:]))


@given(archs())
@settings(max_examples=40, deadline=None)
def test_residual_norms_end_the_branches(arch: Arch) -> None:
    graph = trace(arch)
    by_name = {node.name: i for i, node in enumerate(graph.nodes)}
    for name in residual_norms(graph):
        assert isinstance(graph.nodes[by_name[name]].op, ops.Norm)


@given(st.lists(writings, min_size=50, max_size=50))
@settings(max_examples=2, deadline=None)
def test_most_writings_are_sentences(drawn: list[dict[str, object]]) -> None:
    accepted = 0
    for writing in drawn:
        try:
            accepted += bool(Arch(**writing))  # type: ignore[arg-type]
        except SpaceError as error:
            assert "\n" not in str(error)  # noqa: PT017 -- refusals are one line
    assert accepted >= 0.6 * len(drawn)


@given(writings)
@settings(max_examples=150, deadline=None)
def test_equal_networks_are_equal_values(writing: dict[str, object]) -> None:
    try:
        arch = Arch(**writing)  # type: ignore[arg-type]
    except SpaceError:
        return
    assert Arch(stem=arch.stem, stages=arch.stages, head=arch.head, input=arch.input) == arch
    assert trace(arch).wiring() == trace(Arch(**writing)).wiring()  # type: ignore[arg-type]
