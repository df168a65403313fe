"""A storage holds what the run's study does, whatever happens to either; and no storage can harm the run."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from copy import deepcopy
from pathlib import Path
from typing import Any

import optuna
import pytest
from hypothesis import given, strategies as st
from optuna.distributions import FloatDistribution
from optuna.storages import InMemoryStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from search.errors import UsageError
from search.mirror import KEY, LEFT, Mirror, StoredStudy
from search.storage import opened, resolved
from tests.search.storages import PASSWORD, Postgres, dashboard, listed, until

MINIMIZE = (StudyDirection.MINIMIZE,)
SPACE = {"lr": FloatDistribution(0.01, 1.0, log=True)}
STATES = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)

optuna.logging.set_verbosity(optuna.logging.WARNING)


class Source:
    """A run's study in memory, and what a searcher does with it."""

    def __init__(self) -> None:
        self.study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
        self.asked: list[optuna.Trial] = []

    def ask(self) -> None:
        self.asked.append(self.study.ask(SPACE))

    def report(self, number: int) -> None:
        if not self.trial(number).state.is_finished():
            self.asked[number].report(random.random(), len(self.trial(number).intermediate_values) + 1)

    def tell(self, number: int, state: TrialState) -> None:
        if not self.trial(number).state.is_finished():
            self.asked[number].set_user_attr("seconds", 1.5)
            self.study.tell(self.asked[number], 0.25 if state == TrialState.COMPLETE else None, state=state)

    def trial(self, number: int) -> FrozenTrial:
        return self.study.get_trials(deepcopy=False)[number]


class Flaky(InMemoryStorage):
    """Loses a call, or its answer, when told to; counts all."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0
        self.fails: str | None = None

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if not name.startswith(("create_new_trial", "set_trial", "get_all")):
            return found

        def call(*args: Any, **options: Any) -> Any:
            self.calls += 1
            fails, self.fails = self.fails, None
            if fails == "call":
                raise OSError("lost the call")
            answer = found(*args, **options)
            if fails == "answer":
                raise OSError("lost the answer")
            return answer

        return call


def content(trial: FrozenTrial) -> tuple[Any, ...]:
    attributes = {name: value for name, value in trial.user_attrs.items() if name != KEY}
    return trial.state, trial.values, trial.params, trial.distributions, trial.intermediate_values, attributes


NUMBERS = st.integers(0, 3)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["report", "write", "write"]), NUMBERS),
        st.tuples(st.just("tell"), NUMBERS, st.sampled_from(STATES)),
        st.tuples(st.sampled_from(["ask", "restart"])),
        st.tuples(st.just("fail"), st.sampled_from(["call", "answer"])),
    ),
    min_size=20,
    max_size=60,
)


@given(STEPS)
def test_a_storage_ends_with_the_trials_of_the_study(steps: list[tuple[Any, ...]]) -> None:
    """Whatever is written when and how often, by however many drivers, and whichever calls or answers are lost."""
    source, storage = Source(), Flaky()
    stored = StoredStudy(storage, "run", MINIMIZE)

    def write(number: int) -> None:
        with contextlib.suppress(OSError):
            stored.write(str(number), deepcopy(source.trial(number)))

    for what, *words in [("ask",), *steps, ("fail", None)]:
        if what == "ask":
            source.ask()
        elif what == "restart":
            stored = StoredStudy(storage, "run", MINIMIZE)
        elif what == "fail":
            storage.fails = words[0]
        else:
            number = words.pop(0) % len(source.asked)
            write(number) if what == "write" else getattr(source, what)(number, *words)
    for number in (*range(len(source.asked)), *range(len(source.asked))):
        write(number)
    there = {trial.user_attrs[KEY]: content(trial) for trial in storage.get_all_trials(stored.id)}
    assert len(storage.get_all_trials(stored.id)) == len(source.asked)
    assert there == {str(number): content(source.trial(number)) for number in range(len(source.asked))}


def test_a_trial_costs_as_much_among_a_thousand() -> None:
    source, storage = Source(), Flaky()
    stored = StoredStudy(storage, "run", MINIMIZE)
    calls = []
    for number in range(1_000):
        before = storage.calls
        source.ask()
        stored.write(str(number), deepcopy(source.trial(number)))
        source.report(number)
        stored.write(str(number), deepcopy(source.trial(number)))
        source.tell(number, TrialState.COMPLETE)
        stored.write(str(number), deepcopy(source.trial(number)))
        calls.append(storage.calls - before)
    assert calls == [5, *[4] * 999]  # made, a value, an attribute, its end; and the first time all are read


def test_a_trial_that_is_tried_again_under_its_key_is_another() -> None:
    source, storage = Source(), InMemoryStorage()
    stored = StoredStudy(storage, "run", MINIMIZE)
    source.ask()
    stored.write("a", source.trial(0))
    stored.fail_running()
    source.report(0)
    stored.write("a", source.trial(0))
    failed, running = storage.get_all_trials(stored.id)
    assert (failed.state, failed.user_attrs["reason"], failed.intermediate_values) == (TrialState.FAIL, LEFT, {})
    assert content(running) == content(source.trial(0))


@pytest.fixture(params=["sqlite", "journal", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty storage of each kind; PostgreSQL's keeps the studies of other tests."""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("server")
        return server.url
    return f"sqlite:///{tmp_path / 'x.db'}" if request.param == "sqlite" else str(tmp_path / "x.log")


def held(url: str, name: str) -> list[FrozenTrial]:
    with opened(resolved(url)) as storage:
        return storage.get_all_trials(storage.get_study_id_from_name(name))


def test_the_dashboard_lists_a_run_while_it_runs(url: str) -> None:
    source = Source()
    mirror = Mirror(url, "live", MINIMIZE, ["validation loss"])
    for number, state in enumerate((None, *STATES)):
        source.ask()
        mirror.sync(source.trial(number), str(number))
        until(lambda: not mirror._tasks)
        for _ in range(2):
            source.report(number)
            mirror.sync(source.trial(number), str(number))
        if state:
            source.tell(number, state)
            mirror.sync(source.trial(number), str(number))
    with dashboard(url) as ask:
        words = ["Running", "Complete", "Pruned", "Fail"]
        until(lambda: [trial["state"] for trial in listed(ask, "live")] == words)
        for number, trial in enumerate(listed(ask, "live")):
            steps = {value["step"]: value["value"] for value in trial["intermediate_values"]}
            assert steps == source.trial(number).intermediate_values
        assert listed(ask, "live")[1]["values"] == [0.25]
        source.report(0)
        mirror.sync(source.trial(0), "0")
        until(lambda: len(listed(ask, "live")[0]["intermediate_values"]) == 3)
        assert (mirror.close(), mirror.notice) == (0, None)
        until(lambda: [trial["state"] for trial in listed(ask, "live")] == ["Fail", *words[1:]])


DRIVER = """
import sys, time, optuna
from search.mirror import Mirror
from tests.search.test_mirror import MINIMIZE, Source

source, mirror = Source(), Mirror(sys.argv[1], "killed", MINIMIZE)
for number in range(3):
    source.ask()
    source.report(number)
    mirror.sync(source.trial(number), str(number))
source.tell(0, optuna.trial.TrialState.COMPLETE)
mirror.sync(source.trial(0), "0")
while mirror._tasks:
    time.sleep(0.01)
print("written", flush=True)
time.sleep(60)
"""


def test_a_killed_drivers_trials_are_known_again(url: str) -> None:
    """The one that the ledger has finished meanwhile goes on where it is; of the others nothing is left running."""
    with subprocess.Popen([sys.executable, "-c", DRIVER, url], stdout=subprocess.PIPE, text=True) as driver:
        assert driver.stdout
        assert driver.stdout.readline() == "written\n"
        os.kill(driver.pid, signal.SIGKILL)
    source = Source()
    for number in range(3):
        source.ask()
        source.report(number)
    for number in range(2):
        source.tell(number, TrialState.COMPLETE)
    mirror = Mirror(url, "killed", MINIMIZE, finished={str(number): source.trial(number) for number in range(2)})
    mirror.sync(source.trial(2), "2")
    source.tell(2, TrialState.PRUNED)
    mirror.sync(source.trial(2), "2")
    assert mirror.close() == 0
    done, fail, pruned = TrialState.COMPLETE, TrialState.FAIL, TrialState.PRUNED
    assert [(t.user_attrs[KEY], t.state) for t in held(url, "killed")] == [
        ("0", done), ("1", done), ("2", fail), ("2", pruned)
    ]  # fmt: skip


def test_a_server_that_goes_away_delays_nobody_and_is_caught_up_with(
    server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.mirror.RETRY", 0.1)
    source, mirror = Source(), Mirror(server.url, "away", MINIMIZE)
    source.ask()
    mirror.sync(source.trial(0), "0")
    until(lambda: not mirror._tasks)
    server.stop()
    began = time.monotonic()
    for number in range(1, 50):
        source.ask()
        source.report(number - 1)
        source.tell(number - 1, TrialState.COMPLETE)
        mirror.sync(source.trial(number - 1), str(number - 1))
        mirror.sync(source.trial(number), str(number))
    assert time.monotonic() - began < 10
    until(lambda: mirror.notice)
    first = str(mirror.notice)
    assert first.startswith("--storage: 'postgresql://explorer:***@127.0.0.1:")
    assert first.endswith("training goes on, and they are tried again")
    assert PASSWORD not in first
    server.start()
    until(lambda: not mirror._tasks)
    assert (mirror.close(), mirror.notice) == (0, first)
    there = {trial.user_attrs[KEY]: content(trial) for trial in held(server.url, "away")}
    assert there.pop("49")[0] == TrialState.FAIL  # it was running when the mirror was closed
    assert there == {str(number): content(source.trial(number)) for number in range(49)}


def test_what_a_server_lacks_when_the_run_is_over_is_counted(server: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.mirror.LAST", 1.0)
    source, mirror = Source(), Mirror(server.url, "over", MINIMIZE)
    server.stop()
    for number in range(3):
        source.ask()
        mirror.sync(source.trial(number), str(number))
    assert mirror.close() == 3
    server.start()


def test_a_storage_that_hangs_holds_up_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.mirror.LAST", 0.2)
    monkeypatch.setattr(StoredStudy, "fail_running", lambda *_: time.sleep(3))
    source = Source()
    source.ask()
    mirror = Mirror(f"sqlite:///{tmp_path / 'x.db'}", "run", MINIMIZE)
    monkeypatch.setattr("search.mirror.ANSWER", 0.2)
    until(lambda: mirror.sync(source.trial(0), "0") or mirror.notice)
    assert "does not take the run's trials (nothing for 0.2 seconds)" in str(mirror.notice)
    assert mirror.close() == 1


def test_one_trial_that_is_refused_keeps_out_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.mirror.RETRY", 0.01)
    source, mirror = Source(), Mirror(f"sqlite:///{tmp_path / 'x.db'}", "run", MINIMIZE)
    for number in range(3):
        source.ask()
        if number == 1:
            source.asked[1].set_user_attr("unwritable", object())
        mirror.sync(source.trial(number), str(number))
    until(lambda: len(mirror._tasks) == 1)
    assert mirror.close() == 1
    assert "not JSON serializable" in str(mirror.notice)
    assert [trial.user_attrs[KEY] for trial in held(mirror.url, "run")] == ["0", "2"]


def test_a_study_of_that_name_with_other_directions_is_refused(url: str) -> None:
    Mirror(url, "other", MINIMIZE).close()
    with pytest.raises(UsageError, match="holds a study 'other' to minimize, and this run's is to minimize, maximize"):
        Mirror(url, "other", (StudyDirection.MINIMIZE, StudyDirection.MAXIMIZE))
