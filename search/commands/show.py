"""`explore show`: a network's sentence and its stage table in the papers' layout."""

from argparse import Namespace

from search.words import integer
from space import cost, parse
from space.budget import shown
from space.table import table


def run(options: Namespace) -> int:
    """Print the sentence, a row for each stage, and the totals."""
    arch = parse(options.network)
    resolution = integer("--resolution", options.resolution, high=10_000)
    print(arch)
    rows = [(str(row), f"{row.cost.params:,}", f"{row.cost.macs:,}") for row in table(arch, resolution)]
    width = max(len(text) for text, _, _ in rows)
    print(f"\n{'':{width}}  {'params':>13}  {'multiply-adds':>15}")
    for text, params, macs in rows:
        print(f"{text:{width}}  {params:>13}  {macs:>15}")
    total = cost(arch, resolution)
    print(f"{'':{width}}  {total.params:>13,}  {total.macs:>15,}  = {shown(total.macs)}")
    return 0
