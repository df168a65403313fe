"""The main job end to end, as a user runs it: Ray, Optuna, ledger, report."""

import errno
import fcntl
import gc
import os
import pty
import re
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import numpy as np
import pandas as pd
import pytest
from ray.exceptions import RayError
from ray.tune.error import TuneError
from ray.tune.search import Searcher

from analysis.recipe import Recipe
from analysis.record import Run
from search.cluster import Cluster, Resources, refuse_what_does_not_answer, refuse_what_fits_nowhere
from search.data import load
from search.errors import FailedError, UsageError
from search.jobs import jobs
from search.outcome import Outcome
from search.source import Listed, distributions, replay
from search.study import LedgerSearcher, execute
from search.trainable import ProxyTrainable
from tests.committed import AXIS_RUNS
from tests.processes import left_of

pytestmark = pytest.mark.ray

EXPLORE = Path(sys.executable).parent / "explore"
DRIVER = "import sys; from search.cli import main; code = main(); assert 'torch' not in sys.modules; sys.exit(code)"
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
    """With the address of a cluster that is not there: without --address, this machine is meant.

    The driver trains nothing, and never takes the time and memory to load torch.
    """
    alone = {**os.environ, "RAY_ADDRESS": "127.0.0.1:1"}
    command = [sys.executable, "-P", "-c", DRIVER, *words]
    return subprocess.run(command, cwd=folder, env=alone, capture_output=True, text=True, timeout=300, check=False)


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


def test_an_interrupt_keeps_what_is_finished_and_says_how_to_go_on(tmp_path: Path) -> None:
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
        running.send_signal(signal.SIGTERM)
        _, err = running.communicate(timeout=300)
    assert running.returncode == 130
    assert err.count("\n") == 1
    assert f"continue with: explore {' '.join(words)}" in err
    finished = len(only_run(tmp_path).finished())
    assert 1 <= finished == len(ledger(tmp_path)) < 80
    assert not left_of(running.pid)


def test_a_terminal_shows_what_runs_and_what_is_left_and_nothing_of_ray_s(tmp_path: Path) -> None:
    """And Ctrl-C, pressed again while the workers are ended, ends it no worse."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("4H", 40, 160, 0, 0))
    words = [*QUESTION[:-1], "40"]
    environment = {**os.environ, "TERM": "xterm"}
    with subprocess.Popen(
        [EXPLORE, *words], cwd=tmp_path, stdout=follower, stderr=follower, env=environment, start_new_session=True
    ) as running:
        os.close(follower)
        shown: list[bytes] = []
        reader = ThreadPoolExecutor(1).submit(_read_all, leader, shown)
        _wait_until(lambda: b": loss " in b"".join(shown))
        for _ in range(3):
            os.killpg(running.pid, signal.SIGINT)
            time.sleep(0.3)  # between two presses of a key
        assert running.wait(timeout=300) == 130
    reader.result()
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-ln-z]", "\n", re.sub(r"\x1b\[[0-9;]*m", "", b"".join(shown).decode()))
    lines = {line.strip() for line in plain.splitlines()} - {""}
    progress = re.compile(r"training [━╸╺]+ \d+ of 80 trials, \d+ running · .* · [\d:]+ · [\d:-]+ left")
    assert any("loss" in line and progress.fullmatch(line) for line in lines), lines
    (last,) = [line for line in lines if not progress.fullmatch(line)]
    assert last.startswith("explore: interrupted; every finished trial is kept in")
    assert not left_of(running.pid)


def _read_all(terminal: int, shown: list[bytes]) -> None:
    while True:
        try:
            shown.append(os.read(terminal, 2**16))
        except OSError:  # how a terminal says that nobody writes to it any more
            return


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A new run of the committed recipe."""
    return Run.create(tmp_path / "run", Recipe.from_toml((AXIS_RUNS[0] / "recipe.toml").read_text()))


RESULT = {
    "outcome": Outcome({"validation_loss": 1.0, "test_loss": 1.0}, np.ones(3, np.float32), np.ones(3, np.bool_)),
    "curve": [],
    "trial_seconds": 1.0,
    "cpu_seconds": 0.9,
    "host": "here",
}


def test_a_trial_that_cannot_be_kept_ends_the_study_and_is_no_trial(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    searcher = LedgerSearcher(run, Listed(run), lambda _: None)
    for trial in ("a", "b", "c"):
        assert isinstance(searcher.suggest(trial), dict)
    first, second = (searcher.running[trial].setting.setting for trial in ("a", "b"))
    searcher.on_trial_complete("a", RESULT)
    assert not searcher.halt.stop_all()
    monkeypatch.setattr(Run, "append", lambda *_, **__: _raise(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))))
    searcher.on_trial_complete("b", RESULT)
    monkeypatch.undo()
    assert searcher.halt.stop_all()
    assert searcher.suggest("d") == Searcher.FINISHED
    searcher.on_trial_complete("c", {})  # as Ray ends it: it has not failed
    said = str(searcher.halt.failure)
    assert f"{second}, seed 0, could not be kept" in said
    assert "No space left on device" in said
    assert str(run.folder) in said
    assert [trial.setting for trial in run.latest().values()] == [first]


def test_a_bug_of_ours_is_said_with_its_type_and_its_cause(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message alone may be a single word."""
    searcher = LedgerSearcher(run, Listed(run), lambda _: None)
    monkeypatch.setattr(Listed, "next", lambda *_: _raise(KeyError("setting")))
    assert searcher.suggest("a") == Searcher.FINISHED
    assert searcher.refusal
    assert str(searcher.refusal).startswith("no trial can be proposed (KeyError: 'setting'); what finished before")
    assert isinstance(searcher.refusal.__cause__, KeyError)


@pytest.mark.parametrize(
    ("fit", "says"),
    [
        (lambda searcher: searcher.on_trial_complete("a", RESULT), "could not be kept"),
        (lambda _: _raise(TuneError("one\ntwo")), r"Ray gave up \(two\); every finished trial is kept in"),
        (lambda _: _raise(RayError("gone")), r"Ray gave up \(gone\); every finished trial is kept in"),
    ],
)
def test_a_study_that_cannot_go_on_fails_in_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, fit: Callable[[LedgerSearcher], None], says: str
) -> None:
    """With Ray Tune played by its calls to the searcher."""

    class Tuner:
        def __init__(self, *_: object, tune_config: SimpleNamespace, **__: object) -> None:
            self.searcher = tune_config.search_alg

        def fit(self) -> None:
            self.searcher.suggest("a")
            fit(self.searcher)

    names = ("with_parameters", "with_resources", "TuneConfig", "RunConfig", "CheckpointConfig")
    played = dict.fromkeys(names, lambda *_, **given: SimpleNamespace(**given))
    monkeypatch.setattr("search.study.tune", SimpleNamespace(Tuner=Tuner, **played))
    monkeypatch.setattr(Run, "append", lambda *_, **__: _raise(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))))
    with pytest.raises(FailedError, match=says):
        execute(run, Listed(run), load("digits"), Cluster(run.folder, Resources()), lambda _: None)


def _raise(error: Exception) -> NoReturn:
    raise error


def test_a_worker_lets_go_of_a_network_before_the_next(run: Run) -> None:
    worker = ProxyTrainable.__new__(ProxyTrainable)
    setting = run.recipe.settings[0]
    training = asdict(run.recipe.training)
    config = {"proxy": setting.proxy, "candidate": setting.sentence, "replicate": 0, "training": training}
    data = load("digits")
    fidelity = replace(run.recipe.fidelity, resolution=8, train_images=64, epochs=2)
    worker.setup(config, data, replace(run.recipe, fidelity=fidelity), "cpu")
    worker.trial["proxy"] = "input(1, 8) > conv_stem(8, pool=false) > 2*bottleneck(8, 16) > head(10)"
    gc.disable()  # whenever Python itself would look is too late for a worker that takes a thousand trials
    try:
        assert worker.step()["epoch"] == 1
        assert worker.trainer
        network = weakref.ref(worker.trainer.model)
        worker.reset_config(config)
        assert network() is None
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("resources", "says"),
    [
        (
            Resources(threads=3),
            "--set: threads=3 asks for 3 CPU cores for each trial, and no machine here has more than 2",
        ),
        (Resources(gpus_per_trial=0.5), "--gpus-per-trial: 0.5 of a GPU is asked for each trial, and no machine"),
    ],
)
def test_what_fits_on_no_machine_is_refused(resources: Resources, says: str) -> None:
    """Ray would wait for ever; two machines of two cores are none of four."""
    refuse_what_fits_nowhere(Resources(threads=2), [{"CPU": 2.0}, {"CPU": 1.0}])
    with pytest.raises(UsageError, match=re.escape(says)):
        refuse_what_fits_nowhere(resources, [{"CPU": 2.0}, {"CPU": 2.0}])


@pytest.mark.parametrize("address", ["nonsense", "ray://head:10001", "head:0", "head:66000", "head:٣"])
def test_what_is_no_address_is_refused_as_such(address: str) -> None:
    with pytest.raises(UsageError, match=r"--address: '.*' is no address; write HOST:PORT"):
        refuse_what_does_not_answer(address)


def test_where_no_cluster_answers_none_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.cluster.ANSWER", 2.0)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(FailedError, match=f"--address: '127.0.0.1:{port}' does not answer as Ray .* in 2 seconds"):
            refuse_what_does_not_answer(f"127.0.0.1:{port}")
    with pytest.raises(FailedError, match=f"--address: '127.0.0.1:{port}' takes no connection"):
        refuse_what_does_not_answer(f"127.0.0.1:{port}")


def _wait_for_a_trial(folder: Path) -> None:
    _wait_until(lambda: any((folder / "runs").glob("*/trials.jsonl")))


def _wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 300
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.1)  # until another process has written
