"""Drawings of blocks: every operation of a block once, every arrow of its graph, and what papers draw."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings

from analysis.blocks.diagram import Box, Diagram, diagram, panels
from analysis.blocks.drawing import Placed, figure, placed, strokes
from analysis.blocks.page import page
from space import Arch, SpaceError, listed, parse, trace
from space.graph import Graph
from tests.analysis.browser import Browser, Page
from tests.analysis.test_layering import crossings
from tests.space import test_whole_tree as whole_tree

TYPICAL = (
    "resnet50", "resnext50_32x4d", "resnest50_fast_2s2x40d", "res2net50_26w4s", "densenet121", "seresnet50", "dpn92",
    "inceptionv3", "googlenet", "hardnet68", "rednet50", "dcdc_resnet50", "mobilenetv2", "xception", "preresnet50",
)  # fmt: skip


def scopes(arch: Arch) -> list[str]:
    return [f"stage{i}.block{j + 1}." for i, stage in enumerate(arch.stages, start=1) for j in range(stage.depth)]


def drawn(name: str, scope: str) -> Diagram:
    return diagram(trace(parse(name)), scope)


def titles(whole: Diagram) -> list[str]:
    return [", ".join((*box.before, box.title, *box.after)) for box in whole.boxes]


def holds(graph: Graph, scope: str) -> None:
    """Every operation of the block is in one box with what it costs, and every arrow is one of the graph's."""
    whole = diagram(graph, scope)
    nodes = {i: node for i, node in enumerate(graph.nodes) if node.name.startswith(scope)}
    owner = {name: i for i, box in enumerate(whole.boxes) for name in box.names}
    assert Counter(name for box in whole.boxes for name in box.names) == Counter(n.name for n in nodes.values())
    assert sum(box.params for box in whole.boxes) == sum(n.op.params(*graph.inputs(n)) for n in nodes.values())
    assert sum(box.macs for box in whole.boxes) == sum(n.op.macs(*graph.inputs(n)) for n in nodes.values())
    arrows = {(owner[nodes[x].name] if x in nodes else 0, owner[n.name]) for n in nodes.values() for x in n.inputs}
    end = len(whole.boxes) - 1
    assert set(whole.edges) - {(owner[nodes[max(nodes)].name], end)} == {(a, b) for a, b in arrows if a != b}
    assert all(a < b for a, b in whole.edges)
    assert whole.boxes[0].kind == whole.boxes[-1].kind == "end"


def apart(place: Placed) -> None:
    """Boxes lie on the page and over no other; arrows lead downwards."""
    corners = [
        (x - size.width / 2, y - size.height / 2, x + size.width / 2, y + size.height / 2)
        for (x, y), size in zip(place.middles, place.sizes, strict=True)
    ]
    for i, (left, top, right, bottom) in enumerate(corners):
        assert left >= 0 <= top
        assert right <= place.size.width
        assert bottom <= place.size.height
        for other in corners[:i]:
            assert right < other[0] or other[2] < left or bottom < other[1] or other[3] < top
    for a, b in place.diagram.edges:
        assert corners[a][3] < corners[b][1]
    for stroke in strokes(place):
        if stroke.tip and stroke.direction[0]:  # it turns: down beside the rank, and to a side of the join
            start, (end, y) = float(stroke.path[1:].split(",")[0]), stroke.tip
            low, high = min(start, end) + 0.01, max(start, end) - 0.01
            hit = [c for c in corners if c[0] < high and low < c[2] and c[1] < y < c[3]]
            assert not hit, stroke


@given(whole_tree.archs)
def test_a_diagram_is_the_blocks_part_of_the_graph(arch: Arch) -> None:
    graph = trace(arch)
    for scope in scopes(arch):
        holds(graph, scope)


@given(whole_tree.archs)
@settings(max_examples=40)
def test_nothing_is_drawn_over_anything(arch: Arch) -> None:
    for panel in panels(arch):
        apart(placed(panel.diagram))


@pytest.mark.parametrize("name", TYPICAL)
def test_the_families_are_drawn_whole_and_apart(name: str) -> None:
    arch = parse(name)
    graph = trace(arch)
    for i, stage in enumerate(arch.stages, start=1):
        for j in range(1, min(stage.depth, 2) + 1):
            holds(graph, f"stage{i}.block{j}.")
    for panel in panels(arch):
        place = placed(panel.diagram)
        apart(place)
        assert len(figure(place).layout.shapes) == len(panel.diagram.boxes) + 2
        assert {stroke.tip for stroke in strokes(place)} != {None}


@pytest.mark.parametrize("name", [name for name in TYPICAL if name not in ("hardnet68", "dcdc_resnet50")])
def test_these_need_no_crossing(name: str) -> None:
    for panel in panels(parse(name)):
        assert crossings(placed(panel.diagram).layout, list(panel.diagram.edges)) == 0, panel.title


@given(whole_tree.archs)
@settings(max_examples=40)
def test_every_stage_is_on_some_panel_unless_it_is_a_single_layer(arch: Arch) -> None:
    text = " ".join(f"{panel.title} {panel.elsewhere}," for panel in panels(arch))
    graph = trace(arch)
    for i in range(1, len(arch.stages) + 1):
        is_plain = len(diagram(graph, f"stage{i}.block1.").boxes) == 3
        assert is_plain or f" {i} " in text.replace(",", " ")


def test_a_bottleneck_is_drawn_as_in_the_papers() -> None:
    first, second = panels(parse("resnext50_32x4d"))
    elsewhere = "also in stages 1, 3 and 4, with other channels or strides"
    assert (first.title, first.elsewhere) == ("Stage 2, block 1 of 4", elsewhere)
    assert (second.title, second.elsewhere) == ("Stage 2, blocks 2 to 4", elsewhere)
    assert titles(second.diagram) == [
        "512 × 28 × 28", "1×1, 256, norm, relu", "3×3, 256, C=32, norm, relu", "1×1, 512, norm", "+, relu",
        "512 × 28 × 28",
    ]  # fmt: skip
    assert second.diagram.edges == ((0, 1), (0, 4), (1, 2), (2, 3), (3, 4), (4, 5))
    projection = [box.title for box in first.diagram.boxes if box.aside]
    assert projection == ["1×1, 512, stride 2"]


def test_a_pre_activated_layer_has_its_norm_before_it() -> None:
    assert titles(drawn("densenet121", "stage1.block2."))[1:-1] == [
        "norm, relu, 1×1, 128, norm, relu", "3×3, 32", "concat",
    ]  # fmt: skip


def test_splits_stand_side_by_side() -> None:
    whole = drawn("resnest50_fast_2s2x40d", "stage1.block2.")
    place = placed(whole)
    parts = [i for i, box in enumerate(whole.boxes) if box.title in ("1/2", "2/2")]
    assert len(parts) == 4
    for a, b in (parts[:2], parts[2:]):
        assert place.layout.ranks[a] == place.layout.ranks[b]
    assert [box.kind for box in whole.boxes].count("linear") == 2


def test_unequal_parts_are_told_by_their_channels() -> None:
    parts = [box.title for box in drawn("dpn92", "stage1.block2.").boxes if box.kind == "part"]
    assert parts == ["channels 1–256", "channels 257–272", "channels 1–256", "channels 257–304"]


def test_many_paths_are_drawn_as_three() -> None:
    """ResNeXt's form (a): the first two of 32, the last, and one for the others, as in its figure 3."""
    whole = drawn("resnext50_32x4d_form_a", "stage1.block2.")
    assert [box.count for box in whole.boxes if box.kind == "pointwise"].count(29) == 2
    assert [box.title for box in whole.boxes].count("1×1, 4") == 3
    assert Counter(box.count for box in whole.boxes if box.kind == "spatial") == {1: 3, 29: 1}


def test_what_nobody_could_read_is_refused_with_both_numbers() -> None:
    arch = parse("input(3, 16) > conv_stem(8) > 2*bottleneck(200, 8, hierarchical(100)) > head(2)")
    with pytest.raises(SpaceError, match=r"^stage1\.block2: a drawing has at most 200 boxes; this one has 302$"):
        panels(arch)


def test_a_box_with_many_readers_has_one_lane() -> None:
    """HarDNet: the input of a block is read by layers 1, 2, 4 and 8."""
    whole = drawn("hardnet68", "stage1.block1.")
    place = placed(whole)
    assert sum(a == 0 for a, _ in whole.edges) == 4
    lane = {x for (node, rank), x in place.layout.x.items() if node == 0 and rank > 0}
    assert len(lane) == 1


@pytest.mark.parametrize("name", ["resnest50_fast_2s2x40d", "dcdc_resnet50"])
def test_a_page_needs_nothing_else_and_says_what_it_must(name: str) -> None:
    text = page(parse(name), name)
    assert text == page(parse(name), name)
    assert text.count("<figure>") == len(panels(parse(name)))
    assert "src=" not in text.split("<script>")[0]
    assert ("is a guess" in text) == (name == "dcdc_resnet50")


@pytest.mark.parametrize("name", ["resnest50_fast_2s2x40d", "googlenet"])
def test_a_browser_draws_every_panel_without_a_word(browser: Browser, name: str, tmp_path: Path) -> None:
    path = tmp_path / "blocks.html"
    path.write_text(page(parse(name), name))
    with Page(browser, path) as opened:
        document = opened.run("document.documentElement.outerHTML")
        assert opened.complaints() == []
    assert document.count('class="block js-plotly-plot"') == len(panels(parse(name)))
    assert all(f">{box.title}<" in document for box in panels(parse(name))[0].diagram.boxes if box.kind == "spatial")


def test_a_title_is_no_markup() -> None:
    box = Box("pointwise", "<b>&", parse("resnet50").input.shape())
    place = placed(Diagram((box, box), ((0, 1),)))
    assert "&lt;b&gt;&amp;" in str(figure(place).data[1].text)


def test_every_named_network_has_a_drawing() -> None:
    for name in listed():
        assert all(len(panel.diagram.boxes) > 2 for panel in panels(parse(name))), name
