"""A study that is killed, driver or all, and given again ends as if nothing had happened; more often in the bench."""

import pytest

from tests.bench.kill import rehearse

pytestmark = pytest.mark.ray


def test_five_killed_studies_end_as_one_that_was_not() -> None:
    assert rehearse(times=5, seed=1, kills=1) == 0
