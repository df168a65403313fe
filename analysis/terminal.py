"""Text as a terminal shows it: measured in its cells, where some characters take two, cut, filled and in columns."""

from collections.abc import Sequence

from rich.cells import cell_len, chop_cells, set_cell_size

from analysis.words import shown

LEAST = 6  # cells that are left of a name


def cut(text: str, most: int) -> str:
    """At most so many cells, with an ellipsis where there were more."""
    return text if cell_len(text) <= most else f"{set_cell_size(text, max(0, most - 1)).rstrip()}…"


def filled(text: str, width: int, *, most: int | None = None, indent: str = "") -> str:
    """Lines of at most `width` cells, `most` of them; all but the first are indented. What is no text is shown."""
    lines = [""]
    words = (part for word in shown(text).split() for part in chop_cells(word, width - len(indent)) or [word])
    for word in words:
        if lines[-1].strip() and cell_len(lines[-1]) + 1 + cell_len(word) > width:
            lines.append(indent)
        lines[-1] += f" {word}" if lines[-1].strip() else word
    if most and len(lines) > most:
        lines[most - 1 :] = [cut(f"{lines[most - 1]} {lines[most].strip()}", width)]
    return "\n".join(lines)


def columns(rows: Sequence[Sequence[str]], width: int | None = None) -> str:
    """Aligned: the first to the left, the others to the right; at most `width` cells.

    Where that is too little, the words of the heading stand below each other, and what is longest of the first column
    is cut.
    """
    (head, *body) = ([shown(cell) for cell in row] for row in rows)
    sizes = [max(map(cell_len, column)) for column in zip(head, *body, strict=True)]
    if width is None or _total(sizes) <= width:
        return _drawn([head, *body], sizes, width)
    sizes = [max(map(cell_len, column)) for column in zip(map(_longest, head), *body, strict=True)]
    sizes[0] = min(sizes[0], max(LEAST, width - _total([0, *sizes[1:]])))
    stacked = [
        filled(name, max(size, cell_len(_longest(name)))).split("\n") for name, size in zip(head, sizes, strict=True)
    ]
    height = max(map(len, stacked))
    heads = zip(*([""] * (height - len(lines)) + lines for lines in stacked), strict=True)
    return _drawn([*heads, *body], sizes, width)


def _total(sizes: Sequence[int]) -> int:
    return sum(sizes) + 2 * (len(sizes) - 1)


def _longest(title: str) -> str:
    return max(title.split(), key=cell_len, default="")


def _drawn(rows: Sequence[Sequence[str]], sizes: Sequence[int], width: int | None) -> str:
    lines = [
        "  ".join([set_cell_size(cut(name, sizes[0]), sizes[0]), *map(_to_the_right, cells, sizes[1:])])
        for name, *cells in rows
    ]
    return "\n".join((line if width is None else cut(line, width)).rstrip() for line in lines)


def _to_the_right(cell: str, size: int) -> str:
    return " " * (size - cell_len(cell)) + cell
