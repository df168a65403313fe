"""Images a second of our trainer, against plain PyTorch loops with a DataLoader, on one machine and one proxy.

Run: `python -m tests.bench.training [--rounds 5] [--images 3200] [--setting 32x4d]`. A number is of the whole machine:
one trial a core at the same moment where a loop has one thread, else one trial with torch's own number of threads. A
round is an epoch of each loop, in alternating order: `images` trained on, then the same 2,500 validated; shown are the
images trained on in a second of both. All loops train the same network with the same optimiser and batch size. Ours is
held to the plain loops best to best, which is what other jobs on the machine disturb least; then come the median over
the rounds and their range. Ends with status 1 if a bound is missed.
"""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

import torch
from torch import Tensor, nn
from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler, SequentialSampler

from analysis.recipe import Recipe
from analysis.record import Run
from search.augment import Normalisation
from search.data import DataSet, Indices, load, split
from search.grouping import sgd
from search.train import Trainer
from space import parse, trace
from space.module import build, residual_norms
from tests.bench.timing import judge, judge_speed, seconds

COMMITTED = Path(__file__).parents[2] / "runs/cardinality-4GFLOPs-resnet50-fashion-mnist-quick"
Batches = DataLoader[tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Loop:
    """A way to train: `threads` of each trial (0: torch's own number), and what the DataLoader does."""

    name: str
    threads: int = 0
    workers: int = 0  # of the DataLoader
    per_batch: bool = False  # images flipped and gathered a batch at once, normalised beforehand; else one by one
    channels_last: bool = False
    fused: bool = False  # the optimiser's step as one kernel
    ours: bool = False

    @property
    def trials(self) -> int:
        """At the same moment."""
        return (os.cpu_count() or 1) if self.threads == 1 else 1


OURS = Loop("ours", threads=1, ours=True)
DEFAULT = (
    Loop("default loop, DataLoader without workers"),
    Loop("default loop, 2 DataLoader workers", workers=2),
)
TUNED = (
    Loop("plain, per batch, a thread a trial", threads=1, per_batch=True),
    Loop("plain, per batch, channels last", per_batch=True, channels_last=True),
    Loop("plain, per batch, channels last, a thread", threads=1, per_batch=True, channels_last=True),
    Loop("plain, the same, fused optimiser", threads=1, per_batch=True, channels_last=True, fused=True),
)


class OneByOne(Dataset[tuple[Tensor, int]]):
    """As tutorials have it: an image at a time is scaled, mirrored and normalised."""

    def __init__(self, data: DataSet, which: Indices, *, flip: bool) -> None:
        self.pixels, self.labels, self.flip = data.train.pixels[which], data.train.labels[which], flip
        self.normalisation = Normalisation.of(self.pixels)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        image = self.normalisation(torch.from_numpy(self.pixels[index]))
        if self.flip and torch.rand(()) < 0.5:
            image = image.flip(-1)
        return image, int(self.labels[index])


class Gathered(Dataset[tuple[Tensor, Tensor]]):
    """As those who look at the profiler have it: floats made once, a batch of them taken and mirrored at once."""

    def __init__(self, data: DataSet, which: Indices, *, flip: bool) -> None:
        pixels = data.train.pixels[which]
        self.images, self.labels = (
            Normalisation.of(pixels)(torch.from_numpy(pixels)),
            torch.from_numpy(data.train.labels[which]),
        )
        self.flip = flip

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, indices: list[int]) -> tuple[Tensor, Tensor]:
        images = self.images[indices]
        if self.flip:
            images = torch.where(torch.rand(len(indices), 1, 1, 1) < 0.5, images.flip(-1), images)
        return images, self.labels[indices]


def batches(loop: Loop, data: DataSet, which: Indices, size: int, *, training: bool) -> Batches:
    """Whole batches when training, as ours has them."""
    if not loop.per_batch:
        images = OneByOne(data, which, flip=training)
        return DataLoader(images, size, shuffle=training, num_workers=loop.workers, drop_last=training)  # type: ignore[arg-type]  # collated
    gathered = Gathered(data, which, flip=training)
    order = RandomSampler(gathered) if training else SequentialSampler(gathered)
    return DataLoader(gathered, batch_size=None, sampler=BatchSampler(order, size, drop_last=training))


def plain(loop: Loop, recipe: Recipe, model: nn.Module, data: DataSet) -> Callable[[], object]:
    """An epoch of a plain loop: a pass over the training images, and one over the validation images."""
    if loop.threads:
        torch.set_num_threads(loop.threads)
    layout = torch.channels_last if loop.channels_last else torch.contiguous_format
    model = model.to(memory_format=layout)  # type: ignore[call-overload]
    optimizer = sgd(model, recipe.training)
    for group in optimizer.param_groups:
        group["fused"] = loop.fused
    parts = split(data, run_seed=recipe.seed, replicate=0, train_images=recipe.fidelity.train_images)
    size = recipe.training.batch_size
    train, validation = (
        batches(loop, data, part, size if training else 4 * size, training=training)
        for part, training in zip(parts, (True, False), strict=True)
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, recipe.fidelity.epochs * len(train))

    def step(images: Tensor, labels: Tensor) -> float:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(images.to(memory_format=layout)), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        return loss.item()

    @torch.inference_mode()
    def right(images: Tensor, labels: Tensor) -> int:
        return int((model(images.to(memory_format=layout)).argmax(1) == labels).sum())

    def epoch() -> tuple[float, int]:
        model.train()
        loss = sum(step(images, labels) for images, labels in train)
        model.eval()
        return loss, sum(right(images, labels) for images, labels in validation)

    return epoch


def ours(recipe: Recipe, model: nn.Module, norms: tuple[str, ...], data: DataSet) -> Callable[[], object]:
    """An epoch of ours."""
    trainer = Trainer(
        model, norms, data, recipe.fidelity, recipe.training, run_seed=recipe.seed, replicate=0, candidate="bench"
    )
    return trainer.epoch


def serve(loop: Loop, recipe: Recipe, there: Connection) -> None:
    """A trial in a process of its own: an epoch for each word that comes."""
    arch, data = parse(recipe.settings[0].proxy), load(recipe.data)
    model = build(arch)
    epoch = (
        ours(recipe, model, tuple(residual_norms(trace(arch))), data) if loop.ours else plain(loop, recipe, model, data)
    )
    there.send("ready")
    while there.recv():
        epoch()
        there.send("done")


@contextmanager
def started(loop: Loop, recipe: Recipe) -> Iterator[Callable[[], object]]:
    """An epoch of as many trials as the loop has at the same moment."""
    context = get_context("spawn")
    pipes = [context.Pipe() for _ in range(loop.trials)]
    trials = [context.Process(target=serve, args=(loop, recipe, there)) for _, there in pipes]
    for trial in trials:
        trial.start()

    def epoch() -> None:
        for here, _ in pipes:
            here.send(True)
        for here, _ in pipes:
            here.recv()

    try:
        _ = [here.recv() for here, _ in pipes]
        yield epoch
    finally:
        for (here, _), trial in zip(pipes, trials, strict=True):
            here.send(False)
            trial.join()


def speeds(loops: tuple[Loop, ...], recipe: Recipe, rounds: int) -> dict[Loop, list[float]]:
    """Images a second of every loop in every round, after a round to warm up."""
    images = recipe.fidelity.train_images // recipe.training.batch_size * recipe.training.batch_size
    found: dict[Loop, list[float]] = {loop: [] for loop in loops}
    with ExitStack() as stack:
        epochs = {loop: stack.enter_context(started(loop, recipe)) for loop in loops}
        _ = [epoch() for epoch in epochs.values()]
        for i in range(rounds):
            for loop in loops[:: 1 if i % 2 else -1]:
                found[loop].append(loop.trials * images / seconds(epochs[loop]))
    return found


def compare(what: str, found: dict[Loop, list[float]], others: tuple[Loop, ...], at_least: float) -> bool:
    """Ours to the fastest of the others, best to best."""
    fastest = max(others, key=lambda loop: max(found[loop]))
    ratios = [one / other for one, other in zip(found[OURS], found[fastest], strict=True)]
    ratio = max(found[OURS]) / max(found[fastest])
    spread = f"median {median(ratios):.3f}, {min(ratios):.3f} to {max(ratios):.3f}, n={len(ratios)}; {fastest.name}"
    return judge(f"ours / {what}", f"{ratio:.3f}", spread, ratio, at_least=at_least)


def recipe_of(setting: str, images: int, epochs: int) -> Recipe:
    """The committed run's, of one setting alone."""
    recipe = Run.open(COMMITTED).recipe
    chosen = tuple(one for one in recipe.settings if one.setting == setting)
    return replace(recipe, settings=chosen, fidelity=replace(recipe.fidelity, train_images=images, epochs=epochs))


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--images", type=int, default=3200)
    parser.add_argument("--setting", default="32x4d")
    options = parser.parse_args()
    recipe = recipe_of(options.setting, options.images, options.rounds + 1)
    load_average = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    print(f"torch {torch.__version__}, {os.cpu_count()} cores, load before {load_average}; {recipe.settings[0].proxy}")
    found = speeds((OURS, *DEFAULT, *TUNED), recipe, options.rounds)
    for loop, speed in found.items():
        judge_speed(loop.name, speed)
    results = [
        compare("the best plain loop", found, (*DEFAULT, *TUNED), 1.0),
        compare("the default loop", found, DEFAULT, 1.5),
    ]
    sys.exit(not all(results))
