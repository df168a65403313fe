"""`explore space`: the networks of a design space within budgets, counted, sampled or listed."""

import json
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd

from search.errors import UsageError
from search.rows import Write, writer
from search.words import integer, of, tolerance
from space.budget import LARGEST, Limit, limit
from space.errors import SpaceError
from space.spaces.counting import count, size
from space.spaces.filling import tables
from space.spaces.listing import networks
from space.spaces.sampling import Paths, samples
from space.spaces.shortfall import shortfall
from space.spaces.space import space
from space.spaces.starters import starters
from space.spaces.tables import MEASURES, Tables

ACTIONS = ("count", "sample", "enumerate")
SAMPLES = 10  # unless said


def run(options: Namespace) -> int:
    """Count, sample or list; without a space, name those that ship."""
    if options.space is None:
        print("\n\n".join(f"{name}: {starter.about}\n{starter.text.strip()}" for name, starter in starters().items()))
        return 0
    _check(options)
    share = tolerance(options.tolerance)
    limits = of("--budget", lambda: [limit(text, share) for text in options.budget])
    resolution = integer("--resolution", options.resolution, high=10_000)
    wanted, seed = integer("--n", options.n, high=10**9), integer("--seed", options.seed, low=0) or 0
    found = tables(space(options.space), resolution)
    if options.action == "count":
        return _count(found, limits, options)
    if reason := shortfall(found, limits):  # before a file is opened
        raise SpaceError(reason)
    if options.action == "sample":
        return _write(_rows(found, samples(found, limits, SAMPLES if wanted is None else wanted, seed)), options)
    return _write(_rows(found, _first(networks(found, limits), wanted)), options)


def _check(options: Namespace) -> None:
    if options.action not in ACTIONS:
        said = f"{options.action[:40]!r} is no action" if options.action else "what to do is missing"
        raise UsageError(f"{said}; write {', '.join(ACTIONS)}")
    if options.output and (options.json or options.action == "count"):
        other = "--json" if options.json else "count"
        raise UsageError(f"--output: {options.output[:40]!r} is not for {other}, which prints; leave one of them out")
    if options.n is not None and options.action == "count":
        raise UsageError("--n: count counts all networks; leave it out")
    if options.seed is not None and options.action != "sample":
        raise UsageError(f"--seed: {options.action} draws nothing; leave it out")


def _count(found: Tables, limits: list[Limit], options: Namespace) -> int:
    total, within = size(found), count(found, limits)
    if options.json:
        document = {
            "space": str(found.space),
            "size": total,
            "budgets": [{"budget": x.text, "measure": x.measure, "low": x.low, "high": x.high} for x in limits],
            "exact": within.exact,
            "at_least": within.low,
            "at_most": within.high,
        }
        print(json.dumps(document, indent=1))
        return 0
    number = str(within) if within.exact else f"between {within.low:,} and {within.high:,} (bounds)"
    print(f"{number} {_within(limits)}" if limits else "", f"{_networks(total)} in the space", sep="")
    if not within.high:
        print(shortfall(found, limits))
    return 0


def _networks(number: int) -> str:
    return f"{number:,} network" + ("s" if number != 1 else "")


def _within(limits: list[Limit]) -> str:
    return f"within {' and '.join(f'{x} ({_ends(x)})' if x.low and x.high < LARGEST else str(x) for x in limits)}, of "


def _ends(limit: Limit) -> str:
    return f"{limit.low:,} to {limit.high:,} {limit.measure}"


def _rows(found: Tables, batches: Iterator[Paths]) -> Iterator[pd.DataFrame]:
    """The networks with their costs, some at a time."""
    for paths in batches:
        yield pd.DataFrame(
            {"sentence": found.sentences(paths), **dict(zip(MEASURES, found.costs(paths).T, strict=True))}
        )


def _first(batches: Iterator[Paths], wanted: int | None) -> Iterator[Paths]:
    for paths in batches:
        yield paths[:wanted]
        wanted = None if wanted is None else wanted - len(paths[:wanted])
        if wanted == 0:
            return


def _write(batches: Iterator[pd.DataFrame], options: Namespace) -> int:
    """To the file, or to the terminal: one document of JSON, or a table."""
    if options.json:
        print(json.dumps([row for rows in batches for row in rows.to_dict("records")], indent=1))
        return 0
    with writer(options.output) if options.output else _terminal() as write:
        written = 0
        for rows in batches:
            write(rows)
            written += len(rows)
    if options.output:
        print(f"{_networks(written)} in {options.output}")
    return 0


@contextmanager
def _terminal() -> Iterator[Write]:
    """A table with a head."""
    print(f"{'multiply-adds':>15}  {'params':>13}  {'activations':>13}  {'CIO':>13}  sentence")
    yield _print


def _print(rows: pd.DataFrame) -> None:
    for row in rows.itertuples():
        print(f"{row.macs:>15,}  {row.params:>13,}  {row.activations:>13,}  {row.cio:>13,}  {row.sentence}")
