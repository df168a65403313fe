"""Columns of numbers, one for each place of a class and with a value for each instance, said with few parameters."""

from collections.abc import Sequence
from itertools import permutations

from space.python.text import Number

Column = tuple[Number, ...]

ORDER = ("channels", "width", "out", "kernel", "stride", "padding", "number")
"""Names of parameters in the order in which a class takes them."""


class Columns:
    """The parameters of a class; `reads` and `makes` are the channels of each instance's input and output."""

    def __init__(self, reads: Column, makes: Column) -> None:
        self.reads, self.makes = reads, makes
        self._known: dict[tuple[str, Column], str] = {}

    @property
    def parameters(self) -> list[str]:
        return sorted(self._known.values(), key=lambda name: (ORDER.index(name.rstrip("0123456789")), name))

    @property
    def arguments(self) -> list[Column]:
        """Of each instance, in the order of the parameters; none where there are no parameters."""
        columns = {name: column for (_, column), name in self._known.items()}
        return list(zip(*(columns[name] for name in self.parameters), strict=True)) or [()] * len(self.reads)

    def expressions(self, columns: Sequence[tuple[str, Column]], inner: Sequence[bool]) -> list[str]:
        """For each column, given with its kind: a number, a parameter, or what parameters amount to.

        Small numbers come first, so that larger ones are their multiples; then what is `inner`, for scopes within; and
        paddings last, as halves of kernels.
        """
        order = sorted(range(len(columns)), key=lambda i: (columns[i][0] == "padding", inner[i], columns[i][1][0], i))
        found = {i: self._expression(*columns[i]) for i in order}
        return [found[i] for i in range(len(columns))]

    def _expression(self, kind: str, column: Column) -> str:
        if len(set(column)) == 1:
            return str(column[0])
        if (kind, column) in self._known:
            return self._known[kind, column]
        related = (_related(kind, column, *known, name) for known, name in self._known.items())
        said = next(filter(None, related), "") or self._sum(kind, column)
        return said or self._known.setdefault((kind, column), self._new(kind, column))

    def _sum(self, kind: str, column: Column) -> str:
        """The column as a parameter and once or twice another; of fewer than three instances that would be chance."""
        if kind != "channels" or len(set(column)) < 3:
            return ""
        known = [(values, name) for (other, values), name in self._known.items() if other == kind]
        for (ones, one), (others, other) in permutations(known, 2):
            for factor, said in ((1, other), (2, f"2 * {other}")):
                if all(a == b + factor * c for a, b, c in zip(column, ones, others, strict=True)):
                    return f"{one} + {said}"
        return ""

    def _new(self, kind: str, column: Column) -> str:
        """A name that says what the numbers are, and is not taken."""
        if kind == "channels":
            kind = "channels" if column == self.reads else "out" if column == self.makes else "width"
        taken = {*self._known.values()}
        numbered = (f"{kind}{n}" for n in range(2, len(taken) + 3))
        return next(name for name in (kind, *numbered) if name not in taken)


def _related(kind: str, column: Column, other: str, values: Column, name: str) -> str:
    """The column as a multiple or a part of a parameter: channels of channels, and half a kernel as its padding."""
    if (kind, other) == ("padding", "kernel") and all(a == b // 2 for a, b in zip(column, values, strict=True)):
        return f"{name} // 2"
    if kind == other == "channels" and values[0] and column[0]:
        factor = int(column[0] // values[0])
        if factor > 1 and all(a == factor * b for a, b in zip(column, values, strict=True)):
            return f"{factor} * {name}"
        part = int(values[0] // column[0])
        if part > 1 and all(a * part == b for a, b in zip(column, values, strict=True)):
            return f"{name} // {part}"
    return ""
