"""A study that is killed, driver or all, and given again ends as if nothing had happened; more often in the bench."""

from tests.bench.kill import rehearse


def test_five_killed_studies_end_as_one_that_was_not() -> None:
    assert rehearse(times=5, seed=1, kills=1) == 0
