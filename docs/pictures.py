"""The pictures of README and docs, from the committed runs and measurements; `make pictures`.

Each is drawn twice, for light pages and for dark ones. What a picture of runs shows is beside it as JSON, with six
digits: the same bytes from the same records. `python -m docs.pictures --numbers` writes these alone, without a browser.
"""

import json
import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Generic, TypeVar

import pandas as pd
import plotly.graph_objects as go  # type: ignore[import-untyped]
from plotly.subplots import make_subplots  # type: ignore[import-untyped]

from analysis.figures.distribution import Sample, distribution, distribution_info
from analysis.figures.drawing import PALETTE
from analysis.figures.study import Agreeing, agreeing, agreeing_info
from analysis.figures.tradeoff import Metric, Tradeoff, tradeoff, tradeoff_info
from analysis.image_scores import image_scores
from docs.searches import DRAWN, KEPT, PARTS, sampled
from docs.study import committed, fidelity_words, study

HERE = Path(__file__).parent
Seen = TypeVar("Seen")

WORDS = {
    "fill": ("tables filled", "networks in the space"),
    "count": ("counted within 1 %", "networks in the space"),
    "sample": ("10,000 sampled within 1 %", "networks in the space"),
    "tables": ("costed from tables", "networks costed"),
    "memoised": ("costed one by one", "networks costed"),
}


def scaling(rows: pd.DataFrame) -> go.Figure:
    """Seconds against the number of networks, in a space and costed; marks are open where a count is between bounds."""
    sides = ["networks in the space", "networks costed"]
    figure = make_subplots(cols=2, shared_yaxes=True, horizontal_spacing=0.04)
    for i, (what, (name, side)) in enumerate(WORDS.items()):
        one = rows[rows["what"] == what]
        symbols = ["circle" if exact else "circle-open" for exact in one["exact"]]
        marker = {"symbol": symbols, "size": 9, "color": PALETTE[i]}
        line = go.Scatter(x=one["networks"], y=one["seconds"], name=name, mode="lines+markers", marker=marker)
        figure.add_trace(line, row=1, col=1 + sides.index(side))
    for column, side in enumerate(sides, 1):
        figure.update_xaxes(type="log", title=side, exponentformat="power", col=column)
    decades = [math.log10(rows["seconds"].min()) - 0.3, math.log10(rows["seconds"].max()) + 0.3]
    figure.update_yaxes(type="log", exponentformat="power", dtick=1, range=decades)
    figure.update_yaxes(title="seconds, one core", col=1)
    margin = {"l": 60, "r": 20, "t": 50, "b": 50}
    return figure.update_layout(template="plotly_white", legend={"orientation": "h", "y": 1.16}, margin=margin)


@dataclass(frozen=True)
class Picture(Generic[Seen]):
    """What is to be seen, numbers only, and how it is drawn."""

    info: Callable[[], Seen]
    draw: Callable[[Seen], go.Figure]
    height: int  # pixels

    @cached_property
    def seen(self) -> Seen:
        """What `info` gives, which takes a run's records."""
        return self.info()

    def drawn(self) -> go.Figure:
        """The figure."""
        return self.draw(self.seen)

    def numbers(self) -> str:
        """The text of the JSON file."""
        return json.dumps(plain(self.seen), indent=1, ensure_ascii=False) + "\n"


def plain(value: object) -> object:
    """Named tuples and dataclasses as objects, floats with six digits, and those that are no number as null."""
    if names := getattr(value, "_fields", None) or getattr(value, "__dataclass_fields__", None):
        return {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def along_the_axis(name: str, metric: Metric = "test_error") -> Picture[Tradeoff]:
    """Of the committed run of that name."""

    def info() -> Tradeoff:
        run = committed(name)
        return tradeoff_info(run.recipe, run.trials(), metric, image_scores(run))

    return Picture(info, tradeoff, 520)


def fidelities() -> Agreeing:
    """The study, its runs called by their fidelity."""
    found = agreeing_info(study())
    runs = tuple(one._replace(name=fidelity_words(step)) for one, step in zip(found.runs, study().steps, strict=False))
    return found._replace(reference="the reference", runs=runs)


def distributions(runs: Mapping[str, str]) -> tuple[Sample, ...]:
    """How good the networks are that a search met and that spaces hold."""
    samples = sampled(runs).samples
    return distribution_info({name: one.errors for name, one in zip(runs, samples, strict=True)})


def saved(figure: go.Figure, name: str, height: int) -> None:
    """As `docs/NAME.svg` and, for dark pages, `docs/NAME-dark.svg`; the page's own colour shows through both."""
    clear = "rgba(0,0,0,0)"
    for suffix, text, rule in (("", "#1f2328", "#e3e8ed"), ("-dark", "#e6edf3", "#3a434d")):
        figure.update_layout(font_color=text, paper_bgcolor=clear, plot_bgcolor=clear)
        for update in (figure.update_xaxes, figure.update_yaxes):
            update(gridcolor=rule, linecolor=rule, zerolinecolor=rule)
        picture = figure.to_image("svg", width=820, height=height).decode("utf-8")
        (HERE / f"{name}{suffix}.svg").write_text(f"{picture}\n{mark(name)}\n", encoding="utf-8")


def mark(name: str) -> str:
    """The last line of a picture: of which numbers it is."""
    source = SOURCES[name]
    return f"<!-- {source}, SHA-256 {sha256((HERE / source).read_bytes()).hexdigest()[:16]} -->"


PICTURES: dict[str, Picture[Any]] = {
    "cardinality": along_the_axis("cardinality"),
    "radix": along_the_axis("radix"),
    "cardinality-fit": along_the_axis("cardinality", "train_loss"),
    "fidelities": Picture(fidelities, agreeing, 480),
    "searched": Picture(partial(distributions, KEPT), distribution, 380),
    "parts": Picture(partial(distributions, PARTS), distribution, 380),
    "spaces": Picture(partial(distributions, DRAWN), distribution, 380),
}
SOURCES = {**{name: f"{name}.json" for name in PICTURES}, "scaling": "scaling.csv"}


def drawn() -> None:
    """All of them."""
    for name, picture in PICTURES.items():
        saved(picture.drawn(), name, picture.height)
    saved(scaling(pd.read_csv(HERE / "scaling.csv", dtype={"networks": float})), "scaling", 420)


if __name__ == "__main__":
    for name, picture in PICTURES.items():
        (HERE / f"{name}.json").write_text(picture.numbers(), encoding="utf-8")
    if "--numbers" not in sys.argv:
        drawn()
