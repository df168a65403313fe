"""The closed set of operations every network is made of: what each makes of shapes, and what it costs."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal, NamedTuple, final

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


@dataclass(frozen=True)
class Operation(ABC):
    """A node's operation. Parameters and multiply-adds are 0 unless the operation says otherwise."""

    @abstractmethod
    def shape(self, *xs: Shape) -> Shape:
        """The output's shape; `SpaceError` where the inputs do not fit."""

    def params(self, *xs: Shape) -> int:  # noqa: ARG002 -- most operations have none
        return 0

    def macs(self, *xs: Shape) -> int:  # noqa: ARG002 -- the field counts convolutions and linear layers only
        return 0


def _window(x: Shape, kernel: int, stride: int, padding: int, *, ceil: bool = False) -> tuple[int, int]:
    """Height and width after a sliding window, as torch has it: floor, or ceil without a window all in padding."""

    def side(n: int) -> int:
        span = n + 2 * padding - kernel
        steps = -(-span // stride) if ceil else span // stride
        if steps < 0:
            raise SpaceError(
                f"a {kernel}x{kernel} window does not fit a {x.height}x{x.width} map with padding {padding}"
            )
        return steps if ceil and steps * stride >= n + padding else steps + 1

    return side(x.height), side(x.width)


@final
@dataclass(frozen=True)
class Input(Operation):
    """The image."""

    image: Shape

    def shape(self, *xs: Shape) -> Shape:
        assert not xs
        return self.image


@final
@dataclass(frozen=True)
class Conv(Operation):
    """Square convolution to `out` channels, padded by kernel // 2: an odd kernel at stride s maps n to ceil(n / s)."""

    out: int
    kernel: int = 1
    stride: int = 1
    groups: int = 1
    bias: bool = False

    def shape(self, *xs: Shape) -> Shape:
        (x,) = xs
        if self.out < 1:
            raise SpaceError(f"a convolution to {self.out} channels; at least 1 is needed")
        if self.kernel % 2 == 0 or self.stride < 1:
            what = f"a {self.kernel}x{self.kernel} kernel at stride {self.stride}"
            raise SpaceError(f"{what} has no centre to step by; write an odd kernel, and a stride of 1 or more")
        for side, channels in (("input", x.channels), ("output", self.out)):
            if channels % self.groups:
                raise SpaceError(f"{channels} {side} channels are not divisible by {self.groups} groups")
        return Shape(self.out, *_window(x, self.kernel, self.stride, self.kernel // 2))

    def params(self, *xs: Shape) -> int:
        return self._weights(*xs) + self.out * self.bias

    def macs(self, *xs: Shape) -> int:
        y = self.shape(*xs)
        return self._weights(*xs) * y.height * y.width

    def _weights(self, *xs: Shape) -> int:
        return self.out * (xs[0].channels // self.groups) * self.kernel**2


@final
@dataclass(frozen=True)
class Norm(Operation):
    """Batch normalisation with scale and shift (Ioffe 2015)."""

    def shape(self, *xs: Shape) -> Shape:
        return xs[0]

    def params(self, *xs: Shape) -> int:
        return 2 * xs[0].channels


@final
@dataclass(frozen=True)
class Activation(Operation):
    """An elementwise nonlinearity."""

    function: Literal["relu", "sigmoid"] = "relu"

    def shape(self, *xs: Shape) -> Shape:
        return xs[0]


@final
@dataclass(frozen=True)
class Pool(Operation):
    """Max or average pooling. `ceil` keeps the border of odd maps; `count_padding` lets zeros into the average."""

    function: Literal["max", "avg"]
    kernel: int
    stride: int
    padding: int = 0
    ceil: bool = False
    count_padding: bool = True

    def shape(self, *xs: Shape) -> Shape:
        (x,) = xs
        return Shape(x.channels, *_window(x, self.kernel, self.stride, self.padding, ceil=self.ceil))


@final
@dataclass(frozen=True)
class GlobalPool(Operation):
    """The mean over each channel's map."""

    def shape(self, *xs: Shape) -> Shape:
        return Shape(xs[0].channels, 1, 1)


@final
@dataclass(frozen=True)
class Linear(Operation):
    """Fully connected layer with bias over the flattened map."""

    out: int

    def shape(self, *xs: Shape) -> Shape:
        assert len(xs) == 1, xs
        return Shape(self.out, 1, 1)

    def params(self, *xs: Shape) -> int:
        return self.macs(*xs) + self.out

    def macs(self, *xs: Shape) -> int:
        return xs[0].elements * self.out


@final
@dataclass(frozen=True)
class Add(Operation):
    """Elementwise sum of equal shapes."""

    def shape(self, *xs: Shape) -> Shape:
        if any(x != xs[0] for x in xs):
            raise SpaceError(f"cannot add maps of unequal shape: {' + '.join(map(str, xs))}")
        return xs[0]


@final
@dataclass(frozen=True)
class Multiply(Operation):
    """A map times one weight for each of its channels."""

    def shape(self, *xs: Shape) -> Shape:
        x, weights = xs
        assert weights == Shape(x.channels, 1, 1), (x, weights)
        return x


@final
@dataclass(frozen=True)
class Slice(Operation):
    """Channels `start` to `stop`, the last excluded."""

    start: int
    stop: int

    def shape(self, *xs: Shape) -> Shape:
        (x,) = xs
        if not 0 <= self.start < self.stop <= x.channels:
            raise SpaceError(f"channels {self.start} to {self.stop} of {x.channels} are none")
        return Shape(self.stop - self.start, x.height, x.width)


@final
@dataclass(frozen=True)
class Softmax(Operation):
    """Softmax over the `radix` weights of a channel, from cardinality-major to radix-major order (Zhang 2020)."""

    radix: int
    cardinality: int

    def shape(self, *xs: Shape) -> Shape:
        assert xs[0].channels % (self.radix * self.cardinality) == 0, (self, xs)
        return xs[0]


@final
@dataclass(frozen=True)
class Subsample(Operation):
    """Every `stride`-th pixel of every `stride`-th row."""

    stride: int

    def shape(self, *xs: Shape) -> Shape:
        return Shape(xs[0].channels, *_window(xs[0], 1, self.stride, 0))


@final
@dataclass(frozen=True)
class PadChannels(Operation):
    """Zero channels appended up to `out`."""

    out: int

    def shape(self, *xs: Shape) -> Shape:
        (x,) = xs
        if self.out < x.channels:
            raise SpaceError(f"zero padding cannot shrink {x.channels} channels to {self.out}")
        return Shape(self.out, x.height, x.width)


Op = (
    Input
    | Conv
    | Norm
    | Activation
    | Pool
    | GlobalPool
    | Linear
    | Add
    | Multiply
    | Slice
    | Softmax
    | Subsample
    | PadChannels
)
"""Any operation."""
