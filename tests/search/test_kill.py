"""Studies that are killed, one the driver alone and one all of it, and given again end as if nothing had happened."""

import pytest

from tests.bench.kill import rehearse

pytestmark = pytest.mark.ray


def test_two_killed_studies_end_as_one_that_was_not() -> None:
    assert rehearse(times=2, seed=1, kills=1, seeds=1) == 0
