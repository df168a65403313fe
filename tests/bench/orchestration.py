"""What our study costs besides training, against a plain Ray Tune script that trains the same trials.

Run: `python -m tests.bench.orchestration [--trials 40] [--seconds 5] [--empty 1000] [--plain-empty 40]`.

The plain script is a function trainable under the stock OptunaSearch, and trains with our Trainer, so that only what
stands around the training differs. Of either, the share of the machine's time from the first training step to the end
of the study that no trial is training or testing, a core for each trial; ours is held to 5 %. The wall times have
start-up and shutdown in them. Then trials that train nothing, proposed at random: what each costs, and how that grows
from the first fifth of them to the last. The sides run one after the other, each in a process of its own. Ends with
status 1 if a bound is missed.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import replace
from functools import partial, wraps
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import numpy as np
import optuna
import ray
from ray import tune
from ray.tune.search.optuna import OptunaSearch

from analysis.recipe import Recipe
from analysis.record import Run
from analysis.sweep import Between, Sweep
from search.candidates import Settings
from search.cluster import Resources, cluster
from search.data import DataSet, Images, load
from search.here import machine
from search.jobs import Event, jobs
from search.outcome import Outcome
from search.proposals import Proposer
from search.source import Listed
from search.study import execute
from search.trainable import ProxyTrainable
from tests.bench.timing import judge, seconds

COMMITTED = Path(__file__).parents[2] / "runs/cardinality-4GFLOPs-resnet50-fashion-mnist-quick"
CORES = os.cpu_count() or 1
EPOCHS = 4
CALIBRATION = 640  # images


def clock(log: str) -> None:
    """From now on this process writes down when each epoch and each test began and ended."""
    from search.train import Trainer

    def clocked(work: Callable[..., object]) -> Callable[..., object]:
        @wraps(work)
        def written(*args: object) -> object:
            began = time.monotonic()
            try:
                return work(*args)
            finally:
                with open(f"{log}/{os.getpid()}", "a") as file:  # noqa: PTH123  # workers import nothing of ours
                    file.write(f"{began} {time.monotonic()}\n")

        written.clocked = True  # type: ignore[attr-defined]
        return written

    if not hasattr(Trainer.epoch, "clocked"):
        Trainer.epoch, Trainer.finish = clocked(Trainer.epoch), clocked(Trainer.finish)  # type: ignore[method-assign,assignment]


def clocked_trainable(log: str) -> type[ProxyTrainable]:
    """Ours, with a clock."""

    class Clocked(ProxyTrainable):
        def setup(self, config: dict[str, Any], **given: Any) -> None:  # type: ignore[override]
            clock(log)
            super().setup(config, **given)

    return Clocked


class Empty(ProxyTrainable):
    """Trains nothing, and says at once what came of it."""

    def step(self) -> dict[str, Any]:
        reading = {"epoch": 1, "train_loss": 1.0, "validation_loss": 1.0, "validation_error": 50.0, "seconds": 0.0}
        metrics = {"test_error": 50.0, "test_loss": 1.0, "validation_error": 50.0, "validation_loss": 1.0}
        outcome = Outcome({**metrics, "train_loss": 1.0}, np.ones(100, np.float32), np.ones(100, np.bool_))
        return {
            **reading,
            "done": True,
            "outcome": outcome,
            "curve": [reading],
            "trial_seconds": 0.0,
            "cpu_seconds": 0.0,
            "host": machine(),
        }


def ours(recipe: Recipe, data: DataSet, trainable: type[ProxyTrainable], folder: Path) -> list[float]:
    """When each trial was in the ledger."""
    ends: list[float] = []

    def watch(event: Event) -> None:
        assert event.kind != "failed", event.result
        if event.kind == "finished":
            ends.append(time.monotonic())

    run = Run.create(folder / "run", recipe)
    with run.lock(), cluster(Resources(), data_bytes(data)) as there, patch("search.study.ProxyTrainable", trainable):
        source = Proposer(run, Settings(recipe.settings)) if recipe.sweep else Listed(run)
        execute(run, source, data, there, watch)
        ends.append(time.monotonic())
    return ends


class Ends(tune.Callback):
    """When each trial of the plain script was complete."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def on_trial_complete(self, *_: Any, **__: Any) -> None:
        self.ends.append(time.monotonic())


def train_plainly(config: dict[str, Any], recipe: Recipe, data: DataSet, log: str) -> None:
    """The function trainable: it reports each epoch, and the test after the last."""
    from search.train import Trainer
    from space import parse, trace
    from space.module import build, residual_norms

    clock(log)
    chosen = next(one for one in recipe.settings if one.setting == config["setting"])
    arch = parse(chosen.proxy)
    trainer = Trainer(
        build(arch),
        residual_norms(trace(arch)),
        data,
        recipe.fidelity,
        recipe.training,
        run_seed=recipe.seed,
        replicate=config["replicate"],
        candidate=chosen.sentence,
    )
    for _ in range(recipe.fidelity.epochs - 1):
        tune.report(trainer.epoch())
    tune.report({**trainer.epoch(), **trainer.finish().metrics})


def report_nothing(config: dict[str, Any]) -> None:
    tune.report({"validation_loss": 1.0})


def plain(recipe: Recipe, trainable: Any, sampler: optuna.samplers.BaseSampler | None, folder: Path) -> list[float]:
    """When each trial was complete, and the end of all."""
    points = [{"setting": job.setting.setting, "replicate": job.replicate} for job in jobs(recipe)]
    parameters = {
        "setting": tune.choice([setting.setting for setting in recipe.settings]),
        "replicate": tune.randint(0, recipe.seeds),
    }
    watch = Ends()
    ray.init("local", log_to_driver=False)  # nothing, and it would join whatever cluster is there
    tuner = tune.Tuner(
        trainable,
        param_space=parameters,
        tune_config=tune.TuneConfig(
            search_alg=OptunaSearch(points_to_evaluate=points, sampler=sampler),
            metric="validation_loss",
            mode="min",
            num_samples=len(points),
        ),
        run_config=tune.RunConfig(storage_path=str(folder), verbose=0, callbacks=[watch]),
    )
    results = tuner.fit()
    assert len(results) == len(points), results
    assert not results.errors, results.errors
    watch.ends.append(time.monotonic())
    ray.shutdown()
    return watch.ends


def data_bytes(data: DataSet) -> int:
    return sum(array.nbytes for part in (data.train, data.test) for array in (part.pixels, part.labels))


def shortened(data: DataSet, train: int, test: int) -> DataSet:
    """Its first images."""

    def first(part: Images, number: int) -> Images:
        return replace(part, pixels=part.pixels[:number], labels=part.labels[:number])

    return replace(data, train=first(data.train, train), test=first(data.test, test))


def recipe_of(trials: int, train_images: int) -> Recipe:
    """So many trials of the committed run's proxies, as many of its settings as divide them."""
    recipe = Run.open(COMMITTED).recipe
    count = max(number for number in range(1, len(recipe.settings) + 1) if trials % number == 0)
    fidelity = replace(recipe.fidelity, train_images=train_images, epochs=EPOCHS)
    return replace(recipe, settings=recipe.settings[:count], seeds=trials // count, fidelity=fidelity)


def sampled(recipe: Recipe, trials: int) -> Recipe:
    """The recipe as a sweep at random: a setting, and a learning rate that makes every trial another."""
    lr = Between(field="lr", low=0.02, high=2.0, log=True)
    sweep = Sweep(proxy_macs=recipe.settings[0].proxy_macs, tune=(lr,), sampler="random", trials=trials)
    return replace(recipe, seeds=1, sweep=sweep)


def task(side: str, trials: int, images: int, log: str) -> list[float]:
    """One side of the comparison, in this process."""
    recipe, folder = recipe_of(trials, images), Path(log).parent
    data = shortened(load(recipe.data), 2 * images + 1000, 1000)
    match side:
        case "ours":
            return ours(recipe, data, clocked_trainable(log), folder)
        case "ours-empty":
            return ours(sampled(recipe, trials), data, Empty, folder)
        case "plain":
            trainable = tune.with_parameters(train_plainly, recipe=recipe, data=data, log=log)
            return plain(recipe, trainable, None, folder)
        case _:
            return plain(recipe, report_nothing, optuna.samplers.RandomSampler(seed=0), folder)


Timed = tuple[float, list[float], list[tuple[float, float]]]  # wall time, ends of trials, spans of training


def measured(side: str, trials: int, images: int) -> Timed:
    """One side, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        (log := Path(folder) / "log").mkdir()
        words = ["--side", side, "--trials", str(trials), "--images", str(images), "--log", str(log)]
        command = [sys.executable, "-m", "tests.bench.orchestration", *words]
        with (Path(folder) / "said").open("w+") as said:
            wall = seconds(partial(subprocess.run, command, check=False, stdout=said, stderr=said))
        assert (Path(folder) / "ends").exists(), (Path(folder) / "said").read_text()[-3000:]
        lines = [line.split() for file in log.iterdir() for line in file.read_text().splitlines()]
        ends = json.loads((Path(folder) / "ends").read_text())
        return wall, ends, [(float(began), float(ended)) for began, ended in lines]


def images_for(wanted: float) -> int:
    """How many images an epoch has for a trial to train so many seconds, with every core at work."""
    wall, _, spans = measured("ours", 2 * CORES, CALIBRATION)
    trial = sum(ended - began for began, ended in spans) / (2 * CORES)
    found = max(256, round(CALIBRATION * wanted / trial))
    print(
        f"calibration: {trial:.1f} s a trial of {EPOCHS} x {CALIBRATION} images ({wall:.1f} s), so {found} images",
        flush=True,
    )
    return found


def idle(side: str, found: Timed, trials: int, *, at_most: float = float("inf")) -> bool:
    """The share of the cores' time that no trial trains in, from the first step to the end of the study."""
    wall, ends, spans = found
    first, end = min(began for began, _ in spans), ends[-1]
    trained = sum(ended - began for began, ended in spans)
    share = 100 * (1 - trained / (CORES * (end - first)))
    epochs = sorted(ended - began for began, ended in spans)
    spread = (
        f"n={trials} trials of {trained / trials:.2f} s; {end - first:.1f} s from the first step, {wall:.1f} s in all; "
        f"epochs and tests {epochs[0]:.2f} to {epochs[-1]:.2f} s"
    )
    return judge(f"{side}: time not spent training, %", f"{share:.2f}", spread, share, at_most=at_most)


def empty(side: str, found: Timed, trials: int, *, flat: float = float("inf")) -> bool:
    """What a trial costs that trains nothing, and how much more the last ones cost than the first ones."""
    wall, ends, _ = found
    gaps = [1000 * (after - before) for before, after in pairwise(ends[:-1])]
    part = max(1, len(gaps) // 5)
    first, last = (sum(some) / part for some in (gaps[:part], gaps[-part:]))
    spread = f"median {median(gaps):.1f}, {min(gaps):.1f} to {max(gaps):.1f}, n={trials}; {wall:.1f} s in all"
    judge(f"{side}: ms a trial", f"{sum(gaps) / len(gaps):.1f}", spread, 0)
    parts = f"first {part}: {first:.1f} ms, last {part}: {last:.1f} ms"
    return judge(f"{side}: last fifth / first fifth", f"{last / first:.2f}", parts, last / first, at_most=flat)


def main(trials: int, wanted: float, images: int | None, empties: int, plain_empties: int) -> bool:
    """Whether all bounds are met."""
    print(f"ray {ray.__version__}, {CORES} cores, load before {os.getloadavg()[0]:.1f}")
    results = []
    if trials:
        images = images or images_for(wanted)
        results.append(idle("ours", found := measured("ours", trials, images), trials, at_most=5))
        idle("plain Ray Tune", other := measured("plain", trials, images), trials)
        ratio = found[0] / other[0]
        judge("wall time, ours / plain", f"{ratio:.3f}", "start-up and shutdown included, n=1", ratio)
    if empties:
        results.append(empty("ours, empty", measured("ours-empty", empties, 256), empties, flat=1.25))
    if plain_empties:
        empty("plain, empty", measured("plain-empty", plain_empties, 256), plain_empties)
    print(f"load after {os.getloadavg()[0]:.1f}")
    return all(results)


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--empty", type=int, default=1000)
    parser.add_argument("--plain-empty", type=int, default=40)
    parser.add_argument("--images", type=int, help="of an epoch (default: what makes the seconds, tried out first)")
    for option in ("--side", "--log"):
        parser.add_argument(option, help="of one side, in a process of its own")
    given = parser.parse_args()
    if given.side:
        found = task(given.side, given.trials, given.images, given.log)
        (Path(given.log).parent / "ends").write_text(json.dumps(found))
        sys.exit()
    sys.exit(not main(given.trials, given.seconds, given.images, given.empty, given.plain_empty))
