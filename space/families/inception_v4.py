"""Inception-v4 and Inception-ResNet-v2 (Szegedy et al. 2016, arXiv:1602.07261)."""

from space.arch import Arch, Head, Input, Stage
from space.families.inception import AvgPooling, Chain, Conv, Fork, Inception, InceptionResidual, MaxPooling
from space.families.inception_v3 import BEGINNING, COLUMN, ROW, STEM, VALID
from space.names import rule

POOLING = (MaxPooling(3, VALID),)
"""The branch of a reduction that has no weights."""


def _averaged(out: int) -> Chain:
    """The branch that pools: zeros beyond the border do not count."""
    return (AvgPooling(3, count_padding=False), Conv(out, 1))


def _beginning() -> tuple[Stage, ...]:
    """From the stem to the first module: pooling and convolution side by side."""
    return (
        Stage(Inception(((Conv(32, 3, VALID), Conv(64, 3)),)), 1),
        Stage(Inception((POOLING, (Conv(96, 3, VALID),))), 1, 2),
        Stage(
            Inception(
                (
                    (Conv(64, 1), Conv(96, 3, VALID)),
                    (Conv(64, 1), Conv(64, ROW), Conv(64, COLUMN), Conv(96, 3, VALID)),
                )
            ),
            1,
        ),
        Stage(Inception(((Conv(192, 3, VALID),), POOLING)), 1, 2),
    )


def module_a() -> Inception:
    """1x1 | 3x3 | two 3x3 | pooling: 384 channels."""
    return Inception(
        (
            (Conv(96, 1),),
            (Conv(64, 1), Conv(96, 3)),
            (Conv(64, 1), Conv(96, 3), Conv(96, 3)),
            _averaged(96),
        )
    )


def module_b() -> Inception:
    """1x1 | 7x7 in two steps | two 7x7 in four | pooling: 1024 channels."""
    return Inception(
        (
            (Conv(384, 1),),
            (Conv(192, 1), Conv(224, ROW), Conv(256, COLUMN)),
            (Conv(192, 1), Conv(192, COLUMN), Conv(224, ROW), Conv(224, COLUMN), Conv(256, ROW)),
            _averaged(128),
        )
    )


def reduction_b() -> Inception:
    """To half the resolution and 1536 channels."""
    return Inception(
        (
            (Conv(192, 1), Conv(192, 3, VALID)),
            (Conv(256, 1), Conv(256, ROW), Conv(320, COLUMN), Conv(320, 3, VALID)),
            POOLING,
        )
    )


def module_c() -> Inception:
    """1x1 | 3x3 forked into its rows and columns | the same after both | pooling: 1536 channels."""
    fork = Fork(((Conv(256, (1, 3)),), (Conv(256, (3, 1)),)))
    return Inception(
        (
            (Conv(256, 1),),
            (Conv(384, 1), fork),
            (Conv(384, 1), Conv(448, (3, 1)), Conv(512, (1, 3)), fork),
            _averaged(256),
        )
    )


def reduction_a(before: int, between: int, after: int) -> Inception:
    """To half the resolution by a 3x3 to 384, by two of these widths, and by pooling."""
    return Inception(
        (
            (Conv(384, 3, VALID),),
            (Conv(before, 1), Conv(between, 3), Conv(after, 3, VALID)),
            POOLING,
        )
    )


@rule("inceptionv4")
def inception_v4() -> Arch:
    """The network without residual connections."""
    stages = (
        *_beginning(),
        Stage(module_a(), 4),
        Stage(reduction_a(192, 224, 256), 1, 2),
        Stage(module_b(), 7),
        Stage(reduction_b(), 1, 2),
        Stage(module_c(), 3),
    )
    return Arch(stem=STEM, stages=stages, head=Head(1000, dropout=20), input=Input(3, 299))


BLOCK_35 = ((Conv(32, 1),), (Conv(32, 1), Conv(32, 3)), (Conv(32, 1), Conv(48, 3), Conv(64, 3)))
BLOCK_17 = ((Conv(192, 1),), (Conv(128, 1), Conv(160, ROW), Conv(192, COLUMN)))
BLOCK_8 = ((Conv(192, 1),), (Conv(192, 1), Conv(224, (1, 3)), Conv(256, (3, 1))))
"""Branches of the residual blocks, called by the side of their maps."""


def _module_5b() -> Inception:
    """1x1 | 5x5 | two 3x3 | pooling: the 320 channels of the first residual blocks."""
    return Inception(
        (
            (Conv(96, 1),),
            (Conv(48, 1), Conv(64, 5)),
            (Conv(64, 1), Conv(96, 3), Conv(96, 3)),
            _averaged(64),
        )
    )


def _reduction_7a() -> Inception:
    """To half the resolution and 2080 channels."""
    return Inception(
        (
            (Conv(256, 1), Conv(384, 3, VALID)),
            (Conv(256, 1), Conv(288, 3, VALID)),
            (Conv(256, 1), Conv(288, 3), Conv(320, 3, VALID)),
            POOLING,
        )
    )


@rule("inceptionresnetv2")
def inception_resnet_v2() -> Arch:
    """Residual blocks whose branches are scaled down; the last is not, and ends without a ReLU."""
    stages = (
        *BEGINNING,
        Stage(_module_5b(), 1),
        Stage(InceptionResidual(BLOCK_35, scale=0.17), 10),
        Stage(reduction_a(256, 256, 384), 1, 2),
        Stage(InceptionResidual(BLOCK_17, scale=0.1), 20),
        Stage(_reduction_7a(), 1, 2),
        Stage(InceptionResidual(BLOCK_8, scale=0.2), 9),
        Stage(InceptionResidual(BLOCK_8, relu=False), 1),
        Stage(Inception(((Conv(1536, 1),),)), 1),
    )
    return Arch(stem=STEM, stages=stages, head=Head(1000, dropout=20), input=Input(3, 299))
