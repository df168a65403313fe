"""Laws of the learning-rate schedules, and their values at named steps."""

import math
from itertools import pairwise
from typing import Literal, get_type_hints

import pytest
from hypothesis import given, strategies as st

from analysis.training import Training
from search.schedule import learning_rate

Schedule = Literal["cosine", "one-cycle"]
schedules = st.sampled_from(get_type_hints(Training)["schedule"].__args__)


def rates(steps: int, schedule: Schedule, warmup: float, lr: float = 1.0) -> list[float]:
    training = Training(lr=lr, warmup=warmup, schedule=schedule)
    return [learning_rate(step, steps, training) for step in range(steps)]


@given(schedules, st.integers(1, 300), st.floats(0, 1), st.floats(1e-3, 10))
def test_rates_are_positive_and_at_most_the_peak(schedule: Schedule, steps: int, warmup: float, lr: float) -> None:
    assert all(0 < rate <= lr for rate in rates(steps, schedule, warmup, lr))


@given(schedules, st.integers(1, 300), st.floats(0, 0.9))
def test_rates_rise_to_one_peak_and_fall(schedule: Schedule, steps: int, warmup: float) -> None:
    curve = rates(steps, schedule, warmup)
    peak = curve.index(max(curve))
    assert all(a < b for a, b in pairwise(curve[: peak + 1]))
    assert all(a > b for a, b in pairwise(curve[peak:]))


@given(schedules, st.integers(10, 300), st.floats(0, 0.9), st.floats(1e-3, 10))
def test_rates_scale_with_the_peak(schedule: Schedule, steps: int, warmup: float, lr: float) -> None:
    assert rates(steps, schedule, warmup, lr) == pytest.approx([lr * rate for rate in rates(steps, schedule, warmup)])


@pytest.mark.parametrize(
    ("schedule", "step", "rate"),
    [
        ("cosine", 0, 1 / 21),
        ("cosine", 19, 20 / 21),
        ("cosine", 20, 1.0),
        ("cosine", 60, 0.5),
        ("cosine", 99, (1 - math.cos(math.pi / 80)) / 2),
        ("one-cycle", 0, 1 / 21),
        ("one-cycle", 20, 1.0),
        ("one-cycle", 60, 0.5),
        ("one-cycle", 99, 1 / 80),
    ],
)
def test_rates_at_named_steps_of_a_hundred_with_a_fifth_of_warmup(schedule: Schedule, step: int, rate: float) -> None:
    assert rates(100, schedule, 0.2)[step] == pytest.approx(rate, rel=1e-9)


def test_without_warmup_the_first_step_is_the_peak() -> None:
    assert rates(10, "cosine", 0.0, lr=0.3)[0] == 0.3
