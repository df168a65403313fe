"""The numbers a field may hold, said once in its annotation: `lr: Annotated[float, Bounds(above=0)]`."""

import math
from dataclasses import dataclass
from functools import cache
from typing import Annotated, TypeAlias, get_type_hints

from analysis.plain import Kind, PlainError, shown


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """A range of finite numbers, whole ones of 64 bits; `above` and `below` are not in it themselves."""

    least: float | None = None
    above: float | None = None
    most: float | None = None
    below: float | None = None

    def holds(self, number: float) -> bool:
        """Whether the number is within, and is one."""
        return (
            (abs(number) <= _LARGEST if isinstance(number, int) else math.isfinite(number))
            and (self.least is None or number >= self.least)
            and (self.above is None or number > self.above)
            and (self.most is None or number <= self.most)
            and (self.below is None or number < self.below)
        )

    def __str__(self) -> str:
        """As in `write a number of at least 0 and below 1`."""
        ends = (("of at least", self.least), ("above", self.above), ("at most", self.most), ("below", self.below))
        return " and ".join(f"{words} {end:g}" for words, end in ends if end is not None)


_LARGEST = 2**63 - 1
Count: TypeAlias = Annotated[int, Bounds(least=1)]


def check(value: object) -> None:
    """Every bounded field of a dataclass is within its bounds; `PlainError` names the field that is not."""
    kind: Kind = type(value)
    for name, bounds in _bounded(kind):
        number = getattr(value, name)
        if not bounds.holds(number):
            written = f"{number:g}" if isinstance(number, float) else shown(number)
            right = "of 64 bits" if isinstance(number, int) and abs(number) > _LARGEST else str(bounds)
            raise PlainError(f"{name}: {written} is not possible; write a number {right}")


@cache
def _bounded(kind: Kind) -> tuple[tuple[str, Bounds], ...]:
    hints = get_type_hints(kind, include_extras=True).items()
    return tuple((name, b) for name, hint in hints for b in getattr(hint, "__metadata__", ()) if isinstance(b, Bounds))
