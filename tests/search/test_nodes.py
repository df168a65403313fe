"""A cluster of two nodes, on this machine: both train, and the run outlives one of them."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import ray
from ray.cluster_utils import Cluster

from analysis import ledger
from analysis.record import Run
from search.cluster import Resources, cluster
from search.data import DataSet, load
from search.jobs import Event, config, jobs
from search.source import Listed
from search.study import execute
from search.trainable import ProxyTrainable
from tests.search.storages import until
from tests.search.test_faults import small

pytestmark = pytest.mark.ray

SEEDS, TRIALS = 4, 12


@pytest.fixture(scope="module")
def digits() -> DataSet:
    return load("digits")


@pytest.fixture(scope="module")
def nodes() -> Iterator[Cluster]:
    """A head and another node, of one core each; the last test ends one."""
    both = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    both.add_node(num_cpus=1)
    yield both
    both.shutdown()


@pytest.fixture(scope="module")
def alone(digits: DataSet) -> dict[tuple[str, int], dict[str, float]]:
    """What every trial measures without a cluster, in this process."""
    recipe, measured = small(SEEDS), {}
    worker = ProxyTrainable.__new__(ProxyTrainable)
    for job in jobs(recipe):
        worker.setup(config(job), digits, recipe, "cpu")
        while not (result := worker.step()).get("done"):
            pass
        measured[job.setting.setting, job.replicate] = result["outcome"].metrics
    return measured


def table(run: Run) -> dict[tuple[str, int], dict[str, float]]:
    """Of the ledger's finished trials, each once."""
    lines = [line for line in ledger.read(run.folder / "trials.jsonl").trials if line.state == "finished"]
    found = {(line.setting, line.replicate): dict(line.metrics) for line in lines}
    assert len(found) == len(lines)
    return found


def on_two(signs: Path, doomed: str = "") -> type[ProxyTrainable]:
    """The trainable; nodes wait for each other to begin, and half-way all wait for the doomed one's end."""

    class OnTwo(ProxyTrainable):
        def _epoch(self) -> dict[str, Any]:
            node = ray.get_runtime_context().get_node_id()
            (signs / f"node {node}").touch()
            until(lambda: len(list(signs.glob("node *"))) == 2)
            if self.trainer and doomed and (signs / "half-way").exists():
                if node == doomed:
                    (signs / "training").touch()
                    time.sleep(600)  # it dies here; left to go on, it might end its trial before it does
                until((signs / "ended").exists)
            return super()._epoch()

    return OnTwo


def executed(
    run: Run, data: DataSet, nodes: Cluster, trainable: type[ProxyTrainable], watch: Callable[[Event], None]
) -> None:
    """The run, in the cluster joined by its address."""
    with pytest.MonkeyPatch.context() as patch, cluster(Resources(address=nodes.address), 0) as there:
        patch.setattr("search.study.ProxyTrainable", trainable)
        execute(run, Listed(run), data, there, watch)


def test_two_nodes_come_to_what_one_process_does(
    nodes: Cluster, tmp_path: Path, digits: DataSet, alone: dict[tuple[str, int], dict[str, float]]
) -> None:
    run = Run.create(tmp_path / "run", small(SEEDS))
    executed(run, digits, nodes, on_two(tmp_path), lambda _: None)
    assert len(list(tmp_path.glob("node *"))) == 2
    assert table(run) == alone
    assert list(run.trials()["state"]) == ["finished"] * TRIALS


def test_a_run_outlives_a_node(
    nodes: Cluster, tmp_path: Path, digits: DataSet, alone: dict[tuple[str, int], dict[str, float]]
) -> None:
    """It loses what trained there, which is a line with its reason, and is tried again."""
    run = Run.create(tmp_path / "run", small(SEEDS))
    events: Counter[str] = Counter()
    (doomed,) = nodes.worker_nodes

    def watch(event: Event) -> None:
        events[event.kind] += 1
        if events["finished"] == TRIALS // 2:
            (tmp_path / "half-way").touch()

    def end() -> None:
        until((tmp_path / "training").exists)
        nodes.remove_node(doomed, allow_graceful=False)  # SIGKILL
        (tmp_path / "ended").touch()

    Thread(target=end, daemon=True).start()
    executed(run, digits, nodes, on_two(tmp_path, doomed.node_id), watch)
    lines = ledger.read(run.folder / "trials.jsonl").trials
    (lost,) = [line for line in lines if line.state == "failed"]
    assert (lost.reason, lost.attempt) == ("the worker process died", 1)
    assert [line.attempt for line in lines if line.key == lost.key] == [1, 2]
    assert (events["finished"], events["again"], events["failed"]) == (TRIALS, 1, 0)
    assert table(run) == alone
    assert list(run.trials()["state"]) == ["finished"] * TRIALS
