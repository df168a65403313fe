"""What the papers measured along the same axes, to stand beside a run."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from analysis.recipe import Recipe


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


def _error(row: dict[str, str]) -> float:
    value = float(row["value"])
    return round(100 - value, 2) if "accuracy" in row["metric"] else value


@cache
def _rows() -> tuple[dict[str, str], ...]:
    text = files("analysis").joinpath("published.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))
