"""Named fidelities and recipes, and what they come to on a given data set."""

from dataclasses import replace
from functools import cache
from importlib.resources import files

from analysis.preset import Preset
from analysis.recipe import Fidelity
from analysis.training import Training

FIDELITIES = {
    fidelity.name: fidelity
    for fidelity in (
        # Seconds a trial: for trying things out.
        Fidelity(name="tiny", resolution=16, width=1 / 8, depth=1 / 4, train_images=500, epochs=2),
        # About a minute a trial on one CPU core.
        Fidelity(name="quick", resolution=32, width=1 / 4, depth=1 / 3, train_images=12_800, epochs=4),
        # Two minutes. How far this and the one before are to be trusted: docs/evidence.md.
        Fidelity(name="trusted", resolution=32, width=1 / 4, depth=1 / 3, train_images=12_800, epochs=8),
        # Hours on a CPU, minutes a trial on a GPU.
        Fidelity(name="medium", resolution=32, width=1 / 2, depth=1 / 2, train_images=50_000, epochs=30),
        # The candidate itself.
        Fidelity(name="full", resolution=224, width=1.0, depth=1.0, train_images=2_000_000, epochs=90),
    )
}

USUAL = FIDELITIES["trusted"]
"""The fidelity of a run that asks for none."""

PRESETS = ("cpu-quick", "cpu", "gpu-small", "cifar", "imagenet", "resnext-2017", "bag-of-tricks", "resnest-2020")
"""The recipes that ship, each a file of the folder `recipes`."""

UNMIRRORED = ("digits", "mnist", "svhn", "procedural")
MOST_PASSES = 30
"""A small data set is passed over more often, so that a trial sees as many images, but not more often than this."""


@cache
def preset(name: str) -> Preset:
    """The recipe that ships under the name."""
    return Preset.from_toml(files("search").joinpath("recipes", f"{name}.toml").read_text(encoding="utf-8"))


def known_fidelity(name: str) -> Fidelity | None:
    """The fidelity that ships under the name, by itself or in a recipe."""
    shipped = (preset(one).fidelity for one in PRESETS)
    return FIDELITIES.get(name) or next((one for one in shipped if one and one.name == name), None)


def resolved(fidelity: Fidelity, *, resolution: int, train_images: int) -> Fidelity:
    """The fidelity on images of `resolution` pixels a side, of which `train_images` can be trained on."""
    images = min(fidelity.train_images, train_images)
    passes = round(fidelity.epochs * fidelity.train_images / images)
    return replace(
        fidelity,
        resolution=min(fidelity.resolution, resolution),
        train_images=images,
        epochs=max(fidelity.epochs, min(passes, MOST_PASSES)),
    )


def training_for(data: str, name: str = PRESETS[0]) -> Training:
    """A preset's training, or the default one; mirrored digits are no digits, and mirrored waves of another class."""
    training = preset(name).training
    return replace(training, flip=False) if data in UNMIRRORED else training
