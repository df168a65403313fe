"""How long the parts of a trial take: measured by training a few steps as the trial will."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analysis.recipe import Recipe
from search.configured import trainer_of
from search.data import DataSet, Images
from search.memory import TESTED
from search.seeds import seed_for

ROUND = 1.0  # seconds of steps that are timed together
ROUNDS = 3
SLOW = 10.0  # seconds of a first step, after which nothing more is trained
MOST = 16  # steps of a round


@dataclass(frozen=True)
class Timing:
    """Seconds of a trial's parts.

    `setup` is before the first step, `first` what that takes more than others, `image` is to test one image; `fixing`
    is a step of fine-tuning at other pixels.
    """

    setup: float
    first: float
    step: float
    image: float
    fixing: float = 0.0

    def trial(self, steps: int, images: int, fixing: int = 0) -> float:
        """Of a trial with so many steps, images tested, and steps of fine-tuning."""
        return self.setup + self.first + steps * self.step + images * self.image + fixing * self.fixing


def timed(trial: Mapping[str, Any], recipe: Recipe, data: DataSet, device: str) -> Timing:
    """Of a trial as `search.jobs.config` has it, in this process: all is as the recipe says, but its length."""
    setup = prepared(trial, recipe, data, device)
    few = _Few(trial, recipe, data, device, steps=1)
    first = few.epoch()
    if first > SLOW:
        image = few.tested()
        step = max(0.0, first - few.validated * image)
        return Timing(setup, 0.0, step, image, step if trial["training"]["fix_epochs"] else 0.0)
    few = _Few(trial, recipe, data, device, steps=int(np.clip(ROUND / first, 1, MOST)))
    rounds = [few.epoch() for _ in range(1 + ROUNDS)][1:]
    last = few.epoch()  # with the fine-tuning, if there is any
    few.tested()
    image = few.tested()
    tests, typical = few.validated * image, float(np.median(rounds))
    step = max(0.0, typical - tests) / few.steps
    fixing = max(0.0, last - typical) / few.steps if trial["training"]["fix_epochs"] else 0.0
    return Timing(setup, max(0.0, first - tests - step), step, image, fixing)


def prepared(trial: Mapping[str, Any], recipe: Recipe, data: DataSet, device: str) -> float:
    """Seconds before the first step of a trial whose teacher, if it has one, is there."""
    start = time.perf_counter()
    alone = {**trial["training"], "teacher": "", "teacher_weights": ""}
    trainer_of({**trial, "training": alone}, recipe, data, device)
    return time.perf_counter() - start


class _Few:
    """A trial cut short: epochs of so many steps, and a few images to test."""

    def __init__(self, trial: Mapping[str, Any], recipe: Recipe, data: DataSet, device: str, steps: int) -> None:
        """Its training is shortened so that a step takes as long as ever; only the losses differ."""
        given = trial["training"]
        batch = given["batch_size"]
        short = replace(recipe.fidelity, train_images=steps * batch, epochs=2 + ROUNDS)
        training = {**given, "lr": 1e-6, "fix_lr": 1e-6, "norm_images": 0, "fix_epochs": min(1, given["fix_epochs"])}
        part = excerpt(data, steps * batch, TESTED * batch if steps > 1 else batch)
        self.trainer, _ = trainer_of({**trial, "training": training}, replace(recipe, fidelity=short), part, device)
        self.steps = self.trainer.steps_per_epoch
        self.validated = len(self.trainer.validation)

    def epoch(self) -> float:
        """Seconds of an epoch."""
        start = time.perf_counter()
        self.trainer.epoch()
        return time.perf_counter() - start

    def tested(self) -> float:
        """Seconds to test an image."""
        start = time.perf_counter()
        self.trainer.finish()
        return (time.perf_counter() - start) / len(self.trainer.data.test)


def excerpt(data: DataSet, images: int, tested: int) -> DataSet:
    """Of the data, so many images to train on, with as many to validate as go with them, and so many to test."""
    rng = np.random.default_rng(seed_for("excerpt"))
    most = -(-10 * (images + data.train.classes) // 9)
    return replace(data, train=_some(data.train, most, rng), test=_some(data.test, tested, rng))


def _some(images: Images, count: int, rng: np.random.Generator) -> Images:
    chosen = np.sort(rng.permutation(len(images))[:count])
    return Images(images.pixels[chosen], images.labels[chosen], images.classes)
