"""Batches a second of our pipeline, against an image at a time in a DataLoader, as torchvision's users write it.

Run: `python -m tests.bench.data [--rounds 5]`. Both do the same to the same images in memory: bytes to augmented and
normalised floats, in batches, each forgotten before the next, as in training. Ours has one thread, as a trial has; the
DataLoader has the best of no worker, one and two. Where kornia is installed, its batched augmentation is timed, too,
with one thread. Then, while proxies train, the share of a step that is spent on making its batch, of the median step.
Ends with status 1 if a bound is missed.
"""

import math
import os
import random
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageEnhance, ImageOps
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from analysis.recipe import Fidelity
from analysis.training import Training
from search.augment import Augmentation, cutmix, mixup, policy
from search.augment.augmentation import Epoch
from search.augment.geometry import RATIOS, TRIES
from search.data import DataSet, Images
from search.train import Trainer
from space import parse, trace
from space.module import build, residual_norms
from tests.bench.timing import judge, judge_ratio, judge_speed, seconds
from tests.bench.training import recipe_of
from tests.search.pillow_policy import pillows

Batch = tuple[Tensor, Tensor]
Pass = Callable[[], object]  # over all images
KINDS = [one and one.__name__ for one in policy.ALL]
SMALL = {  # of 32 × 32 pixels, coloured
    "crop, flip": Training(crop_padding=4),
    "crop, flip, RandAugment": Training(crop_padding=4, randaugment=2),
    "crop, flip, mixup": Training(crop_padding=4, mixup=0.2),
    "crop, flip, CutMix": Training(crop_padding=4, cutmix=1.0),
    "resized crop, flip, jitter, PCA": Training(crop_area=0.08, jitter=0.4, pca_noise=0.1),
}
LARGE = {  # of 256 × 256, of which 224 × 224 are seen
    "crop, flip": Training(batch_size=32),
    "resized crop, flip": Training(batch_size=32, crop_area=0.08),
    "resized crop, flip, jitter, PCA": Training(batch_size=32, crop_area=0.08, jitter=0.4, pca_noise=0.1),
    "resized crop, flip, RandAugment": Training(batch_size=32, crop_area=0.08, randaugment=2),
}


def noise(count: int, side: int, channels: int = 3) -> DataSet:
    """Images of no meaning: what is timed does not look at them."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (count, channels, side, side), np.uint8)
    images = Images(pixels, rng.integers(0, 10, count), 10)
    return DataSet("noise", images, images)


# An image at a time -------------------------------------------------------------------------------------------


class OneByOne(Dataset[tuple[Tensor, int]]):
    """As transforms.Compose has it: Pillow's operations, then a tensor, normalised."""

    def __init__(self, images: Images, training: Training, side: int) -> None:
        made = Augmentation.of(training, images.pixels, np.arange(len(images)), classes=10, side=side)
        self.pixels, self.labels = images.pixels.transpose(0, 2, 3, 1).copy(), images.labels
        self.training, self.side, self.components = training, side, made.components
        self.mean, self.std = (torch.tensor(v)[:, None, None] / 255 for v in
                               (made.normalisation.mean, made.normalisation.std))  # fmt: skip

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        image = self._cropped(Image.fromarray(self.pixels[index]))
        if random.random() < 0.5:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        image = self._coloured(self._policy(image))
        tensor = torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous().float().div(255)
        if self.components:
            tensor += (torch.randn(3) * self.training.pca_noise @ torch.tensor(self.components.rows))[
                :, None, None
            ] / 255
        return tensor.sub_(self.mean).div_(self.std), int(self.labels[index])

    def _cropped(self, image: Image.Image) -> Image.Image:
        if self.training.crop_area == 1:
            padded = ImageOps.expand(image, self.training.crop_padding) if self.training.crop_padding else image
            left, top = (random.randint(0, size - self.side) for size in padded.size)
            return padded.crop((left, top, left + self.side, top + self.side))
        for _ in range(TRIES):
            area = image.width * image.height * random.uniform(self.training.crop_area, 1)
            ratio = math.exp(random.uniform(*map(math.log, RATIOS)))
            width, height = round((area * ratio) ** 0.5), round((area / ratio) ** 0.5)
            if width <= image.width and height <= image.height:
                left, top = random.randint(0, image.width - width), random.randint(0, image.height - height)
                image = image.crop((left, top, left + width, top + height))
                break
        return image.resize((self.side, self.side), Image.Resampling.BILINEAR)

    def _policy(self, image: Image.Image) -> Image.Image:
        for kind in random.choices(KINDS, k=self.training.randaugment):
            if kind:
                image = pillows(kind, image, self.training.randaugment_magnitude / 30, random.choice((-1, 1)))
        return image

    def _coloured(self, image: Image.Image) -> Image.Image:
        if self.training.jitter:
            for kind in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
                image = kind(image).enhance(random.uniform(1 - self.training.jitter, 1 + self.training.jitter))
        return image


def one_by_one(images: Images, training: Training, side: int, workers: int) -> Pass:
    """Mixing is of batches here, too."""
    made = OneByOne(images, training, side)
    loader: DataLoader[Any] = DataLoader(
        made, training.batch_size, shuffle=True, num_workers=workers, drop_last=True, persistent_workers=workers > 0
    )
    rng = np.random.default_rng(0)

    def mixed(batch: Tensor, labels: Tensor) -> Batch:
        for mix, alpha in ((mixup, training.mixup), (cutmix, training.cutmix)):
            if alpha:
                return mix(batch, labels, alpha=alpha, classes=10, rng=rng)
        return batch, labels

    def batches() -> None:
        for batch in loader:
            mixed(*batch)

    return batches


# A batch at a time --------------------------------------------------------------------------------------------


def ours(images: Images, training: Training, side: int) -> Pass:
    """What a trainer does before the network sees a batch."""
    fidelity = Fidelity(name="bench", resolution=256, width=1, depth=1, train_images=len(images), epochs=1)
    model = nn.Sequential(nn.Conv2d(3, 1, 1), nn.Flatten())
    trainer = Trainer(
        model, (), DataSet("noise", images, images), fidelity, training, run_seed=0, replicate=0, candidate=""
    )
    augmentation = Augmentation.of(training, images.pixels, np.arange(len(images)), classes=10, side=side)

    def batches() -> None:
        order = np.random.default_rng(0).permutation(len(images))
        augmented, size = augmentation.epoch(0), training.batch_size
        for start in range(0, len(order) - size + 1, size):
            augmented(*trainer._batch(images, order[start : start + size]))

    return batches


def kornias(images: Images, training: Training, side: int) -> Pass:
    """Its operations of the same names; its RandAugment has one choice of operations for all of a batch."""
    import kornia.augmentation as k

    area = training.crop_area
    padding = training.crop_padding or None
    steps = [k.RandomCrop((side, side), padding) if area == 1 else k.RandomResizedCrop((side, side), (area, 1.0))]
    steps += [k.RandomHorizontalFlip()]
    steps += [k.auto.RandAugment(n=training.randaugment, m=9)] if training.randaugment else []
    steps += [k.ColorJitter(*[training.jitter] * 3, 0.0, p=1.0)] if training.jitter else []
    normalise = k.Normalize(torch.full((3,), 0.5), torch.full((3,), 0.25))
    mixes = [k.RandomMixUpV2(p=1.0, data_keys=["input", "class"])] if training.mixup else []
    mixes += [k.RandomCutMixV2(p=1.0, data_keys=["input", "class"])] if training.cutmix else []

    def batch(which: np.ndarray) -> Tensor:
        seen, labels = torch.from_numpy(images.pixels[which]).float() / 255, torch.from_numpy(images.labels[which])
        for step in steps:
            seen = step(seen)
        for mix in mixes:
            seen, _ = mix(seen, labels)
        return normalise(seen).contiguous(memory_format=torch.channels_last)

    def batches() -> None:
        order, size = np.random.default_rng(0).permutation(len(images)), training.batch_size
        for start in range(0, len(order) - size + 1, size):
            batch(order[start : start + size])

    return batches


# Judging ------------------------------------------------------------------------------------------------------


def compare(what: str, images: Images, training: Training, side: int, rounds: int) -> bool:
    """All ways in turn, in alternating order, after a pass to warm up."""
    ways = {"ours": ours(images, training, side)}
    ways |= {f"{n} workers": one_by_one(images, training, side, n) for n in (0, 1, 2)}
    if find_spec("kornia"):
        ways["kornia"] = kornias(images, training, side)
    number = len(images) // training.batch_size
    found: dict[str, list[float]] = {name: [] for name in ways}
    for i in range(rounds + 1):
        for name in list(ways)[:: 1 if i % 2 else -1]:
            speed = number / seconds(ways[name])
            found[name] += [speed] if i else []
    for name, speeds in found.items():
        judge_speed(f"{what}: {name}", speeds)
    best = max((speeds for name, speeds in found.items() if "workers" in name), key=max)
    return judge_ratio(f"{what}: ours / best DataLoader", found["ours"], best, at_least=2)


def shares(trainer: Trainer) -> Iterator[float]:
    """Of every step of an epoch, the part spent on its batch."""
    making: list[float] = []

    def timed(work: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any) -> Any:
            start = perf_counter()
            made = work(*args)
            making[-1] += perf_counter() - start
            return made

        return run

    step, batch = trainer._step, trainer._batch
    trainer._batch = timed(batch)  # type: ignore[method-assign]
    whole: list[float] = []

    def stepped(*args: Any) -> float:
        making.append(0.0)
        start = perf_counter()
        loss = step(*args)
        whole.append(perf_counter() - start)
        return loss

    trainer._step = stepped  # type: ignore[method-assign]
    augment = Epoch.__call__
    Epoch.__call__ = timed(augment)  # type: ignore[method-assign]
    try:
        trainer.epoch()
    finally:
        Epoch.__call__ = augment  # type: ignore[method-assign]
    return (part / all_of_it for part, all_of_it in zip(making, whole, strict=False))


def waiting(what: str, sentence: str, data: DataSet, training: Training, *, at_most: float = math.inf) -> bool:
    """Of a proxy that is trained for an epoch, after one to warm up."""
    arch = parse(sentence)
    count = 20 * training.batch_size
    side = data.train.pixels.shape[-1]
    fidelity = Fidelity(name="bench", resolution=side, width=1, depth=1, train_images=count, epochs=2)
    trainer = Trainer(
        build(arch), residual_norms(trace(arch)), data, fidelity, training, run_seed=0, replicate=0, candidate=""
    )
    trainer.epoch()
    found = sorted(shares(trainer))
    spread = f"{100 * found[0]:.2f} to {100 * found[-1]:.2f} %, n={len(found)} steps"
    return judge(
        f"share of a step: {what}", f"{100 * median(found):.2f} %", spread, 100 * median(found), at_most=at_most
    )


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"torch {torch.__version__}, {os.cpu_count()} cores, load before {load}; batches a second")
    small, large = noise(3_200, 32), noise(256, 256)
    results = [compare(f"32 px, {name}", small.train, made, 32, options.rounds) for name, made in SMALL.items()]
    results += [compare(f"224 px, {name}", large.train, made, 224, options.rounds) for name, made in LARGE.items()]
    grey = recipe_of("32x4d", 1, 1).settings[0].proxy
    coloured = grey.replace("input(1, 28)", "input(3, 32)")
    results.append(waiting("28 px, grey, as by default", grey, noise(4_000, 28, 1), Training(), at_most=2))
    results += [
        waiting(
            f"32 px, {name}", coloured, noise(4_000, 32), made, at_most=2 if "RandAugment" not in name else math.inf
        )
        for name, made in SMALL.items()
    ]
    sys.exit(not all(results))
