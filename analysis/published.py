"""What the papers measured along the same axes, to stand beside a run."""

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from analysis.recipe import Recipe
from space import Arch, parse


@dataclass(frozen=True)
class PublishedCurve:
    """ImageNet-1K top-1 error in percent of full training at 224 pixels, by the papers' short form of the setting."""

    table: str
    source: str
    errors: dict[str, float]


def published_for(recipe: Recipe) -> PublishedCurve | None:
    """The published table of the run's axis and base, if it has at least two of the run's settings."""
    asked = {setting.setting for setting in recipe.settings}
    rows = [row for row in _rows() if row["base"] == recipe.base and {*row["axis"].split(" x ")} == {*recipe.axis}]
    errors = {row["setting"]: _error(row) for row in rows if row["setting"] in asked}
    return PublishedCurve(rows[0]["table"], rows[0]["source"], errors) if len(errors) > 1 else None


NAMES = {
    "cardinality": "resnext{depth}_{setting}",
    "radix x cardinality": "resnest{depth}_fast_{setting}",
    "scale": "res2net{depth}_{setting}",
}
"""What the networks of a table are called, by its axis."""


@dataclass(frozen=True)
class PublishedError:
    """ImageNet-1K top-1 error in percent of full training at 224 pixels."""

    error: float
    source: str


def published_of(arch: Arch) -> tuple[PublishedError, ...]:
    """All that the tables say of a network, whatever it is called there."""
    return tuple(dict.fromkeys(PublishedError(_error(row), row["source"]) for row in _rows() if _network(row) == arch))


def _network(row: dict[str, str]) -> Arch:
    depth = re.findall("[0-9]+", row["base"])[0]
    return parse(NAMES[row["axis"]].format(depth=depth, setting=row["setting"]))


def _error(row: dict[str, str]) -> float:
    value = float(row["value"])
    return round(100 - value, 2) if "accuracy" in row["metric"] else value


@cache
def _rows() -> tuple[dict[str, str], ...]:
    text = files("analysis").joinpath("published.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))
