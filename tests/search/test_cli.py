"""The command line: documents for machines, one line for mistakes."""

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest

from analysis.record import Run
from search import launch
from search.cli import main
from search.data import best_available
from search.errors import FailedError
from search.source import Source
from space import cost, parse
from tests.committed import AXIS_RUNS, COMPLETE

QUESTION = ["--budget", "4GFLOPs", "--axis", "cardinality"]


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_cost_json_is_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(
        capsys, "cost", "resnext50_32x4d", "conv_stem(8) > 2*basic(8)", "--json", "--resolution", "97"
    )
    first, second = json.loads(out)
    assert (code, err) == (0, "")
    assert list(first) == ["name", "sentence", "resolution", "classes", "params", "macs", "activations", "cio", "moc"]
    assert first["sentence"] == str(parse("32x4d"))
    assert first["macs"] == cost(parse("32x4d"), 97).macs
    assert first["moc"] == first["macs"] / first["cio"]
    assert (second["resolution"], second["classes"]) == (97, 1000)


def test_cost_all_lists_every_name(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = said(capsys, "cost", "--all")
    assert "resnext101_32x48d" in out
    assert "4,089,184,256" in out


def test_plan_json_is_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "plan", *QUESTION, "--json")
    plan = json.loads(out)
    assert (code, err) == (0, "")
    assert list(plan) == ["axis", "against", "match", "budget_macs", "base", "base_macs", "settings"]
    assert (plan["axis"], plan["against"], plan["match"], plan["base"]) == ("cardinality", "width", "paper", "resnet50")
    assert list(plan["settings"][0]) == ["value", "setting", "sentence", "macs", "params", "budget_error", "base_error"]
    assert [s["setting"] for s in plan["settings"]] == ["1x64d", "2x40d", "4x24d", "8x14d", "16x8d", "32x4d"]
    assert plan["settings"][-1]["value"] == 32
    assert parse(plan["settings"][-1]["sentence"]) == parse("32x4d")


def test_plan_json_of_a_plane_has_two_values(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = said(capsys, "plan", "--budget", "4GFLOPs", "--axis", "radix", "--json")
    plan = json.loads(out)
    assert plan["axis"] == ["radix", "cardinality"]
    assert {"2s2x40d": [2, 2]}.items() <= {s["setting"]: s["value"] for s in plan["settings"]}.items()


def test_plan_says_how_far_every_setting_is_from_the_budget(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = said(capsys, "plan", *QUESTION)
    assert "+6.69%" in out
    assert "+4.36%" in out


def test_show_prints_the_papers_table(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = said(capsys, "show", "resnext50_32x4d")
    assert "stage2 28x28 [1x1, 256 | 3x3, 256, C=32 | 1x1, 512] x4" in out
    assert "4,230,479,872" in out


MISTAKES = [
    (["--axis", "cardinality"], "--budget"),
    (["--budget", "4GFLOPs"], "--axis"),
    (["--budget", "4GF", "--axis", "cardinality"], "--budget: '4GF' is not an amount; write 4GFLOPs, 800MFLOPs or 4e9"),
    (["--budget", "-1GFLOPs", "--axis", "cardinality"], "--budget: '-1GFLOPs'"),
    (["--budget", "0", "--axis", "cardinality"], "--budget: '0'"),
    (
        ["--budget", "1MFLOPs", "--axis", "cardinality"],
        "--budget: '1MFLOPs' is out of reach: resnet14 costs 1.47 GFLOPs",
    ),
    (["--budget", "1e18", "--axis", "radix"], "--budget: '1e18' is out of reach"),
    (
        [*QUESTION, "--width-multiple", "8"],
        "--width-multiple: 8 is for widths that --match exact solves, and --match paper has",
    ),
    (
        ["--budget", "4GFLOPs", "--axis", "colour"],
        "--axis: 'colour' is no axis; write cardinality, width, depth, radix",
    ),
    (["--budget", "4GFLOPs", "--axis", "-1"], "--axis: '-1' is no axis"),
    ([*QUESTION, "--against", "radix"], "--against: 'radix' does not give way"),
    ([*QUESTION, "--base", "resnet51"], "--base: no network is called 'resnet51'; the nearest is resnet50"),
    ([*QUESTION, "--base", "resnet18"], "--base: basic(64) has no width to solve for"),
    ([*QUESTION, "--values", "1,x"], "--values: 'x'"),
    ([*QUESTION, "--values", "0"], "--values: cardinality 0"),
    (
        [*QUESTION, "--values", "3", "--against", "depth"],
        "--values: stage1.block1: grouped(3): 64 channels are not divisible",
    ),
    ([*QUESTION, "--values", "500"], "--values: cardinality 500 fits no width"),
    ([*QUESTION, "--match", "roughly"], "--match: 'roughly' is not known; write paper, exact"),
    ([*QUESTION, "--resolution", "-5"], "--resolution: '-5' is not possible"),
    ([*QUESTION, "--resolution", "1_0"], "--resolution: '1_0' is not possible"),
    ([*QUESTION, "--values", "٣"], "--values: '٣' is not possible"),
    (["--budgt", "4GFLOPs", "--axis", "cardinality"], "'--budgt' is no option; the nearest is --budget"),
    ([*QUESTION, "--budget", "8GFLOPs"], "--budget: given twice"),
    ([*QUESTION, "--axis", "cardinality"], "--axis: 'cardinality' is given twice"),
    (["--budget", "4", "--axis", "cardinality"], "--budget: '4' means so many multiply-adds"),
    (["--budget", "25Mparams", "--axis", "cardinality"], "--budget: '25Mparams' is for a design space"),
    (["--budget", "4GFLOPs", "--axis", "Cardinalty"], "(the nearest is cardinality)"),
    ([*QUESTION, "--colour", "red"], "'--colour' is no option; see explore "),
    (["plan", "--tolerance", "1"], "'--tolerance' is no option; see explore plan "),
    (["--budget", "--axis", "cardinality"], "--budget: missing"),
    (["--budget", "--axis=cardinality"], "--budget: missing"),
    (["--axis", "cardinality", "--budget"], "--budget: missing"),
    ([*QUESTION, "--base", ""], "--base: '' says nothing; leave it out"),
    ([*QUESTION, "--against", ""], "--against: '' says nothing"),
    ([*QUESTION, "--values", " "], "--values: ' ' says nothing"),
]


@pytest.mark.parametrize(("words", "says"), MISTAKES)
@pytest.mark.parametrize("command", [["plan"], []])
def test_wrong_words_get_one_line_and_exit_2(
    capsys: pytest.CaptureFixture[str], words: list[str], says: str, command: list[str]
) -> None:
    code, out, err = said(capsys, *command, *words)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert says in err


OF_TRAINING = [
    (
        ["--data", "nonsense"],
        "--data: 'nonsense' is not known; write digits, fashion-mnist, mnist, cifar10, cifar100, ",
    ),
    (["--data", "folder:/nowhere"], "--data: 'folder:/nowhere' is not a folder"),
    (["--data", "digits", "--fidelity", "quik"], "--fidelity: 'quik' is not known"),
    (["--data", "digits", "--set", "lr=fast"], "--set: lr"),
    (["--data", "digits", "--set", "rate=0.1"], "--set: "),
    (["--data", "digits", "--set", "lr"], "--set: 'lr' sets nothing; write FIELD=VALUE such as lr=0.05"),
    (["--data", "digits", "--set", "epochs=3"], "--set: epochs: no such field; it is of the fidelity; "),
    (["--data", "Folder:x"], "--data: 'Folder:x' is not known; "),
    (["--data", "digits", "--fidelity", "quick,train_images=1"], "--fidelity: train_images: 1 is not possible"),
    (["--data", "digits", "--set", "fix_epochs=2"], "--set: fix_epochs: 2 are at test_resolution, which is as in"),
    (["--data", "digits", "--set", "teacher=resnet5"], "--set: teacher: "),
    (
        ["--data", "digits", "--set", "teacher=no.safetensors"],
        "--set: teacher: there is no file 'no.safetensors'",
    ),
    (["--data", "digits", "--seeds", "0"], "--seeds: '0' is not possible"),
    (["--data", "digits", "--seeds", "-3"], "--seeds: '-3' is not possible"),
    (["--data", "digits", "--seed", "one"], "--seed: 'one' is not possible; write a whole number from 0 to "),
    (["--data", "digits", "--set", "lr=" + "[" * 5000], "--set: lr"),
    (["--data", "digits", "--set", "lr=0.1\nflip=true"], "--set: lr"),
    (["--data", ""], "--data: '' says nothing"),
    (["--data", "digits", "--run", ""], "--run: '' says nothing"),
    (
        ["--data", "digits", "--recipe", "nofile"],
        "--recipe: 'nofile' cannot be read (No such file or directory); write the path of a recipe, or cpu-quick, ",
    ),
    (["--data", "digits", "--recipe", "."], "--recipe: '.' cannot be read (Is a directory)"),
    (["--data", "digits", "--recipe", __file__], f"--recipe: {__file__!r} is no recipe"),
    (["--data", "digits", "--gpus-per-trial", "x"], "--gpus-per-trial: 'x'"),
    (
        ["--data", "digits", "--retries", "-1"],
        "--retries: '-1' is not possible; write a whole number from 0 to 1000",
    ),
    (["--data", "digits", "--gpus-per-trial", "1.5"], "--gpus-per-trial: '1.5' is not possible; above 1"),
    (["--data", "digits", "--gpus-per-trial", "1_0"], "--gpus-per-trial: '1_0'"),
    (["--data", "digits", "--address", "nonsense"], "--address: 'nonsense' is no address; write HOST:PORT"),
]


@pytest.mark.parametrize(("words", "says"), OF_TRAINING)
def test_wrong_words_about_training_get_one_line_and_exit_2(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = said(capsys, *QUESTION, *words)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert says in err
    assert not list(tmp_path.iterdir())


BY_USE = {"folder:/nowhere", "--address", "--retries"}  # what is found wrong when it is looked for


@pytest.mark.parametrize(("words", "says"), [one for one in OF_TRAINING if not BY_USE & set(one[0])])
def test_a_plan_minds_words_about_training_too(capsys: pytest.CaptureFixture[str], words: list[str], says: str) -> None:
    code, out, err = said(capsys, "plan", *QUESTION, *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert says in err


def test_a_folder_that_holds_no_images_is_a_failure(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, err = said(capsys, *QUESTION, "--data", f"folder:{tmp_path}", "--run", str(tmp_path / "run"))
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "train-images-idx3-ubyte" in err


def test_a_run_folder_that_cannot_be_made_is_a_failure(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, out, err = said(capsys, *QUESTION, "--data", "digits", "--run", str(tmp_path / "file" / "run"))
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert f"{tmp_path / 'file' / 'run'} cannot be read or written: Not a directory" in err


def test_a_ledger_is_read_once_no_other_study_can_add_to_it(
    without_ray: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else the trials that one adds in between would be trained twice."""
    locked, source = [], launch._source

    def looked_at(record: Run, *rest: Any) -> Source:
        locked.append(record.is_locked)
        return source(record, *rest)

    monkeypatch.setattr(launch, "_source", looked_at)
    for _ in range(2):
        said(capsys, *QUESTION, "--data", "digits", "--fidelity", "tiny", "--run", str(without_ray / "run"))
    assert locked == [True, True]


def test_every_question_has_a_folder_of_its_own(without_ray: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The second natural question is not refused for the first, and what is merely said otherwise is the same."""
    plain = [*QUESTION, "--data", "digits", "--fidelity", "tiny"]
    others = (
        ["--values", "1,2"],
        ["--values", "1,4"],
        ["--set", "lr=0.1"],
        ["--resolution", "192"],
        ["--match", "exact"],
        ["--against", "depth"],
        ["--base", "resnet101"],
        ["--base", str(parse("resnet50d"))],
    )
    assert said(capsys, *plain)[0] == 0
    for other in others:
        assert said(capsys, *plain, *other)[0] == 0, other
    names = {folder.name for folder in (without_ray / "runs").iterdir()}
    assert len(names) == 1 + len(others)
    assert {f"cardinality-4GFLOPs-{rest}-digits-tiny" for rest in ("resnet50", "exact-resnet50", "resnet101")} < names
    digits = re.compile("cardinality-4GFLOPs-resnet50(-with-every-width-x-1.16)?-digits-tiny-[0-9a-f]{6}")
    assert sum(digits.fullmatch(name) is not None for name in names) == 4
    for same in (["--values", "1,2,4,8,16,32"], ["--set", "lr=0.4"], ["--against", "width"], ["--resolution", "224"]):
        assert said(capsys, *plain, *same)[0] == 0
    assert {folder.name for folder in (without_ray / "runs").iterdir()} == names


def test_no_folder_is_left_where_ray_does_not_start(
    without_ray: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def fails(*_: object) -> Iterator[Path]:
        raise FailedError("Ray cannot be started on this machine (no memory)")
        yield without_ray

    monkeypatch.setattr("search.cluster.cluster", fails)
    code, out, err = said(capsys, *QUESTION, "--data", "digits")
    assert (code, out, err) == (1, "", "explore: Ray cannot be started on this machine (no memory)\n")
    assert not list(without_ray.iterdir())


def test_a_run_that_another_explore_trains_is_left_alone(
    without_ray: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [*QUESTION, "--data", "digits", "--run", "run"]
    assert said(capsys, *words)[0] == 0
    monkeypatch.setattr("search.cluster.cluster", None)  # Ray is not even started
    with Run.open("run").lock():
        code, out, err = said(capsys, *words)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "is locked" in err


@pytest.mark.parametrize("committed", COMPLETE, ids=[folder.name for folder in COMPLETE])
def test_the_plain_command_finds_the_committed_run(
    committed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = Run.open(committed).recipe
    if recipe.data == "fashion-mnist" and best_available() != recipe.data:
        pytest.skip("Fashion-MNIST is not on this machine")
    shutil.copytree(committed, tmp_path / "runs" / committed.name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("search.cluster.cluster", None)  # nothing is to be trained
    code, out, err = said(capsys, *shlex.split(recipe.command)[1:])
    assert (code, err) == (0, "")
    assert out.endswith(f"report: {tmp_path / 'runs' / committed.name / 'report.html'}\n")


def test_a_report_says_what_could_not_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = shutil.copytree(AXIS_RUNS[0], tmp_path / "run")
    with (run / "trials.jsonl").open("a") as ledger:
        ledger.write("no trial\n")
    bad = f"line {(run / 'trials.jsonl').read_text().count(chr(10))} is no trial"
    code, out, err = said(capsys, "report", str(run))
    assert code == 0
    assert bad in err
    assert bad not in out


def test_a_word_that_is_no_command_gets_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "reprot", "runs/one")
    assert (code, out, err.count("\n")) == (2, "", 1)
    known = "plan, cost, show, space, sweep, train, ablate, report, repeat, runs, zoo, recipe, export, compare"
    assert f"write {known} (the nearest is report)" in err


def test_memory_that_is_short_is_said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: str) -> NoReturn:
        raise MemoryError

    monkeypatch.setattr("search.commands.show.parse", fails)
    assert said(capsys, "show", "resnet50") == (1, "", "explore: there is not enough memory\n")


@pytest.mark.parametrize("words", [["report", "/nowhere"], ["cost"], ["cost", "resnet51"], ["show", "conv_stem("]])
def test_other_commands_refuse_in_one_line_too(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    code, out, err = said(capsys, *words)
    assert (code, out, err.count("\n")) == (2, "", 1)


def test_plan_takes_the_words_of_the_main_job(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "plan", *QUESTION, "--data", "digits", "--seeds", "5", "--set", "lr=0.1")
    assert code == 0
    assert "32x4d" in out


def test_a_base_far_from_the_budget_is_said_to_be(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = said(capsys, "plan", *QUESTION, "--base", "resnet101")
    assert "The base is 95% above the budget." in out


def test_a_named_network_that_a_resolution_refuses_is_named_and_the_others_are_costed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, err = said(capsys, "cost", "--all", "--resolution", "32", "--json")
    assert code == 0
    names = {row["name"] for row in json.loads(out)}
    assert "resnet50" in names
    assert "inceptionv3" not in names
    assert "explore: left out, inceptionv3 at 32 pixels: " in err
    code, out, err = said(capsys, "cost", "inceptionv3", "--resolution", "32")
    assert (code, out) == (2, "")
    assert err.startswith("explore: inceptionv3 at 32 pixels: ")
