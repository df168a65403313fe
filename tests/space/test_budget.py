"""A budget means the integers that are written."""

from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from space import SpaceError
from space.budget import LARGEST, budget, limit

FACTORS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}


@given(st.integers(1, 10**6), st.integers(0, 99), st.sampled_from(sorted(FACTORS)))
def test_both_ends_are_included_to_the_last_unit(whole: int, hundredths: int, factor: str) -> None:
    written = f"{whole}.{hundredths:02}"
    amount = Fraction(written) * FACTORS[factor]
    below, above = limit(f"<={written}{factor}params", 0.01), limit(f">={written}{factor}params", 0.01)
    around = limit(f"{written}{factor}params", 0.01)
    assert below.high <= amount < below.high + 1
    assert above.low - 1 < amount <= above.low
    assert above.high == LARGEST
    assert around.low - 1 < amount * Fraction("0.99") <= around.low
    assert around.high <= amount * Fraction("1.01") < around.high + 1


@pytest.mark.parametrize("text", ["1e999999999", "0", "1e-9", "1e30", "9" * 39])
def test_absurd_amounts_are_refused_at_once(text: str) -> None:
    with pytest.raises(SpaceError, match=r"above zero and up to 1e18|is no budget"):
        limit(text, 0.01)


def test_the_usual_amounts() -> None:
    assert budget("4GFLOPs").macs == budget("4e9").macs == budget("4.0 GMACs").macs == 4 * 10**9
    assert (limit("<=2.01Mparams", 0).high, limit(">=1.07Gparams", 0).low) == (2_010_000, 1_070_000_000)
