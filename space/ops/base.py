"""What an operation is: shapes in, a shape and costs out."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

from space.errors import SpaceError


class Shape(NamedTuple):
    """One sample's feature map: channels × height × width."""

    channels: int
    height: int
    width: int

    @property
    def elements(self) -> int:
        return self.channels * self.height * self.width

    def __str__(self) -> str:
        return f"{self.channels}x{self.height}x{self.width}"


@dataclass(frozen=True, slots=True)
class Gradient:
    """What torch's autograd keeps of an operation for its gradient, and needs while it runs: elements of one image.

    `keeps` are the inputs kept, by position, `keeps_result` the result; `extra` is kept beside them, and `indices` are
    integers of 8 bytes. `forward` and `backward` are gone when the pass is through the operation.
    """

    keeps: tuple[int, ...] = ()
    keeps_result: bool = False
    extra: int = 0
    indices: int = 0
    forward: int = 0
    backward: int = 0


@dataclass(frozen=True)
class Operation(ABC):
    """A node's operation. Parameters and multiply-adds are 0 unless the operation says otherwise.

    Nor is anything kept for its gradient: a sum's is what it is handed, that of a concatenation a part of it.
    """

    @abstractmethod
    def shape(self, *xs: Shape) -> Shape:
        """The output's shape; `SpaceError` where the inputs do not fit."""

    def params(self, *xs: Shape) -> int:  # noqa: ARG002 -- most operations have none
        return 0

    def macs(self, *xs: Shape) -> int:  # noqa: ARG002 -- the field counts convolutions and linear layers only
        return 0

    def gradient(self, *xs: Shape) -> Gradient:  # noqa: ARG002 -- as above
        return Gradient()


def side(n: int, kernel: int, stride: int, padding: int, *, ceil: bool = False) -> int:
    """A side after a sliding window, as torch has it: floor, or ceil without a window that starts in padding."""
    span = n + 2 * padding - kernel
    steps = -(-span // stride) if ceil else span // stride
    if steps < 0:
        raise SpaceError(f"a window of {kernel} does not fit a map of {n} with padding {padding}")
    return steps if ceil and steps * stride >= n + padding else steps + 1
