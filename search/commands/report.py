"""`explore report`: a run's report, made again from its folder."""

import shutil
import sys
from argparse import Namespace

from analysis.questions import answer
from analysis.recipe import RecordError
from analysis.record import Run
from analysis.report import write
from analysis.searched import front, outcomes
from analysis.text import text
from search.errors import UsageError
from search.saving import refuse_half_said, save

SHOWN = 5  # networks of a front


def run(options: Namespace) -> int:
    """Write and name the report of each run, or print it; or save one figure or table of one run."""
    refuse_half_said(options)
    for folder in options.run:
        try:
            record = Run.open(folder)
            if options.output:
                print(save(record, options))
            else:
                (show if options.text else tell)(record)
        except RecordError as error:
            raise UsageError(f"report: {error}") from None
    return 0


def show(record: Run) -> None:
    """Print the report for a terminal."""
    said = text(record, shutil.get_terminal_size().columns)
    _notice(record)
    print(said)


def tell(record: Run) -> None:
    """Write the report, and print what was found amiss in the folder, the verdict and where the report is."""
    path, said = write(record), answer(record)
    _notice(record)
    print(*filter(None, (said.words, said.outlook)), sep="\n")
    for one in front(outcomes(record))[:SHOWN] if record.recipe.sweep else ():
        print(f"{one.proposal.setting.setting}: {one.proposal.setting.sentence}")
    if record.is_locked:
        print("the run goes on, and so does its report: as trials end it is written again, and loads itself")
    print(f"report: {path}")


def _notice(record: Run) -> None:
    for notice in record.notices:
        print(f"explore: {notice}", file=sys.stderr)
