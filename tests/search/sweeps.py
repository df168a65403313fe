"""Sweeps without training: what a trial comes to follows from its key, and a study is driven by hand."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from analysis.recipe import Fidelity, Recipe
from analysis.record import Run
from analysis.sweep import Between, Sweep
from analysis.training import Training
from analysis.trial import Trial
from search.candidates import Found, chooser_of
from search.jobs import Job
from search.proposals import Proposer
from space.arch import Arch, Input
from space.proxy import Reduction, reduced

SPACE = (
    "C = {1|2|4}; input(3, 32) > conv_stem(8, pool=false) > 1..4*bottleneck(C*4, 16, grouped(C)) > "
    "{1..3*basic({16|24})|2*bottleneck(16..32/8, 64)}/2 > head(10)"
)
BUDGET = "1MFLOPs"
LR = Between(field="lr", low=0.02, high=2.0, log=True)
FIDELITY = Fidelity(name="test", resolution=8, width=1.0, depth=1.0, train_images=64, epochs=9)
WHOLE = Reduction(1.0, 1.0, Input(1, 8), 10)

Outcome = Callable[[Job], dict[str, Any]]


def a_sweep(**changes: Any) -> Recipe:
    """A space of few networks, whose proxies are themselves on digits; `changes` of the sweep, or of the recipe."""
    fields: dict[str, Any] = {
        "space": SPACE,
        "budgets": (BUDGET,),
        "tolerance": 0.3,
        "proxy_macs": 60_000,
        "trials": 12,
    }
    fields |= {name: changes.pop(name) for name in list(changes) if name in Sweep.__annotations__}
    recipe: dict[str, Any] = {
        "command": "explore sweep", "budget": BUDGET, "budget_macs": 10**6, "axis": (), "against": "", "match": "",
        "base": "resnet14", "base_macs": 10**6, "resolution": 32, "data": "digits", "seed": 0, "seeds": 1,
        "fidelity": FIDELITY, "training": Training(lr=0.1, batch_size=32), "sweep": Sweep(**fields),
    }  # fmt: skip
    return Recipe(**recipe | changes)


def proposer(run: Run, slots: int = 1, proxy: Callable[[Arch], Arch] = lambda arch: reduced(arch, WHOLE)) -> Proposer:
    """The sweep's source, rebuilt from its ledger; proxies are as their candidates, on digits."""
    sweep = run.recipe.sweep
    assert sweep
    chosen = chooser_of(sweep.space, sweep.budgets, sweep.tolerance, run.recipe.resolution)
    made = Proposer(run, Found(chosen, run.recipe, proxy))
    made.slots = slots
    return made


def chance(job: Job, name: str = "") -> float:
    """A number from 0 to 1 that depends on the trial alone."""
    digest = hashlib.sha256(f"{job.key} {name}".encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32


def finished(job: Job, epochs: int = 9) -> dict[str, Any]:
    """A curve that falls to a loss of the trial's own."""
    losses = [chance(job) + (epochs - e) * chance(job, "steepness") for e in range(1, epochs + 1)]
    curve = tuple(
        {"epoch": e, "train_loss": x, "validation_loss": x, "validation_error": 10 * x, "seconds": 1.0}
        for e, x in enumerate(losses, start=1)
    )
    last = {name: curve[-1][name] for name in ("train_loss", "validation_loss", "validation_error")}
    return {"state": "finished", "curve": curve, "metrics": {**last, "test_loss": losses[-1], "test_error": 50.0}}


def ended(run: Run, job: Job, outcome: dict[str, Any]) -> Trial:
    """The line of a trial that came to this."""
    setting = job.setting
    fields: dict[str, Any] = {
        "key": job.key, "value": setting.value, "setting": setting.setting, "sentence": setting.sentence,
        "proxy": setting.proxy, "replicate": job.replicate, "fidelity": run.recipe.fidelity.name,
        "hyperparameters": asdict(job.training),
    }  # fmt: skip
    return Trial(**fields | outcome)


def drive(
    run: Run, source: Proposer, at_most: int = 10**6, come_to: Outcome = finished, order: Sequence[int] = (0,)
) -> int:
    """Train as a study would, at most so many trials; of those that run at once the one at `order` ends next."""
    running: list[Job] = []
    for number in range(at_most):
        while (job := source.next(len(running))) is not None:
            running.append(job)
            if len(running) >= source.slots:
                break
        if not running:
            assert source.is_exhausted()
            return number
        _end(run, source, running.pop(order[number % len(order)] % len(running)), come_to)
    return at_most


def _end(run: Run, source: Proposer, job: Job, come_to: Outcome) -> None:
    outcome = come_to(job)
    again = outcome.pop("again", False)
    for reading in outcome.pop("readings", outcome.get("curve", ())[:-1]):
        source.read(job, reading)
    trial = ended(run, job, outcome)
    run.append(trial)
    source.end(job, trial, again=again)


def new(folder: Path, recipe: Recipe) -> Run:
    """A run in a folder of its own."""
    return Run.create(folder / "run", recipe)
