"""Inception: modules of parallel branches, each a chain of layers, written as data (Szegedy 2014, arXiv:1409.4842)."""

from abc import abstractmethod
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import final

from space.errors import SpaceError
from space.families.resnet import Projection
from space.graph import Kernel, Tensor, concat
from space.parts import Block, Gate, NoGate, Output, Part, Position, Shortcut, Spatial, Stem

EPS = 1e-3
"""What the family's batch norms add to a variance."""


class Padding(StrEnum):
    """What a window sees beyond the border."""

    SAME = "same"  # zeros, half a kernel wide
    VALID = "valid"  # nothing: it stays inside


class Normalisation(StrEnum):
    """What stands between a convolution and its ReLU."""

    BATCH_NORM = "batch_norm"
    BIAS = "bias"
    BIAS_AND_BATCH_NORM = "bias_and_batch_norm"

    @property
    def biased(self) -> bool:
        return self is not Normalisation.BATCH_NORM

    def activate(self, x: Tensor, eps: float) -> Tensor:
        """The convolution's result, normalised if it is to be, and ReLU."""
        return (x if self is Normalisation.BIAS else x.norm(eps)).relu()


class Layer(Part):
    """One step of a branch. A spatial part, which keeps the channels, may stand for one too."""

    @abstractmethod
    def apply(self, x: Tensor, at: Position) -> Tensor: ...


Chain = tuple[Layer | Spatial, ...]
"""A branch: layers one after the other; the last takes the stride of the block. None is the identity."""


@final
@dataclass(frozen=True)
class Conv(Layer):
    """Convolution, batch norm and ReLU; `kernel` is a side, or height and width."""

    out: int
    kernel: Kernel
    padding: Padding = Padding.SAME
    normalisation: Normalisation = Normalisation.BATCH_NORM

    def __post_init__(self) -> None:
        if isinstance(self.kernel, tuple) and self.kernel[0] == self.kernel[1]:
            object.__setattr__(self, "kernel", self.kernel[0])
        if self.kernel == 1:
            object.__setattr__(self, "padding", Padding.SAME)

    def apply(self, x: Tensor, at: Position) -> Tensor:
        padded, biased = self.padding is Padding.SAME, self.normalisation.biased
        y = x.conv(self.out, self.kernel, stride=at.stride, bias=biased, padded=padded)
        return self.normalisation.activate(y, EPS)


@final
@dataclass(frozen=True)
class MaxPooling(Layer):
    """The maximum over a window; with `ceil`, also over what a last window has left of the map."""

    kernel: int
    padding: Padding = Padding.SAME
    ceil: bool = False

    def apply(self, x: Tensor, at: Position) -> Tensor:
        return x.max_pool(
            _window(self, self.kernel), stride=at.stride, padding=_border(self.kernel, self.padding), ceil=self.ceil
        )


@final
@dataclass(frozen=True)
class AvgPooling(Layer):
    """The mean over a window; with `count_padding`, zeros beyond the border included."""

    kernel: int
    padding: Padding = Padding.SAME
    count_padding: bool = True

    def apply(self, x: Tensor, at: Position) -> Tensor:
        border = _border(self.kernel, self.padding)
        window = _window(self, self.kernel)
        return x.avg_pool(window, stride=at.stride, padding=border, count_padding=self.count_padding)


def _window(part: Part, kernel: int) -> int:
    if kernel < 2:
        raise SpaceError(f"{part}: a window that pools has a side of 2 or more, not {kernel}")
    return kernel


def _border(kernel: int, padding: Padding) -> int:
    return kernel // 2 if padding is Padding.SAME else 0


@final
@dataclass(frozen=True)
class LocalNorm(Layer):
    """Local response normalisation (Krizhevsky 2012)."""

    def apply(self, x: Tensor, at: Position) -> Tensor:
        if at.stride > 1:
            raise SpaceError(f"{self}: the last layer of a branch takes the stride of {at.stride}; this one has none")
        return x.local_norm()


@final
@dataclass(frozen=True)
class Fork(Layer):
    """Branches within a branch, concatenated."""

    branches: tuple[Chain, ...]

    def apply(self, x: Tensor, at: Position) -> Tensor:
        if len(self.branches) < 2:
            raise SpaceError(f"{self}: a fork has at least 2 branches, not {len(self.branches)}")
        return _forked(x, self.branches, at)


def _forked(x: Tensor, branches: tuple[Chain, ...], at: Position) -> Tensor:
    if len(branches) == 1:
        return _through(x, branches[0], at)
    return concat([x.within(f"branch{i + 1}", _through, chain, at) for i, chain in enumerate(branches)])


def _through(x: Tensor, chain: Chain, at: Position) -> Tensor:
    if not chain and at.stride > 1:
        raise SpaceError(f"the last layer of a branch takes the stride of {at.stride}; this one has none")
    for i, layer in enumerate(chain):
        x = layer.apply(x, at if i == len(chain) - 1 else replace(at, stride=1))
    return x


def _module(part: Block, x: Tensor, branches: tuple[Chain, ...], at: Position) -> Tensor:
    if branches in ((), ((),)):
        raise SpaceError(f"{part}: a module needs a branch with a layer in it")
    return _forked(x, branches, at)


def _unforked(branches: tuple[Chain, ...]) -> tuple[Chain, ...]:
    """Without a fork that is all there is."""
    match branches:
        case ((Fork(inner),),):
            return inner
    return branches


@final
@dataclass(frozen=True)
class Inception(Block):
    """Branches side by side, concatenated; a gate on the whole, as in SE-Inception."""

    branches: tuple[Chain, ...]
    gate: Gate = NoGate()

    def simpler(self) -> Block:
        return replace(self, branches=_unforked(self.branches))

    def apply(self, x: Tensor, at: Position) -> Tensor:
        return self.gate.apply(_module(self, x, self.branches, at))


@final
@dataclass(frozen=True)
class InceptionResidual(Block):
    """Inception-ResNet (Szegedy 2016, arXiv:1602.07261): a module, a 1x1 back to its input's channels, a scaled sum."""

    branches: tuple[Chain, ...]
    scale: float = 1.0
    relu: bool = True
    gate: Gate = NoGate()
    shortcut: Shortcut = Projection()

    def simpler(self) -> Block:
        return replace(self, branches=_unforked(self.branches))

    def apply(self, x: Tensor, at: Position) -> Tensor:
        y = self.gate.apply(_module(self, x, self.branches, at).conv(x.channels, 1, bias=True))
        y = y if self.scale == 1 else y.scale(self.scale)
        y = self.shortcut.join(y, x, at)
        return y.relu() if self.relu else y


@final
@dataclass(frozen=True)
class Auxiliary(Block):
    """A classifier on the side, for training: 5x5 average pooling of stride 3, layers, a head. Its input goes on."""

    chain: Chain
    head: Output

    def apply(self, x: Tensor, at: Position) -> Tensor:
        if at.stride > 1:
            raise SpaceError(f"{self}: what hands on its input cannot stride by {at.stride}")
        x.within("auxiliary", self._logits).as_auxiliary()
        return x

    def _logits(self, x: Tensor) -> Tensor:
        return self.head.apply(_through(x.avg_pool(5, stride=3), self.chain, Position()))


@final
@dataclass(frozen=True)
class InceptionStem(Stem):
    """One convolution that strides."""

    conv: Conv
    stride: int = 2

    def apply(self, x: Tensor) -> Tensor:
        return self.conv.apply(x, Position(self.stride))
