"""`explore report`: a run's report, made again from its folder; of several runs one page that compares them."""

import shutil
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import cast, get_args

from analysis.recipe import RecordError
from analysis.record import Run
from analysis.statistics.importances import Method
from analysis.text import text
from analysis.words import shown
from search.errors import UsageError
from search.saving import refuse_half_said, save
from search.telling import notice, tell
from search.words import one_of


def run(options: Namespace) -> int:
    """Write and name the report of a run, or print it; save one figure or table of it; or compare several runs."""
    refuse_half_said(options)
    method = _method(options)
    try:
        records = [Run.open(folder) for folder in options.run]
        _refuse_importance(options, records)
        if options.figure or options.table:
            print(save(records, options))
        elif len(records) > 1:
            compare(records, options)
        else:
            show(records[0]) if options.text else tell(records[0], method, options.output)
    except RecordError as error:
        raise UsageError(f"report: {error}") from None
    return 0


def _method(options: Namespace) -> Method:
    """Of importances, as asked for."""
    names = get_args(Method)
    word = one_of("--importance", options.importance or names[0], names)
    if options.importance and (options.text or options.table):
        raise UsageError("--importance: is of a report's figure; leave --text and --table out")
    return cast("Method", word)


def _refuse_importance(options: Namespace, records: Sequence[Run]) -> None:
    if options.importance and len(records) > 1:
        raise UsageError("--importance: is of the report of one sweep; leave it out where runs are compared")
    if options.importance and not records[0].recipe.sweep:
        folder = str(records[0].folder)
        raise UsageError(f"--importance: {folder!r} is no sweep: its settings differ in the axis alone")


def compare(records: Sequence[Run], options: Namespace) -> None:
    """Write and name one page on all runs with what it finds, or print that for a terminal."""
    from analysis.comparison import page, text  # here: of one run nothing of this is needed
    from analysis.comparison.pairs import comparison

    if options.text:
        said = [text.text(comparison(records), shutil.get_terminal_size().columns)]
    else:
        path = Path(options.output or page.name(records))
        said = [*map(shown, page.write(records, path)), f"report: {path}"]
    for record in records:
        notice(record)
    print(*said, sep="\n")


def show(record: Run) -> None:
    """Print the report for a terminal."""
    said = text(record, shutil.get_terminal_size().columns)
    notice(record)
    print(said)
