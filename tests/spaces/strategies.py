"""Small random spaces, as text: few enough sentences to write every one of them down."""

import re

from hypothesis import strategies as st

from tests.spaces.brute import written_out

MOST_WRITINGS = 250

VARIABLES = {
    "C": ("{1|2}", "{1|2|3}", "{1|4}", "2"),
    "w": ("{8|16}", "4..12/4", "8..9", "{8|4..8/4}"),
    "n": ("1..2", "{1|3}"),
    "G": ("{no_gate|squeeze_excite(2)}", "{no_gate|no_gate}"),
    "S": ("{grouped(1)|split_attention({0|1}, 1)}", "{grouped({1|2})|hierarchical(1)}", "{depthwise|grouped({4|8})}"),
    "B": ("{basic(8)|bottleneck({4|6}, 8)}", "{1|2}*basic(8, {projection|full_projection})"),
}
"""What a variable may choose from; one that is used has one of these."""


def _some(*texts: str) -> st.SearchStrategy[str]:
    return st.sampled_from(texts)


widths = _some("8", "8", "{8|16}", "{4|8|12}", "w", "w", "2*w", "C*4", "4..8/4", "8..9", "{w|8}")
groups = _some("1", "C", "C", "{1|2}", "{1|2|3}", "2*C")
gates = _some("", "", ", G", ", G", ", {no_gate|squeeze_excite(2)}")
depths = _some("", "", "2*", "1..2*", "{1|3}*", "n*", "n*", "2*n*", "{2|n}*")
strides = _some("", "", "/2", "/2", "/{1|2}", "/C")


@st.composite
def spatials(draw: st.DrawFn) -> str:
    """What stands in the middle, among it parts that come to the same, and some that do not divide."""
    c = draw(groups)
    return draw(
        _some(
            f"grouped({c})",
            f"grouped({c})",
            f"split_attention({{0|1}}, {c})",
            f"{{grouped({c})|hierarchical({{1|2}})}}",
            f"{{depthwise|grouped({{{c}|8}})}}",
            f"hierarchical({c}, grouped({draw(groups)}))",
            "S",
            "{S|grouped(1)}",
        )
    )


@st.composite
def blocks(draw: st.DrawFn) -> str:
    """A block with choices in it."""
    w, spatial, gate = draw(widths), draw(spatials()), draw(gates)
    return draw(
        _some(
            f"basic({w}, {spatial}{gate})",
            f"basic({w}, {{projection|full_projection}})",
            f"bottleneck({w}, 8, {spatial}{gate})",
            f"bottleneck({w}, {draw(widths)}, {spatial}, {{stride_in_3x3|stride_in_1x1|pool_before}})",
            f"{{basic({w})|bottleneck({w}, 8, {spatial})}}",
            f"aggregated({{1|2}}, 4, {w})",
            f"dense_layer({{2|3}}, bottleneck={{0|2}}{gate})",
            f"dense_layer(C, spatial={spatial})",
            f"separable({w}{gate})",
            f"{{basic({w})|basic({w})|vgg({w})}}",
            "B",
        )
    )


@st.composite
def stages(draw: st.DrawFn) -> str:
    """A stage, or alternatives that bring their own depth."""
    block, other, stride = draw(blocks()), draw(blocks()), draw(strides)
    return draw(
        _some(
            f"{draw(depths)}{block}{stride}",
            f"{draw(depths)}{block}{stride}",
            f"{{{draw(depths)}{block}|3*basic(8)}}{stride}",
            f"2*{{{draw(depths)}{block}|{other}}}{stride}",
            f"transition({{0.5|1|0.01}}){stride}",
        )
    )


stems = _some(
    "conv_stem(8, kernel=3, pool=false)",
    "conv_stem({4|8}, kernel=3)",
    "{conv_stem(8)|deep_stem(4)}",
    "conv_stem(w, kernel={1|3})",
)
heads = _some("", "", " > head({5|7}, dropout={0|10})", " > {head(5)|norm_head(5)}", " > head(C)")
inputs = _some("input(3, 17) > ", "input(3, 24) > ", "input({1|3}, {17|24}) > ", "input(C, 9) > ")


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A space with few sentences: choices are left out from its end as long as there are too many."""
    chosen = draw(st.lists(stages(), min_size=1, max_size=3))
    begin, end = draw(inputs) + draw(stems), draw(heads)
    definitions = {name: draw(_some(*values)) for name, values in VARIABLES.items()}
    while chosen:
        text = _defined(definitions, " > ".join((begin, *chosen)) + end)
        if sum(1 for _, _ in zip(range(MOST_WRITINGS + 1), written_out(text), strict=False)) <= MOST_WRITINGS:
            return text
        chosen.pop()
        end = ""
    return "input(3, 17) > conv_stem(8) > 1..2*basic({8|16})"


def _defined(definitions: dict[str, str], sentence: str) -> str:
    """With the variables that it uses."""
    used = [name for name in definitions if re.search(rf"\b{name}\b", sentence)]
    return "".join(f"{name} = {definitions[name]}; " for name in used) + sentence
