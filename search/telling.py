"""What a command says of a run in the end."""

import sys

from analysis.image_scores import image_scores
from analysis.keeping import kept
from analysis.questions import answer
from analysis.record import Run
from analysis.report import write
from analysis.searched import front, outcomes
from analysis.statistics.importances import Method
from analysis.words import plural, shown

SHOWN = 5  # networks of a front


def tell(record: Run, method: Method = "ped-anova", output: str | None = None) -> None:
    """Write the report, and print what was found amiss in the folder, the verdict and where the report is."""
    known = None if record.recipe.sweep else image_scores(record)
    path, said = write(record, output, method=method, known=known), answer(record, known)
    notice(record)
    print(*map(shown, filter(None, (said.words, said.outlook))), sep="\n")
    for one in front(outcomes(record))[:SHOWN] if record.recipe.sweep else ():
        print(shown(f"{one.proposal.setting.setting}: {one.proposal.setting.sentence}"))
    if record.is_locked:
        print("the run goes on, and so does its report: as trials end it is written again, and loads itself")
    if whose := kept(record):
        print(f"weights: of {plural(len(whose), 'trial')}; explore export {record.folder} --to onnx --output FILE.onnx")
    print(f"report: {path}")


def notice(record: Run) -> None:
    """Print what was found amiss in the folder."""
    for one in record.notices:
        print(f"explore: {shown(one)}", file=sys.stderr)
