"""Named fidelities, and what they come to on a given data set."""

from dataclasses import replace

from analysis.recipe import Fidelity
from analysis.training import Training

FIDELITIES = {
    fidelity.name: fidelity
    for fidelity in (
        # Seconds a trial: for trying things out.
        Fidelity(name="tiny", resolution=16, width=1 / 8, depth=1 / 4, train_images=500, epochs=2),
        # About a minute a trial on one CPU core.
        Fidelity(name="quick", resolution=32, width=1 / 4, depth=1 / 3, train_images=12_800, epochs=4),
        # Hours on a CPU, minutes a trial on a GPU.
        Fidelity(name="medium", resolution=32, width=1 / 2, depth=1 / 2, train_images=50_000, epochs=30),
        # The candidate itself.
        Fidelity(name="full", resolution=224, width=1.0, depth=1.0, train_images=2_000_000, epochs=90),
    )
}

UNMIRRORED = ("digits", "mnist", "svhn", "procedural")
MOST_PASSES = 30
"""A small data set is passed over more often, so that a trial sees as many images, but not more often than this."""


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


def training_for(data: str) -> Training:
    """The default training; mirrored digits are no digits, and mirrored waves those of another class."""
    return Training(flip=False) if data in UNMIRRORED else Training()
