"""GoogLeNet (Szegedy et al. 2014, arXiv:1409.4842), as published and with batch norm (Ioffe 2015, arXiv:1502.03167)."""

from space.arch import Arch, Head, Stage
from space.families.inception import (
    Chain,
    Conv,
    Inception,
    InceptionStem,
    LocalNorm,
    MaxPooling,
    Normalisation,
    Padding,
)
from space.names import rule

MODULES = (
    ((64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64)),
    (
        (192, 96, 208, 16, 48, 64),
        (160, 112, 224, 24, 64, 64),
        (128, 128, 256, 24, 64, 64),
        (112, 144, 288, 32, 64, 64),
        (256, 160, 320, 32, 128, 128),
    ),
    ((256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128)),
)
"""Modules 3a-b, 4a-e, 5a-b: 1x1 | 3x3 after a 1x1 | 5x5 after a 1x1 | 1x1 after pooling."""


def module(widths: tuple[int, ...], large: int, normalisation: Normalisation) -> Inception:
    """A module of these widths; `large` is the side of its larger kernel."""
    alone, before_3, after_3, before_5, after_5, pooled = widths

    def conv(out: int, kernel: int) -> Conv:
        return Conv(out, kernel, normalisation=normalisation)

    return Inception(
        (
            (conv(alone, 1),),
            (conv(before_3, 1), conv(after_3, 3)),
            (conv(before_5, 1), conv(after_5, large)),
            (MaxPooling(3), conv(pooled, 1)),
        )
    )


def _pooling(kernel: int) -> MaxPooling:
    return MaxPooling(kernel, Padding.VALID, ceil=True)


def _googlenet(beginning: Chain, last_pool: int, large: int, how: Normalisation) -> tuple[Stage, ...]:
    """The stages after the stem, from the `beginning` of what stands before the modules."""
    chains: tuple[Chain, ...] = ((_pooling(3),), (*beginning, _pooling(3)), (_pooling(3),), (_pooling(last_pool),))
    first, second, third, fourth = (Stage(Inception((chain,)), 1, 2) for chain in chains)
    three, four, five = ([Stage(module(widths, large, how), 1) for widths in level] for level in MODULES)
    return (first, second, *three, third, *four, fourth, *five)


@rule("googlenet")
def googlenet() -> Arch:
    """As published: biases, local response normalisation, no batch norm."""
    bias = Normalisation.BIAS
    beginning = (LocalNorm(), Conv(64, 1, normalisation=bias), Conv(192, 3, normalisation=bias), LocalNorm())
    stem = InceptionStem(Conv(64, 7, normalisation=bias))
    return Arch(stem=stem, stages=_googlenet(beginning, 3, 5, bias), head=Head(1000, dropout=40))


@rule("googlenet_bn")
def googlenet_bn() -> Arch:
    """The form in use: batch norm for biases and local norms, 3x3 for 5x5, a last pooling of 2x2."""
    stages = _googlenet((Conv(64, 1), Conv(192, 3)), 2, 3, Normalisation.BATCH_NORM)
    return Arch(stem=InceptionStem(Conv(64, 7)), stages=stages, head=Head(1000, dropout=20))
