"""Whatever befalls a worker, the study goes on: each failure is a row with its reason, tried again where that may help.

Ray is real here; a worker fails because the trainable it is given does.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import pandas as pd
import pytest
import ray
import torch
from optuna.trial import TrialState
from ray.tune.search import Searcher

from analysis import ledger
from analysis.recipe import Fidelity, Recipe
from analysis.record import Run
from analysis.training import Training
from analysis.trial import Trial
from search.cluster import Cluster, Resources, cluster
from search.data import DataSet, load
from search.heartbeat import FLOOR, PATIENCE, Heartbeat
from search.jobs import Event
from search.source import Listed
from search.study import LedgerSearcher, execute
from search.trainable import ProxyTrainable, may_pass
from tests.analysis.runs import Named, a_recipe

pytestmark = pytest.mark.ray

MEASURED = ["setting", "replicate", "test_error", "test_loss", "validation_error", "validation_loss", "train_loss"]
SETTINGS: Named = {1: "1x64d", 2: "2x40d", 4: "4x24d"}


@pytest.fixture(scope="module")
def digits() -> DataSet:
    return load("digits")


def small(seeds: int = 2) -> Recipe:
    """Three networks of two blocks, two epochs of 64 digits each."""
    fidelity = Fidelity(name="test", resolution=8, width=1.0, depth=1.0, train_images=64, epochs=2)
    recipe = a_recipe(SETTINGS, seeds=seeds, fidelity=fidelity, data="digits", training=Training(lr=0.1, batch_size=32))
    proxies = [setting.proxy.replace("input(1, 28)", "input(1, 8)") for setting in recipe.settings]
    settings = zip(recipe.settings, proxies, strict=True)
    return replace(recipe, settings=tuple(replace(setting, proxy=proxy) for setting, proxy in settings))


@contextmanager
def on_ray(cpus: int, data: DataSet) -> Iterator[Cluster]:
    """Ray with as many workers, whatever this machine has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ray, "init", partial(ray.init, num_cpus=cpus))
        with cluster(Resources(), sum(part.pixels.nbytes for part in (data.train, data.test))) as there:
            yield there


def sigkill(_: ProxyTrainable) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def stop_dead(_: ProxyTrainable) -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def hang(_: ProxyTrainable) -> None:
    while True:
        time.sleep(1)


def lack_a_file(_: ProxyTrainable) -> NoReturn:
    raise OSError(28, "No space left on device")


def lack_memory(_: ProxyTrainable) -> NoReturn:
    raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")


def go_wrong(_: ProxyTrainable) -> NoReturn:
    raise ValueError("no such thing")


def make_nan(worker: ProxyTrainable) -> None:
    """The weights, so that training itself finds out."""
    assert worker.trainer
    with torch.no_grad():
        next(worker.trainer.model.parameters()).fill_(float("nan"))


ALWAYS = 99
FAULTS: dict[tuple[str, int], tuple[Callable[[ProxyTrainable], None], int]] = {
    ("1x64d", 0): (sigkill, 1),
    ("2x40d", 0): (hang, 1),
    ("4x24d", 0): (make_nan, ALWAYS),
    ("1x64d", 1): (go_wrong, ALWAYS),
    ("2x40d", 1): (lack_a_file, 2),
    ("1x64d", 2): (sigkill, ALWAYS),
    ("2x40d", 2): (stop_dead, 1),
    ("4x24d", 1): (lack_memory, 1),
}
"""What a trial does after its first epoch, and in how many attempts; the others train."""


def faulty(recipe: Recipe, notes: Path) -> type[ProxyTrainable]:
    """The trainable, whose trials do as FAULTS says; a file for every attempt counts them across processes."""
    names = {setting.sentence: setting.setting for setting in recipe.settings}

    class Faulty(ProxyTrainable):
        def _epoch(self) -> dict[str, Any]:
            trial = names[self.trial["candidate"]], self.trial["replicate"]
            fault, times = FAULTS.get(trial, (None, 0))
            cores = ray.get_runtime_context().get_assigned_resources()["CPU"]
            (notes / f"cores-{trial[0]}-{trial[1]}-{cores:g}").touch()
            if fault and self.trainer and self.trainer.epochs:
                before = len(list(notes.glob(f"{trial[0]}-{trial[1]}-*")))
                (notes / f"{trial[0]}-{trial[1]}-{before}").touch()
                if before < times:
                    fault(self)
            return super()._epoch()

    return Faulty


@pytest.fixture(scope="module")
def faced(
    tmp_path_factory: pytest.TempPathFactory, digits: DataSet
) -> tuple[Run, list[tuple[str, str, int]], list[TrialState]]:
    """A run of nine trials that has met every fault, with the events and Optuna's word on every attempt."""
    folder = tmp_path_factory.mktemp("run")
    notes = folder / "notes"
    notes.mkdir()
    run = Run.create(folder / "run", small(seeds=3))
    events: list[tuple[str, str, int]] = []

    def watch(event: Event) -> None:
        events.append((event.kind, event.job.setting.setting, event.job.replicate))

    with pytest.MonkeyPatch.context() as patch, on_ray(2, digits) as there:
        patch.setattr("search.study.ProxyTrainable", faulty(run.recipe, notes))
        patch.setattr("search.heartbeat.FLOOR", 20.0)
        patch.setattr("search.heartbeat.SLOWEST", 1e12)
        study = execute(run, Listed(run), digits, there, watch, retries=2)
    return run, events, [trial.state for trial in study.trials]


def attempts(run: Run, setting: str, replicate: int) -> list[Trial]:
    lines = ledger.read(run.folder / "trials.jsonl").trials
    return [trial for trial in lines if (trial.setting, trial.replicate) == (setting, replicate)]


@pytest.mark.parametrize(
    ("trial", "reasons"),
    [
        (("1x64d", 0), ["the worker process died", None]),
        (("2x40d", 0), ["hung: no word from the worker for 20 seconds; it was ended", None]),
        (("4x24d", 0), ["Diverged: training loss is nan in epoch 2; lower the learning rate or raise the warm-up"]),
        (("1x64d", 1), ["ValueError: no such thing"]),
        (("2x40d", 1), ["OSError: [Errno 28] No space left on device"] * 2 + [None]),
        (("1x64d", 2), ["the worker process died"] * 3),
        (("2x40d", 2), ["hung: no word from the worker for 20 seconds; it was ended", None]),
        (("4x24d", 1), ["RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB", None]),
        (("4x24d", 2), [None]),
    ],
)
def test_each_attempt_is_a_line_with_its_reason(
    faced: tuple[Run, list[Any], list[TrialState]], trial: tuple[str, int], reasons: list[str | None]
) -> None:
    tried = attempts(faced[0], *trial)
    assert [one.reason for one in tried] == reasons
    assert [one.state for one in tried] == ["failed" if reason else "finished" for reason in reasons]
    assert [one.attempt for one in tried] == list(range(1, len(reasons) + 1))


def test_what_lacked_memory_is_alone_when_it_is_tried_again(faced: tuple[Run, list[Any], list[TrialState]]) -> None:
    """It has both cores, so that nothing trains beside it; what failed for another reason has its one."""

    def cores(trial: str) -> set[str]:
        return {note.name.rpartition("-")[2] for note in (faced[0].folder.parent / "notes").glob(f"cores-{trial}-*")}

    assert cores("4x24d-1") == {"1", "2"}
    assert cores("2x40d-1") == {"1"}


def test_the_study_ends_with_a_verdict_on_every_trial(faced: tuple[Run, list[Any], list[TrialState]]) -> None:
    table = faced[0].trials()
    assert len(table) == 9
    assert {key: list(rows["replicate"]) for key, rows in table[table["state"] == "failed"].groupby("setting")} == {
        "1x64d": [1, 2],
        "4x24d": [0],
    }


def test_optuna_hears_of_every_attempt(faced: tuple[Run, list[Any], list[TrialState]]) -> None:
    run, _, states = faced
    told = {"finished": TrialState.COMPLETE, "failed": TrialState.FAIL}
    lines = ledger.read(run.folder / "trials.jsonl").trials
    assert sorted(states) == sorted(told[line.state] for line in lines)


def test_a_display_hears_of_an_end_once(faced: tuple[Run, list[tuple[str, str, int]], list[TrialState]]) -> None:
    ended = [event[1:] for event in faced[1] if event[0] in ("finished", "failed")]
    assert sorted(ended) == sorted((name, replicate) for name in SETTINGS.values() for replicate in range(3))
    assert sum(event[0] == "again" for event in faced[1]) == 8


def test_a_retried_trial_is_the_trial_it_would_have_been(
    faced: tuple[Run, list[Any], list[TrialState]], tmp_path: Path, digits: DataSet
) -> None:
    """To the last bit; this one starts with one worker, is given up half-way, and finished by two."""
    run = Run.create(tmp_path / "run", small(seeds=3))

    def give_up(event: Event) -> None:
        if event.kind == "finished" and len(run.finished()) == 4:
            raise RuntimeError("enough")

    with on_ray(1, digits) as there, pytest.raises(Exception, match="enough"):
        execute(run, Listed(run), digits, there, give_up)
    assert len(run.finished()) == 4
    with on_ray(2, digits) as there:
        execute(run, Listed(run), digits, there, lambda _: None)
    lines = ledger.read(run.folder / "trials.jsonl").trials
    assert [line.state for line in lines] == ["finished"] * 9
    whole, faulted = (one.trials().set_index("key") for one in (run, faced[0]))
    finished = faulted[faulted["state"] == "finished"]
    assert len(finished) == 6
    pd.testing.assert_frame_equal(whole.loc[finished.index, MEASURED], finished[MEASURED])


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_a_trial_is_tried_again_after_the_others_and_so_often(tmp_path: Path, retries: int) -> None:
    """With Ray Tune played by its calls to the searcher, every worker of which dies."""
    run = Run.create(tmp_path / "run", small(seeds=1))
    searcher = LedgerSearcher(run, Listed(run), lambda _: None, retries)
    tried: list[str] = []
    while (config := searcher.suggest(str(len(tried)))) != Searcher.FINISHED:
        if isinstance(config, dict):
            tried.append(config["candidate"])
        if config is None or len(searcher.running) == 2:  # nothing to start now, or both workers are busy
            searcher.on_trial_complete(next(iter(searcher.running)), error=True)
    sentences = [setting.sentence for setting in run.recipe.settings]
    assert sorted(tried[:3]) == sorted(sentences)
    assert tried == tried[:3] * (1 + retries)
    lines = ledger.read(run.folder / "trials.jsonl").trials
    assert [line.attempt for line in lines] == [attempt for attempt in range(1, 2 + retries) for _ in sentences]


def test_a_killed_worker_is_a_line_of_the_ledger_and_none_on_the_terminal(tmp_path: Path) -> None:
    """Its process found and killed from without; while the study runs, a second driver is refused."""
    question = ["--budget", "4GFLOPs", "--axis", "cardinality", "--values", "1,32", "--data", "digits"]
    explore = [
        str(Path(sys.executable).parent / "explore"),
        *question,
        "--fidelity",
        "tiny",
        "--seeds",
        "8",
        "--run",
        "run",
    ]
    with subprocess.Popen(
        explore, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as driver:
        while not (tmp_path / "run" / "trials.jsonl").exists():
            assert driver.poll() is None
            time.sleep(0.05)
        kill_a_trial(driver, tmp_path / "run" / "trials.jsonl")
        second = subprocess.run(explore, cwd=tmp_path, capture_output=True, text=True, check=False)
        out, err = driver.communicate(timeout=300)
    assert (second.returncode, second.stderr.count("\n")) == (1, 1)
    assert f"{tmp_path / 'run'} is locked: another explore writes to it" in second.stderr
    assert (driver.returncode, err) == (0, "")
    assert "test error" in out
    lines = ledger.read(tmp_path / "run" / "trials.jsonl").trials
    assert [line.reason for line in lines if line.state == "failed"] == ["the worker process died"]
    assert sum(line.state == "finished" for line in lines) == 16


def kill_a_trial(driver: "subprocess.Popen[str]", trials: Path) -> None:
    """Kills a process that trains; again, four trials later, where it had just come to the end of its own."""
    killed_at = -4
    while driver.poll() is None:
        lines = ledger.read(trials).trials
        if any(line.state == "failed" for line in lines):
            return
        if len(lines) >= killed_at + 4 and (worker := next(training(driver.pid), None)):
            os.kill(worker, signal.SIGKILL)
            killed_at = len(lines)
        time.sleep(0.05)  # a trial takes a second


def training(session: int) -> Iterator[int]:
    """The session's processes that train."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.getsid(int(entry.name)) == session and "Trainable" in (entry / "cmdline").read_text():
                    yield int(entry.name)
            except (ProcessLookupError, FileNotFoundError):
                continue


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the heartbeat takes for seconds; and no actor is ended."""
    now = [0.0]
    monkeypatch.setattr("search.heartbeat.time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr("search.heartbeat.ray", SimpleNamespace(kill=lambda _: None))
    return now


def one_running(heartbeat: Heartbeat) -> Any:
    trial: Any = SimpleNamespace(
        trial_id="a", temporary_state=SimpleNamespace(ray_actor=object()), get_pickled_error=lambda: None
    )
    heartbeat.on_trial_start(0, [], trial)
    return trial


def pass_by(heartbeat: Heartbeat, clock: list[float], seconds: float) -> None:
    for _ in range(round(2 * seconds)):
        clock[0] += 0.5
        heartbeat.on_step_begin(0, [])


def test_silence_is_borne_for_as_long_as_epochs_take(clock: list[float]) -> None:
    heartbeat = Heartbeat(small())
    trial = one_running(heartbeat)
    assert heartbeat.limit == FLOOR
    heartbeat.on_trial_result(0, [], trial, {"epoch": 1, "seconds": FLOOR})
    assert heartbeat.limit == PATIENCE * FLOOR
    pass_by(heartbeat, clock, PATIENCE * FLOOR)
    assert not heartbeat.hung
    pass_by(heartbeat, clock, 1)
    assert heartbeat.reason("a") == "hung: no word from the worker for 12000 seconds; it was ended"


def test_before_an_epoch_is_seen_its_cost_says_how_long_it_may_take(clock: list[float]) -> None:
    recipe = small()
    large = replace(recipe, settings=tuple(replace(s, proxy_macs=4 * 10**9) for s in recipe.settings))
    heartbeat = Heartbeat(large)
    one_running(heartbeat)
    assert heartbeat.limit == 3 * 4e9 * 64 / 1e8
    pass_by(heartbeat, clock, 2 * FLOOR)
    assert not heartbeat.hung


def test_a_teacher_and_fine_tuning_take_as_many_epochs_more(clock: list[float]) -> None:
    recipe = small()
    training = replace(recipe.training, teacher="resnet18", test_resolution=16, fix_epochs=3)
    heartbeat = Heartbeat(replace(recipe, training=training))
    heartbeat.on_trial_result(0, [], one_running(heartbeat), {"epoch": 1, "seconds": FLOOR})
    assert heartbeat.limit == PATIENCE * FLOOR * (1 + 3 + recipe.fidelity.epochs)


def test_a_driver_that_was_stopped_blames_no_worker(clock: list[float]) -> None:
    heartbeat = Heartbeat(small())
    one_running(heartbeat)
    clock[0] += 1e6
    heartbeat.on_step_begin(0, [])
    assert not heartbeat.hung


def test_a_worker_ended_for_memory_says_so() -> None:
    heartbeat = Heartbeat(small())
    one_running(heartbeat).get_pickled_error = lambda: ray.exceptions.OutOfMemoryError("too much")  # type: ignore[no-untyped-call]
    assert heartbeat.reason("a").startswith("OutOfMemoryError: ")
    assert heartbeat.reason("b") == "the worker process died"


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (OSError(28, "No space left on device"), True),
        (MemoryError(), True),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"), True),
        (
            RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"),
            True,
        ),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ArithmeticError("training loss is nan"), False),
        (AssertionError(), False),
    ],
)
def test_only_what_others_may_have_taken_is_tried_again(error: Exception, passes: bool) -> None:
    assert may_pass(error) is passes
