"""What the papers measured, to stand beside a run: every row that was checked against its source."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import permutations

import pandas as pd

from analysis.recipe import EQUAL, Recipe
from analysis.statistics.intervals import as_tuple
from space import Arch, parse
from space.axes import AXES
from space.draft import Draft

NEAR = 0.1  # of the base's multiply-adds: a network farther off is not the published one with other widths


@dataclass(frozen=True)
class PublishedCurve:
    """ImageNet-1K top-1 error in percent of full training, by the papers' short form of the setting."""

    table: str
    source: str
    errors: dict[str, float]


@dataclass(frozen=True)
class PublishedError:
    """ImageNet-1K top-1 error in percent of full training at the network's own resolution."""

    error: float
    source: str


@cache
def published() -> pd.DataFrame:
    """A row for every printed number: the table it stands in, model, data, metric, `value` and source.

    `network` is the name here of the network meant, where there is one; `axis`, `base` and `setting` are given where a
    table varies one thing while the cost holds. `how` is what the table says of the measurement: crops, augmentation,
    framework. A published accuracy is kept as it was printed, in percent.
    """
    with files("analysis").joinpath("published.csv").open(encoding="utf-8") as file:
        table = pd.read_csv(file, keep_default_na=False, na_values={"params_m": "", "gmacs": "", "resolution": ""})
    return table.astype({"resolution": "Int64"})


def published_for(recipe: Recipe) -> PublishedCurve | None:
    """The published table of the run's axis and base; failing that, the one with most of the run's networks.

    At least two of the run's settings must be in it, at the resolution they are costed at. Exact matching has widths of
    its own: beside it stand the table's settings with the same values on the axis, and the table's name says so.
    """
    return next((curve for curve in _candidates(recipe) if len(curve.errors) > 1), None)


def _candidates(recipe: Recipe) -> Iterator[PublishedCurve]:
    yield from _by_value(recipe) if recipe.match == "exact" else _by_setting(recipe)
    yield from _by_network(recipe)


def _by_setting(recipe: Recipe) -> list[PublishedCurve]:
    asked = [setting.setting for setting in recipe.settings]
    along = _along(recipe)
    rows: pd.DataFrame = along[along["setting"].isin(asked)]
    return [] if rows.empty else [_curve(rows, rows["setting"])]


def _by_value(recipe: Recipe) -> list[PublishedCurve]:
    """Of exact matching, whose networks are the table's but for their widths, and cost what those do."""
    near = [setting for setting in recipe.settings if abs(setting.base_error) < NEAR]
    names = {as_tuple(setting.value): setting.setting for setting in near}
    along = _along(recipe)
    along = along.assign(of=[names.get(_values(network, recipe.axis), "") for network in along["network"]])
    rows: pd.DataFrame = along[along["of"] != ""]
    if rows.empty or recipe.against != "width":
        return []
    curve = _curve(rows, rows["of"])
    return [replace(curve, table=f"{curve.table}, at the paper's widths")]


def _along(recipe: Recipe) -> pd.DataFrame:
    axes = [" x ".join(axes) for axes in permutations(recipe.axis)]
    table = published()
    asked = (table["base"] == recipe.base) & table["axis"].isin(axes) & (table["resolution"] == recipe.resolution)
    rows: pd.DataFrame = table[asked]
    return rows


def _values(network: str, names: Sequence[str]) -> tuple[int, ...]:
    """Where a named network stands on these axes."""
    draft = Draft.of(parse(network))
    return tuple(AXES[name].read(draft) for name in names)


def _by_network(recipe: Recipe) -> list[PublishedCurve]:
    """One curve for each table and kind of measurement, those with most of the run's networks first.

    Where proxies that cost the same stand for networks that do not, those of about the first one's cost alone.
    """
    near = [one for one in recipe.settings if recipe.match != EQUAL or abs(one.base_error) < NEAR]
    names = {setting.sentence: setting.setting for setting in near}
    named = _top1().assign(of=lambda t: [names.get(sentence, "") for sentence in t["sentence"]])
    found: pd.DataFrame = named[named["of"] != ""]
    curves = [_curve(rows, rows["of"].tolist()) for _, rows in found.groupby(["table", "how"], sort=False)]
    return sorted(curves, key=lambda curve: -len(curve.errors))


def published_of(arch: Arch) -> tuple[PublishedError, ...]:
    """All that the tables say of a network, whatever it is called there."""
    rows = _top1()[lambda t: t["sentence"] == str(arch)]
    errors = (_error(metric, value) for metric, value in zip(rows["metric"], rows["value"], strict=True))
    return tuple(dict.fromkeys(map(PublishedError, errors, rows["source"])))


@cache
def _top1() -> pd.DataFrame:
    """The rows of ImageNet-1K top-1 errors and accuracies, each with the sentence of its network."""
    table = published()
    rows: pd.DataFrame = table[(table["data"] == "ImageNet-1K") & table["metric"].str.startswith("top-1")]
    return rows.assign(sentence=list(map(_sentence, rows["network"], rows["resolution"])))


def _error(metric: str, value: float) -> float:
    return round(100 - value, 2) if "accuracy" in metric else float(value)


@cache
def _sentence(name: str, resolution: int) -> str:
    """Of a network tested at its native resolution; at another it is the network of no run."""
    arch = parse(name) if name else None
    return str(arch) if arch and arch.input.resolution == resolution else ""


def _curve(rows: pd.DataFrame, settings: Iterable[str]) -> PublishedCurve:
    errors = [_error(metric, value) for metric, value in zip(rows["metric"], rows["value"], strict=True)]
    first = rows.iloc[0]
    return PublishedCurve(first["table"], first["source"], dict(zip(settings, errors, strict=True)))
