"""Layered drawings: arrows go down, nothing overlaps, and what can be straight is."""

from itertools import combinations, pairwise

from hypothesis import given, strategies as st

from analysis.blocks.layering import Edge, Layout, layout


@st.composite
def dags(draw: st.DrawFn) -> tuple[list[float], list[Edge], set[int]]:
    """Widths, edges from lower numbers to higher ones, and nodes that stand aside."""
    count = draw(st.integers(1, 14))
    widths = [float(draw(st.integers(10, 150))) for _ in range(count)]
    edges = {(draw(st.integers(0, node - 1)), node) for node in range(1, count)}
    for _ in range(draw(st.integers(0, 8)) if count > 1 else 0):
        a, b = sorted(draw(st.lists(st.integers(0, count - 1), min_size=2, max_size=2, unique=True)))
        edges.add((a, b))
    return widths, sorted(edges), draw(st.sets(st.integers(0, count - 1)))


def crossings(found: Layout, edges: list[Edge]) -> int:
    """Pairs of steps between the same ranks whose ends change sides."""
    steps = {step for edge in edges for step in found.steps(edge)}
    return sum(
        (found.x[a] - found.x[c]) * (found.x[b] - found.x[d]) < 0
        for (a, b), (c, d) in combinations(steps, 2)
        if a[1] == c[1]
    )


@given(dags())
def test_every_arrow_goes_down(dag: tuple[list[float], list[Edge], set[int]]) -> None:
    widths, edges, aside = dag
    found = layout(widths, edges, aside)
    assert all(found.ranks[a] < found.ranks[b] for a, b in edges)
    for edge in edges:
        assert [rank for _, rank in found.path(edge)] == list(range(found.ranks[edge[0]], found.ranks[edge[1]] + 1))


@given(dags())
def test_what_does_not_stand_aside_is_as_far_down_as_its_longest_path(
    dag: tuple[list[float], list[Edge], set[int]],
) -> None:
    widths, edges, _ = dag
    found = layout(widths, edges)
    longest = [0] * len(widths)
    for a, b in sorted(edges, key=lambda edge: edge[1]):
        longest[b] = max(longest[b], longest[a] + 1)
    assert found.ranks == tuple(longest)


@given(dags())
def test_neighbours_keep_their_order_and_do_not_touch(dag: tuple[list[float], list[Edge], set[int]]) -> None:
    widths, edges, aside = dag
    found = layout(widths, edges, aside)
    places = {(node, rank) for node, rank in enumerate(found.ranks)} | {p for edge in edges for p in found.path(edge)}
    assert sorted(place for order in found.orders for place in order) == sorted(places)
    half = {place: widths[place[0]] / 2 if found.ranks[place[0]] == place[1] else 0 for place in places}
    for order in found.orders:
        for left, right in pairwise(order):
            assert found.x[left] + half[left] + 10 < found.x[right] - half[right]
    assert min(found.x[place] - half[place] for place in places) > -0.01


@given(st.integers(1, 9), st.floats(20, 200))
def test_a_chain_is_straight(count: int, width: float) -> None:
    found = layout([width] * count, list(pairwise(range(count))))
    assert len(set(found.x.values())) == 1


@given(st.integers(2, 6), st.integers(1, 4))
def test_branches_side_by_side_do_not_cross_and_their_ends_stand_amid_them(branches: int, length: int) -> None:
    chains = [range(1 + i * length, 1 + (i + 1) * length) for i in range(branches)]
    last = 1 + branches * length
    edges = [edge for chain in chains for edge in pairwise((0, *chain, last))]
    found = layout([50.0] * (last + 1), edges)
    assert crossings(found, edges) == 0
    columns = sorted({found.x[chain[0], 1] for chain in chains})
    middle = sum(columns) / branches
    assert abs(found.x[0, 0] - middle) < 0.01
    assert abs(found.x[last, length + 1] - middle) < 0.01


def test_a_shortcut_goes_straight_past_a_straight_branch() -> None:
    edges = [(0, 1), (1, 2), (2, 3), (3, 4), (0, 4)]
    found = layout([80.0] * 5, edges)
    assert len({found.x[node, node] for node in range(5)}) == 1
    lane = [found.x[place] for place in found.path((0, 4))[1:-1]]
    assert len(set(lane)) == 1
    assert lane[0] > found.x[0, 0] + 40


def test_a_layer_aside_stands_halfway_down() -> None:
    """A projection beside the 3x3 of its bottleneck."""
    edges = [(0, 1), (1, 2), (2, 3), (0, 4), (3, 5), (4, 5)]
    assert layout([80.0] * 6, edges).ranks[4] == 1
    assert layout([80.0] * 6, edges, {4}).ranks[4] == 2


def test_a_better_order_is_found_where_the_first_one_crosses() -> None:
    edges = [(0, 1), (0, 2), (1, 4), (2, 3)]
    assert crossings(layout([30.0] * 5, edges), edges) == 0
