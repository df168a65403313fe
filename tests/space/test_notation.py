"""What is no sentence is refused in one line."""

import json

import pytest
from hypothesis import given, strategies as st

from space import SpaceError, parse
from space.written import MAX_LENGTH
from tests.conftest import GOLDEN

WRONG = [
    "",
    "   ",
    "resnet51",
    "resnext50_32x0d",
    "resnext50_7x5",
    "resnet21_cifar",
    "densnet121",
    "__import__('os').system('true')",
    "resnet50; drop",
    "resnet50 > head(10)",
    "resnet18b",
    "resnext50",
    "k0",
    "> > >",
    "conv_stem(64)",
    "2*basic(8)",
    "conv_stem(8) > conv_stem(8) > 2*basic(8)",
    "2*basic(8) > conv_stem(8)",
    "conv_stem(8) > 2*basic(8) > head(10) > head(10)",
    "conv_stem(8) > 0*basic(8)",
    "conv_stem(8) > 9999*basic(8)",
    "conv_stem(8) > 2*basic(8)/0",
    "conv_stem(8) > 2*basic(0)",
    "conv_stem(8) > 2*head(10)",
    "conv_stem(8) > 2*basic",
    "conv_stem(8) > 2*basic(8, 9)",
    "conv_stem(8) > 2*basic(8, projecton)",
    "conv_stem(8) > 2*basic(8, conv_stem(2))",
    "conv_stem(8) > 2*basic(8, grouped(3))",
    "conv_stem(8) > 2*basic(8, shortcut=grouped(2))",
    "conv_stem(8) > 2*basic(8, colour=1)",
    "conv_stem(8) > 2*basic(out=8, out=9)",
    "conv_stem(8) > 2*basic(8",
    "conv_stem(8) > 2*basic(8))",
    "conv_stem(8) > 2*basic(-8)",
    "conv_stem(8) > 2*basic(true)",
    "conv_stem(8) > 2*basic(8.5)",
    "conv_stem(8) > 2*basic(99999999999999999999)",
    "conv_stem(8, pool=3) > 2*basic(8)",
    "conv_stem(8, kernel=4) > 2*basic(8)",
    "conv_stem(8, kernel=0) > 2*basic(8)",
    "conv_stem(8, stride=0) > 2*basic(8)",
    "conv_stem(8) > 2*bottleneck(10, 32, grouped(4))",
    "conv_stem(8) > 2*bottleneck(64, 256, split_attention(2, 5))",
    "conv_stem(8) > 2*bottleneck(9, 32, split_attention(1, 9))",
    "conv_stem(8) > 2*bottleneck(8, 32, grouped(0))",
    "conv_stem(8) > 2*basic(4, zero_padding)",
    "conv_stem(8) > 2*basic(16, no_shortcut) > basic(8, zero_padding)/2",
    "input(0, 224) > conv_stem(8) > 2*basic(8)",
    "input(3, 0) > conv_stem(8) > 2*basic(8)",
    "grouped(4) > 2*basic(8)",
    "(" * 50,
    "conv_stem(" * 50,
    "x" * (MAX_LENGTH + 1),
]


def test_every_refusal_reads_as_it_did(regold: bool) -> None:
    """All messages in one file, reviewed as a diff."""
    said = {text if len(text) < 100 else f"{text[:20]}... x{len(text)}": _refusal(text) for text in WRONG}
    golden = GOLDEN / "errors.json"
    if regold:
        golden.write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n")
    assert json.loads(golden.read_text()) == said


def _refusal(text: str) -> str:
    with pytest.raises(SpaceError) as caught:
        parse(text)
    return str(caught.value)


@pytest.mark.parametrize("text", WRONG)
def test_a_refusal_is_one_short_line(text: str) -> None:
    said = _refusal(text)
    assert said
    assert "\n" not in said
    assert len(said) < 300


@given(st.text(max_size=80))
def test_no_text_does_anything_but_parse_or_be_refused(text: str) -> None:
    try:
        arch = parse(text)
    except SpaceError:
        return
    assert parse(str(arch)) == arch


@given(st.text(alphabet="conv_stem basic bottleneck grouped(8, 16)*/>=0123", max_size=60))
def test_nor_does_text_that_looks_like_a_sentence(text: str) -> None:
    try:
        arch = parse(text)
    except SpaceError:
        return
    assert parse(str(arch)) == arch


def test_parts_that_compose_can_be_written_as_deep_as_they_compose() -> None:
    spatial = "hierarchical(2, hierarchical(2, dcdc_reconstruction(involution(3, group_width=1, reduction=1))))"
    block = f"inception([[conv(8, 1), fork([[{spatial}], [conv(8, 1)]])], [conv(8, 3)]])"
    sentence = f"conv_stem(8) > 1*{block} > head(3)"
    assert str(parse(sentence)) == sentence
