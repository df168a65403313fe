"""`explore report`: a run's report, made again from its folder."""

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
        except RecordError as error:
            raise UsageError(f"report: {error}") from None
        path = write(record)
        print(verdict(record.recipe, record.trials()).words)
        print(f"report: {path}")
    return 0
