"""The network a plan starts from: named, or of a ladder, and grown or shrunk where the budget lies elsewhere."""

from dataclasses import dataclass, replace
from math import lcm

from space.arch import Arch
from space.axes import Axis
from space.budget import Budget, shown
from space.cost import cost
from space.draft import Draft
from space.errors import SpaceError
from space.resize import grown
from space.sentence import parse
from space.solve import round_depths

SPLIT = 4  # what every width is a multiple of where radix moves: its usual values divide it
NEAR = 0.1  # of the budget: a network nearer than this stays as it is


@dataclass(frozen=True)
class Base:
    """A network with what is to be said of it."""

    network: str  # as it was named
    arch: Arch
    factor: float = 1.0  # on all its widths
    depths: tuple[int, ...] = ()  # where they are others, too

    @property
    def name(self) -> str:
        """`resnet50`, or `resnet50 with every width x 1.21`."""
        if self.factor == 1:
            return self.network
        deep = f", depths {'-'.join(map(str, self.depths))}" if self.depths else ""
        return f"{self.network} with every width x {self.factor:.3g}{deep}"


def base_of(
    budget: Budget, axis: Axis, name: str | None, resolution: int | None, *, exact: bool = False, multiple: int = 1
) -> Base:
    """The network named, or the ladder's nearest to the budget.

    Where that is off the budget by more than a tenth, it is brought there: all widths of the stem, in the blocks and
    between them times one real factor, depths kept, since the ladder has chosen them. Dense blocks, whose widths are so
    small that the factor is coarse, then have their depths rounded up or down to the budget, too. A network that is
    named stays as it is, unless the matching is exact.
    """
    candidates = [Base(n, _named(n, resolution)) for n in ([name] if name else axis.ladder)]
    base = min(candidates, key=lambda it: abs(cost(it.arch).macs - budget.macs))
    if abs(cost(base.arch).macs / budget.macs - 1) <= NEAR or (name and not exact):
        return base
    try:
        return _brought(base, budget.macs, axis, multiple)
    except SpaceError as error:
        at = f"at {base.arch.input.resolution} pixels"
        raise SpaceError(
            f"{budget.text!r} is out of reach: {base.network} costs {shown(cost(base.arch).macs)} {at}, {error}; "
            "write another budget or --resolution"
        ) from None


def _brought(base: Base, macs: int, axis: Axis, multiple: int) -> Base:
    split = SPLIT if axis.name == "radix" else 1
    draft, factor = grown(Draft.of(base.arch), macs, lcm(multiple, split))
    if axis.name != "growth-rate":
        return Base(base.network, draft.arch(), factor)
    arch = round_depths(draft, macs)
    return Base(base.network, arch, factor, tuple(stage.depth for stage in Draft.of(arch).body))


def _named(name: str, resolution: int | None) -> Arch:
    arch = parse(name)
    try:
        return replace(arch, input=replace(arch.input, resolution=resolution)) if resolution else arch
    except SpaceError as error:
        raise SpaceError(f"{name} is not possible at {resolution} pixels: {error}") from None
