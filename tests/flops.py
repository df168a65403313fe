"""Whose FLOPs are whose: `python -m tests.flops` prints the tables of docs/flops.md."""

from space import parse, trace
from space.counters import CONVENTIONS, Quantity, counts

NETWORKS = (
    "resnet50",
    "resnext50_32x4d",
    "resnest50_fast_2s2x40d",
    "densenet121",
    "mobilenetv1",
    "vgg16",
    "rednet50",
)
GIGA, MEGA = (10**9, "G"), (10**6, "M")


def rules() -> str:
    """Every counter and its closed form."""
    rows = (f"| `{name}` | {c.quantity} | {c.rule()} |" for name, c in CONVENTIONS.items())
    return "\n".join(["| counter | of | closed form |", "|---|---|---|", *rows])


def figures() -> str:
    """Networks under every counter, in the digits the field prints."""
    rows = []
    for network in NETWORKS:
        known = counts(trace(parse(network)))
        units = (GIGA if c.quantity is Quantity.FLOPS else MEGA for c in CONVENTIONS.values())
        cells = (f"{c.total(known) / n:.3f} {u}" for c, (n, u) in zip(CONVENTIONS.values(), units, strict=True))
        rows.append(f"| {network} | " + " | ".join(cells) + " |")
    return "\n".join(["| | " + " | ".join(CONVENTIONS) + " |", "|---|" + "---:|" * len(CONVENTIONS), *rows])


if __name__ == "__main__":
    print(rules(), figures(), sep="\n\n")
