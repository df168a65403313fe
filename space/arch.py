"""An architecture: stem, stages and head as one value that is valid and in normal form as soon as it exists."""

from collections.abc import Iterator, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from functools import lru_cache
from itertools import product
from numbers import Integral
from typing import final

from space.errors import SpaceError
from space.graph import Graph, Interface, Tensor, source
from space.ops import Conv, Shape
from space.parts import Block, Output, Part, Position, Stem

MAX_DEPTH = 1_000  # blocks in a stage
MAX_RESOLUTION = 10_000  # pixels a side


@final
@dataclass(frozen=True)
class Stage:
    """`depth` equal blocks; the first may stride."""

    block: Block
    depth: int
    stride: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.depth <= MAX_DEPTH:
            raise SpaceError(f"{self}: a stage has 1 to {MAX_DEPTH} blocks, not {self.depth}")
        if self.stride < 1:
            raise SpaceError(f"{self}: a stride is 1 or more, not {self.stride}")

    def __str__(self) -> str:
        return f"{self.depth}*{self.block}" + (f"/{self.stride}" if self.stride > 1 else "")

    def apply(self, x: Tensor) -> Tensor:
        for i in range(self.depth):
            at = Position(self.stride, opens=True) if i == 0 else Position()
            x = x.within(f"block{i + 1}", self.block.apply, at)
        return x


@final
@dataclass(frozen=True)
class Input(Part):
    """The image: its channels, and the side in pixels at which the network is costed and trained."""

    channels: int
    resolution: int

    def shape(self, resolution: int | None = None) -> Shape:
        """One image at `resolution` pixels a side (None: native)."""
        side = self.resolution if resolution is None else resolution
        if not isinstance(side, Integral):
            raise SpaceError(f"input({self.channels}, {side}): a side is a whole number of pixels, not {side}")
        if self.channels < 1 or not 1 <= side <= MAX_RESOLUTION:
            what = f"an image has at least 1 channel, and 1 to {MAX_RESOLUTION} pixels a side"
            raise SpaceError(f"input({self.channels}, {side}): {what}")
        return Shape(self.channels, side, side)


@final
@dataclass(frozen=True)
class Head(Output):
    """Global average pooling, dropout in percent, and a linear classifier."""

    dropout: int = 0

    def apply(self, x: Tensor) -> Tensor:
        return x.global_pool().dropout(self.dropout).linear(self.classes)


@final
@dataclass(frozen=True, kw_only=True)
class Arch:
    """A network. Constructing one checks it and puts it in normal form: equal networks are equal values."""

    stem: Stem
    stages: tuple[Stage, ...]
    head: Output = Head(1000)
    input: Input = Input(3, 224)

    def __post_init__(self) -> None:
        if not self.stages:
            raise SpaceError("a network needs at least one stage, such as 3*bottleneck(64, 256)")
        object.__setattr__(self, "stages", _normal_form(self))
        trace(self)

    def __str__(self) -> str:
        image = () if self.input == Input(3, 224) else (str(self.input),)
        return " > ".join((*image, *(str(part) for _, part in self.parts())))

    def parts(self) -> Iterator[tuple[str, Stem | Stage | Output]]:
        """Stem, stages and head, each with its scope."""
        yield "stem", self.stem
        for i, stage in enumerate(self.stages):
            yield f"stage{i + 1}", stage
        yield "head", self.head


def trace(arch: Arch, resolution: int | None = None) -> Graph:
    """The network's graph at an input of `resolution` pixels a side (None: native)."""
    x = source(Interface(arch.input.shape(resolution)))
    for scope, part in arch.parts():
        x = x.within(scope, part.apply)
    return x.graph


def _normal_form(arch: Arch) -> tuple[Stage, ...]:
    """The stages with every argument that changes nothing where it stands at its default, equal neighbours merged."""
    before = source(Interface(arch.input.shape())).within("stem", arch.stem.apply).interface
    done: list[tuple[Interface, Stage]] = []  # with what each one reads
    for i, stage in enumerate(arch.stages):
        try:
            simple = simplest(stage, before)
        except SpaceError as error:
            raise error.inside(f"stage{i + 1}") from None
        if done and (merged := _merged(done[-1][1], simple, done[-1][0], before)):
            done[-1] = (done[-1][0], merged)
        else:
            done.append((before, simple))
        before = _effect(simple, before)[1]
    return tuple(stage for _, stage in done)


def simplest(stage: Stage, before: Interface) -> Stage:
    """The stage in normal form, where it reads what stands before it."""
    brief = _brief(stage, before)
    return replace(_plainest(brief, before), depth=stage.depth)


@lru_cache(maxsize=1 << 15)
def _plainest(stage: Stage, before: Interface) -> Stage:
    x = stage.apply(source(before))
    groups = sorted({node.op.groups for node in x.graph.nodes if isinstance(node.op, Conv)})
    simpler = next((s for s in _plainer_stages(stage, groups) if _same_effect(s, x.graph.wiring(), before)), None)
    return _plainest(simpler, before) if simpler else stage


def _brief(stage: Stage, before: Interface) -> Stage:
    """As many of its blocks as show all: two, where the second hands on what it reads, and so do all that follow."""
    return stage if stage.depth <= 2 or not _steady(stage.block, stage.stride, before) else replace(stage, depth=2)


@lru_cache(maxsize=1 << 15)
def _steady(block: Block, stride: int, before: Interface) -> bool:
    one, two = (_effect(Stage(block, depth, stride), before)[1] for depth in (1, 2))
    return one == two


def _plainer_stages(stage: Stage, groups: Sequence[int]) -> Iterator[Stage]:
    blocks = (stage.block.simpler(), *_plainer(stage.block, groups))
    return (replace(stage, block=block) for block in blocks if isinstance(block, Block) and block != stage.block)


def _plainer(part: Part, groups: Sequence[int]) -> Iterator[Part]:
    """The part with one argument, its own or a part's within it, at its default or as the plainer one it amounts to.

    An argument at its default is as plain as it gets. `groups` are those of the convolutions around.
    """
    for field in fields(part):
        value = getattr(part, field.name)
        if field.default is not MISSING and field.default == value:
            continue
        if field.default is not MISSING:
            yield replace(part, **{field.name: field.default})
        yield from (replace(part, **{field.name: plainer}) for plainer in _plainer_values(value, groups))


def _plainer_values(value: object, groups: Sequence[int]) -> Iterator[object]:
    """The same for an argument: a part, or a list with one in one of its places."""
    if isinstance(value, Part):
        others = (value.simpler(), *(value.on(channels) for channels in groups))
        yield from (other for other in others if other != value)
        yield from _plainer(value, groups)
    if isinstance(value, tuple):
        for i, item in enumerate(value):
            yield from ((*value[:i], plainer, *value[i + 1 :]) for plainer in _plainer_values(item, groups))


def _same_effect(stage: Stage, wiring: object, before: Interface) -> bool:
    try:
        return _effect(stage, before)[0] == wiring
    except SpaceError:
        return False


def _merged(a: Stage, b: Stage, before: Interface, between: Interface) -> Stage | None:
    """One stage that is `a` followed by `b`, where there is one; each may lack what only the other's place shows."""
    if b.stride > 1 or type(a.block) is not type(b.block):
        return None
    start, end = _brief(a, before), _brief(b, between)
    wiring = _effect(end, between)[0]
    pairs = [dict.fromkeys((getattr(a.block, f.name), getattr(b.block, f.name))) for f in fields(a.block)]
    for values in product(*pairs):
        block = type(a.block)(*values)
        starts = block == a.block or _same_effect(replace(start, block=block), _effect(start, before)[0], before)
        if starts and _goes_on(replace(end, block=block), wiring, between):
            return simplest(Stage(block, a.depth + b.depth, a.stride), before)
    return None


def _effect(stage: Stage, before: Interface) -> tuple[object, Interface]:
    """What the stage makes of what stands before it: its wiring, and what it hands on."""
    x = stage.apply(source(before))
    return x.graph.wiring(), x.interface


def _goes_on(stage: Stage, wiring: object, before: Interface) -> bool:
    """Whether its blocks, none of them opening a stage, have that wiring."""
    x = source(before)
    try:
        for _ in range(stage.depth):
            x = stage.block.apply(x, Position())
    except SpaceError:
        return False
    return x.graph.wiring() == wiring
