"""Columns of numbers, one for each place of a class and with a value for each instance, said with few parameters."""

from collections.abc import Mapping, Sequence
from itertools import permutations

from space.python.text import Number

Column = tuple[Number, ...]
Terms = tuple[int, ...]
"""Places of columns whose sum is a column."""

READS = -1
"""The place of the channels that a class reads."""

ORDER = ("channels", "width", "out", "kernel", "stride", "padding", "number")
"""Names of parameters in the order in which a class takes them."""


class Columns:
    """The parameters of a class; `reads` and `makes` are the channels of each instance's input and output."""

    def __init__(self, reads: Column, makes: Column) -> None:
        self.reads, self.makes = reads, makes
        self._known: dict[tuple[str, Column], str] = {}

    @property
    def parameters(self) -> list[str]:
        return sorted(self._known.values(), key=_place)

    @property
    def arguments(self) -> list[Column]:
        """Of each instance, in the order of the parameters; none where there are no parameters."""
        columns = {name: column for (_, column), name in self._known.items()}
        return list(zip(*(columns[name] for name in self.parameters), strict=True)) or [()] * len(self.reads)

    def expressions(
        self, columns: Sequence[tuple[str, Column]], inner: Sequence[bool], sums: Mapping[int, Terms]
    ) -> list[str]:
        """For each column, given with its kind: a number, a parameter, or what parameters amount to.

        Small numbers come first, so that larger ones are their multiples; then what is `inner`, for scopes within; and
        paddings last, as halves of kernels. A column that concatenates others, as `sums` says, is the sum of these.
        """
        order = sorted(range(len(columns)), key=lambda i: (columns[i][0] == "padding", inner[i], columns[i][1][0], i))
        found: dict[int, str] = {}
        for i in order:
            parts = [self._read() if j == READS else found.get(j, "") for j in sums.get(i, ())]
            found[i] = self._expression(*columns[i], _added(parts))
        return [found[i] for i in range(len(columns))]

    def _read(self) -> str:
        """The channels that are read, if parameters say them."""
        if len(set(self.reads)) == 1:
            return str(self.reads[0])
        return self._known.get(("channels", self.reads)) or self._multiple("channels", self.reads)

    def _expression(self, kind: str, column: Column, added: str) -> str:
        if len(set(column)) == 1:
            return str(column[0])
        if (kind, column) in self._known:
            return self._known[kind, column]
        said = self._multiple(kind, column) or added or self._sum(kind, column)
        return said or self._known.setdefault((kind, column), self._new(kind, column))

    def _multiple(self, kind: str, column: Column) -> str:
        related = (_related(kind, column, *known, name) for known, name in self._known.items())
        return next(filter(None, related), "")

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


def _added(parts: Sequence[str]) -> str:
    """The sum of expressions, each parameter in it once; nothing where one of them is unknown or a fraction."""
    factors: dict[str, int] = {}
    if not parts or not all(parts) or any("//" in part for part in parts):
        return ""
    for term in " + ".join(parts).split(" + "):
        *factor, name = term.split(" * ")
        number = int(name) if name.isdigit() else int(factor[0]) if factor else 1
        key = "" if name.isdigit() else name
        factors[key] = factors.get(key, 0) + number
    names = sorted(filter(None, factors), key=_place)
    terms = [name if factors[name] == 1 else f"{factors[name]} * {name}" for name in names]
    return " + ".join([*terms, *([str(factors[""])] if "" in factors else [])])


def _place(name: str) -> tuple[int, int]:
    """Of a parameter, by what it is and its number."""
    bare = name.rstrip("0123456789")
    return ORDER.index(bare), int(name[len(bare) :] or 1)


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
