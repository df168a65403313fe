"""What a sentence is made of: the open families of parts, each a frozen value with one method over symbolic tensors."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, final

from space import notation
from space.graph import Tensor


@dataclass(frozen=True)
class Part(ABC):
    """A word of the grammar with its arguments."""

    caveat: ClassVar[str] = ""
    """What must be said wherever figures of a network with this part are shown: nothing, but of a reconstruction."""

    def __str__(self) -> str:
        return notation.text(self)

    def simpler(self) -> "Part":
        """The plainer part this one may amount to (radix 0 is a grouped convolution); itself where there is none."""
        return self

    def on(self, channels: int) -> "Part":
        """The part that does the same to so many channels, and says their number; itself where there is none."""
        del channels
        return self


class Stem(Part):
    """From the image to the first stage's input."""

    @abstractmethod
    def apply(self, x: Tensor) -> Tensor: ...


@dataclass(frozen=True)
class Output(Part):
    """From the last stage's map to one logit for each of `classes` classes."""

    classes: int

    @abstractmethod
    def apply(self, x: Tensor) -> Tensor: ...


@dataclass(frozen=True)
class Position:
    """Where a block stands: the stride it is asked for, and whether it opens its stage."""

    stride: int = 1
    opens: bool = False


class Block(Part):
    """The repeated unit of a stage, with its shortcut.

    What a block does may depend on its position and on its input's channels, but every block of a stage after the first
    is made in the same way: where the second hands on what it reads, a stage of two shows all there is.
    """

    @abstractmethod
    def apply(self, x: Tensor, at: Position) -> Tensor: ...


class Spatial(Part):
    """What may stand in place of a 3x3 convolution; it keeps the channels."""

    @abstractmethod
    def mix(self, x: Tensor, at: Position) -> Tensor:
        """The operation itself, on an activated map."""

    @property
    def complete(self) -> bool:
        """Whether `mix` ends in norms and activations of its own, as split attention does."""
        return False

    def apply(self, x: Tensor, at: Position) -> Tensor:
        """The operation, then norm and ReLU unless it has had its own."""
        y = self.mix(x, at)
        return y if self.complete else y.norm().relu()


class Gate(Part):
    """Weights on the channels of a block's branch, decided by the branch itself."""

    @abstractmethod
    def apply(self, x: Tensor) -> Tensor: ...


@final
@dataclass(frozen=True)
class NoGate(Gate):
    """None."""

    def apply(self, x: Tensor) -> Tensor:
        return x


class Placement(StrEnum):
    """Where a residual block has its gate (Hu 2018's integration strategies)."""

    STANDARD = "gate_standard"  # on the branch's result
    PRE = "gate_pre"  # on what the branch reads
    POST = "gate_post"  # on what the block hands on, after the last ReLU
    IDENTITY = "gate_identity"  # on what the shortcut reads

    def gated(self, gate: Gate, x: Tensor, here: "Placement") -> Tensor:
        """`x`, through the gate if this is its place."""
        return gate.apply(x) if self is here else x


class Shortcut(Part):
    """How a block's input reaches its output past the branch."""

    @abstractmethod
    def join(self, branch: Tensor, x: Tensor, at: Position) -> Tensor:
        """The branch's result together with the shortcut of the block's input `x`."""


class Downsampling(StrEnum):
    """Where a bottleneck that strides loses its resolution."""

    STRIDE_IN_3X3 = "stride_in_3x3"  # in the 3x3: fb.resnet.torch, ResNeXt
    STRIDE_IN_1X1 = "stride_in_1x1"  # in the first 1x1: He 2015, caffe
    POOL_BEFORE = "pool_before"  # average pooling before the 3x3: ResNeSt-fast
    POOL_AFTER = "pool_after"  # average pooling after the 3x3: ResNeSt
