"""Axes of a network's extent: width and depth."""

from space.axes.axis import Axis
from space.axes.grouping import RESNETS, agreed
from space.draft import Draft
from space.errors import SpaceError
from space.families.resnet import BOTTLENECK_DEPTHS
from space.middle import inner, width, with_inner


def at_width(draft: Draft, channels: int, base: Draft | None = None, *, by: int = 1) -> Draft:
    """With so many channels a group in the first stage; in later ones in the proportion of the base (None: its own).

    In later ones they are multiples of `by`.
    """
    if channels < 1:
        raise SpaceError(f"width {channels} is not possible; it is 1 or more channels")
    own = [inner(stage.block) for stage in (base or draft).body]
    groups = agreed(draft).groups
    widths = iter([channels * groups, *(groups * by * max(1, channels * w // own[0] // by) for w in own[1:])])
    return draft.moved(lambda block: with_inner(block, next(widths)))


def _with_layers(draft: Draft, layers: int) -> Draft:
    """With the depths of the published network of that many layers."""
    if layers not in BOTTLENECK_DEPTHS:
        known = ", ".join(map(str, BOTTLENECK_DEPTHS))
        raise SpaceError(f"no published network of bottlenecks has {layers} layers; write {known}")
    depths = BOTTLENECK_DEPTHS[layers]
    for stage in draft.body:
        inner(stage.block)  # says where there is no bottleneck
    if len(draft.body) != len(depths):
        raise SpaceError(f"the base has {len(draft.body)} stages; networks of {layers} layers have {len(depths)}")
    return draft.deepened(depths)


WIDTH = Axis(
    "width",
    against=("depth",),
    values=(32, 48, 64, 80, 100, 128),
    grid=(48, 64, 100),
    ladder=RESNETS,
    read=lambda draft: width(draft.body[0].block),
    put=at_width,
    channels=True,
)

DEPTH = Axis(
    "depth",
    against=("width",),
    values=(26, 50, 101, 152),
    grid=(26, 50, 101),
    ladder=RESNETS,
    read=lambda draft: 3 * sum(stage.depth for stage in draft.body) + 2,
    put=_with_layers,
)
