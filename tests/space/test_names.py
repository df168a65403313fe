"""Published networks, by name, cost what independent implementations cost."""

import builtins
import csv
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from time import process_time

import pytest

from search.cli import main
from space import SpaceError, cost, listed, parse
from tests.conftest import GOLDEN

LINES = (GOLDEN / "networks.csv").read_text().splitlines()
ROWS = list(csv.DictReader(line for line in LINES if not line.startswith("#")))


@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_published_networks_cost_what_their_papers_say(row: dict[str, str]) -> None:
    arch = parse(row["name"])
    measured = cost(arch)
    assert (arch.input.resolution, arch.head.classes) == (int(row["resolution"]), int(row["classes"]))
    assert (measured.params, measured.macs, measured.cio) == (int(row["params"]), int(row["macs"]), int(row["cio"]))


@pytest.mark.parametrize("name", listed())
def test_every_listed_name_is_a_sentence(name: str) -> None:
    assert parse(str(parse(name))) == parse(name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("resnext50_1x64d", "resnet50"),
        ("resnet50b", "resnet50"),
        ("resnet34_shortcut_b", "resnet34"),
        ("32x4d", "resnext50_32x4d"),
        ("2s2x40d", "resnest50_fast_2s2x40d"),
        ("26w4s", "res2net50_26w4s"),
        ("4w4s8c", "res2next50_4w4s8c"),
        ("k32", "densenet121"),
        ("K32", "densenet121"),
        ("RESNET50", " resnet50\n"),
        ("conv_stem(8) > 2*basic(8) > 3*basic(8) > basic(9)/2 > basic(9)", "conv_stem(8) > 5*basic(8) > 2*basic(9)/2"),
        # At stride 1 there is nothing to pool, and where the shape stays there is nothing to project.
        ("conv_stem(8) > 2*bottleneck(8, 16, pool_after, pooled_projection)", "conv_stem(8) > 2*bottleneck(8, 16)"),
        ("conv_stem(8) > 2*basic(8, zero_padding)", "conv_stem(8) > 2*basic(8)"),
        ("conv_stem(8) > bottleneck(8, 16, split_attention(0, 4))", "conv_stem(8) > bottleneck(8, 16, grouped(4))"),
    ],
)
def test_two_writings_of_one_network_are_one_value(one: str, other: str) -> None:
    assert parse(one) == parse(other)
    assert hash(parse(one)) == hash(parse(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("resnet50", "resnet50a"),
        ("resnet18", "resnet18_shortcut_a"),
        ("k48", "densenet161"),
        ("resnest50_fast_1s1x64d", "resnest50_fast_0s1x64d"),
        ("conv_stem(8) > 2*basic(8)", "input(1, 224) > conv_stem(8) > 2*basic(8)"),
        ("conv_stem(8) > 2*basic(8)", "conv_stem(8) > 2*basic(8) > head(10)"),
    ],
)
def test_different_networks_are_different_values(one: str, other: str) -> None:
    assert parse(one) != parse(other)


def test_two_long_stages_of_one_kind_are_two() -> None:
    """A stage has at most 1000 blocks, but these are not one."""
    text = "conv_stem(8) > 600*basic(8) > 600*basic(8, squeeze_excite(reduction=4)) > head(10)"
    assert str(parse(text)) == text


def test_moving_the_stride_moves_the_first_convolutions_to_the_smaller_map() -> None:
    saved = sum(
        c_in * p * (side**2 - (side // 2) ** 2) for c_in, p, side in ((256, 128, 56), (512, 256, 28), (1024, 512, 14))
    )
    for depth in (50, 101, 152):
        assert cost(parse(f"resnet{depth}")).macs - cost(parse(f"resnet{depth}a")).macs == saved


TWINS = {
    "resnext50_32x4d": {
        "": "'' is empty; write a name such as resnext50_32x4d, or a sentence",
        "\n": "'' is empty; write a name such as resnext50_32x4d, or a sentence",
        "resnext50_32x4": "the nearest is resnext50_32x4d",
        "resnext50_7x5": "the nearest is resnext50_7x5d",
        "resnext50_32d4x": "the nearest is resnext50_32x4d",
        "resnext51_32x4d": "the nearest is resnext50_32x4d",
        "resnext101_32x48d_wsl": "the nearest is resnext101_32x48d",
        "resnext50_32x0d": "32x0d: cardinality and width are at least 1; the nearest is 32x1d",
        "resnext50_-32x4d": "'resnext50_-32x4d'; the nearest is resnext50_32x4d",
        "resnext50_3\N{ARABIC-INDIC DIGIT TWO}x4d": "the nearest is resnext50_",
        "resnext50_\N{FULLWIDTH DIGIT THREE}2x4d": "the nearest is resnext50_",
        "resnext50\n_32x4d": r"'resnext50\n_32x4d'; the nearest is resnext50_32x4d",
        "resnext50_32x4d\u2028x": r"'resnext50_32x4d\u2028x'; the nearest is resnext50_32x4d",
        "resnext50_999999x999999d": "a convolution to 999998000001 channels; at most 1000000000 are possible",
        "resnext50_9999999x4d": "no network is called 'resnext50_9999999x4d'; the nearest is resnext50_",
        "__import__('os').system('true')": "'os').system('true')\" is not understood",
        "resnext50_32x4d; import os": "the nearest is resnext50_32x4d",
        "__import__": "write a name such as resnext50_32x4d, or a sentence",
        "lambda: 0": "write a name such as resnext50_32x4d, or a sentence",
        "yolov3": "write a name such as resnext50_32x4d, or a sentence",
    },
    "32x4d": {"32x0d": "the nearest is 32x1d", "0x0d": "the nearest is 1x1d", "32x4": "the nearest is 32x4d"},
    "res2net50_26w4s": {
        "res2net50_26w_4s": "the nearest is res2net50_26w4s",
        "res2net50_26w0s": "26w0s: width, scale and cardinality are at least 1; the nearest is 26w1s",
        "res2net51_26w4s": "the nearest is res2net50_26w4s",
    },
    "res2next50_4w4s8c": {"res2next50_4w4s0c": "4w4s0c: width, scale and cardinality are at least 1; the nearest is "},
    "resnest50_fast_2s1x64d": {"resnest50_fast_2s1x64": "the nearest is resnest50_fast_2s1x64d"},
    "inceptionv3": {"inception_v3": "the nearest is inceptionv3", "inceptionv5": "the nearest is inceptionv"},
    "k32": {"k0": "the growth rate is at least 1; the nearest is k1", "k": "", "k32d": "", "k3.2": ""},
    "resnet18": {
        "resnet18b": "a bottleneck strides in its first 1x1, and 18 layers are basic blocks; the nearest is resnet18",
        "seresnet34a": "and 34 layers are basic blocks; the nearest is seresnet34",
        "seresnet18b": "the nearest is seresnet18",
    },
    "densenet121": {"densnet121": "the nearest is densenet121", "densenet-121": "the nearest is densenet121"},
    "resnet20_cifar": {"resnet21_cifar": "the depth is 6n + 2; the nearest is resnet20_cifar"},
    "densenet_l3004_k1_cifar": {"densenet_l999999_k1_cifar": "the nearest is densenet_l3004_k1_cifar"},
    "conv_stem(8) > 2*basic(8)": {
        "conv_stem(8) > 2*basik(8)": "'basik' is no part; did you mean basic?",
        "conv_stem(8) > 2*basic(8, 9)": "basic does not take '9' there",
        "conv_stem(8) > 2*basic(\N{ARABIC-INDIC DIGIT EIGHT})": "is not understood",
        "conv_stem(8) > 2*basic(8\u2029)": "",
        "conv_stem(8) > 2*basic(8\n9)": "expected ',', found '9'",
        "conv_stem(8) > 2*eval(8)": "'eval' is no part",
        "conv_stem(8) > 2*basic(__import__('os'))": "'os'))\" is not understood",
        "conv_stem(8) > 2*basic(().__class__)": "",
        "conv_stem(8) > " + 1_900 * "999999999*" + "basic(8)": "is too large; numbers go up to 1000000000",
        "conv_stem(8) > basic(8)/" + 9_000 * "9*" + "9": "is too large; numbers go up to 1000000000",
        "conv_stem(" * 1_900 + "8" + ")" * 900: "parts are nested more than 12 deep",
        "(" * 19_999: "'(' is no part",
        "[" * 19_999: "write a name such as resnext50_32x4d, or a sentence",
        "conv_stem(8) > " + 3_000 * "[": "parts are nested more than 12 deep",
        "9" * 19_999: "write a name such as resnext50_32x4d, or a sentence",
        "9a" * 9_999: "write a name such as resnext50_32x4d, or a sentence",
        "conv_stem(8) > " + 2_000 * "basic(8)>" + "basic(8)": "a stage has 1 to 1000 blocks, not 1001",
        10_000_000 * "x": "a sentence has at most 20000 characters, not 10000000",
        5_000_000 * "(>": "a sentence has at most 20000 characters, not 10000000",
    },
}  # fmt: skip
"""What is right, and beside it what is not, with what is said of it."""


@pytest.mark.parametrize("good", TWINS)
def test_what_is_nearly_right_is_refused_in_one_line_with_what_is_right(
    good: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cost(parse(good)).params
    for bad, reason in TWINS[good].items():
        with forbidden(monkeypatch), pytest.raises(SpaceError) as caught:
            parse(bad)
        (said,) = str(caught.value).splitlines()
        assert reason in said
        assert len(said) < 300
        if "the nearest is " in said:
            assert parse(said.rpartition("the nearest is ")[2])


@contextmanager
def forbidden(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is evaluated, imported, opened or run, and nothing takes time without end: ten seconds of one core."""

    def caught(*_: object, **__: object) -> None:
        raise AssertionError("a text was evaluated")

    refusal("no network")  # whoever refuses imports what it needs for that but once
    started = process_time()
    with monkeypatch.context() as patch:
        patch.setattr(os, "system", caught)
        for name in ("eval", "exec", "compile", "open", "__import__"):
            patch.setattr(builtins, name, caught)
        yield
    assert process_time() - started < 10


def refusal(text: str) -> str:
    try:
        parse(text)
    except SpaceError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("res2next50", "res2next50_4w4s8c"),
        ("seresnext50", "seresnext50_32x4d"),
        ("resnest50_2s1x64d", "resnest50_fast_2s1x64d"),
        ("resnet110", "resnet110_cifar"),
        ("resnet20", "resnet20_cifar"),
        ("resnext29_32x4d", "resnext29_32x4d_cifar"),
        ("resnet50_32x4d", "resnext50_32x4d"),
        ("wrn28_10", "wrn28_10_cifar"),
    ],
)
def test_the_nearest_name_is_of_the_family_and_has_the_numbers(name: str, near: str) -> None:
    said = refusal(name).rpartition("the nearest is ")[2]
    assert said == near


@pytest.mark.parametrize("name", ["resnet50", "RESNEXT50_32x4d", "32x4d", "k32", "resnet18b"])
def test_a_name_stands_alone(name: str) -> None:
    for sentence in (f"{name} > head(10)", f"input(1, 28) > {name}", f"conv_stem(8) > {name} > head(10)"):
        assert refusal(sentence) == (
            f"{name!r} is a whole network, and a name stands alone; `explore show {name}` has the sentence to change"
        )


@pytest.mark.parametrize(
    ("name", "first"), [("resnext50", "resnext50_1x64d"), ("res2net50", "res2net50_48w2s"), ("vgg", "vgg11")]
)
def test_a_word_that_names_begin_with_is_answered_with_these(name: str, first: str) -> None:
    said = refusal(name)
    assert f"; names that begin with it are {first}, " in said
    shown, _, more = said.rpartition("are ")[2].partition(" and ")
    names = shown.split(", ")
    assert all(str(parse(one)) for one in names)
    assert len(names) + int(more.split()[0]) == sum(one.startswith(name) for one in listed())


@pytest.mark.parametrize("name", listed())
def test_the_nearest_name_is_a_name(name: str) -> None:
    """Of a listed name without its last letter, and with its third doubled."""
    for bad in (name[:-1], name[:3] + name[2:]):
        if said := refusal(bad):
            assert "the nearest is" in said
            assert parse(said.rpartition("the nearest is ")[2])


def test_a_reconstruction_is_labelled_wherever_its_figures_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    sentence = "conv_stem(16) > bottleneck(16, 64, dcdc_reconstruction)"
    for words in (["show", "dcdc_resnet50"], ["cost", "dcdc_resnet50"], ["cost", sentence], ["cost", "--all"]):
        assert main(words) == 0
        assert "is a guess" in capsys.readouterr().out.splitlines()[-1]
    assert main(["cost", "dcdc_resnet50", "--json"]) == 0
    assert "dcdc_reconstruction" in json.loads(capsys.readouterr().out)[0]["sentence"]
    assert main(["show", "resnet50"]) == 0
    assert "guess" not in capsys.readouterr().out


@pytest.mark.parametrize("text", [None, 50, b"resnet50", ["resnet50"]])
def test_what_is_no_text_is_no_sentence(text: object) -> None:
    with pytest.raises(SpaceError, match=f"a sentence is text, .* not of type {type(text).__name__}"):
        parse(text)  # type: ignore[arg-type]


@pytest.mark.parametrize("resolution", [1.5, 224.0, "224"])
def test_a_resolution_is_a_whole_number(resolution: object) -> None:
    with pytest.raises(SpaceError, match="a side is a whole number of pixels, not"):
        cost(parse("resnet18"), resolution)  # type: ignore[arg-type]
