"""What is trained in a candidate's place: as it is, or reduced as a fidelity says, for the images at hand."""

from analysis.recipe import Fidelity
from search.data import DataSet
from space.arch import Arch, Input
from space.proxy import Reduction, reduced


def reduction(fidelity: Fidelity, data: DataSet) -> Reduction:
    """What a candidate is reduced to, to be trained on these images."""
    image = Input(data.train.pixels.shape[1], fidelity.resolution)
    return Reduction(fidelity.width, fidelity.depth, image, data.train.classes)


def trained_as(arch: Arch, fidelity: Fidelity, data: DataSet) -> Arch:
    """The network for these images: as it is if it is made for them, else reduced as the fidelity says."""
    image, classes = Input(data.train.pixels.shape[1], fidelity.resolution), data.train.classes
    fits = (arch.input, arch.head.classes) == (image, classes)
    return arch if fits else reduced(arch, reduction(fidelity, data))
