"""`explore report`: a run's report, made again from its folder."""

import shutil
import sys
from argparse import Namespace
from difflib import get_close_matches
from typing import cast, get_args

from analysis.importances import Method
from analysis.questions import answer
from analysis.recipe import RecordError
from analysis.record import Run
from analysis.report import write
from analysis.searched import front, outcomes
from analysis.text import text
from analysis.words import shown
from search.errors import UsageError
from search.saving import refuse_half_said, save

SHOWN = 5  # networks of a front


def run(options: Namespace) -> int:
    """Write and name the report of each run, or print it; or save one figure or table of one run."""
    refuse_half_said(options)
    method = _method(options)
    for folder in options.run:
        try:
            record = Run.open(folder)
            _refuse_importance(options, record)
            if options.output:
                print(save(record, options))
            else:
                show(record) if options.text else tell(record, method)
        except RecordError as error:
            raise UsageError(f"report: {error}") from None
    return 0


def _method(options: Namespace) -> Method:
    """Of importances, as asked for."""
    names = get_args(Method)
    word = options.importance or names[0]
    if word not in names:
        (near,) = get_close_matches(word, names, n=1, cutoff=0)
        raise UsageError(
            f"--importance: {word[:40]!r} is not known; write {' or '.join(names)} (the nearest is {near})"
        )
    if options.importance and (options.text or options.table):
        raise UsageError("--importance: is of a report's figure; leave --text and --table out")
    return cast("Method", word)


def _refuse_importance(options: Namespace, record: Run) -> None:
    if options.importance and not record.recipe.sweep:
        raise UsageError(f"--importance: {str(record.folder)!r} is no sweep: its settings differ in the axis alone")


def show(record: Run) -> None:
    """Print the report for a terminal."""
    said = text(record, shutil.get_terminal_size().columns)
    _notice(record)
    print(said)


def tell(record: Run, method: Method = "ped-anova") -> None:
    """Write the report, and print what was found amiss in the folder, the verdict and where the report is."""
    path, said = write(record, method=method), answer(record)
    _notice(record)
    print(*map(shown, filter(None, (said.words, said.outlook))), sep="\n")
    for one in front(outcomes(record))[:SHOWN] if record.recipe.sweep else ():
        print(shown(f"{one.proposal.setting.setting}: {one.proposal.setting.sentence}"))
    if record.is_locked:
        print("the run goes on, and so does its report: as trials end it is written again, and loads itself")
    print(f"report: {path}")


def _notice(record: Run) -> None:
    for notice in record.notices:
        print(f"explore: {shown(notice)}", file=sys.stderr)
