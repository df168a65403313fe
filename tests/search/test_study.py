"""The main job end to end, as a user runs it: Ray, Optuna, ledger, report."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from analysis.record import Run
from search.jobs import jobs
from search.study import distributions, replay

EXPLORE = Path(sys.executable).parent / "explore"
QUESTION = [
    "--budget",
    "4GFLOPs",
    "--axis",
    "cardinality",
    "--values",
    "1,32",
    "--data",
    "digits",
    "--fidelity",
    "tiny",
    "--seeds",
    "2",
]
MEASURED = ["setting", "replicate", "test_error", "test_loss", "validation_error", "validation_loss", "train_loss"]


def explore(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([EXPLORE, *words], cwd=folder, capture_output=True, text=True, timeout=300, check=False)


def only_run(folder: Path) -> Run:
    (path,) = (folder / "runs").iterdir()
    return Run.open(path)


def ledger(folder: Path) -> list[str]:
    (path,) = (folder / "runs").glob("*/trials.jsonl")
    return path.read_text().splitlines()


@pytest.fixture(scope="module")
def decoyed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of four trials, from a folder whose packages bear our names and must not be imported."""
    folder = tmp_path_factory.mktemp("decoyed")
    for name in ("space", "search", "analysis"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text("raise ImportError('the decoy was imported')\n")
    done = explore(folder, *QUESTION)
    assert done.returncode == 0, done.stderr
    assert "test error" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("report: ")
    assert done.stderr == ""
    return folder


def test_every_trial_is_one_line_with_its_metrics(decoyed: Path) -> None:
    run = only_run(decoyed)
    table = run.trials()
    assert list(zip(table["setting"], table["replicate"], strict=True)) == [
        ("1x64d", 0),
        ("1x64d", 1),
        ("32x4d", 0),
        ("32x4d", 1),
    ]
    assert len(ledger(decoyed)) == len(table) == 4
    assert table["test_error"].between(0, 100).all()
    for trial in run.finished().values():
        losses, correct = run.scores(trial.key)
        assert 100 * (1 - correct.mean()) == pytest.approx(trial.metrics["test_error"])
        assert losses.mean() == pytest.approx(trial.metrics["test_loss"], rel=1e-2)
        assert len(trial.curve) == run.recipe.fidelity.epochs


def test_fvcore_confirms_the_cost_of_what_was_trained(decoyed: Path) -> None:
    run = only_run(decoyed)
    declared = {setting.setting: setting.proxy_macs for setting in run.recipe.settings}
    assert all(trial.metrics["fvcore_macs"] == declared[trial.setting] for trial in run.finished().values())


def test_the_same_command_again_trains_nothing(decoyed: Path) -> None:
    before = ledger(decoyed)
    again = explore(decoyed, *QUESTION)
    assert again.returncode == 0
    assert ledger(decoyed) == before


def test_a_changed_recipe_is_refused_with_the_difference(decoyed: Path) -> None:
    (path,) = (decoyed / "runs").iterdir()
    refused = explore(decoyed, *QUESTION, "--set", "lr=0.05", "--run", str(path))
    assert refused.returncode == 2
    assert "training.lr: 0.4 here, 0.05 asked" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_more_seeds_continue_the_run_and_other_workers_change_no_number(decoyed: Path, tmp_path: Path) -> None:
    """Three seeds at once on one worker are the two seeds above and one more, to the last bit."""
    more = explore(decoyed, *QUESTION[:-1], "3")
    assert more.returncode == 0, more.stderr
    assert len(ledger(decoyed)) == 6
    alone = explore(tmp_path, *QUESTION[:-1], "3", "--set", "threads=1")
    assert alone.returncode == 0, alone.stderr
    pd.testing.assert_frame_equal(only_run(decoyed).trials()[MEASURED], only_run(tmp_path).trials()[MEASURED])


def test_optunas_study_is_rebuilt_from_the_ledger(decoyed: Path) -> None:
    run = only_run(decoyed)
    study = replay(run.recipe, run.finished())
    assert [trial.value for trial in study.trials] == [
        run.finished()[job.key].metrics["validation_loss"] for job in jobs(run.recipe)
    ]
    assert all(trial.distributions == distributions(run.recipe) for trial in study.trials)


def test_a_trial_that_diverges_is_a_row_with_its_reason(tmp_path: Path) -> None:
    failed = explore(tmp_path, *QUESTION, "--set", "lr=1e30")
    assert failed.returncode == 1
    assert "4 of 4 trials failed, 1x64d: Diverged:" in failed.stderr
    assert failed.stderr.count("\n") == 1
    assert "undecided" in failed.stdout
    assert set(only_run(tmp_path).trials()["state"]) == {"failed"}


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_keeps_what_is_finished_and_says_how_to_go_on(tmp_path: Path, stop: signal.Signals) -> None:
    words = [*QUESTION[:-1], "40"]
    with subprocess.Popen(
        [EXPLORE, *words],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        _wait_for_a_trial(tmp_path)
        running.send_signal(stop)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert err.count("\n") == 1
    assert f"continue with: explore {' '.join(words)}" in err
    finished = len(only_run(tmp_path).finished())
    assert 1 <= finished == len(ledger(tmp_path)) < 80
    assert not _left_of(running.pid)


def _wait_for_a_trial(folder: Path) -> None:
    deadline = time.monotonic() + 120
    while not list((folder / "runs").glob("*/trials.jsonl")):
        assert time.monotonic() < deadline
        time.sleep(0.1)  # until another process has written


def _left_of(session: int) -> list[str]:
    """Processes of that session, after those that are ending have had a moment."""
    deadline = time.monotonic() + 20
    while (left := _session(session)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return left


def _session(session: int) -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.getsid(int(entry.name)) == session:
                    found.append((entry / "cmdline").read_text())
            except (ProcessLookupError, FileNotFoundError):
                continue
    return found
