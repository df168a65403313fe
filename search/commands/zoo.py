"""`explore zoo`: the named networks against their costs and speeds, with the errors of their public weights."""

import json
from argparse import Namespace
from difflib import get_close_matches
from pathlib import Path

from analysis.figures.zoo import BYS, By, devices, zoo_info
from analysis.files import write_atomically
from analysis.terminal import columns
from analysis.zoo_page import COLUMNS, cells, page
from search.errors import UsageError


def run(options: Namespace) -> int:
    """Print the networks, those that cost least first, and write the page where one is asked for."""
    by, device = _by(options)
    info = zoo_info(by, device)
    order = sorted(range(len(info.known)), key=info.x.__getitem__, reverse=by == "speed")
    if options.json:
        print(json.dumps([info.known[i]._asdict() for i in order], indent=1))
    else:
        head = ["network", *COLUMNS, *([info.label] if by == "speed" else [])]
        speeds = [[f"{x:,.0f}"] if by == "speed" else [] for x in info.x]
        rows = [[info.known[i].name, *cells(info.known[i]), *speeds[i]] for i in order]
        print(columns([head, *rows]))
    if options.plot:
        path = Path(options.plot)
        if not path.parent.is_dir():
            raise UsageError(f"--plot: {options.plot!r} cannot be written: there is no folder {str(path.parent)!r}")
        write_atomically(path, page(by, device).encode())
        if not options.json:
            print(f"\nplot: {path}")
    return 0


def _by(options: Namespace) -> tuple[By, str | None]:
    by = next((one for one in BYS if one == options.by), None)
    if by is None:
        raise UsageError(f"--by: {options.by!r} is no measure; write {', '.join(BYS)}")
    if options.device is None:
        return by, None
    if by != "speed":
        raise UsageError("--device: only speed was measured on devices; add --by speed")
    if options.device not in devices():
        (nearest,) = get_close_matches(options.device, devices(), n=1, cutoff=0)
        raise UsageError(f"--device: {options.device!r} is none of {', '.join(devices())} (the nearest is {nearest})")
    return by, options.device
