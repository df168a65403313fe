"""`explore zoo`: the named networks against their costs and speeds, with the errors of their public weights."""

import json
import shutil
import sys
from argparse import Namespace
from typing import cast

from analysis.figures.zoo import BYS, By, Zoo, zoo_info
from analysis.files import write_atomically
from analysis.terminal import columns, filled
from analysis.words import amount, number
from analysis.zoo import Known, devices, families, resolutions
from analysis.zoo_page import page
from search.errors import UsageError
from search.words import one_of, writable

MEANING = (
    "px: side of the test images; costs{at} and errors are at that resolution. error: top-1 on ImageNet-1K, the median "
    "of the public weights with their range; sets: how many there are. Their recipes differ, so ranges rank nothing."
)


def run(options: Namespace) -> int:
    """Print the networks, those that cost least first, and write the page where one is asked for."""
    info = _asked(options)
    path = writable("--plot", options.plot, "map", (".html",)) if options.plot else None
    order = sorted(range(len(info.known)), key=info.x.__getitem__, reverse=info.by == "speed")
    if options.json:
        print(json.dumps([info.known[i]._asdict() for i in order], indent=1))
    else:
        print(_table(info, order))
    if path:
        write_atomically(path, page(info).encode())
        if not options.json:
            print(f"\nplot: {path}")
    return 0


def _table(info: Zoo, order: list[int]) -> str:
    """As wide as it is, or as the terminal."""
    is_speed = info.by == "speed"
    head = ["network", "px", "FLOPs", "params", "images/s" if is_speed else "activations", "error (%)", "sets"]
    rows = [_row(info.known[i], f"{info.x[i]:,.0f}" if is_speed else None) for i in order]
    table = columns([head, *rows], shutil.get_terminal_size().columns if sys.stdout.isatty() else None)
    return f"{table}\n\n{filled(MEANING.format(at=f', {info.label}' if is_speed else ''), 80)}"


def _row(one: Known, speed: str | None) -> list[str]:
    band = f" ({number(one.lowest, 1)}\N{EN DASH}{number(one.highest, 1)})" if one.weights > 1 else ""
    costs = [amount(one.macs), amount(one.params), speed or amount(one.activations)]
    return [one.name, str(one.resolution), *costs, f"{number(one.median, 1)}{band}", str(one.weights)]


def _asked(options: Namespace) -> Zoo:
    by, device = _by(options)
    wanted = options.family or []
    for name in wanted:
        one_of("--family", name, families())
    info = zoo_info(by, device, resolution=_resolution(options.resolution), families=wanted)
    if not info.known:
        of = f" of {' and '.join(wanted)}" if wanted else ""
        what = f"was measured on {device or devices()[0]}" if by == "speed" else "was tested"
        raise UsageError(f"zoo: no network{of} {what} at {options.resolution} pixels; ask for another resolution")
    return info


def _resolution(written: str | None) -> int | None:
    there = resolutions()
    if written is None or written in map(str, there):
        return int(written) if written else None
    pixels = int(written[:6]) if written.isdecimal() else 224
    nearest = min(there, key=lambda one: abs(one - pixels))
    listed = ", ".join(map(str, there))
    raise UsageError(
        f"--resolution: {written[:40]!r} is none at which weights were tested: {listed} (the nearest is {nearest})"
    )


def _by(options: Namespace) -> tuple[By, str | None]:
    by = cast("By", one_of("--by", options.by, BYS))
    if options.device is None:
        return by, None
    if by != "speed":
        raise UsageError("--device: only speed was measured on devices; add --by speed")
    return by, one_of("--device", options.device, devices())
