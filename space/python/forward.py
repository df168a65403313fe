"""The body of a class's forward: its lines as statements, few and short, with names reused where values end."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from space import ops
from space.python.classes import Class, Line
from space.python.text import Hole, Ref, Text, is_call

LONG = 64  # characters of an expression that is given a name before it is used
SHORT = 32  # characters of an operand that is written within a sum

TYPED = ("F.", "torch.", "radix_softmax(", "involution(", "sample_conv(")
"""What returns a tensor in the eyes of a type checker; a module returns anything."""

Piece = str | int  # text, or the value of a line


@dataclass(frozen=True)
class Statement:
    """A value's expression; `parts` if it is a split, whose parts are values of their own."""

    value: int
    pieces: tuple[Piece, ...]
    parts: bool = False


def statements(each: Class, stored: Sequence[str]) -> list[Statement]:
    """One for each value that is named; `stored` are expressions of the holes in what is applied, line by line."""
    uses = Counter(i for line in each.lines for i in line.operands) + Counter(each.results)
    pieces: dict[int, tuple[Piece, ...]] = {-1: (-1,)}
    splits: dict[int, int] = {}  # by the value that is split, the value that is its parts
    found: list[Statement] = []
    numbers = iter(stored)
    for i, line in enumerate(each.lines):
        text = _filled(line.applies, [pieces[j] for j in line.operands], numbers)
        if isinstance(line.op, ops.Slice) and str(text[-1]).startswith("|"):
            *text_of_split, which = text
            whole = line.operands[0]
            if whole not in splits:
                splits[whole] = len(each.lines) + i
                found.append(Statement(splits[whole], tuple(text_of_split), parts=True))
            pieces[i] = (splits[whole], f"[{str(which)[1:]}]")
        elif i in each.results or _named(each, i, text, uses):
            found.append(Statement(i, text))
            pieces[i] = (i,)
        else:
            pieces[i] = text
    return found


def _filled(text: Text, operands: Sequence[tuple[Piece, ...]], numbers: Iterable[str]) -> tuple[Piece, ...]:
    """The text with its operands and numbers in it."""
    found: list[Piece] = []
    for piece in text:
        match piece:
            case Ref(place):
                found += operands[place]
            case Hole():
                found.append(next(iter(numbers)))
            case _:
                found.append(piece)
    return tuple(found)


def _named(each: Class, i: int, text: tuple[Piece, ...], uses: Counter[int]) -> bool:
    """Whether a value is given a name, rather than written where it is used."""
    readers = [line for line in each.lines if i in line.operands]
    if uses[i] != 1 or not readers or not each.instances[0].path:  # the network itself: one stage a line
        return True
    line, (reader,) = each.lines[i], readers
    size = sum(len(piece) if isinstance(piece, str) else 2 for piece in text)
    if reader.op is not None and isinstance(reader.op, ops.Slice | ops.Subsample):
        return True
    if len(reader.operands) > 1:
        return size > SHORT or not (line.op is None or is_call(line.op))
    return size > LONG or (isinstance(line.op, ops.Activation) and bool(reader.name)) or _joins(line, size)


def _joins(line: Line, size: int) -> bool:
    """Whether it is of several values, and more than a sum or a short list of them."""
    short = isinstance(line.op, ops.Add) or (isinstance(line.op, ops.Concat) and size <= SHORT)
    return len(line.operands) > 1 and not short


def written(each: Class, stored: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of a name and an expression; the last name is `return`, or `result` where its type is to be said."""
    body = statements(each, stored)
    last = {piece: k for k, one in enumerate(body) for piece in one.pieces if isinstance(piece, int)}
    several = len(each.results) > 1
    last |= dict.fromkeys(each.results, len(body)) if several else {}
    names: dict[int, str] = {-1: "x"}
    free = _names(body, last)
    lines: list[tuple[str, str]] = []
    for k, one in enumerate(body):
        text = "".join(piece if isinstance(piece, str) else names[piece] for piece in one.pieces)
        ending = [piece for piece in one.pieces if isinstance(piece, int) and last[piece] == k]
        alive = {names[value] for value in names if last.get(value, -1) > k}
        if k == len(body) - 1 and not several:
            lines.append(("return" if text.startswith(TYPED) else "result", text))
            continue
        names[one.value] = _name(one, [names[value] for value in ending], alive, free)
        lines.append((names[one.value], text))
    return [*lines, ("return", ", ".join(names[i] for i in each.results))] if several else lines


def _names(body: Sequence[Statement], last: dict[int, int]) -> list[str]:
    """Names for values: three letters, or numbers where more are alive at a time."""
    alive = max((sum(1 for one in body[:k] if last.get(one.value, -1) >= k) for k in range(len(body))), default=0)
    return ["x", "y", "z"] if alive <= 2 else [f"y{n}" for n in range(1, len(body) + 1)]


def _name(one: Statement, ending: Sequence[str], alive: set[str], free: Sequence[str]) -> str:
    if one.parts:
        return next(name for name in ("parts", *(f"parts{n}" for n in range(2, 99))) if name not in alive)
    candidates = [*(name for name in ending if not name.startswith("parts")), *free] if len(free) == 3 else free
    return next(name for name in (*candidates, *(f"y{n}" for n in range(1, 999))) if name not in alive)
