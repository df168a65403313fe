"""The tables of the study of fidelities: how far cheaper ones put networks in the order of the costliest."""

from collections.abc import Callable, Container, Iterable
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from statistics import median

import pandas as pd

from analysis.cells import interval_words
from analysis.comparison.pairs import Pair, Step, Study, comparison
from analysis.comparison.prediction import SCORES
from analysis.image_scores import image_scores
from analysis.measured import means
from analysis.orders import ceiling_words, order_agreement, tau_words
from analysis.recipe import Fidelity
from analysis.record import Run
from analysis.statistics.agreement import Agreement, reliability
from analysis.statistics.intervals import by_replicate
from analysis.words import MISSING, number
from search.presets import FIDELITIES, resolved

RUNS = Path(__file__).parents[1] / "runs"
NAMES = tuple(sorted(page.parent.name for page in RUNS.glob("fidelity-*/README.md")))  # kept ones have a page
ALIKE = (
    "resnet50", "resnet26", "resnet101", "thin", "wide", "resnext50_8x14d", "resnext50_32x4d", "res2net50_26w4s",
    "res2net50_14w8s",
)  # fmt: skip
"""The ResNets, ResNeXts and Res2Nets: what differs along the axes within a family."""


@cache
def committed(name: str) -> Run:
    """The run of that name."""
    return Run.open(RUNS / name)


@cache
def study() -> Study:
    """Of the committed runs."""
    return comparison([committed(name) for name in NAMES]).studies[0]


def fidelities() -> Iterable[list[str]]:
    """How every fidelity's order agrees with that of the costliest."""
    yield ["fidelity", "core-seconds a trial", "τ by test error", "noise ceiling", "τ by test loss", "noise ceiling"]
    for step in study().steps:
        yield [fidelity_words(step), number(step.each, 0), *_agreed(step, lambda pair: (pair.by_error, pair.by_loss))]


def subsets() -> Iterable[list[str]]:
    """The same of fewer networks, by test error."""
    yield ["fidelity", "τ without `plain`", "noise ceiling", "τ of the nine", "noise ceiling"]
    for step in study().steps[:-1]:
        yield [fidelity_words(step), *_agreed(step, lambda pair: (_but_plain(pair), of_the_alike(pair)))]


def _agreed(step: Step, of: Callable[[Pair], Iterable[Agreement]]) -> list[str]:
    if not step.to_reference:
        return ["the reference", MISSING, "the reference", MISSING]
    return [words for one in of(step.to_reference) for words in (tau_words(one.in_a_study), ceiling_words(one))]


def _but_plain(pair: Pair) -> Agreement:
    """The network that is farthest from the others and varies most is left out."""
    return _among(pair, {one.setting.setting for one, _ in pair.shared} - {"plain"})


def of_the_alike(pair: Pair) -> Agreement:
    """Of the networks that no attention, dense connections or lack of shortcuts sets apart."""
    return _among(pair, ALIKE)


def _among(pair: Pair, names: Container[str]) -> Agreement:
    points = [both for both in pair.shared if both[0].setting.setting in names]
    ours, theirs = ([point.errors for point in side] for side in zip(*points, strict=True))
    return order_agreement(ours, theirs)


def trust() -> str:
    """The study as CSV: how every fidelity, as it came to be here, agrees with the costliest's."""
    return pd.DataFrame(map(_row, study().steps)).to_csv(index=False, float_format="%.6g", lineterminator="\n")


def _row(step: Step) -> dict[str, object]:
    recipe, pair = step.side.recipe, step.to_reference
    row: dict[str, object] = {
        "data": recipe.data,
        **{name: value for name, value in asdict(recipe.fidelity).items() if name != "name"},
        "proxy_macs": int(median(setting.proxy_macs for setting in recipe.settings)),
        "networks": len(recipe.settings), "alike": len(ALIKE), "seeds": recipe.seeds,
        "core_seconds": round(step.each, 1),
    }  # fmt: skip
    if pair:
        tau, alike = pair.by_error.in_a_study, of_the_alike(pair)
        row |= {"tau": tau.mean, "low": tau.low, "high": tau.high, "ceiling": pair.by_error.ceiling}
        row |= {"alike_tau": alike.tau.mean, "alike_ceiling": alike.ceiling}
    return row | {"reference": study().reference.recipe.fidelity.name if pair else ""}


def reliabilities() -> Iterable[list[str]]:
    """How much of what the networks' means differ by is of the networks and not of the seeds."""
    steps = study().steps
    yield ["of", *map(fidelity_words, steps)]
    for metric, words, left_out in (
        ("test_error", "test error", ""), ("test_error", "test error without `plain`", "plain"),
        ("test_loss", "test loss", ""), ("validation_loss", "validation loss", ""), ("train_loss", "training loss", ""),
    ):  # fmt: skip
        yield [words, *(f"{100 * _reliability(step.side.run, metric, left_out):.0f} %" for step in steps)]


def _reliability(run: Run, metric: str, left_out: str) -> float:
    seeds = by_replicate(run.trials(), metric)
    names = [one.setting for one in run.recipe.settings if one.setting != left_out]
    return reliability([[seeds[name][k] for name in names] for k in range(run.recipe.seeds)])


def scores() -> Iterable[list[str]]:
    """How every score of the cheaper fidelities agrees with the costliest's order of test errors."""
    steps = [step for step in study().steps if step.to_reference]
    yield ["score", *map(fidelity_words, steps)]
    for score in SCORES:
        yield [score, *(tau_words(step.by_score[score].in_a_study) for step in steps)]


def errors() -> Iterable[list[str]]:
    """Test errors of all networks at all fidelities."""
    yield from _measured("test_error")


def fits() -> Iterable[list[str]]:
    """Training losses of all networks at all fidelities."""
    yield from _measured("train_loss")


def _measured(metric: str) -> Iterable[list[str]]:
    runs = [step.side.run for step in study().steps]
    yield ["network", *map(fidelity_words, study().steps)]
    columns = [means(run.recipe, run.trials(), metric, image_scores(run)) for run in runs]
    for setting, row in zip(runs[0].recipe.settings, zip(*columns, strict=True), strict=True):
        yield [setting.setting, *map(interval_words, row)]


def fidelity_words(step: Step) -> str:
    """Its name, and the one it ships under where that is another."""
    asked = step.side.recipe.fidelity
    known = next((one.name for one in FIDELITIES.values() if _numbers(one) == _numbers(asked)), asked.name)
    return asked.name if known == asked.name else f"{known} ({asked.name})"


def on_fashion_mnist(fidelity: Fidelity) -> Fidelity:
    """What the fidelity comes to there: images of 28 pixels a side, 57,500 of them beside those that validate."""
    return resolved(fidelity, resolution=28, train_images=57_500)


def _numbers(fidelity: Fidelity) -> Fidelity:
    return replace(on_fashion_mnist(fidelity), name="")
