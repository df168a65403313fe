"""`explore report`: a run's report, made again from its folder."""

import sys
from argparse import Namespace

from analysis.recipe import RecordError
from analysis.record import Run
from analysis.report import write
from analysis.verdict import verdict
from search.errors import UsageError


def run(options: Namespace) -> int:
    """Write and name the report of each run."""
    for folder in options.run:
        try:
            tell(Run.open(folder))
        except RecordError as error:
            raise UsageError(f"report: {error}") from None
    return 0


def tell(record: Run) -> None:
    """Write the report, and print what was found amiss in the folder, the verdict and where the report is."""
    path = write(record)
    words = verdict(record.recipe, record.trials()).words
    for notice in record.notices:
        print(f"explore: {notice}", file=sys.stderr)
    print(words)
    print(f"report: {path}")
