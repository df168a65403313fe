"""The growth rate of dense blocks (Huang 2017)."""

from dataclasses import replace

from space.axes.axis import Axis
from space.draft import Draft
from space.errors import SpaceError
from space.families.densenet import BareStem, DenseLayer
from space.families.resnet import ConvStem
from space.parts import Block


def _read(draft: Draft) -> int:
    found = {_layer(stage.block).growth_rate for stage in draft.body}
    if len(found) > 1:
        raise SpaceError("the base's dense blocks differ in growth rate; the axis moves networks whose blocks agree")
    return found.pop()


def _put(draft: Draft, value: int) -> Draft:
    """A stem of twice the growth rate stays so."""
    if value < 1:
        raise SpaceError(f"growth rate {value} is not possible; it is 1 or more")
    own, stem = _read(draft), draft.stem
    if isinstance(stem, ConvStem | BareStem) and stem.width == 2 * own:
        stem = replace(stem, width=2 * value)
    return replace(draft.moved(lambda block: replace(_layer(block), growth_rate=value)), stem=stem)


def _layer(block: Block) -> DenseLayer:
    if not isinstance(block, DenseLayer):
        raise SpaceError(f"{block} has no growth rate; the axis moves networks of dense layers such as densenet201")
    return block


GROWTH_RATE = Axis(
    "growth-rate",
    against=("depth",),
    values=(12, 16, 24, 32, 40, 48),
    grid=(24, 32, 48),
    ladder=("densenet121", "densenet169", "densenet201", "densenet264"),
    read=_read,
    put=_put,
    channels=True,
)
