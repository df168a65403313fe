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
            record = Run.open(folder)
            path = write(record)
        except RecordError as error:
            raise UsageError(f"report: {error}") from None
        words = verdict(record.recipe, record.trials()).words
        for notice in record.notices:
            print(f"explore: {notice}", file=sys.stderr)
        print(words)
        print(f"report: {path}")
    return 0
