"""The tables of evidence.md, from the committed runs: `python -m docs.tables` writes them into the page.

And what the study of fidelities found into `analysis/trust.csv`, which reports read.
"""

import textwrap
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from analysis.cells import difference_words, interval_words
from analysis.image_scores import image_scores
from analysis.measured import means, summaries
from analysis.orders import ORDERED, published_words
from analysis.published import published_for
from analysis.questions import answer
from analysis.tuned import tuned, tuned_words
from analysis.verdict import fit_words
from analysis.words import MISSING, amount, number
from docs import machines, searches, study
from docs.study import committed

PAGE = Path(__file__).with_name("evidence.md")
TRUST = PAGE.parents[1] / "analysis" / "trust.csv"

QUESTIONS = {
    "How far to trust a proxy": study.NAMES,
    "Cardinality against width": ("cardinality", "cardinality-exact"),
    "Radix against cardinality": ("radix",),
    "Twice the budget": ("twice-the-budget",),
    "Scale": ("scale",),
    "Growth rate": ("growth-rate",),
    "Degradation": ("degradation", "shortcuts-resnext"),
    "Cardinality, tuned": ("cardinality-tuned",),
    "A free search": ("free-search", "found-whole", "found"),
    "Random samples of its space and of others": ("random-tree-1", *searches.DRAWN.values()),
    "Random samples of its parts": tuple(searches.PARTS.values()),
    "The two axes at quick": (
        "cardinality-4GFLOPs-resnet50-fashion-mnist-quick",
        "radix-cardinality-4GFLOPs-resnest50-fast-1s1x64d-fashion-mnist-quick",
    ),
    "Ten tricks of training": ("ablation-resnet18-fashion-mnist",),
}


def questions() -> Iterable[list[str]]:
    """What every question took."""
    yield ["question", "runs", "trials", "seeds", "core-hours", "processor"]
    for question, names in QUESTIONS.items():
        runs = [committed(name) for name in names]
        links = ", ".join(f"[{_short(name, names)}](../runs/{name})" for name in names)
        trials = [trial for run in runs for trial in run.latest().values()]
        hours = sum(trial.core_seconds for trial in trials) / 3600
        seeds = ", ".join(str(end) for end in sorted({run.recipe.seeds for run in runs}))
        processors = ", ".join(sorted({machines.processor(trial) for trial in trials}))
        yield [question, links, str(len(trials)), seeds, number(hours, 2), processors]


def along(name: str, *, timed: bool = False) -> Iterable[list[str]]:
    """The settings of a run: what they cost, what was measured and what was published, where anything was."""
    run, speeds = committed(name), _speeds() if timed else {}
    losses, published = means(run.recipe, run.trials(), "train_loss"), published_for(run.recipe)
    published = published if published and len(published.errors) >= ORDERED else None
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
    """The verdict of a run, quoted; then of tuned settings, or of the published order and of training loss."""
    run = committed(name)
    found, words = tuned(run), [answer(run).words]
    words += [tuned_words(found)] if found else []
    words += [] if run.recipe.sweep else [of(run.recipe, run.trials()) for of in (published_words, fit_words)]
    return ["", *"\n>\n".join(textwrap.indent(textwrap.fill(one, 118), "> ") for one in words if one).splitlines()]


def degradation() -> Iterable[list[str]]:
    """Depth with and without shortcuts."""
    yield ["network", "multiply-adds of the proxy", "seeds", "test error (%)", "training loss", "core-seconds a trial"]
    for name in QUESTIONS["Degradation"]:
        run = committed(name)
        scores, table = image_scores(run), run.trials()
        metrics = ("test_error", "train_loss", "core_seconds")
        columns = [means(run.recipe, table, metric, scores if metric == "test_error" else None) for metric in metrics]
        for setting, error, loss, seconds in zip(run.recipe.settings, *columns, strict=True):
            cells = (interval_words(error), interval_words(loss), number(seconds.mean, 0))
            yield [setting.setting, f"{amount(setting.proxy_macs)}", str(error.n), *cells]


def _short(name: str, names: Sequence[str]) -> str:
    return name.removeprefix("fidelity-").split("-4GFLOPs")[0] if len(names) > 1 else "run"


ALONG = (
    "cardinality",
    "cardinality-exact",
    "radix",
    "twice-the-budget",
    "scale",
    "growth-rate",
    "found-whole",
    "found",
)
QUOTED = (*ALONG, "cardinality-tuned", "free-search")
TABLES: dict[str, Callable[[], Iterable[list[str]]]] = {
    "questions": questions,
    "fidelities": study.fidelities,
    "subsets": study.subsets,
    "reliabilities": study.reliabilities,
    "scores": study.scores,
    "errors": study.errors,
    "fits": study.fits,
    "degradation": degradation,
    **{name: partial(along, name, timed=name == "radix") for name in ALONG},
    "cardinality-tuned": partial(searches.each_tuned, "cardinality-tuned"),
    "tried": partial(searches.tried, "cardinality-tuned"),
    "free-search": partial(searches.searched, "free-search"),
    "met": partial(searches.met, "free-search"),
    "spaces": searches.errors_met,
    "predicted": searches.predicted,
    "machines": machines.trained_twice,
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
    TRUST.write_text(study.trust(), encoding="utf-8")
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
