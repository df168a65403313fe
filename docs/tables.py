"""The tables of evidence.md, from the committed runs: `python docs/tables.py` writes them into the page.

And what the study of fidelities found into `analysis/trust.csv`, which reports read.
"""

import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from functools import cache, partial
from pathlib import Path
from statistics import median

import pandas as pd

from analysis.cells import difference_words, interval_words
from analysis.comparison.foretelling import SCORES
from analysis.comparison.pairs import Pair, Step, Study, comparison
from analysis.comparison.sides import Point
from analysis.image_scores import image_scores
from analysis.measured import means, summaries
from analysis.orders import ceiling_words, order_agreement, published_words, tau_words
from analysis.published import published_for
from analysis.questions import answer
from analysis.record import Run
from analysis.statistics.agreement import reliability
from analysis.statistics.intervals import by_replicate
from analysis.verdict import fit_words
from analysis.words import MISSING, amount, number

PAGE = Path(__file__).with_name("evidence.md")
RUNS = PAGE.parents[1] / "runs"
TRUST = PAGE.parents[1] / "analysis" / "trust.csv"

STUDY = tuple(sorted(page.parent.name for page in RUNS.glob("fidelity-*/README.md")))  # kept ones have a page
QUESTIONS = {
    "How far to trust a proxy": STUDY,
    "Cardinality against width": ("cardinality", "cardinality-exact"),
    "Radix against cardinality": ("radix",),
    "Twice the budget": ("twice-the-budget",),
    "Scale": ("scale",),
    "Growth rate": ("growth-rate",),
    "Degradation": ("degradation", "shortcuts-resnext"),
    "The two axes at quick": (
        "cardinality-4GFLOPs-resnet50-fashion-mnist-quick",
        "radix-cardinality-4GFLOPs-resnest50-fast-1s1x64d-fashion-mnist-quick",
    ),
    "Ten tricks of training": ("ablation-resnet18-fashion-mnist",),
}


def questions() -> Iterable[list[str]]:
    """What every question took."""
    yield ["question", "runs", "trials", "seeds", "core-hours"]
    for question, names in QUESTIONS.items():
        runs = [Run.open(RUNS / name) for name in names]
        links = ", ".join(f"[{_short(name, names)}](../runs/{name})" for name in names)
        trials = [trial for run in runs for trial in run.finished().values()]
        hours = sum(trial.core_seconds for trial in trials) / 3600
        seeds = "–".join(str(end) for end in sorted({run.recipe.seeds for run in runs}))
        yield [question, links, str(len(trials)), seeds, number(hours, 2)]


def fidelities() -> Iterable[list[str]]:
    """How every fidelity's order agrees with that of the costliest."""
    yield [
        "fidelity", "core-seconds a trial", "τ by test error", "noise ceiling", "τ by test loss", "noise ceiling",
        "τ by error without `plain`", "noise ceiling",
    ]  # fmt: skip
    for step in _study().steps:
        yield [_fidelity(step), number(step.each, 0), *_agreement(step)]


def trust() -> str:
    """The study as CSV: how every fidelity, as it came to be here, agrees with the costliest's."""
    rows = []
    for step in _study().steps:
        recipe, pair = step.side.recipe, step.to_reference
        found = pair.by_error if pair else None
        tau = found.in_a_study if found else None
        rows.append(
            {"data": recipe.data}
            | {name: value for name, value in asdict(recipe.fidelity).items() if name != "name"}
            | {"proxy_macs": int(median(setting.proxy_macs for setting in recipe.settings))}
            | {"networks": len(recipe.settings), "seeds": recipe.seeds, "core_seconds": round(step.each, 1)}
            | ({"tau": tau.mean, "low": tau.low, "high": tau.high} if tau else {})
            | {"ceiling": found.ceiling if found else None}
            | {"reference": _fidelity(_study().steps[-1]) if pair else ""}
        )
    return pd.DataFrame(rows).to_csv(index=False, float_format="%.6g", lineterminator="\n")


def reliabilities() -> Iterable[list[str]]:
    """How much of what the networks' means differ by is of the networks and not of the seeds."""
    steps = _study().steps
    yield ["of", *map(_fidelity, steps)]
    for metric in ("test_error", "test_loss", "validation_loss", "train_loss"):
        shares = [_reliability(step.side.run, metric) for step in steps]
        yield [metric.replace("_", " ").replace("train ", "training "), *(f"{100 * one:.0f} %" for one in shares)]


def _reliability(run: Run, metric: str) -> float:
    seeds = by_replicate(run.trials(), metric)
    return reliability([[seeds[one.setting][k] for one in run.recipe.settings] for k in range(run.recipe.seeds)])


def scores() -> Iterable[list[str]]:
    """How every score of the cheaper fidelities agrees with the costliest's order of test errors."""
    steps = [step for step in _study().steps if step.to_reference]
    yield ["score", *map(_fidelity, steps)]
    for score in SCORES:
        yield [score, *(tau_words(step.by_score[score].in_a_study) for step in steps)]


def errors() -> Iterable[list[str]]:
    """Test errors of all networks at all fidelities."""
    yield from _measured("test_error")


def fits() -> Iterable[list[str]]:
    """Training losses of all networks at all fidelities."""
    yield from _measured("train_loss")


def along(name: str) -> Iterable[list[str]]:
    """The settings of a run: what they cost, what was measured and what was published, where anything was."""
    run, speeds = Run.open(RUNS / name), _speeds() if name == "radix" else {}
    losses, published = means(run.recipe, run.trials(), "train_loss"), published_for(run.recipe)
    fast, measured = ["images a second"] if speeds else [], ["test error (%)", "change", "training loss"]
    what = "network" if run.recipe.is_named else "setting"
    yield [what, "multiply-adds", "activations", *fast, *measured, *(["published error (%)"] if published else [])]
    numbers = summaries(run.recipe, run.trials(), image_scores(run))
    for index, (setting, found, loss) in enumerate(zip(run.recipe.settings, numbers, losses, strict=True)):
        costs = [amount(setting.macs), amount(setting.activations)]
        fast = [number(speeds[setting.setting], 1)] if speeds else []
        errors = (interval_words(found.error), difference_words(found.difference) if index else MISSING)
        known = published.errors.get(setting.setting) if published else None
        printed = [number(known, 2) if known else MISSING] if published else []
        yield [setting.setting, *costs, *fast, *errors, interval_words(loss), *printed]


def _speeds() -> dict[str, float]:
    """Images a second by setting of the radix plane, as `speeds.py` measured them."""
    table = pd.read_csv(PAGE.with_name("speeds.csv"))
    return dict(zip(table["setting"], table["images_per_second"], strict=True))


def quoted(name: str) -> list[str]:
    """The verdict of a run, quoted; then what it says of the published order, and of training loss."""
    run = Run.open(RUNS / name)
    words = (answer(run).words, published_words(run.recipe, run.trials()), fit_words(run.recipe, run.trials()))
    return ["", *"\n>\n".join(textwrap.indent(textwrap.fill(one, 118), "> ") for one in words if one).splitlines()]


def degradation() -> Iterable[list[str]]:
    """Depth with and without shortcuts."""
    yield ["network", "multiply-adds of the proxy", "seeds", "test error (%)", "training loss", "core-seconds a trial"]
    for name in QUESTIONS["Degradation"]:
        run = Run.open(RUNS / name)
        scores, table = image_scores(run), run.trials()
        metrics = ("test_error", "train_loss", "core_seconds")
        columns = [means(run.recipe, table, metric, scores if metric == "test_error" else None) for metric in metrics]
        for setting, error, loss, seconds in zip(run.recipe.settings, *columns, strict=True):
            cells = (interval_words(error), interval_words(loss), number(seconds.mean, 0))
            yield [setting.setting, f"{amount(setting.proxy_macs)}", str(error.n), *cells]


def _measured(metric: str) -> Iterable[list[str]]:
    runs = [step.side.run for step in _study().steps]
    yield ["network", *(run.recipe.fidelity.name for run in runs)]
    columns = [means(run.recipe, run.trials(), metric, image_scores(run)) for run in runs]
    for setting, row in zip(runs[0].recipe.settings, zip(*columns, strict=True), strict=True):
        yield [setting.setting, *map(interval_words, row)]


@cache
def _study() -> Study:
    return comparison([Run.open(RUNS / name) for name in STUDY]).studies[0]


def _fidelity(step: Step) -> str:
    return step.side.recipe.fidelity.name


def _agreement(step: Step) -> list[str]:
    pair = step.to_reference
    if not pair:
        return ["the reference", MISSING] * 3
    others = [[point.errors for point in points] for points in zip(*_but_plain(pair), strict=True)]
    found = (pair.by_error, pair.by_loss, order_agreement(*others))
    return [words for one in found for words in (tau_words(one.in_a_study), ceiling_words(one))]


def _but_plain(pair: Pair) -> list[tuple[Point, Point]]:
    """The network whose seeds vary most is left out, whose distance from the others lifts ceilings."""
    return [points for points in pair.shared if points[0].setting.setting != "plain"]


def _short(name: str, names: Sequence[str]) -> str:
    return name.removeprefix("fidelity-").split("-4GFLOPs")[0] if len(names) > 1 else "run"


QUOTED = ("cardinality", "cardinality-exact", "radix", "twice-the-budget", "scale", "growth-rate")
TABLES: dict[str, Callable[[], Iterable[list[str]]]] = {
    "questions": questions,
    "fidelities": fidelities,
    "reliabilities": reliabilities,
    "scores": scores,
    "errors": errors,
    "fits": fits,
    "degradation": degradation,
    **{name: partial(along, name) for name in QUOTED},
}


def filled(text: str) -> str:
    """The page with every table anew, each between two comments, and below it what the run says, if it is of one."""
    for name, table in TABLES.items():
        head, *rows = (f"| {' | '.join(row)} |" for row in table())
        lines = (head, "|---" * (head.count(" | ") + 1) + "|", *rows, *(quoted(name) if name in QUOTED else ()))
        block = "\n".join(lines)
        before, rest = text.split(f"<!-- {name} -->\n")
        _, after = rest.split("<!-- end -->", maxsplit=1)
        text = f"{before}<!-- {name} -->\n{block}\n<!-- end -->{after}"
    return text


if __name__ == "__main__":
    TRUST.write_text(trust(), encoding="utf-8")
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
