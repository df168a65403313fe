"""`explore cost`: exact costs of named networks and sentences."""

import json
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TypedDict

from search.errors import UsageError
from search.words import integer
from space import cost, listed, parse, trace
from space.counters import CONVENTIONS, counts
from space.errors import SpaceError
from space.graph import Graph
from space.sentence import caveats


def run(options: Namespace) -> int:
    """Print one row a network, or with `--counters` one table a network."""
    names = [*options.network, *(listed() if options.all else ())]
    if not names:
        raise UsageError("cost: no network is given; write a name such as resnext50_32x4d, a sentence, or --all")
    refuse_unmeasured(options)
    resolution = integer("--resolution", options.resolution, high=10_000)
    rows = list(_rows(names, resolution, some=options.all))
    names = [str(row["name"]) for row in rows]
    if options.measure:
        rows = [row | measured_row(name, options, resolution) for row, name in zip(rows, names, strict=True)]
    if not options.counters:
        shown = (_table(rows), *([_measured_table(rows)] if options.measure else ()), *_caveats(rows))
        print(json.dumps(rows, indent=1) if options.json else "\n\n".join(shown))
        return 0
    readings = [_readings(trace(parse(name), resolution)) for name in names]
    if options.json:
        print(json.dumps([{**row, "counters": said} for row, said in zip(rows, readings, strict=True)], indent=1))
    else:
        tables = [_counters(row, said) for row, said in zip(rows, readings, strict=True)]
        tables += [_measured_table(rows)] if options.measure else []
        print(*tables, NOTES, *_caveats(rows), sep="\n\n")
    return 0


def refuse_unmeasured(options: Namespace) -> None:
    """Words on how speed is measured, where none is."""
    for name in ("batch", "device"):
        if getattr(options, name) is not None and not options.measure:
            raise UsageError(f"--{name}: is of what --measure measures; add that, or leave this out")


Row = dict[str, str | int | float]


def _rows(names: Sequence[str], resolution: int | None, *, some: bool) -> Iterator[Row]:
    """One for each network; `some` may be impossible at the resolution, which is said."""
    for name in names:
        try:
            yield _row(name, resolution)
        except SpaceError as error:
            if not some:
                raise
            print(f"explore: left out, {error}", file=sys.stderr)


def _row(name: str, resolution: int | None) -> Row:
    arch = parse(name)
    try:
        spent = cost(arch, resolution)
    except SpaceError as error:
        raise SpaceError(f"{name} at {resolution} pixels: {error}") from None
    side = resolution or arch.input.resolution
    head: Row = {"name": name, "sentence": str(arch), "resolution": side, "classes": arch.head.classes}
    return {**head, **asdict(spent), "moc": spent.moc}


def _table(rows: list[Row]) -> str:
    """Counts in full, aligned; FLOPs are multiply-adds of convolutions and linear layers."""
    columns = ("name", "resolution", "params", "macs", "activations", "cio", "moc")
    return aligned([columns, *([_cell(row[column]) for column in columns] for row in rows)], "<>>>>>>")


def measured_row(name: str, options: Namespace, resolution: int | None) -> Row:
    """What the network takes on the device that was asked for: seconds a batch, images a second, bytes."""
    from search.measure import on, speed  # imports torch

    batch = integer("--batch", options.batch, high=10_000) or 1
    device = options.device or "cpu"
    on(device)
    found = speed(parse(name), device, batch, resolution)
    first, last = found.spread
    return {
        "device": found.device,
        "batch": batch,
        "runs": len(found.seconds),
        "latency": found.latency,
        "latency_10": first,
        "latency_90": last,
        "images_per_second": found.throughput,
        "peak_bytes": found.peak,
    }


def _measured_table(rows: list[Row]) -> str:
    """Times in milliseconds, the median of the runs and their deciles."""
    head = ("name", "batch", "ms", "10 to 90 %", "runs", "images/s", "MB")
    lines = [
        (
            str(row["name"]),
            str(row["batch"]),
            f"{1e3 * float(row['latency']):.2f}",
            f"{1e3 * float(row['latency_10']):.2f} to {1e3 * float(row['latency_90']):.2f}",
            str(row["runs"]),
            f"{float(row['images_per_second']):.1f}",
            f"{float(row['peak_bytes']) / 1e6:.1f}",
        )
        for row in rows
    ]
    return f"measured on {rows[0]['device']}\n{aligned([head, *lines], '<>>>>>>')}"


def _caveats(rows: list[Row]) -> tuple[str, ...]:
    return caveats(" > ".join(str(row["sentence"]) for row in rows))


def aligned(cells: Sequence[Sequence[str]], sides: str) -> str:
    """A table whose columns are flush with these sides."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    layout = "  ".join(f"{{:{side}{width}}}" for side, width in zip(sides, widths, strict=True))
    return "\n".join(layout.format(*row).rstrip() for row in cells)


def _cell(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:,}" if isinstance(value, int) else f"{value:.1f}"


NOTES = """FLOPs of ours: a multiply-add is one, a bias nothing. measured: by the tool itself on the built module,
if torch is there and the module fits into memory. Whose FLOPs are whose: docs/flops.md."""


class Reading(TypedDict):
    """What a counter says of a network, in closed form and where it was run itself, and why it differs from ours."""

    quantity: str
    predicted: int
    measured: int | None
    difference: str


def _readings(graph: Graph) -> dict[str, Reading]:
    known, found = counts(graph), _measured(graph)
    return {
        name: Reading(
            quantity=convention.quantity,
            predicted=convention.total(known),
            measured=found.get(name),
            difference=convention.difference(known),
        )
        for name, convention in CONVENTIONS.items()
    }


def _measured(graph: Graph) -> dict[str, int]:
    """What the tools themselves count; nothing where they are not installed."""
    try:
        import torch

        from search.counters import measured
    except ImportError:
        return {}
    torch.set_num_threads(1)  # single images through grouped convolutions: threads only wait for each other
    return measured(graph)


def _counters(row: Row, readings: dict[str, Reading]) -> str:
    lines = [("counter", "of", "count", "measured", "in closed form")]
    for name, said in readings.items():
        lines.append((name, said["quantity"], f"{said['predicted']:,}", _verdict(said), said["difference"]))
    return f"{row['name']} at {row['resolution']} pixels\n{aligned(lines, '<<><<')}"


def _verdict(said: Reading) -> str:
    if said["measured"] is None:
        return ""
    off = said["measured"] - said["predicted"]
    return f"off by {off:+,}" if off else "confirmed"
