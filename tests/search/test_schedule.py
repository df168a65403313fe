"""Laws of the learning-rate schedules, and their values at named steps."""

import math
from itertools import pairwise
from typing import Literal

import pytest
from hypothesis import given, strategies as st

from analysis.training import Training
from search.schedule import learning_rate

Schedule = Literal["cosine", "one-cycle"]
schedules = st.sampled_from(["cosine", "one-cycle"])  # "step" has laws of its own


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


# Steps and linear scaling


def test_steps_fall_at_their_milestones() -> None:
    """ResNeXt's ImageNet: 0.1 of epochs 0 to 29, 0.01 of 30 to 59, 0.001 of 60 to 89 (Xie et al. 2017)."""
    training = Training(lr=0.1, warmup=0.0, schedule="step")
    rates = [learning_rate(step, 900, training) for step in range(900)]
    assert rates[:300] == [0.1] * 300
    assert rates[300:600] == pytest.approx([0.01] * 300)
    assert rates[600:] == pytest.approx([0.001] * 300)


def test_steps_have_a_factor_and_milestones_of_their_own_and_a_warmup() -> None:
    """Wide ResNet's CIFAR: a fifth at epochs 60, 120 and 160 of 200 (Zagoruyko & Komodakis 2016)."""
    training = Training(lr=0.1, warmup=0.1, schedule="step", milestones=(0.3, 0.6, 0.8), step_factor=0.2)
    assert [learning_rate(step, 200, training) for step in (0, 19, 20, 59, 60, 120, 160, 199)] == pytest.approx(
        [0.1 / 21, 0.1 * 20 / 21, 0.1, 0.1, 0.02, 0.004, 0.0008, 0.0008]
    )


@given(st.sampled_from([32, 256, 1024]), st.integers(0, 99))
def test_the_peak_scales_linearly_with_the_batch(batch: int, step: int) -> None:
    """Goyal et al. 2017: 0.1 for 256 images is 0.4 for 1,024."""
    scaled = Training(lr=0.1, lr_batch=256, batch_size=batch)
    plain = Training(lr=0.1 * batch / 256, batch_size=batch)
    assert learning_rate(step, 100, scaled) == pytest.approx(learning_rate(step, 100, plain))
    assert Training(lr=0.1, batch_size=batch).peak == 0.1


@given(st.integers(1, 300), st.floats(0, 0.3), st.floats(1e-3, 10))
def test_steps_never_rise_after_the_warmup_and_stay_positive(steps: int, warmup: float, lr: float) -> None:
    training = Training(lr=lr, warmup=warmup, schedule="step")
    curve = [learning_rate(step, steps, training) for step in range(steps)][round(warmup * steps) :]
    assert all(0 < b <= a <= lr for a, b in pairwise([lr, *curve]))
