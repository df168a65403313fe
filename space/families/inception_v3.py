"""Inception-v3: convolutions factorised (Szegedy et al. 2015, arXiv:1512.00567)."""

from space.arch import Arch, Head, Input, Stage
from space.families.inception import AvgPooling, Conv, Fork, Inception, InceptionStem, MaxPooling, Padding
from space.names import rule

VALID = Padding.VALID
ROW, COLUMN = (1, 7), (7, 1)
"""Kernels of the factorised 7x7."""

STEM = InceptionStem(Conv(32, 3, VALID))
BEGINNING = (
    Stage(Inception(((Conv(32, 3, VALID), Conv(64, 3), MaxPooling(3, VALID)),)), 1, 2),
    Stage(Inception(((Conv(80, 1), Conv(192, 3, VALID), MaxPooling(3, VALID)),)), 1, 2),
)
"""From the stem to the first module; Inception-ResNet-v2 begins so too."""


def module_a(pooled: int) -> Inception:
    """1x1 | 5x5 | two 3x3 | pooling, to 224 + `pooled` channels."""
    return Inception(
        (
            (Conv(64, 1),),
            (Conv(48, 1), Conv(64, 5)),
            (Conv(64, 1), Conv(96, 3), Conv(96, 3)),
            (AvgPooling(3), Conv(pooled, 1)),
        )
    )


def reduction_b() -> Inception:
    """To half the resolution by a 3x3, by two, and by pooling."""
    return Inception(
        (
            (Conv(384, 3, VALID),),
            (Conv(64, 1), Conv(96, 3), Conv(96, 3, VALID)),
            (MaxPooling(3, VALID),),
        )
    )


def module_c(width: int) -> Inception:
    """1x1 | 7x7 in two steps | two 7x7 in four | pooling; `width` between the steps."""
    return Inception(
        (
            (Conv(192, 1),),
            (Conv(width, 1), Conv(width, ROW), Conv(192, COLUMN)),
            (Conv(width, 1), Conv(width, COLUMN), Conv(width, ROW), Conv(width, COLUMN), Conv(192, ROW)),
            (AvgPooling(3), Conv(192, 1)),
        )
    )


def reduction_d() -> Inception:
    """To half the resolution by a 3x3, by a 7x7 and a 3x3, and by pooling."""
    return Inception(
        (
            (Conv(192, 1), Conv(320, 3, VALID)),
            (Conv(192, 1), Conv(192, ROW), Conv(192, COLUMN), Conv(192, 3, VALID)),
            (MaxPooling(3, VALID),),
        )
    )


def module_e() -> Inception:
    """1x1 | 3x3 forked into its rows and columns | the same after a 3x3 | pooling."""
    fork = Fork(((Conv(384, (1, 3)),), (Conv(384, (3, 1)),)))
    return Inception(
        (
            (Conv(320, 1),),
            (Conv(384, 1), fork),
            (Conv(448, 1), Conv(384, 3), fork),
            (AvgPooling(3), Conv(192, 1)),
        )
    )


@rule("inceptionv3")
def inception_v3() -> Arch:
    """Without its auxiliary classifier."""
    stages = (
        *BEGINNING,
        *(Stage(module_a(pooled), 1) for pooled in (32, 64, 64)),
        Stage(reduction_b(), 1, 2),
        *(Stage(module_c(width), 1) for width in (128, 160, 160, 192)),
        Stage(reduction_d(), 1, 2),
        Stage(module_e(), 2),
    )
    return Arch(stem=STEM, stages=stages, head=Head(1000, dropout=50), input=Input(3, 299))
