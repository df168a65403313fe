"""Random sentences of the dense families' parts: what is declared is measured."""

import torch
from hypothesis import given, settings, strategies as st

from search.counters import measured_macs
from space import Arch, SpaceError, Stage, build, cost, parse
from space.arch import Input
from tests.families.classic import involution_macs
from tests.families.strategies_dense import OUTPUTS, STEMS, blocks

BUILT = st.builds(
    dict,
    stem=st.one_of(STEMS),
    stages=st.lists(
        st.builds(Stage, st.one_of(*blocks().values()), st.integers(1, 3), st.sampled_from((1, 1, 2, 3))),
        min_size=1,
        max_size=3,
    ).map(tuple),
    head=st.one_of(OUTPUTS),
    input=st.builds(Input, st.integers(1, 3), st.integers(17, 33)),
)


@given(BUILT, st.integers(17, 33))
@settings(max_examples=40)
def test_declared_cost_is_measured_cost(writing: dict[str, object], resolution: int) -> None:
    try:
        arch = Arch(**writing)  # type: ignore[arg-type]
        declared = cost(arch, resolution)
    except SpaceError:
        return
    model = build(arch)
    assert parse(str(arch)) == arch
    assert declared.params == sum(p.numel() for p in model.parameters())
    assert declared.macs == measured_macs(model, arch.input.shape(resolution)) + involution_macs(arch, resolution)
    generator = torch.Generator().manual_seed(0)
    model(torch.randn(4, *arch.input.shape(), generator=generator)).square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


def test_most_writings_are_sentences() -> None:
    accepted: list[bool] = []

    @given(BUILT)
    @settings(max_examples=100, database=None)
    def count(writing: dict[str, object]) -> None:
        try:
            Arch(**writing)  # type: ignore[arg-type]
            accepted.append(True)
        except SpaceError:
            accepted.append(False)

    count()
    assert sum(accepted) >= 0.6 * len(accepted)
