"""A page with the map of the named networks: one HTML file that needs nothing else."""

from plotly.offline import get_plotlyjs  # type: ignore[import-untyped]

from analysis.figures.zoo import LABELS, By, Known, known_networks, zoo, zoo_info
from analysis.pages import template
from analysis.plot import Plot
from analysis.sheets import Cell, Row, Sheet, row
from analysis.words import FLOPS_CONVENTION, amount, number
from analysis.zoo import SOURCE

COLUMNS = ("MACs", "params", "activations", "lowest error (%)", "median (%)", "highest (%)", "sets of weights")
BAND = (
    "A point is the median error of a network's public weights, its bar their range. They were trained by different "
    "recipes, so the range says what training makes of a network, and ranks nothing."
)


def page(by: By, device: str | None) -> str:
    """The HTML file; the same whenever it is made."""
    info = zoo_info(by, device)
    alt = f"Plot of ImageNet top-1 error over {info.label} of {len(info.known)} named networks"
    figure = Plot("zoo", f"Error against {LABELS[by].split(' (')[0]}", alt, BAND, zoo(info))
    return template("zoo.html").render(
        question="Where the named networks stand",
        plot=figure,
        networks=Sheet("networks", "Table of the networks", ("network", *COLUMNS), tuple(map(_row, known_networks()))),
        convention=FLOPS_CONVENTION,
        source=SOURCE,
        plotly=get_plotlyjs(),
    )


def _row(one: Known) -> Row:
    values = (one.macs, one.params, one.activations, one.lowest, one.median, one.highest, one.weights)
    return row(one.name, (Cell(text, f"{value:.7g}") for text, value in zip(cells(one), values, strict=True)))


def cells(one: Known) -> tuple[str, ...]:
    """A row of the table."""
    errors = (number(error, 2) for error in (one.lowest, one.median, one.highest))
    return (amount(one.macs), amount(one.params), amount(one.activations), *errors, str(one.weights))
