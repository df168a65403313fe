"""Synthetic scores of every setting, seed and test image, whose true means are known."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr  # type: ignore[import-untyped]

from analysis.image_scores import ImageScores
from analysis.recipe import Recipe
from analysis.trial import Trial
from tests.analysis.runs import a_trial

Kind = Literal["normal", "counts", "losses"]


@dataclass(frozen=True, kw_only=True)
class World:
    """Settings x seeds x images: `centre` moves by `step` a setting; the rest are standard deviations.

    `counts` are errors in percent, 0 or 100 for an image (probit), `losses` are the
    softplus of a margin. The true means are exact.
    """

    kind: Kind = "normal"
    settings: int = 1
    centre: float = 0.0
    step: float = 0.0
    shared: float = 0.0  # of seeds, alike in all settings
    seeds: float = 0.0  # of a setting's seeds
    images: float = 0.0  # alike in all settings
    own_images: float = 0.0  # of images in a setting, whatever the seed
    rest: float = 1.0

    def draw(self, chance: np.random.Generator, seeds: int, images: int) -> NDArray[np.float64]:
        """One experiment, of shape (settings, seeds, images)."""
        k, n, m = self.settings, seeds, images
        latent = self.means()[:, None, None] + self.rest * chance.standard_normal((k, n, m))
        for size, shape in (
            (self.shared, (1, n, 1)), (self.seeds, (k, n, 1)), (self.images, (1, 1, m)), (self.own_images, (k, 1, m)),
        ):  # fmt: skip
            if size:
                latent += size * chance.standard_normal(shape)
        match self.kind:
            case "normal":
                return latent
            case "counts":
                return 100.0 * (latent > 0)
            case "losses":
                return np.logaddexp(0, latent)

    def truth(self) -> NDArray[np.float64]:
        """The mean of every setting over all seeds and images there could be."""
        spread = float(np.hypot.reduce([self.shared, self.seeds, self.images, self.own_images, self.rest]))
        match self.kind:
            case "normal":
                return self.means()
            case "counts":
                return 100.0 * ndtr(self.means() / spread)
            case "losses":
                nodes, weights = np.polynomial.hermite_e.hermegauss(200)
                margins = self.means()[:, None] + spread * nodes
                return np.logaddexp(0, margins) @ weights / weights.sum()

    def means(self) -> NDArray[np.float64]:
        return self.centre + self.step * np.arange(self.settings)


# As in the committed runs: 13 % of 10,000 images wrong, the same ones nearly always; loss 0.36, with a standard
# deviation over images of 0.8 and a skewness of 4; what settings differ by varies with seeds, not with images.
ERRORS = World(kind="counts", centre=-3.56, seeds=0.06, images=3.0)
LOSSES = World(kind="losses", centre=-3.3, seeds=0.03, images=3.1, rest=0.8)
# As hard as it gets: settings whose errors differ by images about as much as by seeds.
MIXED = World(kind="counts", centre=-3.8, seeds=0.12, images=3.0, own_images=1.0)
NORMAL = World(seeds=0.04, images=2.0, own_images=1.0)


def scored(recipe: Recipe, world: World, seeds: int, images: int, seed: int) -> tuple[list[Trial], ImageScores]:
    """Trials of all settings of a recipe, as replicates finish, and their scores; losses follow from errors."""
    drawn = replace(world, settings=len(recipe.settings)).draw(np.random.default_rng(seed), seeds, images)
    errors = drawn.astype(np.uint8)
    trials = [
        a_trial(recipe, k, r, float(errors[k, r].mean())) for r in range(seeds) for k in range(len(recipe.settings))
    ]
    index = {setting.setting: k for k, setting in enumerate(recipe.settings)}
    by_key = {trial.key: errors[index[trial.setting], trial.replicate] for trial in trials}
    losses = {key: (0.03 * one.astype(np.float16)).astype(np.float16) for key, one in by_key.items()}
    return trials, ImageScores(by_key, losses)
