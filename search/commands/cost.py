"""`explore cost`: exact costs of named networks and sentences."""

import json
from argparse import Namespace
from dataclasses import asdict

from search.errors import UsageError
from search.words import integer
from space import cost, listed, parse


def run(options: Namespace) -> int:
    """Print one row a network."""
    names = [*options.network, *(listed() if options.all else ())]
    if not names:
        raise UsageError("cost: no network is given; write a name such as resnext50_32x4d, a sentence, or --all")
    resolution = integer("--resolution", options.resolution, high=10_000)
    rows = [_row(name, resolution) for name in names]
    print(json.dumps(rows, indent=1) if options.json else _table(rows))
    return 0


Row = dict[str, str | int | float]


def _row(name: str, resolution: int | None) -> Row:
    arch = parse(name)
    spent = cost(arch, resolution)
    side = resolution or arch.input.resolution
    head: Row = {"name": name, "sentence": str(arch), "resolution": side, "classes": arch.head.classes}
    return {**head, **asdict(spent), "moc": spent.moc}


def _table(rows: list[Row]) -> str:
    """Counts in full, aligned; MACs are multiply-adds of convolutions and linear layers."""
    columns = ("name", "resolution", "params", "macs", "activations", "cio", "moc")
    cells = [columns, *([_cell(row[column]) for column in columns] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(columns))]
    return "\n".join("  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in cells)


def _cell(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:,}" if isinstance(value, int) else f"{value:.1f}"
