"""What is no space, or asks of one what cannot be, is refused in one line, as a reviewed file has it."""

import json

import pytest

from search.cli import main
from space.spaces.space import space
from tests.conftest import GOLDEN

DEEP = "inception([" * 5 + "[conv(8, {1|3})]" + "])" * 5

NO_SPACES = [
    # choices
    "conv_stem(8) > basic({})",
    "conv_stem(8) > {}*basic(8)",
    "conv_stem(8) > {}",
    "conv_stem(8) > basic({8|16)",
    "conv_stem(8) > basic({|8})",
    "conv_stem(8) > basic({8||16})",
    "conv_stem(8) > basic(64..16)",
    "conv_stem(8) > basic(16..64/0)",
    "conv_stem(8) > basic(16..)",
    "conv_stem(8) > basic(1.5..3)",
    "conv_stem(8) > basic(8..basic)",
    "conv_stem(8) > 1..1000000000*basic(8)",
    "conv_stem(8) > basic(1..99999999999)",
    "conv_stem(8) > bottleneck(1..2000, 1..2000)",
    "a = 1..1000; b = 1..1000; c = 1..1000; conv_stem(8) > bottleneck(a, b, grouped(c))",
    f"conv_stem(8) > inception([{', '.join(['[conv(1..1000000, 1)]'] * 100)}])",
    f"conv_stem(8) > basic({{{'|'.join(map(str, range(1, 10_001)))}}})",
    f"conv_stem(8) > {DEEP}",
    "conv_stem(8) > basic(" + "{" * 40 + "8" + "}" * 40 + ")",
    # words
    "conv_stem(8) > basc({8|16})",
    "conv_stem(8) > {basic(8)|grouped(2)}",
    "conv_stem(8) > {basic(8)|head(10)}",
    "conv_stem(8) > {grouped(1)|grouped(2)}",
    "conv_stem(8) > basic({8|grouped(2)})",
    "conv_stem(8) > {0|1}*basic(8)",
    "conv_stem(8) > 1..1001*basic(8)",
    "conv_stem(8) > {1|basic(8)}*basic(8)",
    "conv_stem(8) > basic(8)/{0|1}",
    "conv_stem(8) > basic(8)*basic(8)",
    "conv_stem(8) > 1000000*1000000*{1|2}*basic(8)",
    "resnet50",
    "treee",
    "x" * 10_000_000,
    # variables
    "C = {1|2}; conv_stem(8) > basic(8, grouped(D))",
    "conv_stem(8) > basic(8, grouped({1|D}))",
    "conv_stem(8) > basic(8, {no_gat|squeeze_excite(2)})",
    "conv_stem(8) > basic(8, squeze_excite)",
    "C = {1|2}; conv_stem(8) > basic(8)",
    "C = {1|2}; C = 4; conv_stem(8) > basic(8, grouped(C))",
    "C = {}; conv_stem(8) > basic(8, grouped(C))",
    "C = ; conv_stem(8) > basic(8, grouped(C))",
    "C; conv_stem(8) > basic(8, grouped(C))",
    "C = 4..1; conv_stem(8) > basic(8, grouped(C))",
    "C = {1|2}; D = 2*C; conv_stem(8) > basic(8, grouped(D))",
    "C = {1|no_gate}; conv_stem(8) > basic(8, grouped(C))",
    "2C = {1|2}; conv_stem(8) > basic(8)",
    "basic = {8|16}; conv_stem(8) > basic(basic)",
    "no_gate = {8|16}; conv_stem(8) > basic(8, no_gate)",
    "pool_before = {8|16}; conv_stem(8) > basic(pool_before)",
    "true = {8|16}; conv_stem(8) > basic(true)",
    ";;; conv_stem(8) > basic(8)",
    # the order of a sentence
    "",
    ";",
    "2*basic({8|16})",
    "conv_stem(8)",
    "conv_stem({8|16}) > conv_stem(8) > basic(8)",
    "basic({8|16}) > conv_stem(8)",
    "conv_stem(8) > basic({8|16}) > head(10) > head(10)",
    "2*conv_stem(8) > basic({8|16})",
    "conv_stem(8) > {basic(8)|conv_stem(8)}",
    # what stages do to each other
    "conv_stem(8) > 1..3*basic(8) > 1..3*basic(8)",
    "conv_stem(8) > {1*basic(16, full_projection)|2*basic(16)} > {1|2}*basic(16)",
    "conv_stem(8) > basic({10|14}, grouped({4|8}))",
    "conv_stem(8) > basic({16|32}) > basic(8, zero_padding)",
    "input(3, {8|9}) > conv_stem(8) > inception([[conv(8, 7, valid)]])",
    "input({0|3}, 32) > conv_stem(8) > basic(8)",
    "conv_stem(8) > basic(1000000000)",
    f"conv_stem(8) > 1..1000*inception([[{', '.join(['conv(8, 1)'] * 33)}]])",
]

SMALL = "conv_stem(8) > 1..3*basic({8|16|24})"

WRONG_ASKING = [
    (SMALL,),
    (SMALL, "cuont"),
    (SMALL, "count", "more"),
    (SMALL, "count", "--budget", "4GF"),
    (SMALL, "count", "--budget", "-4GFLOPs"),
    (SMALL, "count", "--budget", "0GFLOPs"),
    (SMALL, "count", "--budget", "1e30"),
    (SMALL, "count", "--budget", ""),
    (SMALL, "count", "--tolerance", "abc"),
    (SMALL, "count", "--tolerance", "-1%"),
    (SMALL, "count", "--tolerance", "100%"),
    (SMALL, "count", "--tolerance", "1%%"),
    (SMALL, "count", "--resolution", "0"),
    (SMALL, "count", "--resolution", "10001"),
    (SMALL, "count", "--output", "x.csv"),
    (SMALL, "sample", "--json", "--output", "x.csv"),
    (SMALL, "sample", "--output", "x.xlsx"),
    (SMALL, "sample", "--output", "parquet"),
    (SMALL, "sample", "--n", "0"),
    (SMALL, "sample", "--n", "ten"),
    (SMALL, "sample", "--n", "10000000000"),
    (SMALL, "sample", "--seed", "-1"),
    (SMALL, "enumerate", "--n", "0"),
    (SMALL, "enumerate", "--descending"),
]

SHORT = [
    ("--budget", "4GFLOPs"),
    ("--budget", "1MFLOPs"),
    ("--budget", "45MFLOPs", "--tolerance", "0.01%"),
    ("--budget", "<=45MFLOPs", "--budget", ">=46MFLOPs"),
    ("--budget", "<=45MFLOPs", "--budget", ">=10Mparams"),
    ("--budget", "<=100MFLOPs", "--budget", "0.01Mparams", "--budget", "1Mactivations"),
]


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    code = main(["space", *words])
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    return err.removesuffix("\n")


def shortened(text: str) -> str:
    return text if len(text) < 160 else f"{text[:60]}... x{len(text)}"


def test_every_refusal_reads_as_it_did(regold: bool, capsys: pytest.CaptureFixture[str]) -> None:
    """All messages in one file, reviewed as a diff."""
    found = {shortened(text): said(capsys, text or " ", "count") for text in NO_SPACES}
    found |= {" ".join(words): said(capsys, *words) for words in WRONG_ASKING}
    found |= {" ".join(words): said(capsys, SMALL, "sample", *words) for words in SHORT}
    assert len(found) == len(NO_SPACES) + len(WRONG_ASKING) + len(SHORT)
    golden = GOLDEN / "space_errors.json"
    if regold:
        golden.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    assert json.loads(golden.read_text()) == found
    for asked, message in found.items():
        assert message.startswith("explore: ")
        assert len(message) < 400 or " (conv_stem(8) > " in message, asked


@pytest.mark.parametrize("words", SHORT)
def test_a_budget_that_nothing_meets_has_no_networks_and_a_proof(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    proof = said(capsys, SMALL, "enumerate", *words).removeprefix("explore: ")
    assert main(["space", SMALL, "count", *words]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("0 within ")
    assert first.endswith(", of 9 networks in the space")
    assert second == proof


@pytest.mark.parametrize("text", ["", ";", "C = 1", "{}", "a=;b=;c", "{{{{", "}", "1..2", "[", ">>", "..", "C = C; C"])
def test_no_crumb_of_notation_does_anything_but_be_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        space(text)
