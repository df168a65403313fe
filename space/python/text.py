"""Operations as Python text with holes for their numbers: networks whose texts are equal are instances of one class."""

from dataclasses import dataclass
from typing import assert_never

from space import ops
from space.ops import Op, Shape

Number = int | float


@dataclass(frozen=True)
class Hole:
    """A number. One with a `prefix`, such as `, stride=`, is left out where it is the default."""

    kind: str  # channels, kernel, stride, padding or number
    value: Number
    prefix: str = ""
    default: Number | None = None


@dataclass(frozen=True)
class Ref:
    """A value: what the operand at this place of the operation's inputs has made."""

    place: int


Text = tuple[str | Hole | Ref, ...]


def channels(value: int, prefix: str = "", default: int | None = None) -> Hole:
    """A number of channels, or of groups of them."""
    return Hole("channels", value, prefix, default)


def layer(op: ops.Layer, x: Shape) -> Text:
    """The expression that makes the layer's module."""
    match op:
        case ops.Conv(out, kernel, stride, groups, bias):
            return (
                *("nn.Conv2d(", channels(x.channels), ", ", channels(out), ", ", *_sides("kernel", kernel)),
                Hole("stride", stride, ", stride=", 1),
                *_sides("padding", op.padding, ", padding=", 0),
                channels(groups, ", groups=", 1),
                ")" if bias else ", bias=False)",
            )
        case ops.Norm(eps):
            return ("nn.BatchNorm2d(", channels(x.channels), ")" if eps == 1e-5 else f", eps={eps})")
        case ops.Linear(out):
            return ("nn.Linear(", channels(x.elements), ", ", channels(out), ")")
        case ops.Dropout(percent):
            return ("nn.Dropout(", Hole("number", percent / 100), ")")
        case _:
            assert_never(op)


def _sides(kind: str, sides: tuple[int, int], prefix: str = "", default: int | None = None) -> Text:
    """One number, or two where they differ."""
    height, width = sides
    if height == width:
        return (Hole(kind, height, prefix, default),)
    return (f"{prefix}(", Hole(kind, height), ", ", Hole(kind, width), ")")


def call(function: str, *arguments: str | Hole) -> Text:
    """A function of the first operand."""
    pieces: list[str | Hole | Ref] = [f"{function}(", Ref(0)]
    for argument in arguments:
        bare = isinstance(argument, str) or not argument.prefix
        pieces += [", ", argument] if bare else [argument]
    return (*pieces, ")")


def functional(op: ops.Map | ops.Join, operands: int, x: Shape) -> Text:
    """The expression that applies an operation without parameters to its operands, the first of shape `x`."""
    match op:
        case ops.Add():
            return tuple(piece for i in range(operands) for piece in (" + ", Ref(i)))[1:]
        case ops.Concat():
            values = tuple(piece for i in range(operands) for piece in (", ", Ref(i)))[1:]
            return ("torch.cat([", *values, "], 1)")
        case ops.Multiply():
            return (Ref(0), " * ", Ref(1))
        case ops.MultiplyAdd():
            return (Ref(0), " * ", Ref(1), " + ", Ref(2))
        case ops.Involution(kernel, stride, groups):
            numbers = (", ", Hole("kernel", kernel), ", ", Hole("stride", stride), ", ", channels(groups), ")")
            return ("involution(", Ref(0), ", ", Ref(1), *numbers)
        case ops.SampleConv(kernel, stride):
            return (
                "sample_conv(",
                Ref(0),
                ", ",
                Ref(1),
                ", ",
                Hole("kernel", kernel),
                ", ",
                Hole("stride", stride),
                ")",
            )
        case _:
            return _mapped(op, x)


def _mapped(op: ops.Map, x: Shape) -> Text:
    match op:
        case ops.Activation("sigmoid"):
            return call("torch.sigmoid")
        case ops.Activation(function):
            return call(f"F.{function}")
        case ops.Pool(function, kernel, stride, padding, ceil, count):
            modes = [*(["ceil_mode=True"] * ceil), *(["count_include_pad=False"] * (function == "avg" and not count))]
            sizes = (Hole("kernel", kernel), Hole("stride", stride), Hole("padding", padding, ", ", 0))
            return call(f"F.{function}_pool2d", *sizes, *modes)
        case ops.GlobalPool(size):
            return call("F.adaptive_avg_pool2d", Hole("number", size))
        case ops.LocalNorm(size):
            return call("F.local_response_norm", Hole("number", size))
        case ops.Scale(factor):
            return (Ref(0), " * ", Hole("number", factor))
        case ops.Slice(start, stop):
            return (Ref(0), "[:, ", channels(start), ":", channels(stop), "]")
        case ops.Softmax(radix, cardinality):
            return call("radix_softmax", Hole("number", radix), Hole("number", cardinality))
        case ops.Subsample(stride):
            return (Ref(0), "[:, :, ::", Hole("stride", stride), ", ::", Hole("stride", stride), "]")
        case ops.PadChannels(out):
            return ("F.pad(", Ref(0), ", (0, 0, 0, 0, 0, ", channels(out - x.channels), "))")
        case _:
            assert_never(op)


def part(op: ops.Slice, tiles: list[ops.Slice], *, halves: bool) -> Text:
    """One part of a split: the split itself, and, after a bar, which of its parts.

    Two equal parts are `halves` only where all pairs of the network are: elsewhere two paths happen to be equally wide.
    """
    sizes, which = [tile.stop - tile.start for tile in tiles], f"|{tiles.index(op)}"
    if len(set(sizes)) == 1 and (halves or len(sizes) > 2):
        return ("torch.chunk(", Ref(0), f", {len(sizes)}, 1)", which)
    numbers = tuple(piece for size in sizes for piece in (", ", channels(size)))[1:]
    return ("torch.split(", Ref(0), ", [", *numbers, "], 1)", which)


def is_call(op: Op) -> bool:
    """Whether the operation's text binds like a name: it need not be in parentheses."""
    return not isinstance(op, ops.Add | ops.Multiply | ops.MultiplyAdd | ops.Scale)
