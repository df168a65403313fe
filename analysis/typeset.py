"""Tables for a page, in GitHub's Markdown and in LaTeX: whatever stands in a cell is shown there as text."""

import re
from collections.abc import Callable

import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from analysis.words import MISSING, shown

_MARKDOWN = str.maketrans(
    {mark: rf"\{mark}" for mark in "*`[]~|"}
    # a backslash before a pipe would be read in two ways, and GitHub reads two dollars as mathematics, escaped or not
    | {"\\": "&#92;", "&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "<span>$</span>"}
)
_EMPHASIS = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_ADDRESS = re.compile(r"(?i)(?<=http)s?:|(?<=ftp):|(?<=www)\.")

_LATEX = str.maketrans(
    {mark: rf"\{mark}" for mark in "&%$#_{}"}
    | {mark: rf"\text{name}{{}}" for mark, name in (("\\", "backslash"), ("~", "asciitilde"), ("^", "asciicircum"))}
    | {mark: rf"\text{name}{{}}" for mark, name in (("<", "less"), (">", "greater"), ("|", "bar"))}
    # a bracket after the end of a row would be the space below it; two hyphens would be a dash
    | {"[": "{[}"}
)
_DASH = re.compile("-(?=-)")


def markdown(table: pd.DataFrame) -> str:
    """Numbers to six digits, on the right; text as it is read, its line ends kept."""
    ruler = ["---:" if right else ":---" for right in _to_the_right(table)]
    rows = [_escaped(table.columns, _markdown), ruler, *_rows(table, _markdown)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def latex(table: pd.DataFrame) -> str:
    r"""A `tabular` with the rules of `booktabs`; numbers to six digits, on the right."""
    head, *rows = (rf"{' & '.join(row)} \\" for row in (_escaped(table.columns, _latex), *_rows(table, _latex)))
    form = "".join("r" if right else "l" for right in _to_the_right(table))
    lines = [rf"\begin{{tabular}}{{{form}}}", r"\toprule", head, r"\midrule", *rows, r"\bottomrule", r"\end{tabular}"]
    return "".join(f"{line}\n" for line in lines)


def _markdown(text: str) -> str:
    lines = [_EMPHASIS.sub(r"\\_", shown(line).translate(_MARKDOWN)) for line in text.splitlines()]
    return "<br>".join(_ADDRESS.sub(lambda found: f"{found[0][:-1]}&#{ord(found[0][-1])};", line) for line in lines)


def _latex(text: str) -> str:
    return " ".join(_DASH.sub("-{}", shown(line).translate(_LATEX)) for line in text.splitlines())


def _rows(table: pd.DataFrame, escape: Callable[[str], str]) -> list[list[str]]:
    return [[escape(_text(cell)) for cell in row] for row in table.itertuples(index=False, name=None)]


def _escaped(names: pd.Index, escape: Callable[[str], str]) -> list[str]:
    return [escape(str(name)) for name in names]


def _text(cell: object) -> str:
    if pd.isna(cell):  # type: ignore[call-overload]
        return MISSING
    return f"{cell:.6g}" if isinstance(cell, float) else str(cell)


def _to_the_right(table: pd.DataFrame) -> list[bool]:
    return [is_numeric_dtype(kind) and not is_bool_dtype(kind) for kind in table.dtypes]
