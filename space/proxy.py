"""Proxies: the same axis value on a network small enough to train here, itself a sentence, all of equal cost."""

from dataclasses import dataclass, replace
from math import sqrt

from space.arch import Arch, Head, Input, Stage
from space.budget import shown
from space.cost import cost
from space.errors import SpaceError
from space.families.resnet import ConvStem, DeepStem
from space.plan import Plan, Setting
from space.solve import bottleneck, cardinality, radix, solve_widths

TOLERANCE = 0.009  # around the common cost, so that two proxies never differ by 2 %: more would confound the axis
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


def proxies(plan: Plan, reduction: Reduction) -> tuple[Arch, ...]:
    """A proxy of each setting, costing what the base's proxy costs within 0.9 %.

    Stem, depths and block outputs are scaled alike; the bottleneck widths are then solved for the common cost. Where
    the axis moves depth, depth is what the proxies keep.
    """
    kept = reduction.sparing_depth() if "depth" in (*plan.axis, plan.against) else reduction
    macs = cost(reduced(plan.base, kept)).macs
    found: dict[Arch, Setting] = {}
    for setting in plan.settings:
        proxy = _solved(setting, kept, macs)
        if proxy in found:
            raise SpaceError(
                f"{found[proxy].name} and {setting.name} have the same proxy, {proxy}; choose a larger --fidelity"
            )
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
    assert isinstance(stem, ConvStem | DeepStem), stem
    return Arch(
        stem=replace(
            stem, width=_scaled(stem.width, reduction.width), pool=stem.pool and reduction.input.resolution >= POOLED
        ),
        stages=tuple(_reduced_stage(stage, reduction) for stage in arch.stages),
        head=Head(reduction.classes),
        input=reduction.input,
    )


def _reduced_stage(stage: Stage, reduction: Reduction) -> Stage:
    block = bottleneck(stage)
    step = cardinality(block) * max(radix(block), 1)
    inner = step * _scaled(block.inner // step, reduction.width)
    block = replace(block, out=_scaled(block.out, reduction.width), inner=inner)
    return replace(stage, block=block, depth=_scaled(stage.depth, reduction.depth))


def _scaled(count: int, factor: float) -> int:
    return max(1, round(count * factor))
