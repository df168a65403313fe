"""Operations that join maps, take them apart, or apply one to another."""

from dataclasses import dataclass
from typing import final

from space.errors import SpaceError
from space.ops.base import Gradient, Operation, Shape, side


@final
@dataclass(frozen=True)
class Add(Operation):
    """Elementwise sum of equal shapes; a residual one reads the branch first, then its shortcut."""

    residual: bool = False

    def shape(self, *xs: Shape) -> Shape:
        if any(x != xs[0] for x in xs):
            raise SpaceError(f"cannot add maps of unequal shape: {' + '.join(map(str, xs))}")
        return xs[0]


@final
@dataclass(frozen=True)
class Concat(Operation):
    """Maps of one size, one after the other along the channels."""

    def shape(self, *xs: Shape) -> Shape:
        x = xs[0]
        if any(y[1:] != x[1:] for y in xs):
            raise SpaceError(f"cannot concatenate maps of unequal size: {', '.join(map(str, xs))}")
        return Shape(sum(y.channels for y in xs), x.height, x.width)


@final
@dataclass(frozen=True)
class Multiply(Operation):
    """A map times one weight for each of its channels, or of its elements."""

    def shape(self, *xs: Shape) -> Shape:
        x, weights = xs
        if weights not in (x, Shape(x.channels, 1, 1)):
            raise SpaceError(f"cannot weight the channels of {x} by {weights}")
        return x

    def gradient(self, *xs: Shape) -> Gradient:
        x, weights = xs
        return Gradient(keeps=(0, 1), backward=x.elements if weights != x else 0)


@final
@dataclass(frozen=True)
class MultiplyAdd(Operation):
    """A map times its weights, plus a third map: what fusion makes of a product and a sum."""

    def shape(self, *xs: Shape) -> Shape:
        x, weights, other = xs
        return Add().shape(Multiply().shape(x, weights), other)

    def gradient(self, *xs: Shape) -> Gradient:
        return Multiply().gradient(*xs[:2])


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
        groups = self.radix * self.cardinality
        if xs[0].channels % groups:
            raise SpaceError(f"{xs[0].channels} weights are not divisible by {groups} splits")
        return xs[0]

    def gradient(self, *xs: Shape) -> Gradient:  # noqa: ARG002 -- whatever the shapes
        return Gradient(keeps_result=True)


@final
@dataclass(frozen=True)
class Subsample(Operation):
    """Every `stride`-th pixel of every `stride`-th row."""

    stride: int

    def shape(self, *xs: Shape) -> Shape:
        (x,) = xs
        return Shape(x.channels, side(x.height, 1, self.stride, 0), side(x.width, 1, self.stride, 0))


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


@final
@dataclass(frozen=True)
class Involution(Operation):
    """Kernels that differ from place to place, shared by the channels of a group (Li 2021).

    Reads the map (c, h, w) and its kernels (groups · kernel², h / stride, w / stride). The multiply-adds of applying
    them are counted, though fvcore does not see them.
    """

    kernel: int
    stride: int
    groups: int

    def shape(self, *xs: Shape) -> Shape:
        x, kernels = xs
        if x.channels % self.groups:
            raise SpaceError(f"{x.channels} channels are not divisible by {self.groups} groups")
        y = Shape(x.channels, *(side(n, self.kernel, self.stride, self.kernel // 2) for n in x[1:]))
        if kernels != Shape(self.groups * self.kernel**2, y.height, y.width):
            raise SpaceError(f"kernels of {kernels} do not fit a result of {y}")
        return y

    def macs(self, *xs: Shape) -> int:
        return self.kernel**2 * self.shape(*xs).elements

    def gradient(self, *xs: Shape) -> Gradient:
        x, _ = xs
        patches = self.macs(*xs)  # an element for each
        again = 2 if self.groups < x.channels else 1  # as often as their products are summed
        return Gradient(keeps=(1,), extra=patches, forward=patches + x.elements, backward=again * patches)


@final
@dataclass(frozen=True)
class SampleConv(Operation):
    """A depthwise convolution whose kernels differ from sample to sample.

    Reads the map (c, h, w) and its kernels (c · kernel², 1, 1).
    """

    kernel: int
    stride: int

    def shape(self, *xs: Shape) -> Shape:
        x, kernels = xs
        if kernels != Shape(x.channels * self.kernel**2, 1, 1):
            raise SpaceError(f"kernels of {kernels} do not fit a map of {x}")
        return Shape(x.channels, *(side(n, self.kernel, self.stride, self.kernel // 2) for n in x[1:]))

    def macs(self, *xs: Shape) -> int:
        return self.kernel**2 * self.shape(*xs).elements

    def gradient(self, *xs: Shape) -> Gradient:
        x, _ = xs
        return Gradient(keeps=(1,), extra=x.elements, forward=x.elements, backward=2 * x.elements)
