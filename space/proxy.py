"""Proxies: the same axis value on a network small enough to train here, itself a sentence, all of equal cost."""

from dataclasses import dataclass, replace
from math import sqrt

from space.arch import Arch, Input, Stage
from space.budget import shown
from space.cost import cost, part_cost
from space.errors import SpaceError
from space.families.resnet import Bottleneck, ConvStem, DeepStem
from space.graph import Interface
from space.ops import Shape
from space.plan import Plan, Setting
from space.solve import bottleneck, divisor, solve_widths

TOLERANCE = 0.009  # around the common cost, so that two proxies never differ by 2 %: more would confound the axis
WIDER = (1.0, 1.25, 1.5, 2.0)  # factors tried on the width where a proxy does not come out
SEARCH = 64  # multiples above the ideal width among which one must be possible
POOLED = 64  # pixels a side: below, a stem that pools would leave the stages nothing to look at


@dataclass(frozen=True)
class Reduction:
    """What a proxy keeps of its candidate: fractions of widths and depths, and the images it is trained on."""

    width: float
    depth: float
    input: Input
    classes: int

    def sparing_depth(self) -> "Reduction":
        """The same cost with whole depths: a network costs in proportion to its depth and the square of its width."""
        return replace(self, width=self.width * sqrt(self.depth), depth=1.0)

    def wider(self, factor: float) -> "Reduction":
        return replace(self, width=min(1.0, self.width * factor))


def proxies(plan: Plan, reduction: Reduction) -> tuple[Arch, ...]:
    """A proxy of each setting, costing what the base's proxy costs within 0.9 %.

    Stem, depths and block outputs are scaled alike; the bottleneck widths are then solved for the common cost. Where
    the axis moves depth, proxies keep theirs if they can. Where integers this small do not reach the common cost, or
    two settings would share a proxy, all proxies are made wider, up to twice.
    """
    moves_depth = "depth" in (*plan.axis, plan.against)
    kinds = (reduction.sparing_depth(), reduction) if moves_depth else (reduction,)
    failures = []
    for kept in (kind.wider(factor) for factor in WIDER for kind in kinds):
        try:
            return _proxies(plan, kept)
        except SpaceError as error:
            failures.append(error)
    raise failures[0]


def _proxies(plan: Plan, reduction: Reduction) -> tuple[Arch, ...]:
    macs = cost(reduced(plan.base, reduction)).macs
    found: dict[Arch, Setting] = {}
    for setting in plan.settings:
        proxy = _solved(setting, reduction, macs)
        if proxy in found:
            names = f"{found[proxy].name} and {setting.name}"
            raise SpaceError(f"{names} have the same proxy, {proxy}; choose a larger --fidelity")
        found[proxy] = setting
    return tuple(found)


def _solved(setting: Setting, reduction: Reduction, macs: int) -> Arch:
    proxy = solve_widths(reduced(setting.arch, reduction), macs, tolerance=TOLERANCE)
    error = cost(proxy).macs / macs - 1
    if abs(error) > TOLERANCE:
        raise SpaceError(
            f"{setting.name} has no proxy of {shown(macs)}: the nearest is {error:+.1%} off; "
            "choose a larger --fidelity or other --values"
        )
    return proxy


def reduced(arch: Arch, reduction: Reduction) -> Arch:
    """The network with every width and depth scaled; on small images its stem does not pool."""
    stem = arch.stem
    if not isinstance(stem, ConvStem | DeepStem):
        raise SpaceError(f"{stem} cannot be reduced; stems of convolutions can")
    return Arch(
        stem=replace(
            stem,
            width=_scaled(stem.width, reduction.width),
            pool=stem.pool and reduction.input.resolution >= POOLED,
        ),
        stages=tuple(_reduced_stage(stage, reduction) for stage in arch.stages),
        head=replace(arch.head, classes=reduction.classes),
        input=reduction.input,
    )


def _reduced_stage(stage: Stage, reduction: Reduction) -> Stage:
    """The stage with the nearest scaled widths that its cardinality and radix divide."""
    block = bottleneck(stage)
    out, step = _scaled(block.out, reduction.width), divisor(block)
    ideal = max(1.0, block.inner / step * reduction.width)
    nearest = sorted(range(1, round(ideal) + SEARCH), key=lambda n: (abs(n - ideal), n != round(ideal)))
    blocks = (replace(block, out=out, inner=n * step) for n in nearest)
    return replace(stage, block=next(filter(_possible, blocks)), depth=_scaled(stage.depth, reduction.depth))


def _possible(block: Bottleneck) -> bool:
    try:
        part_cost(Stage(block, 1), Interface(Shape(block.out, 1, 1)))
    except SpaceError:  # such as hidden channels that cardinality does not divide
        return False
    return True


def _scaled(count: int, factor: float) -> int:
    return max(1, round(count * factor))
