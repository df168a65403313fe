"""Operations on one map: convolutions, norms, activations, pools, linear layers."""

from dataclasses import dataclass
from typing import Literal, final

from space.errors import SpaceError
from space.ops.base import Gradient, Operation, Shape, side
from space.written import MAX_NUMBER


@final
@dataclass(frozen=True)
class Input(Operation):
    """The image, or what stands in for it where a part is traced by itself."""

    image: Shape
    activated: bool = False  # as a block's input may be

    def shape(self, *xs: Shape) -> Shape:
        assert not xs
        return self.image


@final
@dataclass(frozen=True)
class Conv(Operation):
    """Convolution to `out` channels, padded by half its kernel (stride s maps n to ceil(n / s)) or not at all."""

    out: int
    kernel: tuple[int, int] = (1, 1)  # height, width
    stride: int = 1
    groups: int = 1
    bias: bool = False
    padded: bool = True

    @property
    def padding(self) -> tuple[int, int]:
        """Zeros at each border, height and width."""
        height, width = self.kernel
        return (height // 2, width // 2) if self.padded else (0, 0)

    def shape(self, *xs: Shape) -> Shape:
        (x,) = xs
        if self.out < 1:
            raise SpaceError(f"a convolution to {self.out} channels; at least 1 is needed")
        if self.out > MAX_NUMBER:  # a name may multiply its numbers; no sentence could say the product
            raise SpaceError(f"a convolution to {self.out} channels; at most {MAX_NUMBER} are possible")
        if not all(side % 2 for side in self.kernel) or self.stride < 1:
            what = f"a {self.kernel[0]}x{self.kernel[1]} kernel at stride {self.stride}"
            raise SpaceError(f"{what} has no centre to step by; write an odd kernel, and a stride of 1 or more")
        for end, channels in (("input", x.channels), ("output", self.out)):
            if self.groups < 1 or channels % self.groups:
                raise SpaceError(f"{channels} {end} channels are not divisible by {self.groups} groups")
        windows = zip((x.height, x.width), self.kernel, self.padding, strict=True)
        height, width = (side(n, kernel, self.stride, padding) for n, kernel, padding in windows)
        return Shape(self.out, height, width)

    def params(self, *xs: Shape) -> int:
        return self._weights(*xs) + self.out * self.bias

    def macs(self, *xs: Shape) -> int:
        y = self.shape(*xs)
        return self._weights(*xs) * y.height * y.width

    def _weights(self, *xs: Shape) -> int:
        return self.out * (xs[0].channels // self.groups) * self.kernel[0] * self.kernel[1]

    def gradient(self, *xs: Shape) -> Gradient:  # noqa: ARG002 -- whatever the shapes
        return Gradient(keeps=(0,))


@final
@dataclass(frozen=True)
class Norm(Operation):
    """Batch normalisation with scale and shift (Ioffe 2015)."""

    eps: float = 1e-5

    def shape(self, *xs: Shape) -> Shape:
        return xs[0]

    def params(self, *xs: Shape) -> int:
        return 2 * xs[0].channels

    def gradient(self, *xs: Shape) -> Gradient:
        return Gradient(keeps=(0,), backward=xs[0].elements)


@final
@dataclass(frozen=True)
class LocalNorm(Operation):
    """Local response normalisation over `size` neighbouring channels (Krizhevsky 2012)."""

    size: int = 5

    def shape(self, *xs: Shape) -> Shape:
        return xs[0]

    def gradient(self, *xs: Shape) -> Gradient:
        (x,) = xs
        padded = (x.channels + self.size - 1) * x.height * x.width
        return Gradient(keeps=(0,), extra=2 * x.elements + padded, forward=x.elements, backward=4 * x.elements)


@final
@dataclass(frozen=True)
class Activation(Operation):
    """An elementwise nonlinearity."""

    function: Literal["relu", "relu6", "sigmoid"] = "relu"

    def shape(self, *xs: Shape) -> Shape:
        return xs[0]

    def gradient(self, *xs: Shape) -> Gradient:  # noqa: ARG002 -- whatever the shapes
        return Gradient(keeps=(0,)) if self.function == "relu6" else Gradient(keeps_result=True)


@final
@dataclass(frozen=True)
class Dropout(Operation):
    """Elements zeroed in training with a probability of `percent` / 100."""

    percent: int

    def shape(self, *xs: Shape) -> Shape:
        if not 0 <= self.percent < 100:
            raise SpaceError(f"dropout of {self.percent} %; write 0 to 99")
        return xs[0]

    def gradient(self, *xs: Shape) -> Gradient:
        return Gradient(extra=xs[0].elements)


@final
@dataclass(frozen=True)
class Scale(Operation):
    """Every element times one constant."""

    factor: float

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
        height, width = (side(n, self.kernel, self.stride, self.padding, ceil=self.ceil) for n in (x.height, x.width))
        return Shape(x.channels, height, width)

    def gradient(self, *xs: Shape) -> Gradient:
        return Gradient(keeps=(0,), indices=self.shape(*xs).elements if self.function == "max" else 0)


@final
@dataclass(frozen=True)
class GlobalPool(Operation):
    """The mean over each channel's map, or over each of its `size` x `size` parts."""

    size: int = 1

    def shape(self, *xs: Shape) -> Shape:
        if self.size < 1:
            raise SpaceError(f"a map averaged to {self.size}x{self.size}; at least 1x1 is needed")
        return Shape(xs[0].channels, self.size, self.size)

    def gradient(self, *xs: Shape) -> Gradient:
        return Gradient(keeps=(0,), backward=xs[0].elements) if self.size > 1 else Gradient()


@final
@dataclass(frozen=True)
class Linear(Operation):
    """Fully connected layer with bias over the flattened map."""

    out: int

    def shape(self, *xs: Shape) -> Shape:
        if self.out < 1 or len(xs) != 1:
            raise SpaceError(f"a linear layer to {self.out} values; at least 1 is needed")
        return Shape(self.out, 1, 1)

    def params(self, *xs: Shape) -> int:
        return self.macs(*xs) + self.out

    def macs(self, *xs: Shape) -> int:
        return xs[0].elements * self.out

    def gradient(self, *xs: Shape) -> Gradient:
        (x,) = xs
        return Gradient(keeps=(0,)) if x[1:] == (1, 1) else Gradient(extra=x.elements)  # a map is flattened by copying
