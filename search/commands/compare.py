"""`explore compare`: networks side by side."""

from argparse import Namespace
from collections.abc import Sequence
from itertools import zip_longest
from string import ascii_uppercase

from search.commands.cost import Row, aligned, measured_row, refuse_unmeasured
from search.errors import UsageError
from search.words import integer
from space import Arch, cost, parse
from space.sentence import caveats
from space.table import Row as StageRow, table

MOST = len(ascii_uppercase)
WIDTH = 120  # columns


def run(options: Namespace) -> int:
    """Print which letter is which network, what each costs, its stages, and what is known of it."""
    from analysis.published import published_of

    names = options.network
    if not 2 <= len(names) <= MOST:
        raise UsageError(f"network: {len(names)} given; write 2 to {MOST} names or sentences")
    refuse_unmeasured(options)
    resolution = integer("--resolution", options.resolution, high=10_000)
    archs = [parse(name) for name in names]
    letters = ascii_uppercase[: len(names)]
    measured = [measured_row(name, options, resolution) for name in names] if options.measure else []
    print(*(f"{letter}: {name}\n   {arch}" for letter, name, arch in zip(letters, names, archs, strict=True)), sep="\n")
    print("", _costs(letters, archs, resolution, measured), sep="\n")
    print("", _stages(letters, archs, resolution), sep="\n")
    for letter, arch in zip(letters, archs, strict=True):
        found = sorted((one.error, one.source) for one in published_of(arch))
        if found:
            lines = dict.fromkeys(f"   {error} %  {source}" for error, source in found)
            print(f"\n{letter}: published top-1 errors", *lines, sep="\n")
    for caveat in caveats(" > ".join(map(str, archs))):
        print(f"\n{caveat}")
    return 0


def _costs(letters: str, archs: Sequence[Arch], resolution: int | None, measured: Sequence[Row]) -> str:
    """A row for each quantity; of the second network and those after it, with their ratio to the first."""
    costs = [cost(arch, resolution) for arch in archs]
    sides = [str(resolution or arch.input.resolution) for arch in archs]
    lines = [("", *letters), ("pixels a side", *sides)]
    counts = ("params", "macs", "activations", "cio")
    lines += [(name, *_with_ratios([getattr(found, name) for found in costs], "{:,}")) for name in counts]
    lines.append(("moc", *_with_ratios([found.moc for found in costs], "{:.1f}")))
    if measured:
        for name, key, scale, form in MEASURED:
            values = [float(row[key]) * scale for row in measured]
            lines.append((name, *_with_ratios(values, form)))
    text = aligned(lines, "<" + ">" * len(archs))
    if not measured:
        return text
    first = measured[0]
    spreads = (
        f"{letter} {1e3 * float(row['latency_10']):.2f} to {1e3 * float(row['latency_90']):.2f}"
        for letter, row in zip(letters, measured, strict=True)
    )
    return f"{text}\nmeasured on {first['device']}, batch {first['batch']}; ms, 10 to 90 %: {', '.join(spreads)}"


MEASURED = (
    ("latency, ms", "latency", 1e3, "{:.2f}"),
    ("images/s", "images_per_second", 1.0, "{:.1f}"),
    ("peak memory, MB", "peak_bytes", 1e-6, "{:.1f}"),
)


def _with_ratios(values: Sequence[float], form: str) -> list[str]:
    first, *others = values
    return [
        form.format(first),
        *(form.format(value) + (f" ({value / first:.2f} x)" if first else "") for value in others),
    ]


def _stages(letters: str, archs: Sequence[Arch], resolution: int | None) -> str:
    """Stage by stage, a line for each network."""
    lines: list[str] = []
    for rows in zip_longest(*(_rows(arch, resolution) for arch in archs)):
        for letter, row in zip(letters, rows, strict=True):
            if row is not None:
                first, *rest = row.folded(WIDTH - 3)
                lines += [f"{letter}  {first}", *(f"   {line}" for line in rest)]
    return "\n".join(lines)


def _rows(arch: Arch, resolution: int | None) -> list[StageRow]:
    return list(table(arch, resolution))
