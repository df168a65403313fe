"""Failures by reason stay few lines, and none is lost."""

from dataclasses import replace

from hypothesis import given, strategies as st

from analysis.failures import MOST, failures
from tests.analysis.runs import a_recipe, a_trial, failed

RECIPE = a_recipe()
TRIAL = a_trial(RECIPE, 1, 2)


def test_reasons_that_differ_in_numbers_are_one_and_the_most_common_is_first() -> None:
    reasons = ["worker 17 died", *(f"out of memory: {ord(end)} MB at 0x7f{end}" for end in "abcde"), "worker 3 died"]
    found = failures(failed(TRIAL, reason) for reason in reasons)
    assert [(kind.reason, kind.count) for kind in found.kinds] == [
        ("out of memory: 97 MB at 0x7fa", 5),
        ("worker 17 died", 2),
    ]
    assert found.kinds[0].example == "2x40d, seed 2"
    assert found.others == ""


@given(st.lists(st.text(max_size=5) | st.none(), max_size=60))
def test_every_failure_is_counted(reasons: list[str | None]) -> None:
    trials = [replace(TRIAL, state="failed", reason=reason) for reason in reasons]
    found = failures([TRIAL, *trials])
    counted = sum(kind.count for kind in found.kinds)
    left = int(found.others.split()[0]) if found.others else 0
    assert counted + left == len(reasons)
    assert len(found.kinds) <= MOST
    assert all(kind.reason for kind in found.kinds)


def test_many_different_reasons_are_cut_with_a_word_on_the_rest() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    found = failures(failed(TRIAL, letter) for letter in letters)
    assert len(found.kinds) == MOST == 20
    assert found.others == "6 trials more failed for 6 other reasons."


def test_a_failure_without_a_reason_is_one() -> None:
    (kind,) = failures([replace(TRIAL, state="failed", reason=None)]).kinds
    assert kind.reason == "not recorded"
