"""`explore show`: a network's sentence, its stage table in the papers' layout, and a drawing of its blocks."""

import re
from argparse import Namespace
from pathlib import Path
from textwrap import wrap

from search.errors import UsageError
from search.words import integer, writable
from space import Arch, cost, parse
from space.budget import shown
from space.sentence import caveats
from space.table import table

LINE = 120  # columns
WIDTH = LINE - 47  # of a row, without its figures


def run(options: Namespace) -> int:
    """Print the sentence, a row for each stage, the totals, and where the drawing is."""
    _understand(options)
    arch = parse(options.network)
    resolution = integer("--resolution", options.resolution, high=10_000)
    drawing = _drawn(arch, options, resolution) if options.plot else None
    print(*_sentence(arch), sep="\n")
    rows = [(row.folded(WIDTH), row.cost) for row in table(arch, resolution)]
    width = max(len(line) for lines, _ in rows for line in lines)
    print(f"\n{'':{width}}  {'params':>13}  {'multiply-adds':>15}")
    for (first, *others), share in rows:
        print(f"{first:{width}}  {share.params:>13,}  {share.macs:>15,}", *others, sep="\n")
    total = cost(arch, resolution)
    print(f"{'':{width}}  {total.params:>13,}  {total.macs:>15,}  = {shown(total.macs)}")
    for caveat in caveats(str(arch)):
        print(f"\n{caveat}")
    if drawing:
        print(f"\ndrawn in {drawing}")
    return 0


def _understand(options: Namespace) -> None:
    """What follows `--plot` is its file if it ends like one, and else the network, where there is no other."""
    if options.network is None and isinstance(options.plot, str) and Path(options.plot).suffix != ".html":
        options.network, options.plot = options.plot, True
    if options.network is None:
        raise UsageError("network: missing; see explore show --help")


def _drawn(arch: Arch, options: Namespace, resolution: int | None) -> Path:
    """Draw the blocks into the file that is named, or into one named after the network."""
    from analysis.blocks.page import page
    from analysis.files import write_atomically

    name = options.network.strip() if re.fullmatch(r"\s*\w+\s*", options.network) else "network"
    path = writable("--plot", f"{name}.html" if options.plot is True else options.plot, "drawing", (".html",))
    try:
        write_atomically(path, page(arch, name, resolution).encode())
    except OSError as error:
        raise UsageError(f"--plot: {str(path)!r} cannot be written: {error.strerror}") from None
    return path


def _sentence(arch: Arch) -> list[str]:
    """The sentence in lines that together parse as it does, broken between parts where there is a choice."""
    lines = [""]
    for part in str(arch).split(" > "):
        start = f"{lines[-1]} > {part}".removeprefix(" > ")
        if len(start) <= LINE:
            lines[-1] = start
        else:
            lines += wrap(f"> {part}", LINE, initial_indent="  ", subsequent_indent="    ", break_long_words=False)
    return lines
