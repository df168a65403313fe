"""What is trained in a candidate's place: as it is, or reduced as a fidelity says, for the images at hand."""

from dataclasses import replace

from analysis.recipe import Fidelity
from search.data import DataSet
from space.arch import Arch, Input
from space.proxy import Reduction, reduced


def reduction(fidelity: Fidelity, data: DataSet) -> Reduction:
    """What a candidate is reduced to, to be trained on these images."""
    image = Input(data.train.pixels.shape[1], fidelity.resolution)
    return Reduction(fidelity.width, fidelity.depth, image, data.train.classes)


def whole_depth(fidelity: Fidelity, data: DataSet) -> Fidelity:
    """The one whose proxies keep all blocks and are narrower instead, as those of a sweep of a space are."""
    if fidelity.depth == 1:
        return fidelity
    width = round(reduction(fidelity, data).sparing_depth().width, 6)  # no finer than its name, which asks for the same
    return replace(fidelity, name=f"{fidelity.name},width={width},depth=1", width=width, depth=1.0)


def trained_as(arch: Arch, fidelity: Fidelity, data: DataSet) -> Arch:
    """The network for these images: as it is if it is made for them, else reduced as the fidelity says."""
    image, classes = Input(data.train.pixels.shape[1], fidelity.resolution), data.train.classes
    fits = (arch.input, arch.head.classes) == (image, classes)
    return arch if fits else reduced(arch, reduction(fidelity, data))
