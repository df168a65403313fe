"""A trial over several GPUs, as Ray hands them out; the two of this cluster are cores that are said to be GPUs."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest
import ray

from analysis.recipe import Recipe
from analysis.record import Run
from search.cluster import Cluster, Resources, cluster
from search.data import DataSet
from search.devices import Kind
from search.jobs import config, jobs
from search.rehearsal import rehearse
from search.source import Listed
from search.study import execute
from search.team import Team
from search.trainable import ProxyTrainable
from tests.search.test_faults import small

pytestmark = pytest.mark.ray


class OnCores(ProxyTrainable):
    """Told of two GPUs, it has two cores."""

    def setup(  # type: ignore[override]
        self, config: dict[str, Any], data: DataSet, recipe: Recipe, device: Kind, processes: int = 1, **more: Any
    ) -> None:
        assert (device, processes) == ("gpu", 2)
        super().setup(config, data, recipe, "cpu", processes, **more)

    def _epoch(self) -> dict[str, Any]:
        reading = super()._epoch()
        assert self.team
        assert len(self.team.peers) == 1
        return reading


@pytest.fixture(scope="module")
def there(digits: DataSet) -> Iterator[Cluster]:
    """Ray with two cores, which are its GPUs, too."""
    start = ray.init
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ray, "init", lambda *words, **more: start(*words, **{**more, "num_cpus": 2, "num_gpus": 2}))
        patch.setattr("search.study.ProxyTrainable", OnCores)
        with cluster(Resources(gpus_per_trial=2), digits.train.pixels.nbytes) as found:
            yield found


def test_a_trial_over_two_gpus_is_what_it_is_on_one(there: Cluster, digits: DataSet, tmp_path: Path) -> None:
    """Each of its processes is in a bundle of its own; trials come one after the other, from the same seeds."""
    assert there.slots == 1
    assert there.bundles(alone=False) == [{"CPU": 1.0, "GPU": 1.0}] * 2
    recipe = small(seeds=1)
    run = Run.create(tmp_path / "run", replace(recipe, settings=recipe.settings[1:2]))
    execute(run, Listed(run), digits, there, lambda _: None)
    worker = ProxyTrainable.__new__(ProxyTrainable)
    for job in jobs(run.recipe):
        worker.setup(config(job), digits, run.recipe, "cpu")
        while not (alone := worker.step()).get("done"):
            pass
        trial = run.finished()[job.key]
        assert trial.metrics["test_loss"] == pytest.approx(alone["outcome"].metrics["test_loss"], rel=1e-3)
        assert trial.metrics["train_loss"] == pytest.approx(alone["outcome"].metrics["train_loss"], rel=1e-3)


def test_workers_time_every_proxy_that_will_be_trained(there: Cluster, digits: DataSet) -> None:
    recipe = small(seeds=1)
    trials = [config(job) for job in jobs(recipe)]
    found = rehearse(trials, recipe, digits, replace(there, resources=Resources(), slots=2))
    assert (len(found.timings), found.workers, found.device) == (len(trials), 2, "cpu")
    assert all(timing.step > 0 for timing in found.timings)
    assert 50_000_000 < found.process < found.memory


def lack_memory() -> NoReturn:
    raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")


def die() -> NoReturn:
    os._exit(1)


def test_the_reason_is_that_of_the_process_that_failed_first(there: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.team.FAREWELL", 600.0)

    works: list[Any] = [ray.remote(work).options(num_cpus=0, max_retries=0).remote() for work in (lack_memory, die)]
    lacking, dead = (Team([], [work]).failure() for work in works)
    assert "CUDA out of memory" in str(lacking)
    assert isinstance(dead, ConnectionError)
