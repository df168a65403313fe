"""A page with the map of the named networks: one HTML file that needs nothing else."""

from plotly.offline import get_plotlyjs  # type: ignore[import-untyped]

from analysis.figures.zoo import LABELS, Zoo, zoo
from analysis.pages import template
from analysis.plot import Plot
from analysis.sheets import Cell, Row, Sheet, large, measured, row
from analysis.words import FLOPS_CONVENTION
from analysis.zoo import SOURCE, Known

COLUMNS = (
    "pixels", "FLOPs", "params", "activations", "lowest error (%)", "median (%)", "highest (%)", "sets of weights",
)  # fmt: skip
BAND = (
    "A point is the median error of a network's public weights at one test resolution, its bar their range; costs are "
    "at that resolution. The weights were trained by different recipes, some on more than ImageNet-1K, so the range "
    "says what training makes of a network, and ranks nothing. The grey line is the front: on it are those that no "
    "cheaper one has a lower median than. Names say the resolution where it is not 224 pixels."
)


def page(info: Zoo) -> str:
    """The HTML file; the same whenever it is made."""
    alt = f"Plot of ImageNet top-1 error over {info.label} of {len(info.known)} named networks"
    figure = Plot("zoo", f"Error against {LABELS[info.by].split(' (')[0]}", alt, BAND, zoo(info))
    columns, rows = ("network", *COLUMNS), tuple(map(_row, info.known))
    return template("zoo.html").render(
        question="Where the named networks stand",
        plot=figure,
        networks=Sheet("networks", "Table of the networks", columns, rows),
        convention=FLOPS_CONVENTION,
        source=SOURCE,
        plotly=get_plotlyjs(),
    )


def _row(one: Known) -> Row:
    costs = map(large, (one.macs, one.params, one.activations))
    errors = map(measured, (one.lowest, one.median, one.highest))
    return row(one.name, (Cell(str(one.resolution)), *costs, *errors, Cell(str(one.weights))))
