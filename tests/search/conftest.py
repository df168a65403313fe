"""What more than one file here needs started."""

from collections.abc import Iterator

import pytest

from tests.search.storages import PROGRAMS, Postgres, postgres


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    if not all(PROGRAMS.values()):
        pytest.skip("no PostgreSQL on this machine to be started")
    with postgres() as made:
        made.start()
        yield made
