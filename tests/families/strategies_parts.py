"""Random parts for the slots of every family's blocks: what may stand for a 3x3, gates, shortcuts and their places."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, product, starmap
from math import lcm

from hypothesis import strategies as st

from space.families.dcdc import DcdcReconstruction
from space.families.hardnet import Depthwise
from space.families.preresnet import BareProjection, DropoutShortcut, GatedShortcut, ScaledShortcut
from space.families.rednet import Involution
from space.families.res2net import Hierarchical
from space.families.resnest import SplitAttention
from space.families.resnet import FullProjection, Grouped, NoShortcut, PooledProjection, Projection, ZeroPadding
from space.families.senet import SpatialProjection, SqueezeExcite
from space.parts import Block, Downsampling, Gate, NoGate, Part, Placement, Shortcut, Spatial

USUAL = 4  # what most channels of a random network are a multiple of

WIDE = 16  # what stems make, at most

Parts = Mapping[type[Part], Sequence[Part]]
"""Parts to draw from, of each kind as often as of any other."""


def unit(spatial: Spatial) -> int:
    """The channels that a spatial part takes are multiples of this."""
    match spatial:
        case Hierarchical(scale, inner):
            return scale * unit(inner)
        case SplitAttention(radix, cardinality):
            return max(radix, 1) * cardinality
        case Grouped(cardinality):
            return cardinality
        case Involution(_, group_width, reduction):
            return max(group_width, reduction)
        case DcdcReconstruction(local):
            return unit(local)
    return 1


INVOLUTIONS = tuple(starmap(Involution, product((1, 3, 5), (1, 2, 4), (1, 2))))

_FLAT: Mapping[type[Spatial], Sequence[Spatial]] = {
    Grouped: tuple(map(Grouped, (1, 2, 4))),
    SplitAttention: tuple(starmap(SplitAttention, product((0, 1, 2, 3), (1, 2, 4)))),
    Depthwise: (Depthwise(),),
    Involution: INVOLUTIONS,
    DcdcReconstruction: tuple(map(DcdcReconstruction, INVOLUTIONS)),
}
_INNER = tuple(chain.from_iterable(parts[:: len(parts) // 4 + 1] for parts in _FLAT.values()))  # a few of each kind
_HIERARCHIES = tuple(starmap(Hierarchical, product((1, 2, 3, 4), _INNER, (True, False))))

SPATIALS: Parts = {**_FLAT, Hierarchical: (*_HIERARCHIES, *(Hierarchical(2, inner) for inner in _HIERARCHIES[::2]))}

USUAL_SPATIALS: Parts = {kind: [part for part in parts if USUAL % unit(part) == 0] for kind, parts in SPATIALS.items()}
"""For channels that are not the block's to choose."""

GATES: Parts = {NoGate: (NoGate(),), SqueezeExcite: tuple(map(SqueezeExcite, (1, 2, 4, 4, 4, 9)))}

_PLAIN = tuple(
    kind() for kind in (Projection, FullProjection, PooledProjection, BareProjection, SpatialProjection, ZeroPadding)
)
_FACTORS = (0.25, 0.5, 1)
_SCALED = tuple(starmap(ScaledShortcut, product(_FACTORS, _FACTORS, _PLAIN)))
_GATED = tuple(map(GatedShortcut, (True, False)))

SHORTCUTS: Parts = {
    **{type(part): (part,) for part in (*_PLAIN, NoShortcut())},
    GatedShortcut: _GATED,
    DropoutShortcut: tuple(starmap(DropoutShortcut, product((0, 30), (*_PLAIN, *_GATED, _SCALED[0])))),
    ScaledShortcut: (*_SCALED, ScaledShortcut(0.5, 1, NoShortcut()), ScaledShortcut(0.5, 1, DropoutShortcut(30))),
}


@dataclass(frozen=True)
class Slots:
    """What a block's slots are drawn from."""

    spatials: Parts
    gates: Parts
    shortcuts: Parts

    def with_only(self, part: type[Part]) -> "Slots":
        """The same, its slots of that kind filled with that part alone."""
        kept = {name: {part: parts[part]} for name, parts in vars(self).items() if part in parts}
        return replace(self, **kept)

    @property
    def spatial(self) -> st.SearchStrategy[Spatial]:
        return _one(self.spatials)  # type: ignore[arg-type]

    @property
    def usual_spatial(self) -> st.SearchStrategy[Spatial]:
        return _one({kind: USUAL_SPATIALS[kind] for kind in self.spatials})  # type: ignore[arg-type]

    @property
    def gate(self) -> st.SearchStrategy[Gate]:
        return _one(self.gates)  # type: ignore[arg-type]

    @property
    def shortcut(self) -> st.SearchStrategy[Shortcut]:
        return _one(self.shortcuts)  # type: ignore[arg-type]


def _one(parts: Parts) -> st.SearchStrategy[Part]:
    @st.composite  # of one_of the repr would list all parts in every slot of every block
    def part(draw: st.DrawFn) -> Part:
        return draw(st.sampled_from(parts[draw(st.sampled_from(tuple(parts)))]))

    return part()


ANY = Slots(SPATIALS, GATES, SHORTCUTS)

Blocks = Mapping[type[Block], st.SearchStrategy[Block]]
"""Random blocks of each kind."""

placements = st.sampled_from(Placement)
downsamplings = st.sampled_from(Downsampling)


def widths(spatial: Spatial) -> st.SearchStrategy[int]:
    """Channels that the part takes, but for one in ten; and often as many as a stem makes, for shortcuts that pad."""
    step = lcm(unit(spatial), USUAL)
    return st.sampled_from((step,) * 3 + (2 * step,) * 2 + (lcm(step, WIDE),) * 4 + (step + 1,))


Around = Callable[[st.SearchStrategy[Spatial], st.SearchStrategy[int]], st.SearchStrategy[Block]]


def around(slots: Slots, block: Around) -> st.SearchStrategy[Block]:
    """A block around a spatial part, and with channels that mostly fit it."""

    @st.composite  # flatmap would make an alternative of every kind of part, and such blocks that much likelier
    def one(draw: st.DrawFn) -> Block:
        spatial = draw(slots.spatial)
        return draw(block(st.just(spatial), widths(spatial)))

    return one()
