"""`explore report`: a run's report, made again from its folder."""

import sys
from argparse import Namespace

from analysis.image_scores import image_scores
from analysis.recipe import RecordError
from analysis.record import Run
from analysis.report import write
from analysis.searched import front, outcomes, sweep_verdict
from analysis.verdict import verdict
from search.errors import UsageError

SHOWN = 5  # networks of a front


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
    if record.recipe.sweep:
        found = outcomes(record)
        words, best = sweep_verdict(record.recipe, found).words, front(found)[:SHOWN]
    else:
        found_out = verdict(record.recipe, record.trials(), image_scores(record))
        words, best = "\n".join(filter(None, (found_out.words, found_out.outlook))), []
    for notice in record.notices:
        print(f"explore: {notice}", file=sys.stderr)
    print(words)
    for one in best:
        print(f"{one.proposal.setting.setting}: {one.proposal.setting.sentence}")
    print(f"report: {path}")
