"""What is wrong with the words of a sweep is said before anything is written."""

from pathlib import Path

import pytest

from search.cli import main


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["resnext", "--budget", "4GFLOPs", "--sampler", "tpee"], "--sampler: 'tpee' is not known; write tpe, nsga2"),
        (["resnext", "--budget", "4GFLOPs", "--scheduler", "x"], "--scheduler: 'x' is not known; write asha"),
        (["resnext", "--budget", "4GFLOPs", "--objective", "fun"], "--objective: 'fun' is not known; write loss"),
        (["resnext", "--budget", "4GFLOPs", "--tune", "lrr"], "--tune: 'lrr' cannot be tuned; write lr"),
        (
            ["resnext", "--budget", "4GFLOPs", "--tune", "lr=0.1|0.1"],
            "--tune: 'lr=0.1|0.1': values: 0.1 is given twice; name it once",
        ),
        (["resnext", "--budget", "4GFLOPs", "--tune", "lr,lr"], "--tune: 'lr' is given twice; name it once"),
        (
            ["resnext", "--budget", "4GFLOPs", "--tune", "lr=1..x"],
            "--tune: 'lr=1..x' is not understood; write lr=0.02..2",
        ),
        (["resnext", "--budget", "4GFLOPs", "--tune", "lr=2..1"], "is not above low"),
        (["resnext", "--budget", "4GFLOPs", "--tune", "flip=0..1"], "is not understood; write flip alone"),
        (["resnext", "--budget", "4GFLOPs", "--trials", "0"], "--trials: '0' is not possible"),
        (
            ["resnext", "--budget", "4GFLOPs", "--time", "soon"],
            "--time: 'soon' is no time; write 90s, 30m, 2h or 1h30m",
        ),
        (["resnext", "--budget", "26Mparams"], "--budget: a sweep trains proxies of one cost; give an amount of FLOPs"),
        (["resnext", "--budget", "4GFLOPs", "--budget", "<=1Mparams"], "no network"),
        (["resnex", "--budget", "4GFLOPs"], "no space is called 'resnex'; the nearest is resnext"),
        (["--budget", "4GFLOPs"], "sweep: nothing is said to choose from; write a space such as resnext, or --axis"),
        (["resnext", "--axis", "scale", "--budget", "4GFLOPs"], "--axis: the space 'resnext' says what varies"),
        (
            ["resnext", "--budget", "4GFLOPs", "--scheduler", "asha", "--objective", "loss", "--objective", "macs"],
            "--scheduler: 'asha' stops trials by one objective, and 2 are given",
        ),
        (["resnext", "--budget", "4GFLOPs", "--scheduler", "asha", "--seeds", "2"], "--scheduler: "),
        (["resnext", "--budget", "4GFLOPs", "--scheduler", "asha", "--objective", "params"], "and params is not"),
        (["resnext", "--budget", "4GFLOPs", "--match", "exact"], "--match: the space 'resnext' says what varies"),
        (["resnext", "--budget", "4GFLOPs", "--tune", "lr", "--set", "lr=1"], "--tune: 'lr' is set by --set, too"),
        (["--axis", "scale", "--budget", "4GFLOPs", "--tolerance", "5%"], "--tolerance: '5%' is of a space's budgets"),
    ],
)
def test_what_is_wrong_with_a_sweep_is_said_in_one_line(
    words: list[str], says: str, elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["sweep", *words, "--data", "digits", "--fidelity", "tiny"])
    said = capsys.readouterr().err
    assert code == 2, said
    assert says in said
    assert len(said.splitlines()) == 1
    assert not (elsewhere / "runs").exists()
