"""`explore show`: lines that fit a terminal, sentences that can be copied from it, and drawings on the disk."""

from pathlib import Path

import pytest

from analysis.blocks.page import page
from search.cli import main
from space import listed, parse


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["show", *words])
    return code, *capsys.readouterr()


def test_all_that_is_shown_fits_and_the_sentence_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    for name in listed():
        code, out, _ = said(capsys, name)
        sentence, figures = out.split("\n\n", 1)
        assert code == 0
        assert parse(sentence) == parse(name)
        assert max(map(len, sentence.splitlines())) <= 120, name
        assert max(len(line) for line in figures.splitlines() if "note:" not in line) <= 120, name


def test_a_sentence_that_fits_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = said(capsys, "wrn40_2_cifar")
    assert out.splitlines()[0] == str(parse("wrn40_2_cifar"))


def test_the_drawing_is_named_after_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for words in (("32x4d", "--plot"), ("--plot", "32x4d")):
        code, out, _ = said(capsys, *words)
        assert (code, out.splitlines()[-1]) == (0, "drawn in 32x4d.html")
        assert (tmp_path / "32x4d.html").read_text() == page(parse("32x4d"), "32x4d")
    assert "stage2 28x28 [1x1, 256 | 3x3, 256, C=32 | 1x1, 512] x4" in out
    said(capsys, "conv_stem(8) > basic(8)", "--plot")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["32x4d.html", "network.html"]


def test_the_drawing_goes_where_it_is_sent_at_the_resolution_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "blocks.html"
    code, out, _ = said(capsys, "resnet18", "--resolution", "64", "--plot", str(path))
    assert (code, out.splitlines()[-1]) == (0, f"drawn in {path}")
    assert path.read_text() == page(parse("resnet18"), "resnet18", 64)
    assert "64 × 16 × 16" in page(parse("resnet18"), "resnet18", 64)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("resnet18", "--plot", "x.png"), "--plot: 'x.png' is no drawing's file; it ends with .html"),
        (
            ("resnet18", "--plot", "/dev/null/x.html"),
            "--plot: '/dev/null/x.html' cannot be written: there is no folder '/dev/null'",
        ),
        (("--plot", "x.html"), "network: missing; see explore show --help"),
        (("--plot",), "network: missing; see explore show --help"),
        ((), "network: missing; see explore show --help"),
        (("resnet18", "--plot", ""), "--plot: '' says nothing; leave it out, or see --help"),
        (("--plot", "resnet51"), "no network is called 'resnet51'; the nearest is resnet50"),
    ],
)
def test_mistakes_are_one_line_and_leave_nothing(
    words: tuple[str, ...],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert said(capsys, *words) == (2, "", f"explore: {message}\n")
    assert not list(tmp_path.iterdir())
