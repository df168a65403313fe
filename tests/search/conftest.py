"""What more than one file here needs started."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from search.cluster import Cluster, Resources
from search.data import DataSet, load
from tests.search.storages import PROGRAMS, Postgres, postgres


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    if not all(PROGRAMS.values()):
        pytest.skip("no PostgreSQL on this machine to be started")
    with postgres() as made:
        made.start()
        yield made


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without data sets: a working directory, and a home and caches in it, all of them empty."""
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "TORCH_HOME", "KERAS_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.removesuffix("_HOME").lower()))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture(scope="session")
def digits() -> DataSet:
    """The digits in arrays that cannot be written, as Ray's shared memory hands them out."""
    made = load("digits")
    for array in (made.train.pixels, made.train.labels, made.test.pixels, made.test.labels):
        array.setflags(write=False)
    return made


@pytest.fixture
def without_ray(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to stand in, and a Ray that starts at once and trains nothing."""

    @contextmanager
    def cluster(*_: object) -> Iterator[Cluster]:
        yield Cluster(tmp_path, Resources())

    monkeypatch.setattr("search.cluster.cluster", cluster)
    monkeypatch.setattr("search.study.execute", lambda *_: None)
    monkeypatch.chdir(tmp_path)
    return tmp_path
