"""From stored bytes to what a network is trained on, as a recipe asks."""

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from analysis.training import Training
from search.augment.colour import Components, Normalisation, jittered
from search.augment.geometry import crop_and_flip, resized_crop
from search.augment.mixing import cutmix, mixup
from search.augment.policy import randaugment
from search.seeds import seed_for


@dataclass(frozen=True)
class Augmentation:
    """Of whole batches, where they lie. Each trick draws from a seed of its own, so none changes what another draws."""

    training: Training
    normalisation: Normalisation
    components: Components | None
    classes: int
    side: int  # pixels, of what the network sees

    @classmethod
    def of(
        cls, training: Training, pixels: NDArray[np.uint8], which: NDArray[np.int64], *, classes: int, side: int
    ) -> "Augmentation":
        """With the statistics of the images (N, C, H, W) at `which`, those that are trained on."""
        components = Components.of(pixels, which) if training.pca_noise else None
        return cls(training, Normalisation.of(pixels, which), components, classes, side)

    def epoch(self, *chance: str | int) -> "Epoch":
        """One pass over the images; its batches are augmented one after the other."""
        return Epoch(self, chance)


@dataclass
class Epoch:
    """The draws of one pass: a generator for each trick."""

    of: Augmentation
    chance: tuple[str | int, ...]
    crops: torch.Generator = field(init=False)
    colours: torch.Generator = field(init=False)
    policy: torch.Generator = field(init=False)
    mixes: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.crops, self.colours, self.policy = (
            torch.Generator().manual_seed(seed_for(trick, *self.chance))
            for trick in ("augmentation", "colours", "policy")
        )
        self.mixes = np.random.default_rng(seed_for("mixes", *self.chance))

    def __call__(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Bytes (N, C, H, W) and labels (N) to normalised floats (N, C, side, side) and labels or shares of classes."""
        training = self.of.training
        seen = self._cropped(images)
        if training.randaugment:
            seen = randaugment(
                seen, count=training.randaugment, magnitude=training.randaugment_magnitude, generator=self.policy
            )
        return self._mixed(self._coloured(seen), labels)

    def _cropped(self, images: Tensor) -> Tensor:
        flip, generator, side = self.of.training.flip, self.crops, self.of.side
        if (area := self.of.training.crop_area) < 1:
            return resized_crop(images, least_area=area, flip=flip, generator=generator, side=side)
        return crop_and_flip(images, padding=self.of.training.crop_padding, flip=flip, generator=generator, side=side)

    def _coloured(self, images: Tensor) -> Tensor:
        jitter, noise, normalisation = self.of.training.jitter, self.of.training.pca_noise, self.of.normalisation
        if not (jitter or noise):
            return normalisation(images)
        return jittered(
            images,
            jitter=jitter,
            noise=noise,
            components=self.of.components,
            generator=self.colours,
            normalisation=normalisation,
        )

    def _mixed(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """By mixup or CutMix; where both are asked for, every batch by either."""
        ways = [(mix, a) for mix, a in ((mixup, self.of.training.mixup), (cutmix, self.of.training.cutmix)) if a]
        if not ways:
            return images, labels
        mix, alpha = ways[int(self.mixes.integers(len(ways)))]
        return mix(images, labels, alpha=alpha, classes=self.of.classes, rng=self.mixes)
