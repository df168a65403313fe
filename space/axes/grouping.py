"""Axes within a bottleneck: cardinality (Xie 2017), radix (Zhang 2020) and scale (Gao 2019)."""

from dataclasses import replace

from space.axes.axis import Axis
from space.draft import Draft
from space.errors import SpaceError
from space.families.resnest import DEPTHS as RESNEST_DEPTHS
from space.families.resnet import BOTTLENECK_DEPTHS
from space.middle import Middle, middle, with_middle

RESNETS = tuple(f"resnet{n}" for n in BOTTLENECK_DEPTHS)


def agreed(draft: Draft) -> Middle:
    """The middle of all its blocks."""
    found = {middle(stage.block) for stage in draft.body}
    if len(found) > 1:
        raise SpaceError(
            "the base's stages differ in cardinality or radix or scale; the axes move networks whose stages agree"
        )
    return found.pop()


def _put(draft: Draft, **value: int) -> Draft:
    new = replace(agreed(draft), **value)
    return draft.moved(lambda block: with_middle(block, new))


def _least(name: str, value: int, least: int) -> int:
    if value < least:
        raise SpaceError(f"{name} {value} is not possible; it is {least} or more")
    return value


CARDINALITY = Axis(
    "cardinality",
    against=("width", "depth"),
    values=(1, 2, 4, 8, 16, 32),
    grid=(1, 2, 4),
    ladder=RESNETS,
    read=lambda draft: agreed(draft).cardinality,
    put=lambda draft, value: _put(draft, cardinality=_least("cardinality", value, 1)),
)

RADIX = Axis(
    "radix",
    against=("width", "depth"),
    values=(0, 1, 2, 4),
    grid=(0, 1, 2, 4),
    ladder=tuple(f"resnest{n}_fast_1s1x64d" for n in RESNEST_DEPTHS),
    read=lambda draft: agreed(draft).radix,
    put=lambda draft, value: _put(draft, radix=_least("radix", value, 0)),
)

SCALE = Axis(
    "scale",
    against=("width", "depth"),
    values=(1, 2, 4, 8),
    grid=(1, 2, 4),
    ladder=RESNETS,
    read=lambda draft: agreed(draft).scale,
    put=lambda draft, value: _put(draft, scale=_least("scale", value, 1)),
)
